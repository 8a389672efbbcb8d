//! What a table was taken for, in one line: it stands above every fit.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::assemble::Observed;
use super::issue::NAMES_LISTED;
use super::roles::{Role, Roles};
use super::table::Table;
use crate::dataset::{Observation, Split};
use crate::units::{Params, Tokens, excerpt, write_count};

/// What a table was taken for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Understood {
    /// Observations.
    pub n_rows: usize,
    /// How many of them are held out.
    pub n_holdout: usize,
    /// Distinct pairs of model size and mixture.
    pub n_runs: usize,
    /// The domains' names.
    pub domains: Vec<String>,
    /// Least and largest N.
    pub n: Option<(Params, Params)>,
    /// Least and largest D.
    pub d: Option<(Tokens, Tokens)>,
    /// The role that was computed from the compute, if one was.
    pub from_flops: Option<Role>,
    /// The targets' names.
    pub targets: Vec<String>,
    /// Names of the columns without a role, of which no other column was made either.
    pub unused: Vec<String>,
}

impl Understood {
    /// What the lines of a table with these roles gave.
    pub(super) fn new(table: &Table, roles: &Roles, observed: &Observed) -> Self {
        let rows = &observed.observations;
        let bits = |mixture: &[f64]| mixture.iter().map(|h| h.to_bits()).collect::<Vec<_>>();
        let runs: BTreeSet<_> = rows.iter().map(|row| (row.n.map(|n| n.0.to_bits()), bits(&row.mixture))).collect();
        let column = |role| roles.columns(role).next();
        let ends = |value: fn(&Observation) -> Option<f64>| {
            let mut values = rows.iter().filter_map(value);
            let first = values.next()?;
            Some(values.fold((first, first), |(least, most), value| (least.min(value), most.max(value))))
        };
        let (n, d) = (ends(|row| row.n.map(|n| n.0)), ends(|row| row.d.map(|d| d.0)));
        let from_flops = match (column(Role::N), column(Role::D)) {
            (Some(_), None) if d.is_some() => Some(Role::D),
            (None, Some(_)) if n.is_some() => Some(Role::N),
            _ => None,
        };
        Self {
            n_rows: rows.len(),
            n_holdout: rows.iter().filter(|row| row.split == Split::Holdout).count(),
            n_runs: runs.len(),
            domains: observed.domains.clone(),
            n: n.map(|(least, most)| (Params(least), Params(most))),
            d: d.map(|(least, most)| (Tokens(least), Tokens(most))),
            from_flops,
            targets: observed.targets.clone(),
            unused: roles
                .columns(Role::Ignored)
                .filter(|&i| !table.is_source(i))
                .map(|i| table.header()[i].clone())
                .collect(),
        }
    }

    /// What is used: "18 runs, 3 domains (web, code, math), N 70M–410M, D 2B–8B, 2 targets (wiki_loss, code_loss)".
    pub fn used(&self) -> String {
        let Self { n_rows, n_runs, n, d, .. } = self;
        let runs = if n_rows == n_runs {
            counted(*n_rows, "run")
        } else {
            format!("{} of {}", counted(*n_rows, "row"), counted(*n_runs, "run"))
        };
        let runs = match self.n_holdout {
            0 => runs,
            n => format!("{runs} ({n} held out)"),
        };
        let domains = match self.domains.len() {
            0 => "no mixture".to_string(),
            k => format!("{} ({})", counted(k, "domain"), List(&self.domains)),
        };
        let targets = match self.targets.len() {
            0 => "no target".to_string(),
            m => format!("{} ({})", counted(m, "target"), List(&self.targets)),
        };
        let range = |symbol: &str, role: Role, ends: Option<(f64, f64)>| {
            let from = if self.from_flops == Some(role) { " (from compute)" } else { "" };
            match ends {
                None => format!("no {symbol}"),
                Some((least, most)) if least == most => format!("{symbol} {}{from}", write_count(least, 3)),
                Some((least, most)) => format!("{symbol} {}–{}{from}", write_count(least, 3), write_count(most, 3)),
            }
        };
        let n = range("N", Role::N, n.map(|(least, most)| (least.0, most.0)));
        let d = range("D", Role::D, d.map(|(least, most)| (least.0, most.0)));
        format!("{runs}, {domains}, {n}, {d}, {targets}")
    }

    /// How many columns are not used: "4 columns not used".
    pub fn n_unused(&self) -> Option<String> {
        (!self.unused.is_empty()).then(|| format!("{} not used", counted(self.unused.len(), "column")))
    }
}

/// The whole line; of many names the first ones.
impl fmt::Display for Understood {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.used())?;
        match self.n_unused() {
            Some(unused) => write!(f, "; {unused}: {}", List(&self.unused)),
            None => f.write_str("; all columns used"),
        }
    }
}

fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// a, b and 3 more.
struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let listed: Vec<String> = self.0.iter().take(NAMES_LISTED).map(|name| excerpt(name)).collect();
        f.write_str(&listed.join(", "))?;
        match self.0.len().saturating_sub(NAMES_LISTED) {
            0 => Ok(()),
            n => write!(f, " and {n} more"),
        }
    }
}
