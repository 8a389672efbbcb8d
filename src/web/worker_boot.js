// Starts the worker. The page's URL for this file ends in ?v=<build id>, which keeps old files in a browser's cache apart.
const version = self.location.search;
importScripts("worker.js" + version);
// The page hears of errors that are thrown, not of promises that fail.
wasm_bindgen({ module_or_path: "worker_bg.wasm" + version }).catch((error) => setTimeout(() => { throw error; }));
