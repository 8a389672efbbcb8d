//! The pool of workers: a queue of requests, each answered by events to its caller.
//!
//! Heavy requests share min(hardware threads, 8) workers; tables and quick ones have a worker each of their own, so that
//! the page stays lively while a fit runs. Workers start when there is work for them, from what the page has loaded. A busy
//! worker hears nothing: cancelling terminates it, and the next request starts another. One that dies, closes itself or
//! does not begin is replaced, and its request fails with a sentence.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::set_timeout;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::page::browser::dom;
use crate::page::browser::messages::{from_js, to_js};
use crate::page::browser::workers::{Lane, Reply, most_workers};
use crate::protocol::{Event, JobId, Request, Task};
use crate::wording::page as text;

/// After so many workers in a row that did not start, the page stops trying.
const MOST_FAILED_STARTS: usize = 3;
/// A worker that has not begun by then does not.
const LONGEST_START: Duration = Duration::from_secs(10);
/// What comes at the wrong moment comes again after that.
const AGAIN: Duration = Duration::from_millis(10);

type Listener = Rc<dyn Fn(Reply)>;

struct Job {
    id: JobId,
    lane: Lane,
    task: Box<dyn FnOnce() -> Task>,
    listener: Listener,
}

enum Doing {
    Starting,
    Idle,
    Busy { job: JobId, listener: Listener, since: f64 },
}

struct Member {
    serial: u64,
    lane: Lane,
    worker: Worker,
    /// The worker holds it for as long as it lives.
    lock: String,
    doing: Doing,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}

#[derive(Default)]
struct State {
    last_id: u64,
    queue: VecDeque<Job>,
    members: Vec<Member>,
    failed_starts: usize,
}

/// The pool; its clones are the same pool.
#[derive(Clone, Default)]
pub struct Pool(Rc<RefCell<State>>);

impl Pool {
    /// Queues a task, which is made when a worker is there to take it, so that a long queue holds no copies of the
    /// data. `listener` hears of it, until its end or until it is cancelled.
    pub fn submit(
        &self,
        lane: Lane,
        task: impl FnOnce() -> Task + 'static,
        listener: impl Fn(Reply) + 'static,
    ) -> JobId {
        let id = {
            let mut state = self.0.borrow_mut();
            state.last_id += 1;
            let id = JobId(state.last_id);
            state.queue.push_back(Job { id, lane, task: Box::new(task), listener: Rc::new(listener) });
            id
        };
        self.pump();
        id
    }

    /// Forgets these jobs; the workers that are at them are terminated.
    pub fn cancel(&self, jobs: &[JobId]) {
        let mut state = self.0.borrow_mut();
        state.queue.retain(|job| !jobs.contains(&job.id));
        state.members.retain(|member| !matches!(member.doing, Doing::Busy { job, .. } if jobs.contains(&job)));
        drop(state);
        self.pump();
    }

    /// Ends every worker and forgets what was asked: the page is being left, and Firefox brings messages while it is.
    pub fn close(&self) {
        let Ok(mut state) = self.0.try_borrow_mut() else { return };
        state.queue.clear();
        state.members.clear();
    }

    /// Gives waiting jobs to idle workers, and starts workers where there are too few.
    fn pump(&self) {
        loop {
            let failed = {
                let mut state = self.0.borrow_mut();
                if state.failed_starts >= MOST_FAILED_STARTS {
                    state.failed_starts = 0;
                    state.queue.drain(..).map(|job| (job.listener, text::WORKER_MISSING.to_string())).collect()
                } else {
                    self.assign(&mut state)
                }
            };
            if failed.is_empty() {
                return;
            }
            for (listener, sentence) in failed {
                listener(Reply::Done { outcome: Box::new(Err(sentence)), seconds: 0.0 });
            }
        }
    }

    /// Posts what can be posted; gives back the listeners of jobs that cannot be.
    fn assign(&self, state: &mut State) -> Vec<(Listener, String)> {
        let mut failed = Vec::new();
        for lane in [Lane::Reading, Lane::Quick, Lane::Heavy] {
            loop {
                let first = |is_it: &dyn Fn(&Job) -> bool| state.queue.iter().position(is_it);
                let next = first(&|job| job.lane == lane).or_else(|| first(&|job| job.lane.home() == lane));
                let Some(position) = next else { break };
                let idle =
                    state.members.iter().position(|member| member.lane == lane && matches!(member.doing, Doing::Idle));
                let Some(member_idx) = idle else { break };
                let Some(job) = state.queue.remove(position) else { break };
                let member = &mut state.members[member_idx];
                match post(&member.worker, job.id, (job.task)()) {
                    Ok(()) => {
                        member.doing = Doing::Busy { job: job.id, listener: job.listener, since: dom::seconds() };
                    }
                    Err(sentence) => failed.push((job.listener, sentence)),
                }
            }
            let waiting = state.queue.iter().filter(|job| job.lane.home() == lane).count();
            let members = state.members.iter().filter(|member| member.lane == lane);
            let starting = members.clone().filter(|member| matches!(member.doing, Doing::Starting)).count();
            let room = most_workers(lane).saturating_sub(members.count());
            for _ in 0..room.min(waiting.saturating_sub(starting)) {
                state.last_id += 1;
                match self.start(lane, state.last_id) {
                    Some(member) => state.members.push(member),
                    None => {
                        failed
                            .extend(state.queue.drain(..).map(|job| (job.listener, text::WORKER_MISSING.to_string())));
                    }
                }
            }
        }
        failed
    }

    fn start(&self, lane: Lane, serial: u64) -> Option<Member> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&dom::worker_address()?, &options).ok()?;
        let lock = format!("mixlaw.worker.{}.{serial}", dom::random());
        let start = js_sys::Object::new();
        js_sys::Reflect::set(&start, &"lock".into(), &lock.as_str().into()).ok()?;
        js_sys::Reflect::set(&start, &"program".into(), &wasm_bindgen::module()).ok()?;
        worker.post_message(&start).ok()?;
        let pool = self.clone();
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| match from_js(event.data()) {
            Ok(event) => pool.heard(serial, event),
            Err(sentence) => pool.lost(serial, &sentence),
        });
        // A worker that cannot be loaded gives a plain Event without a message, so none is asked for.
        let pool = self.clone();
        let on_error = Closure::<dyn Fn(web_sys::Event)>::new(move |_| pool.lost(serial, text::WORKER_STOPPED));
        // The browser frees both closures with the worker.
        worker.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
        worker.set_onerror(Some(on_error.into_js_value().unchecked_ref()));
        let pool = self.clone();
        set_timeout(move || pool.give_up_start(serial), LONGEST_START);
        Some(Member { serial, lane, worker, lock, doing: Doing::Starting })
    }

    fn give_up_start(&self, serial: u64) {
        let is_starting = |member: &Member| member.serial == serial && matches!(member.doing, Doing::Starting);
        if self.0.borrow().members.iter().any(is_starting) {
            self.lost(serial, text::WORKER_MISSING);
        }
    }

    fn heard(&self, serial: u64, event: Event) {
        // Firefox has been seen to bring a message while another was under way, when the page was left.
        if self.0.try_borrow_mut().is_err() {
            let pool = self.clone();
            return set_timeout(move || pool.heard(serial, event), AGAIN);
        }
        let (listener, reply) = {
            let mut state = self.0.borrow_mut();
            let Some(member_idx) = state.members.iter().position(|member| member.serial == serial) else { return };
            match event {
                Event::Ready => {
                    state.failed_starts = 0;
                    let member = &mut state.members[member_idx];
                    member.doing = Doing::Idle;
                    let (lock, pool) = (member.lock.clone(), self.clone());
                    drop(state);
                    dom::when_free(&lock, move || pool.lost(serial, text::WORKER_STOPPED));
                    self.pump();
                    return;
                }
                Event::Progress { job: of, progress } => match &state.members[member_idx].doing {
                    Doing::Busy { job, listener, .. } if *job == of => (listener.clone(), Reply::Progress(progress)),
                    _ => return,
                },
                Event::Validated { job: of, done, all } => match &state.members[member_idx].doing {
                    Doing::Busy { job, listener, .. } if *job == of => {
                        (listener.clone(), Reply::Validated { done, all })
                    }
                    _ => return,
                },
                Event::Done { job: of, outcome } => match &state.members[member_idx].doing {
                    Doing::Busy { job, listener, since } if *job == of => {
                        let seconds = dom::seconds() - since;
                        let listener = listener.clone();
                        state.members[member_idx].doing = Doing::Idle;
                        (listener, Reply::Done { outcome: Box::new(outcome), seconds })
                    }
                    _ => return,
                },
            }
        };
        let is_done = matches!(reply, Reply::Done { .. });
        // The next job goes out first: what the listener does may take a while.
        if is_done {
            self.pump();
        }
        listener(reply);
    }

    /// A worker died or cannot be understood: it goes, and its job fails.
    fn lost(&self, serial: u64, sentence: &str) {
        let listener = {
            let mut state = self.0.borrow_mut();
            let Some(member_idx) = state.members.iter().position(|member| member.serial == serial) else { return };
            let mut member = state.members.remove(member_idx);
            match std::mem::replace(&mut member.doing, Doing::Idle) {
                Doing::Busy { listener, .. } => Some(listener),
                Doing::Starting => {
                    state.failed_starts += 1;
                    None
                }
                Doing::Idle => None,
            }
        };
        if let Some(listener) = listener {
            listener(Reply::Done { outcome: Box::new(Err(sentence.to_string())), seconds: 0.0 });
        }
        self.pump();
    }
}

fn post(worker: &Worker, job: JobId, task: Task) -> Result<(), String> {
    let message = to_js(&Request { job, task })?;
    worker.post_message(&message).map_err(|_| text::WORKER_STOPPED.to_string())
}
