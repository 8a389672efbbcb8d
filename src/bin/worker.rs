//! The worker. For now it only says that it is ready, and of which build.

use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

fn main() {
    console_error_panic_hook::set_once();
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    // Set the message handler before this: what the page sends earlier than Ready would be lost.
    scope.post_message(&env!("MIXLAW_BUILD").into()).expect("a string can always be cloned");
}
