// Starts a worker: this follows the text of the page's own script, and the page posts its compiled program.
self.onmessage = async ({ data: { lock, program } }) => {
  self.onmessage = null;
  try {
    // The page asks for the same lock, and has it when this worker is no more.
    await new Promise((held) => {
      if (!navigator.locks) held();
      else navigator.locks.request(lock, () => (held(), new Promise(() => {}))).catch(held);
    });
    await __wbg_init({ module_or_path: program });
  } catch (error) {
    // The page hears of errors that are thrown, not of promises that fail.
    setTimeout(() => { throw error; });
  }
};
