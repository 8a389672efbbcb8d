//! What the page asks of the browser: clock, storage, clipboard, address, files.

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlInputElement, Storage, Window};

fn window() -> Option<Window> {
    web_sys::window()
}

/// Seconds since the page was opened.
pub fn seconds() -> f64 {
    window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now() / 1000.0)
}

/// How many threads the machine has; 2 where the browser does not say.
pub fn hardware_threads() -> usize {
    let threads = window().map_or(0.0, |window| window.navigator().hardware_concurrency());
    if threads >= 1.0 { threads as usize } else { 2 }
}

/// A path beside the page, whatever folder it lies in.
pub fn from_base(path: &str) -> String {
    let base = window().and_then(|window| window.document()).and_then(|document| document.base_uri().ok().flatten());
    base.and_then(|base| web_sys::Url::new_with_base(path, &base).ok())
        .map_or_else(|| path.to_string(), |url| url.href())
}

/// The page's address.
pub fn address() -> String {
    window().and_then(|window| window.location().href().ok()).unwrap_or_default()
}

/// What stands behind the # in the address, with it.
pub fn hash() -> String {
    window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// Changes the address without a step back; browsers refuse that many times in a row, which does no harm.
pub fn replace_address(url: &str) {
    if let Some(history) = window().and_then(|window| window.history().ok()) {
        history.replace_state_with_url(&JsValue::NULL, "", Some(url)).ok();
    }
}

fn storage() -> Option<Storage> {
    window().and_then(|window| window.local_storage().ok().flatten())
}

/// What is stored under the key.
pub fn stored(key: &str) -> Option<String> {
    storage().and_then(|storage| storage.get_item(key).ok().flatten())
}

/// Stores; whether that worked.
pub fn store(key: &str, value: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, value).is_ok())
}

/// Removes what is stored.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        storage.remove_item(key).ok();
    }
}

/// Copies a text; must be called in the click itself. The future says whether it worked.
pub fn copy(text: &str) -> impl Future<Output = bool> + 'static {
    // Without a secure context there is no clipboard, and asking for it gives undefined.
    let promise = window()
        .filter(|window| window.is_secure_context())
        .map(|window| window.navigator().clipboard().write_text(text));
    async move {
        match promise {
            Some(promise) => JsFuture::from(promise).await.is_ok(),
            None => false,
        }
    }
}

/// The file that was chosen, and forgets it, so that the same one can be chosen again.
pub fn take_file(input: &HtmlInputElement) -> Option<web_sys::File> {
    let file = input.files().and_then(|files| files.get(0));
    input.set_value("");
    file
}
