//! Messages as JavaScript values, on both sides of a worker.

use leptos::wasm_bindgen::JsValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The value to post.
///
/// # Errors
/// In a sentence, if the message has no such form; none of ours lacks one.
pub fn to_js<T: Serialize>(message: &T) -> Result<JsValue, String> {
    // A seed may be larger than the whole numbers that JavaScript's own numbers hold.
    let serializer = serde_wasm_bindgen::Serializer::new().serialize_large_number_types_as_bigints(true);
    message.serialize(&serializer).map_err(|error| format!("a message could not be written ({error})"))
}

/// The message in a posted value.
///
/// # Errors
/// In a sentence, if page and worker are of different builds.
pub fn from_js<T: DeserializeOwned>(value: JsValue) -> Result<T, String> {
    serde_wasm_bindgen::from_value(value)
        .map_err(|error| format!("page and worker do not understand each other ({error}); reload the page"))
}
