//! In a browser's place, where the state is tested natively: jobs and timers wait until the test says what becomes of them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use super::workers::{Lane, Reply};
use crate::protocol::{Answer, JobId, Task};

thread_local! {
    static TIMERS: RefCell<Vec<(Timer, Duration, Box<dyn FnOnce()>)>> = RefCell::default();
    static LAST: Cell<u64> = const { Cell::new(0) };
}

fn next() -> u64 {
    LAST.replace(LAST.get() + 1)
}

/// What is to run later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer(u64);

impl Timer {
    /// Runs `action` when [`pass`] has come to its end.
    pub fn after(delay: Duration, action: impl FnOnce() + 'static) -> Option<Self> {
        let timer = Self(next());
        TIMERS.with_borrow_mut(|timers| timers.push((timer, delay, Box::new(action))));
        Some(timer)
    }

    /// It does not run any more.
    pub fn clear(self) {
        TIMERS.with_borrow_mut(|timers| timers.retain(|(timer, ..)| *timer != self));
    }
}

/// Lets the timer run that is due next; whether there was one.
pub fn pass() -> bool {
    let due = TIMERS.with_borrow_mut(|timers| {
        let first = (0..timers.len()).min_by_key(|&at| timers[at].1)?;
        let (_, passed, action) = timers.remove(first);
        timers.iter_mut().for_each(|(_, delay, _)| *delay = delay.saturating_sub(passed));
        Some(action)
    });
    due.map(|action| action()).is_some()
}

/// Forgets all timers.
pub fn forget_timers() {
    TIMERS.with_borrow_mut(Vec::clear);
}

struct Job {
    id: JobId,
    task: Box<dyn FnOnce() -> Task>,
    listener: Box<dyn Fn(Reply)>,
}

/// Jobs that wait; clones are the same pool.
#[derive(Clone, Default)]
pub struct Pool(Rc<RefCell<Vec<Job>>>);

impl Pool {
    /// Queues a task.
    pub fn submit(&self, _: Lane, task: impl FnOnce() -> Task + 'static, listener: impl Fn(Reply) + 'static) -> JobId {
        let id = JobId(next());
        self.0.borrow_mut().push(Job { id, task: Box::new(task), listener: Box::new(listener) });
        id
    }

    /// Forgets these jobs.
    pub fn cancel(&self, jobs: &[JobId]) {
        self.0.borrow_mut().retain(|job| !jobs.contains(&job.id));
    }

    /// Forgets all jobs.
    pub fn close(&self) {
        self.0.borrow_mut().clear();
    }

    /// How many jobs wait.
    pub fn n_waiting(&self) -> usize {
        self.0.borrow().len()
    }

    /// Takes a worker's place for one of the jobs.
    pub fn answer(&self, at: usize, worker: impl FnOnce(Task) -> Result<Answer, String>) {
        let Job { task, listener, .. } = self.0.borrow_mut().remove(at);
        let outcome = Box::new(worker(task()));
        listener(Reply::Done { outcome, seconds: 0.0 });
    }
}
