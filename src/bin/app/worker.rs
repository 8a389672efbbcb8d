//! A worker: moves messages to and from [`handle`].

use mixlaw::page::browser::messages::{from_js, to_js};
use mixlaw::protocol::{Event, Request, handle};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

/// Answers what the page posts, for as long as the worker lives.
pub fn serve(scope: &DedicatedWorkerGlobalScope) {
    let to_page = scope.clone();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        match from_js::<Request>(event.data()) {
            Ok(request) => handle(request, &mut |event| post(&to_page, &event)),
            // Without a request there is no job to answer: the page sees the worker die.
            Err(sentence) => wasm_bindgen::throw_str(&sentence),
        }
    });
    scope.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    // Last: what the page sends before this is lost.
    post(scope, &Event::Ready);
}

fn post(scope: &DedicatedWorkerGlobalScope, event: &Event) {
    let posted = to_js(event)
        .and_then(|message| scope.post_message(&message).map_err(|_| "a message could not be posted".to_string()));
    if let Err(sentence) = posted {
        wasm_bindgen::throw_str(&sentence);
    }
}
