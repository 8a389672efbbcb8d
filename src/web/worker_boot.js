// Starts a worker: the same program as the page's, whose files the page names in this file's own address.
const files = new URL(self.location.href).searchParams;
const at = (name) => new URL(files.get(name), self.location.href).href;
try {
  const { default: init } = await import(at("js"));
  await init({ module_or_path: at("wasm") });
} catch (error) {
  // The page hears of errors that are thrown, not of promises that fail.
  setTimeout(() => { throw error; });
}
