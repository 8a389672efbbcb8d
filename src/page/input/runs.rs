//! What is typed where runs are asked for: the budget of the next ones, and a study to plan.

use crate::design::{Budget, Wanted};
use crate::mixture::Limits;
use crate::page::input::limits::LimitsInput;
use crate::units::{Params, Tokens};

/// A study to plan, as typed; what is left empty has a default.
#[derive(Debug, Clone, Default)]
pub struct PlanInput {
    /// Names of the domains.
    pub domains: String,
    /// Names of the losses.
    pub targets: String,
    /// Model sizes.
    pub sizes: String,
    /// Tokens of a run.
    pub tokens: String,
    /// Runs in all.
    pub runs: String,
    /// Compute of all runs.
    pub flops: String,
    /// N of the model that the study is for.
    pub n: String,
    /// D of it.
    pub d: String,
    /// A table of limits, as in the limits of an optimum.
    pub limits: String,
}

impl PlanInput {
    /// The study.
    ///
    /// # Errors
    /// A sentence about the first field that makes no sense.
    pub fn wanted(&self) -> Result<Wanted, String> {
        let domains = names(&self.domains);
        let mut limits = LimitsInput::default();
        if !self.limits.trim().is_empty() {
            limits.fill(&self.limits, &domains).map_err(|error| format!("limits: {error}"))?;
        }
        let target = match (one("N", &self.n)?, one("D", &self.d)?) {
            (Some(n), Some(d)) => Some((n, d)),
            (None, None) => None,
            _ => return Err("give both N and D of the model that the study is for, or neither".into()),
        };
        Ok(Wanted {
            limits: Limits { inside_data: false, ..limits.limits(&domains)?.0 },
            targets: names(&self.targets),
            sizes: list::<Params>("model sizes", &self.sizes)?,
            token_counts: list::<Tokens>("tokens per run", &self.tokens)?,
            runs: whole(&self.runs)?,
            flops: one("FLOPs", &self.flops)?,
            target,
            domains,
            ..Wanted::default()
        })
    }
}

/// What was typed as a budget.
///
/// # Errors
/// A sentence about the first field that makes no sense.
pub fn budget(runs: &str, sizes: &str, tokens: &str) -> Result<Budget, String> {
    Ok(Budget {
        runs: whole(runs)?,
        sizes: list("model sizes", sizes)?,
        token_counts: list("tokens per run", tokens)?,
        ..Budget::default()
    })
}

fn whole(runs: &str) -> Result<Option<usize>, String> {
    match runs.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| format!("runs: \"{text}\" is no whole number")),
    }
}

/// Numbers separated by commas, semicolons or spaces.
fn list<T: std::str::FromStr<Err: std::fmt::Display>>(what: &str, text: &str) -> Result<Vec<T>, String> {
    let parts = text.split([',', ' ', ';', '\n']).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|error| format!("{what}: {error}"))).collect()
}

fn one<T: std::str::FromStr<Err: std::fmt::Display>>(what: &str, text: &str) -> Result<Option<T>, String> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|error| format!("{what}: {error}")),
    }
}

/// Names separated by commas, semicolons or lines; a name may hold spaces.
fn names(text: &str) -> Vec<String> {
    let parts = text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> PlanInput {
        PlanInput {
            domains: "web, code\nfine books".into(),
            sizes: "100M 300M".into(),
            runs: " 24 ".into(),
            ..PlanInput::default()
        }
    }

    #[test]
    fn a_study_is_read_from_its_fields() {
        let wanted = PlanInput {
            n: "7B".into(),
            d: "150B".into(),
            flops: "1e21".into(),
            limits: "domain,max\ncode,30 %\n".into(),
            ..input()
        };
        let wanted = wanted.wanted().expect("sound");
        assert_eq!(wanted.domains, ["web", "code", "fine books"]);
        assert_eq!(wanted.sizes, [Params(1e8), Params(3e8)]);
        assert_eq!((wanted.runs, wanted.flops.map(|flops| flops.0)), (Some(24), Some(1e21)));
        assert_eq!(wanted.target, Some((Params(7e9), Tokens(150e9))));
        assert_eq!(wanted.limits.weights.len(), 1);
        assert_eq!(wanted.limits.weights[0].max, Some(0.3));
        assert!(!wanted.limits.inside_data, "there are no data to stay inside");
    }

    #[test]
    fn what_makes_no_sense_is_said_with_its_field() {
        let said = |input: PlanInput| input.wanted().expect_err("makes no sense");
        assert_eq!(said(PlanInput { runs: "many".into(), ..input() }), "runs: \"many\" is no whole number");
        assert!(said(PlanInput { sizes: "100X".into(), ..input() }).starts_with("model sizes: "));
        assert!(said(PlanInput { n: "7B".into(), ..input() }).contains("both N and D"));
        assert!(
            said(PlanInput { limits: "domain,max\nmath,1".into(), ..input() }).starts_with("limits: line 2: \"math\"")
        );
        assert!(budget("8", "1Q", "").expect_err("no size").starts_with("model sizes: "));
        assert_eq!(budget("8", "", "2B;4B").expect("sound").token_counts, [Tokens(2e9), Tokens(4e9)]);
    }
}
