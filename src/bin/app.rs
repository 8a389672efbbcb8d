<<<<<<< HEAD
//! The page: mounts [`mixlaw::ui::App`].

fn main() {
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(mixlaw::ui::App);
=======
//! The page. For now it only shows that its worker starts.

use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker};

/// Identifies the sources this page was built from (see build.rs); its worker must come from the same ones.
const BUILD: &str = env!("MIXLAW_BUILD");

fn main() {
    console_error_panic_hook::set_once();
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let status = RwSignal::new("worker starting");
    // A relative URL, so that the page works from any folder.
    let worker = Worker::new(&format!("worker_boot.js?v={BUILD}"));
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let same_build = event.data().as_string().as_deref() == Some(BUILD);
        status.set(if same_build { "worker ready" } else { "worker is of another build" });
    });
    match &worker {
        Ok(worker) => worker.set_onmessage(Some(on_message.as_ref().unchecked_ref())),
        Err(_) => status.set("this browser has no workers"),
    }
    StoredValue::new_local((worker, on_message)); // they live as long as the component
    view! { <main><h1>"Mixlaw"</h1><p id="worker-status" role="status">{status}</p></main> }
>>>>>>> toolchain
}
