//! A study before its first run: asked for by the user, of nothing else on the page.

use leptos::prelude::*;

use super::State;
use crate::design::{Plan, Wanted};
use crate::page::browser::workers::{Lane, Reply};
use crate::page::same::Same;
use crate::protocol::{self, Task};
use crate::wording::page as text;

/// A plan as far as it is known.
#[derive(Clone, Default)]
pub enum AskedPlan {
    /// Not asked for.
    #[default]
    Idle,
    /// Under way.
    Running,
    /// Done, or in a sentence why there is none.
    Done(Same<Result<Plan, String>>),
}

impl State {
    /// Plans a study.
    pub fn ask_plan(self, wanted: Wanted) {
        self.replace_jobs("plan", Vec::new());
        self.plan.set(AskedPlan::Running);
        let job = self.pool().submit(
            Lane::Heavy,
            move || Task::Plan(Box::new(wanted)),
            move |reply| {
                if let Reply::Done { outcome, .. } = reply {
                    let plan = match *outcome {
                        Ok(protocol::Answer::Plan(plan)) => *plan,
                        Ok(_) => Err(text::WORKER_STOPPED.to_string()),
                        Err(sentence) => Err(sentence),
                    };
                    self.plan.set(AskedPlan::Done(Same::new(plan)));
                }
            },
        );
        self.replace_jobs("plan", vec![job]);
    }
}
