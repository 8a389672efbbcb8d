//! What the workers are asked, and by which of them it is done.

use crate::fit::Progress;
use crate::page::browser::dom;
#[cfg(target_arch = "wasm32")]
pub use crate::page::browser::pool::Pool;
#[cfg(not(target_arch = "wasm32"))]
pub use crate::page::browser::stand_in::Pool;
use crate::protocol::Answer;

/// More workers than this gain little: the longest single fit sets the pace.
const MOST_WORKERS: usize = 8;

/// Which workers a request may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Tables: what is pasted never waits for what is computed of the table before.
    Reading,
    /// Answered at once: optima.
    Quick,
    /// Takes a second or more: fits.
    Heavy,
    /// The same, but nobody waits for it: by the heavy ones' workers, while none of those is queued.
    Spare,
}

impl Lane {
    /// Whose workers do it.
    pub fn home(self) -> Self {
        if self == Self::Spare { Self::Heavy } else { self }
    }
}

/// What the caller of a request hears of it.
pub enum Reply {
    /// It goes on.
    Progress(Progress),
    /// So many of a validation's splits are done.
    Validated {
        /// How many.
        done: usize,
        /// Of how many.
        all: usize,
    },
    /// It is done; nothing follows.
    Done {
        /// The answer, or in a sentence why there is none.
        outcome: Box<Result<Answer, String>>,
        /// Seconds of a worker's time.
        seconds: f64,
    },
}

/// How many workers share a lane's requests.
pub fn most_workers(lane: Lane) -> usize {
    match lane {
        Lane::Reading | Lane::Quick => 1,
        Lane::Heavy | Lane::Spare => dom::hardware_threads().clamp(1, MOST_WORKERS),
    }
}
