//! The page and its workers, one program: a page mounts [`mixlaw::page::App`], a worker answers it.
//!
//! More than half of what a worker needs the page has, too; as two programs they would be a fifth larger.

mod worker;

use wasm_bindgen::JsCast;

fn main() {
    mixlaw::page::report_panics();
    match js_sys::global().dyn_into() {
        Ok(scope) => worker::serve(&scope),
        Err(_) => {
            mixlaw::page::take_turns();
            leptos::mount::mount_to_body(mixlaw::page::App);
        }
    }
}
