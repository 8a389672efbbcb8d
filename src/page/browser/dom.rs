//! What the page asks of the browser: clock, storage, clipboard, address, files.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use gloo_file::{Blob, ObjectUrl};
use leptos::prelude::set_timeout;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event, EventTarget, HtmlAnchorElement, HtmlCanvasElement, HtmlInputElement, Performance, Storage, Window,
};

use crate::share;

#[cfg(not(target_arch = "wasm32"))]
pub use super::stand_in::Timer;

/// Whether there is a browser at all: the state behind the page is tested without one.
pub const IS_THERE: bool = cfg!(target_arch = "wasm32");

static HAS_PANICKED: AtomicBool = AtomicBool::new(false);

/// Has panics written to the console and remembered.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        HAS_PANICKED.store(true, Ordering::Relaxed);
        console_error_panic_hook::hook(panic);
    }));
}

/// Whether something here has panicked, so that nothing is to be relied on any more.
pub fn has_panicked() -> bool {
    HAS_PANICKED.load(Ordering::Relaxed)
}

/// The window: none where the state is tested without a browser.
fn window() -> Option<Window> {
    if IS_THERE { web_sys::window() } else { None }
}

/// Puts the focus on the element of that id, if there is one.
pub fn focus(id: &str) {
    let element = window().and_then(|window| window.document()?.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
        element.focus().ok();
    }
}

/// Whether the focus is in the element of that id.
pub fn holds_focus(id: &str) -> bool {
    let document = window().and_then(|window| window.document());
    let held = document.and_then(|document| Some((document.get_element_by_id(id)?, document.active_element()?)));
    held.is_some_and(|(element, focused)| element.contains(Some(&focused)))
}

/// Puts the focus on the tab of that id, and the top of its section into sight.
pub fn bring_up(id: &str, tab_id: &str) {
    focus(tab_id);
    if let Some(element) = window().and_then(|window| window.document()?.get_element_by_id(id)) {
        element.scroll_into_view();
    }
}

/// Loads the page again.
pub fn reload() {
    if let Some(window) = window() {
        window.location().reload().ok();
    }
}

/// What counts the milliseconds since the page was opened.
pub fn clock() -> Option<Performance> {
    window()?.performance()
}

/// Seconds since the page was opened.
pub fn seconds() -> f64 {
    clock().map_or(0.0, |clock| clock.now() / 1000.0)
}

/// Whether what runs now is a listener to something the user did, such as a key or a click.
pub fn is_in_users_event() -> bool {
    let event = window().and_then(|window| window.event().dyn_into::<Event>().ok());
    event.is_some_and(|event| event.is_trusted() && event.type_() != "message")
}

/// Milliseconds since 1970.
pub fn now() -> u64 {
    if IS_THERE { js_sys::Date::now() as u64 } else { 0 }
}

/// A number that no other page is likely to draw.
pub fn random() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    match IS_THERE {
        true => (js_sys::Math::random() * f64::from(u32::MAX)) as u32,
        false => COUNT.fetch_add(1, Ordering::Relaxed),
    }
}

/// How many threads the machine has; 2 where the browser does not say.
pub fn hardware_threads() -> usize {
    let threads = window().map_or(0.0, |window| window.navigator().hardware_concurrency());
    if threads >= 1.0 { threads as usize } else { 2 }
}

/// The address of the script that starts a worker, which the page made of its own when it started.
pub fn worker_address() -> Option<String> {
    window()?.document()?.get_element_by_id("boot")?.get_attribute("data-worker")
}

/// Runs `action` once whoever holds the lock of that name is gone; never in a browser without locks.
pub fn when_free(lock: &str, action: impl FnOnce() + 'static) {
    let Some(navigator) = window().map(|window| window.navigator()) else { return };
    let locks = js_sys::Reflect::get(&navigator, &"locks".into()).unwrap_or_default();
    let request = js_sys::Reflect::get(&locks, &"request".into()).unwrap_or_default();
    if let Some(request) = request.dyn_ref::<js_sys::Function>() {
        request.call2(&locks, &lock.into(), &Closure::once_into_js(action)).ok();
    }
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

/// All keys under which something is stored and that begin so.
pub fn stored_keys(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else { return Vec::new() };
    let keys = (0..storage.length().unwrap_or_default()).filter_map(|at| storage.key(at).ok().flatten());
    keys.filter(|key| key.starts_with(prefix)).collect()
}

/// Removes what is stored for this tab alone.
pub fn forget_for_tab(key: &str) {
    if let Some(storage) = storage_of_tab() {
        storage.remove_item(key).ok();
    }
}

fn storage_of_tab() -> Option<Storage> {
    window().and_then(|window| window.session_storage().ok().flatten())
}

/// What is stored under the key for this tab alone.
pub fn stored_for_tab(key: &str) -> Option<String> {
    storage_of_tab().and_then(|storage| storage.get_item(key).ok().flatten())
}

/// Stores for this tab alone; where that fails, the tab is as good as a new one.
pub fn store_for_tab(key: &str, value: &str) {
    if let Some(storage) = storage_of_tab() {
        storage.set_item(key, value).ok();
    }
}

/// Sets the colours of the whole page, or leaves them to the system.
pub fn set_theme(theme: Option<&str>) {
    let root = window().and_then(|window| window.document()).and_then(|document| document.document_element());
    if let Some(root) = root {
        match theme {
            Some(theme) => root.set_attribute("data-theme", theme).ok(),
            None => root.remove_attribute("data-theme").ok(),
        };
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

/// Whether a key that is pressed there writes something.
pub fn is_typed_in(target: Option<EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| {
        element.matches("textarea, input:not([type=checkbox]):not([type=radio])").unwrap_or(false)
    })
}

/// Whether the element lies above what is to be seen of the page.
pub fn is_above_sight(id: &str) -> bool {
    let element = window().and_then(|window| window.document()?.get_element_by_id(id));
    element.is_some_and(|element| element.get_bounding_client_rect().bottom() < 0.0)
}

/// The file that was chosen, and forgets it, so that the same one can be chosen again.
pub fn take_files(input: &HtmlInputElement) -> Vec<web_sys::File> {
    let files = files_of(input.files());
    input.set_value("");
    files
}

/// The files of a list.
pub fn files_of(list: Option<web_sys::FileList>) -> Vec<web_sys::File> {
    list.map_or_else(Vec::new, |list| (0..list.length()).filter_map(|i| list.get(i)).collect())
}

/// A canvas that is on no page.
pub fn new_canvas() -> Option<HtmlCanvasElement> {
    window()?.document()?.create_element("canvas").ok()?.dyn_into().ok()
}

/// Saves a text as a file; whether that could begin.
pub fn download(name: &str, text: &str) -> bool {
    // Not a text's own type: a browser would show some of those instead of saving them.
    save(name, Blob::new_with_options(text, Some("application/octet-stream")))
}

/// Saves a canvas as a PNG that carries the link, where there is one; whether that could begin.
pub fn download_canvas(canvas: &HtmlCanvasElement, name: &str, link: Option<&str>) -> bool {
    // At once, not by a callback: a download that comes later than its click is one that a browser asks about.
    let url = canvas.to_data_url().ok();
    let png = url.as_deref().and_then(|url| STANDARD.decode(url.strip_prefix("data:image/png;base64,")?).ok());
    let linked = png.as_deref().zip(link).and_then(|(png, link)| share::with_link(png, link));
    linked.or(png).is_some_and(|png| save(name, Blob::new_with_options(png.as_slice(), Some("image/png"))))
}

fn save(name: &str, blob: Blob) -> bool {
    /// Browsers read the file after the click; this long is far more than enough.
    const KEPT: Duration = Duration::from_secs(30);
    let anchor = window()
        .and_then(|window| window.document())
        .and_then(|document| document.create_element("a").ok())
        .and_then(|element| element.dyn_into::<HtmlAnchorElement>().ok());
    let Some(anchor) = anchor else { return false };
    let url = ObjectUrl::from(blob);
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    set_timeout(move || drop(url), KEPT);
    true
}

/// What is to run later.
#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy)]
pub struct Timer(leptos::leptos_dom::helpers::TimeoutHandle);

#[cfg(target_arch = "wasm32")]
impl Timer {
    /// Runs `action` after the delay.
    pub fn after(delay: Duration, action: impl FnOnce() + 'static) -> Option<Self> {
        leptos::prelude::set_timeout_with_handle(action, delay).ok().map(Self)
    }

    /// It does not run any more.
    pub fn clear(self) {
        self.0.clear();
    }
}
