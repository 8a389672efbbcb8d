// Starts the worker. The page's URL for this file ends in ?v=<build id>, which keeps old files in a browser's cache apart.
const version = self.location.search;
importScripts("worker.js" + version);
wasm_bindgen({ module_or_path: "worker_bg.wasm" + version });
