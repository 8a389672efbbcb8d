//! Every file that fits and an optimum can be written as: one table, from which the command line and the page take
//! their choices.

use super::{bibtex, blend, csv, fit_file, latex, python};
use crate::dataset::Dataset;
use crate::fit::Interval;
use crate::mixture::{Certainty, Optimum, Scenario, Verdict};
use crate::predict::study::PredictError;
use crate::predict::{FittedStudy, Replicate};

/// What is known, and is to be written.
#[derive(Clone, Copy)]
pub struct Known<'a> {
    /// The fits.
    pub study: &'a FittedStudy,
    /// The runs that they are of.
    pub runs: Option<&'a Dataset>,
    /// The replicates of a bootstrap.
    pub replicates: Option<&'a [Replicate]>,
    /// The optimum.
    pub optimum: Option<KnownOptimum<'a>>,
}

/// An optimum with what is known of it.
#[derive(Clone, Copy)]
pub struct KnownOptimum<'a> {
    /// What was asked.
    pub scenario: &'a Scenario,
    /// The optimum.
    pub optimum: &'a Optimum,
    /// Near-optimal ranges by domain.
    pub near: Option<&'a [Interval]>,
    /// What a bootstrap makes of it.
    pub certainty: Option<&'a Certainty>,
    /// How far to trust it.
    pub verdict: Option<&'a Verdict>,
}

/// What of the known a format writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The fits.
    Fits,
    /// The mixture.
    Mixture,
}

/// A format.
pub struct Format {
    /// Its name on the command line.
    pub id: &'static str,
    /// Its name on the page.
    pub label: &'static str,
    /// What it is for, in a line.
    pub help: &'static str,
    /// How the file is called.
    pub file: &'static str,
    /// What it writes.
    pub part: Part,
    write: fn(&Known) -> Result<String, Missing>,
}

/// What a format needs and there is not.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Missing {
    /// Runs.
    #[error("predictions of the runs need the runs, and there are none here")]
    Runs,
    /// Runs of other columns.
    #[error(transparent)]
    Predictions(#[from] PredictError),
    /// An optimum.
    #[error("there is no optimum to write: the fits do not depend on the mixture, or its limits conflict")]
    Optimum,
    /// Tokens in stock.
    #[error(
        "Axolotl keeps a share of each dataset, which follows from its tokens in stock; \"{0}\" has none among the limits, \
         or so few that it would be seen more than a hundred times"
    )]
    Stock(String),
}

impl Format {
    /// The text of the file.
    ///
    /// # Errors
    /// What it needs is not known.
    pub fn write(&self, known: &Known) -> Result<String, Missing> {
        (self.write)(known)
    }

    /// The format of that id.
    pub fn by_id(id: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.id == id)
    }
}

/// All formats, in the order in which they are offered.
pub static FORMATS: [Format; 14] = [
    Format {
        id: "python",
        label: "Python module",
        help: "loss(target, N, D, h) with NumPy alone",
        file: "law.py",
        part: Part::Fits,
        write: |known| Ok(python::module(known.study)),
    },
    Format {
        id: "latex",
        label: "LaTeX",
        help: "Equations with their values, a booktabs table for each target",
        file: "law.tex",
        part: Part::Fits,
        write: |known| Ok(latex::fits(known.study, known.replicates)),
    },
    Format {
        id: "bibtex",
        label: "BibTeX",
        help: "The method's paper and those of the laws",
        file: "mixlaw.bib",
        part: Part::Fits,
        write: |known| Ok(bibtex::entries(known.study)),
    },
    Format {
        id: "parameters",
        label: "Parameters (CSV)",
        help: "One per row, with its 90 % interval after a bootstrap",
        file: "parameters.csv",
        part: Part::Fits,
        write: |known| Ok(csv::parameters(known.study, known.replicates)),
    },
    Format {
        id: "predictions",
        label: "Predictions (CSV)",
        help: "Every loss of the runs, observed and predicted",
        file: "predictions.csv",
        part: Part::Fits,
        write: |known| Ok(csv::predictions(known.study, known.runs.ok_or(Missing::Runs)?)?),
    },
    Format {
        id: "fit",
        label: "Fit file (JSON)",
        help: "What mixlaw predict, optimum, link and export read",
        file: "fit.json",
        part: Part::Fits,
        write: |known| Ok(fit_file::write(known.study, known.runs, known.replicates) + "\n"),
    },
    Format {
        id: "mixture",
        label: "Mixture (CSV)",
        help: "Weights by domain with their ranges, tokens and epochs",
        file: "mixture.csv",
        part: Part::Mixture,
        write: |known| {
            let KnownOptimum { scenario, optimum, near, certainty, .. } = known.optimum.ok_or(Missing::Optimum)?;
            Ok(csv::mixture(known.study, scenario, optimum, near, certainty))
        },
    },
    Format {
        id: "json",
        label: "Mixture (JSON)",
        help: "Weights, losses, certificate and verdict, for scripts",
        file: "mixture.json",
        part: Part::Mixture,
        write: |known| blended(known, blend::json),
    },
    Format {
        id: "yaml",
        label: "Mixture (YAML)",
        help: "Weights by domain",
        file: "mixture.yaml",
        part: Part::Mixture,
        write: |known| blended(known, blend::yaml),
    },
    Format {
        id: "megatron",
        label: "Megatron-LM",
        help: "--data-path with weights; fill in the prefixes",
        file: "megatron.sh",
        part: Part::Mixture,
        write: |known| blended(known, blend::megatron),
    },
    Format {
        id: "olmo-core",
        label: "OLMo-core",
        help: "A source mixture with target ratios; fill in the paths",
        file: "olmo_core.yaml",
        part: Part::Mixture,
        write: |known| blended(known, blend::olmo_core),
    },
    Format {
        id: "olmix",
        label: "olmix",
        help: "The mix of an experiment file",
        file: "olmix.yaml",
        part: Part::Mixture,
        write: |known| blended(known, blend::olmix),
    },
    Format {
        id: "levanter",
        label: "Levanter",
        help: "data.configs and train_weights; fill in the URLs",
        file: "levanter.yaml",
        part: Part::Mixture,
        write: |known| blended(known, blend::levanter),
    },
    Format {
        id: "axolotl",
        label: "Axolotl",
        help: "datasets with the share of each that is kept; needs the tokens in stock of every domain",
        file: "axolotl.yaml",
        part: Part::Mixture,
        write: |known| blend::axolotl(known.study, &known.optimum.ok_or(Missing::Optimum)?),
    },
];

fn blended(known: &Known, write: fn(&FittedStudy, &KnownOptimum) -> String) -> Result<String, Missing> {
    Ok(write(known.study, &known.optimum.ok_or(Missing::Optimum)?))
}
