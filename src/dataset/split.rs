//! Which observations a fit uses and which it is judged on.

use serde::{Deserialize, Serialize};

use super::Dataset;

/// What a study's own `split` column says of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Split {
    /// Fit on it.
    #[default]
    Fit,
    /// Judge the fit on it.
    Holdout,
}

/// How the held-out observations are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Holdout {
    /// As the study's `split` column says; without one, nothing is held out.
    #[default]
    Split,
    /// Fit on everything.
    None,
    /// Hold out the largest model size; without at least two sizes, nothing is held out.
    LargestN,
}

impl Holdout {
    /// All ways, in the order in which they are offered.
    pub const ALL: [Holdout; 3] = [Holdout::Split, Holdout::None, Holdout::LargestN];

    /// Name on the command line and in links.
    pub fn id(self) -> &'static str {
        match self {
            Holdout::Split => "split",
            Holdout::None => "none",
            Holdout::LargestN => "largest-n",
        }
    }

    /// The way of that name.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|holdout| holdout.id() == id)
    }

    /// For each observation, whether it is held out.
    pub fn held_out(self, dataset: &Dataset) -> Vec<bool> {
        let largest_n = match dataset.design().sizes().as_slice() {
            [.., _, largest] => Some(*largest),
            _ => None,
        };
        dataset
            .observations()
            .iter()
            .map(|observation| match self {
                Holdout::Split => observation.split == Split::Holdout,
                Holdout::None => false,
                Holdout::LargestN => largest_n.is_some() && observation.n == largest_n,
            })
            .collect()
    }
}
