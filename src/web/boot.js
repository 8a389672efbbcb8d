// Starts the app named by its own script tag, then removes the first screen; if the app cannot start, says so there.
const { js, wasm } = document.getElementById("boot").dataset;
const at = (path) => new URL(path, document.baseURI).href;

try {
  // The colours chosen last time, before anything else is seen; the app sees to them from then on.
  const theme = localStorage.getItem("mixlaw.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing has no choice kept.
}

try {
  const sources = [js, "worker_boot.js"].map(async (path) => {
    const answer = await fetch(at(path));
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.text();
  });
  const { default: init } = await import(at(js));
  // Workers start from what is here, so that they still do when the server is gone or holds another version.
  const script = new Blob([(await Promise.all(sources)).join("\n")], { type: "text/javascript" });
  document.getElementById("boot").dataset.worker = URL.createObjectURL(script);
  await init({ module_or_path: at(wasm) });
  document.getElementById("boot-screen").remove();
} catch (error) {
  console.error(error);
  const reload = document.createElement("button");
  reload.textContent = "Reload the page";
  reload.addEventListener("click", () => location.reload());
  document
    .getElementById("boot-status")
    .replaceChildren(`Mixlaw could not start: ${error}. If reloading does not help, your browser may be too old or may block WebAssembly. `, reload);
}
