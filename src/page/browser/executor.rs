//! The page's effects in turns: what follows from a change runs for some milliseconds, then the browser has its say, and
//! the rest goes on. So no change, whatever follows from it, keeps the page from answering; a single effect is never cut.
//! What follows from what the user does goes first: whoever opens a field and types finds it there.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::{MessageChannel, MessagePort, Performance};

use crate::page::browser::dom;

/// Milliseconds after which no further effect begins in a turn: with the last one, and with what the browser does itself,
/// well below the 50 ms that a reader would notice.
const TURN: f64 = 8.0;

/// Has every effect run in turns from now on.
pub fn take_turns() {
    Executor::init_custom_executor(Turns).ok();
}

struct Turns;

impl CustomExecutor for Turns {
    fn spawn(&self, future: PinnedFuture<()>) {
        self.spawn_local(future);
    }

    fn spawn_local(&self, future: PinnedLocalFuture<()>) {
        let future = SendWrapper::new(RefCell::new(Some(future)));
        Arc::new(Task { future, is_ready: AtomicBool::new(false) }).wake();
    }

    fn poll_local(&self) {}
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

#[derive(Default)]
struct Tasks {
    /// What follows from what the user does.
    urgent: VecDeque<Arc<Task>>,
    ready: VecDeque<Arc<Task>>,
    doing: Doing,
    /// Whether a turn follows what is under way.
    follows: bool,
    /// Whether a turn was asked for by a message.
    is_posted: bool,
    /// What is posted here begins a turn, once the browser has done what it had to do.
    next_turn: Option<MessagePort>,
}

#[derive(Default, PartialEq)]
enum Doing {
    #[default]
    Nothing,
    Urgent,
    Other,
}

/// A future that has not ended. Wakers must be able to cross threads; the page has but one.
struct Task {
    future: SendWrapper<RefCell<Option<PinnedLocalFuture<()>>>>,
    is_ready: AtomicBool,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        let begins = TASKS.with_borrow_mut(|tasks| {
            let is_urgent = tasks.doing == Doing::Urgent || dom::is_in_users_event();
            let was_ready = self.is_ready.swap(true, Ordering::Relaxed);
            match (is_urgent, was_ready) {
                // In both queues it still runs once.
                (true, _) => tasks.urgent.push_back(self),
                (false, false) => tasks.ready.push_back(self),
                (false, true) => return false,
            }
            let begins = tasks.doing == Doing::Nothing && !tasks.follows && (is_urgent || !tasks.is_posted);
            // What a worker's answer or a timer changes waits for a turn of its own: together they would take too long.
            tasks.follows |= begins && (is_urgent || !tasks.post());
            begins && tasks.follows
        });
        // Without a browser a test has its say first.
        if begins && dom::IS_THERE {
            // Right after what is under way: most changes are seen before the next picture.
            wasm_bindgen_futures::spawn_local(async {
                TASKS.with_borrow_mut(|tasks| tasks.follows = false);
                turn();
            });
        }
    }
}

fn turn() {
    let clock = dom::clock();
    let milliseconds = || clock.as_ref().map_or(0.0, Performance::now);
    let end = milliseconds() + TURN;
    while let Some(task) = TASKS.with_borrow_mut(Tasks::next) {
        if !task.is_ready.swap(false, Ordering::Relaxed) {
            continue;
        }
        let Some(mut future) = task.future.borrow_mut().take() else { continue };
        // Asked for before the effect runs: one that panics ends this turn, but not all that were to follow.
        let goes_on = TASKS.with_borrow_mut(Tasks::post);
        let waker = Waker::from(task.clone());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            task.future.borrow_mut().replace(future);
        }
        if goes_on && milliseconds() >= end {
            break;
        }
    }
    TASKS.with_borrow_mut(|tasks| tasks.doing = Doing::Nothing);
}

/// Runs whatever is ready, where a test stands in for the browser.
#[cfg(not(target_arch = "wasm32"))]
pub fn finish() {
    TASKS.with_borrow_mut(|tasks| tasks.follows = false);
    turn();
}

impl Tasks {
    fn next(&mut self) -> Option<Arc<Task>> {
        self.doing = if self.urgent.is_empty() { Doing::Other } else { Doing::Urgent };
        self.urgent.pop_front().or_else(|| self.ready.pop_front())
    }

    /// Asks for another turn; whether there will be one.
    fn post(&mut self) -> bool {
        if self.next_turn.is_none() {
            self.next_turn = channel();
        }
        if let (false, Some(port)) = (self.is_posted, &self.next_turn) {
            self.is_posted = port.post_message(&JsValue::NULL).is_ok();
        }
        self.is_posted
    }
}

/// A message comes back at once and is never slowed down, as a timer is in a page that is hidden.
fn channel() -> Option<MessagePort> {
    let channel = if dom::IS_THERE { MessageChannel::new().ok()? } else { return None };
    let on_message = Closure::<dyn Fn()>::new(|| {
        TASKS.with_borrow_mut(|tasks| tasks.is_posted = false);
        turn();
    });
    channel.port1().set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    Some(channel.port2())
}
