//! Parameters that a user fixes, bounds or ties together, and the search over what is left.
//!
//! Names are the parameters' own, such as `alpha` or `gamma_arxiv`; a name without its domain, such as `gamma`,
//! means that parameter of every domain. Values are in natural units.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::solver::Objective;
use super::{FitConfig, FitError};
use crate::law::{Kind, Law, Parameter, Shape, Symbol};
use crate::units::{Decimal, choices, read_number, write_number};

/// What a user wants of parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Restriction {
    /// They have this value.
    Fixed {
        /// Name of the parameters.
        name: String,
        /// Their natural value.
        value: f64,
    },
    /// They lie in this range.
    Bounded {
        /// Name of the parameters.
        name: String,
        /// Least natural value, if there is one.
        low: Option<f64>,
        /// Largest natural value, if there is one.
        high: Option<f64>,
    },
    /// They are all equal.
    Tied {
        /// Names of the parameters.
        names: Vec<String>,
    },
}

impl Restriction {
    /// The restriction as one writes it: `alpha = 0.34`, `0.1 <= gamma <= 1`, `alpha = beta`, `all gamma equal`.
    pub fn text(&self) -> String {
        match self {
            Restriction::Fixed { name, value } => format!("{name} = {}", exact(*value)),
            Restriction::Bounded { name, low, high } => {
                let mut text = String::new();
                if let Some(low) = low {
                    let _ = write!(text, "{} <= ", exact(*low));
                }
                text.push_str(name);
                if let Some(high) = high {
                    let _ = write!(text, " <= {}", exact(*high));
                }
                text
            }
            Restriction::Tied { names } => {
                if let [name] = &names[..] {
                    format!("all {name} equal")
                } else {
                    names.join(" = ")
                }
            }
        }
    }

    /// The inverse of [`Restriction::text`], for several that stand on lines of their own or behind commas. `α` is
    /// `alpha`, `≤` is `<=`, `1 >= gamma` is `gamma <= 1`, and `alpha = beta = 0.3` fixes both. A domain whose name
    /// has a comma, `=`, `<` or `>` cannot be named here.
    ///
    /// # Errors
    /// The first that is no restriction.
    pub fn parse(text: &str) -> Result<Vec<Self>, ParseError> {
        let mut restrictions = Vec::new();
        for written in text.split(['\n', ',', ';']).map(str::trim).filter(|written| !written.is_empty()) {
            parse_one(written, &mut restrictions)?;
        }
        Ok(restrictions)
    }

    /// Whether it is about the parameter of that name.
    pub fn names(&self, name: &str) -> bool {
        self.all_names().iter().any(|other| other == name)
    }

    fn all_names(&self) -> &[String] {
        match self {
            Restriction::Fixed { name, .. } | Restriction::Bounded { name, .. } => std::slice::from_ref(name),
            Restriction::Tied { names } => names,
        }
    }
}

/// Why a text is no restriction.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ParseError {
    /// Neither `=` nor `<=` where they should be.
    #[error(
        "\"{seen}\" is no restriction; write one such as alpha = 0.34, 0.1 <= gamma <= 1, alpha = beta or all gamma equal"
    )]
    Form {
        /// What was written.
        seen: String,
    },
    /// Nothing, or something that is neither a name nor a number.
    #[error("in \"{within}\", \"{seen}\" is neither a parameter's name nor a number such as 0.34")]
    Term {
        /// What was written there.
        seen: String,
        /// The whole restriction.
        within: String,
    },
    /// Two values for one parameter.
    #[error("\"{seen}\" gives two values; a parameter has one, or lies between two: 0.1 <= gamma <= 1")]
    Values {
        /// What was written.
        seen: String,
    },
}

/// One side of a `=` or `<=`.
enum Term {
    Name(String),
    Number(f64),
}

/// Letters of the formulas that have a name in ASCII, as [`Symbol::stem`] writes them.
const GREEK: [(char, &str); 3] = [('α', "alpha"), ('β', "beta"), ('γ', "gamma")];

fn term(seen: &str, within: &str) -> Result<Term, ParseError> {
    let seen = seen.trim();
    if let Ok(number) = read_number(seen, Decimal::Point) {
        return Ok(Term::Number(number));
    }
    if !seen.starts_with(char::is_alphabetic) || seen.contains(['=', '<', '>']) {
        return Err(ParseError::Term { seen: seen.to_string(), within: within.to_string() });
    }
    // The domain's name stays as it is.
    let (stem, domain) = seen.split_at(seen.find('_').unwrap_or(seen.len()));
    let spelt = GREEK.iter().fold(stem.to_string(), |stem, (letter, name)| stem.replace(*letter, name));
    Ok(Term::Name(spelt + domain))
}

fn parse_one(written: &str, restrictions: &mut Vec<Restriction>) -> Result<(), ParseError> {
    let form = || ParseError::Form { seen: written.to_string() };
    if let Some(name) = written.strip_prefix("all ").and_then(|rest| rest.strip_suffix(" equal")) {
        let Term::Name(name) = term(name, written)? else { return Err(form()) };
        restrictions.push(Restriction::Tied { names: vec![name] });
        return Ok(());
    }
    let plain = written.replace('≤', "<=").replace('≥', ">=");
    let terms = |separator: &str| plain.split(separator).map(|seen| term(seen, written)).collect::<Result<Vec<_>, _>>();
    let (ascending, descending) = (plain.contains("<="), plain.contains(">="));
    if ascending || descending {
        let mut terms = terms(if ascending { "<=" } else { ">=" })?;
        if descending {
            terms.reverse();
        }
        let mut terms = terms.into_iter();
        let (name, low, high) = match (terms.next(), terms.next(), terms.next(), terms.next()) {
            (Some(Term::Number(low)), Some(Term::Name(name)), None, None) => (name, Some(low), None),
            (Some(Term::Name(name)), Some(Term::Number(high)), None, None) => (name, None, Some(high)),
            (Some(Term::Number(low)), Some(Term::Name(name)), Some(Term::Number(high)), None) => {
                (name, Some(low), Some(high))
            }
            _ => return Err(form()),
        };
        restrictions.push(Restriction::Bounded { name, low, high });
        return Ok(());
    }
    if !plain.contains('=') {
        return Err(form());
    }
    let (mut names, mut value) = (Vec::new(), None);
    for term in terms("=")? {
        match term {
            Term::Name(name) => names.push(name),
            Term::Number(_) if value.is_some() => return Err(ParseError::Values { seen: written.to_string() }),
            Term::Number(number) => value = Some(number),
        }
    }
    match value {
        Some(value) => restrictions.extend(names.into_iter().map(|name| Restriction::Fixed { name, value })),
        None => restrictions.push(Restriction::Tied { names }),
    }
    Ok(())
}

/// The number with every digit it has, short also where it is very large or small.
fn exact(value: f64) -> String {
    if value == 0.0 || (1e-4..1e15).contains(&value.abs()) { value.to_string() } else { format!("{value:e}") }
}

/// Where an entry of θ gets its value from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Source {
    Fixed(f64),
    /// Position among the free entries.
    Free(usize),
}

/// θ as the search sees it: the entries that are neither fixed nor tied to another.
#[derive(Debug, Clone, PartialEq)]
pub struct Freedom {
    sources: Vec<Source>,
    /// For each entry of θ the bounds that are the floor and the ceiling of the γ_i.
    of_settings: Vec<(Option<f64>, Option<f64>)>,
    /// The free entries, with the user's bounds.
    pub parameters: Vec<Parameter>,
    /// Entries that a hop moves together.
    pub groups: Vec<Vec<usize>>,
}

impl Freedom {
    /// Applies the restrictions, the floor and the ceiling of the γ_i to the law's parameters. With `lenient`, names that the law
    /// does not have are no error: they belong to the law that it is nested in.
    ///
    /// # Errors
    /// A name that the law does not have, a value that the formula or its range does not allow, restrictions that
    /// contradict each other, a fixed parameter whose unit depends on one that is not fixed, or ties between
    /// parameters of different kinds.
    pub fn new(
        law: &dyn Law,
        shape: &Shape,
        domains: &[String],
        config: &FitConfig,
        lenient: bool,
    ) -> Result<Self, FitError> {
        let restrictions = &config.restrictions;
        let mut parameters = law.parameters(shape);
        let n = parameters.len();
        let mut leader: Vec<usize> = (0..n).collect();
        // For each entry the restrictions that name it.
        let mut naming: Vec<Vec<&Restriction>> = vec![Vec::new(); n];
        for restriction in restrictions {
            let mut positions = Vec::new();
            for name in restriction.all_names() {
                let found = named(&parameters, domains, name);
                if found.is_empty() && !lenient {
                    return Err(FitError::NoParameter {
                        law: law.name(),
                        name: name.clone(),
                        known: choices(stems(&parameters).iter().map(String::as_str), name),
                    });
                }
                positions.extend(found);
            }
            positions.iter().for_each(|&position| naming[position].push(restriction));
            if let Restriction::Tied { names } = restriction
                && let Some(&first) = positions.first()
            {
                let alike = |&position: &usize| {
                    parameters[position].kind == parameters[first].kind
                        && parameters[position].kind.depends_on().next().is_none()
                };
                if !positions.iter().all(alike) {
                    return Err(FitError::Tie { names: names.join(", ") });
                }
                let to = leader[first];
                let tied: Vec<usize> = positions.iter().map(|&position| leader[position]).collect();
                for entry in &mut leader {
                    if tied.contains(entry) {
                        *entry = to;
                    }
                }
            }
        }
        let mut wishes: Vec<Wish> = Vec::with_capacity(n);
        for position in 0..n {
            let members = (0..n).filter(|&other| leader[other] == leader[position]);
            let wish = Wish::new(members.flat_map(|other| naming[other].iter().copied()));
            wishes.push(wish.ok_or_else(|| contradiction(restrictions, &parameters, domains, &leader, position))?);
        }
        let known: Vec<f64> = wishes.iter().map(|wish| wish.value.unwrap_or(f64::NAN)).collect();
        let check_unit = |position: usize| match parameters[position].kind.depends_on().find(|&p| known[p].is_nan()) {
            Some(other) => Err(FitError::UnitDepends {
                name: parameters[position].symbol.name(domains),
                other: parameters[other].symbol.name(domains),
            }),
            None => Ok(()),
        };
        let mut fixed = vec![None; n];
        let mut of_settings = vec![(None, None); n];
        let mut bounds: Vec<(f64, f64)> = parameters.iter().map(|parameter| parameter.bounds).collect();
        for (position, wish) in wishes.iter().enumerate() {
            let Parameter { kind, symbol, bounds: own, .. } = &parameters[position];
            let (kind, name) = (*kind, symbol.name(domains));
            if let Some(value) = wish.value {
                if !kind.allows(value) {
                    return Err(FitError::Restricted { name, value, expected: kind.expected().to_string() });
                }
                check_unit(position)?;
                let at = kind.inside(value, &known);
                if !(own.0..=own.1).contains(&at) {
                    return Err(FitError::Restricted { name, value, expected: range(&parameters, position, &known) });
                }
                fixed[position] = Some(at);
            } else if wish.is_bounded() {
                check_unit(position)?;
                let (low, high) = (wish.low, wish.high);
                if kind == Kind::Inverse && low < 0.0 && high > 0.0 {
                    return Err(FitError::AcrossZero { name });
                }
                let ends = inside_range(kind, low, high, &known);
                let ends = ends.map(|(low, high)| (low.max(own.0), high.min(own.1))).filter(|(low, high)| low <= high);
                bounds[position] =
                    ends.ok_or_else(|| FitError::Range { name, low, high, own: range(&parameters, position, &known) })?;
            }
        }
        for position in law.weight_exponents(shape) {
            let inside = |gamma: f64| (gamma > 0.0).then(|| parameters[position].kind.inside(gamma, &known));
            let (wish, (low, high)) = (&wishes[position], bounds[position]);
            // Whoever wants a least γ, or one below the floor, has it; likewise at the other end.
            let floor =
                inside(config.gamma_floor).filter(|floor| wish.low == f64::NEG_INFINITY && (low..high).contains(floor));
            let low = floor.unwrap_or(low);
            let ceiling = inside(config.gamma_ceiling)
                .filter(|ceiling| wish.high == f64::INFINITY && *ceiling > low && *ceiling <= high);
            bounds[position] = (low, ceiling.unwrap_or(high));
            of_settings[position] = (floor, ceiling);
        }
        // What are tied have one value, in the range of each.
        for position in 0..n {
            let members = (0..n).filter(|&other| leader[other] == leader[position]);
            let (low, high) = members.fold((f64::NEG_INFINITY, f64::INFINITY), |(low, high), other| {
                (bounds[other].0.max(low), bounds[other].1.min(high))
            });
            if low > high {
                return Err(contradiction(restrictions, &parameters, domains, &leader, position));
            }
            parameters[position].bounds = (low, high);
        }
        let mut sources = Vec::with_capacity(parameters.len());
        let mut free: Vec<usize> = Vec::new();
        for position in 0..parameters.len() {
            sources.push(match fixed[position] {
                Some(value) => Source::Fixed(value),
                None => Source::Free(free.iter().position(|&other| leader[other] == leader[position]).unwrap_or_else(
                    || {
                        free.push(position);
                        free.len() - 1
                    },
                )),
            });
        }
        let groups = law.groups(shape).into_iter().map(|group| {
            let mut group: Vec<usize> = group
                .into_iter()
                .filter_map(|position| if let Source::Free(at) = sources[position] { Some(at) } else { None })
                .collect();
            group.sort_unstable();
            group.dedup();
            group
        });
        let groups = groups.filter(|group| !group.is_empty()).collect();
        let parameters = free.into_iter().map(|position| within_bounds(parameters[position].clone())).collect();
        Ok(Self { sources, of_settings, parameters, groups })
    }

    /// The whole θ.
    pub fn expand(&self, free: &[f64]) -> Vec<f64> {
        let value = |source: &Source| match *source {
            Source::Fixed(value) => value,
            Source::Free(position) => free[position],
        };
        self.sources.iter().map(value).collect()
    }

    /// The free entries nearest to those of a whole θ.
    pub fn reduce(&self, theta: &[f64]) -> Vec<f64> {
        let at = |position: usize| self.sources.iter().position(|source| *source == Source::Free(position));
        let entries = self.parameters.iter().enumerate();
        let value = |(position, parameter): (usize, &Parameter)| {
            at(position).map_or(0.0, |at| theta[at]).clamp(parameter.bounds.0, parameter.bounds.1)
        };
        entries.map(value).collect()
    }

    /// For each entry of θ whether it was fitted.
    pub fn free(&self) -> Vec<bool> {
        self.sources.iter().map(|source| matches!(source, Source::Free(_))).collect()
    }

    /// The bounds of the entry of θ at that position that are the floor and the ceiling of the γ_i.
    pub fn of_settings(&self, position: usize) -> (Option<f64>, Option<f64>) {
        self.of_settings[position]
    }

    /// For each entry of θ its bounds, or `None` where it is fixed.
    pub fn bounds(&self) -> Vec<Option<(f64, f64)>> {
        let bounds = |source: &Source| match *source {
            Source::Fixed(_) => None,
            Source::Free(position) => Some(self.parameters[position].bounds),
        };
        self.sources.iter().map(bounds).collect()
    }
}

/// What the restrictions of one parameter, or of several that are tied, come to.
#[derive(Debug, Clone, Copy)]
struct Wish {
    value: Option<f64>,
    /// Least natural value; −∞ where there is none.
    low: f64,
    /// Largest natural value; ∞ where there is none.
    high: f64,
}

impl Wish {
    /// `None` where they contradict each other. A single bound that is empty by itself does not: it is a wrong range.
    fn new<'r>(restrictions: impl Iterator<Item = &'r Restriction>) -> Option<Self> {
        let mut wish = Self { value: None, low: f64::NEG_INFINITY, high: f64::INFINITY };
        let mut bounds: Vec<&Restriction> = Vec::new();
        for restriction in restrictions {
            match restriction {
                Restriction::Fixed { value, .. } => {
                    // A NaN equals nothing and is refused as a value.
                    if wish.value.is_some_and(|other| other != *value && !other.is_nan()) {
                        return None;
                    }
                    wish.value = Some(*value);
                }
                Restriction::Bounded { low, high, .. } => {
                    let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
                    // A NaN stays, so that its range is refused.
                    if low.is_nan() || low > wish.low {
                        wish.low = low;
                    }
                    if high.is_nan() || high < wish.high {
                        wish.high = high;
                    }
                    if !bounds.contains(&restriction) {
                        bounds.push(restriction);
                    }
                }
                Restriction::Tied { .. } => {}
            }
        }
        let empty = wish.low > wish.high && bounds.len() > 1;
        let outside = wish.value.is_some_and(|value| value < wish.low || value > wish.high);
        (!empty && !outside).then_some(wish)
    }

    fn is_bounded(&self) -> bool {
        !(self.low == f64::NEG_INFINITY && self.high == f64::INFINITY)
    }
}

/// p nearest to 0, either side.
const NEXT_TO_ZERO: f64 = 1e-7;

/// The values inside of a natural range; infinite where the law's own bound is the end, and `None` where the formula
/// allows nothing of it. A γ = 1/p must be on one side of 0.
fn inside_range(kind: Kind, low: f64, high: f64, known: &[f64]) -> Option<(f64, f64)> {
    if !(low <= high) || low == f64::INFINITY || high == f64::NEG_INFINITY {
        return None;
    }
    if kind == Kind::Inverse {
        // γ falls as p rises; γ → ±∞ is p = 0, and γ = 0 is p → ±∞ on the side of the other end.
        let end = |gamma: f64, at_zero: f64| match gamma {
            0.0 => at_zero,
            // At 0 itself p would not know on which side it is.
            _ if gamma.is_infinite() => NEXT_TO_ZERO.copysign(gamma),
            _ => 1.0 / gamma,
        };
        return (low < high || low != 0.0).then(|| (end(high, f64::NEG_INFINITY), end(low, f64::INFINITY)));
    }
    if !kind.is_signed() && high <= 0.0 {
        return None;
    }
    let end = |value: f64| kind.allows(value).then(|| kind.inside(value, known));
    // C = A^p falls with A where p is negative.
    let falls = matches!(kind, Kind::Corner { p, .. } if known[p] < 0.0);
    let (low, high) = if falls { (end(high), end(low)) } else { (end(low), end(high)) };
    Some((low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY)))
}

/// Which restrictions of the parameter at `position`, and of those tied to it, cannot all hold.
fn contradiction(
    restrictions: &[Restriction],
    parameters: &[Parameter],
    domains: &[String],
    leader: &[usize],
    position: usize,
) -> FitError {
    let concerns = |restriction: &&Restriction| {
        let mut positions = restriction.all_names().iter().flat_map(|name| named(parameters, domains, name));
        positions.any(|other| leader[other] == leader[position])
    };
    let texts: Vec<String> = restrictions.iter().filter(concerns).map(Restriction::text).collect();
    FitError::Contradiction { texts: texts.join("; ") }
}

/// Random starts are drawn within the bounds: where these leave nothing of the start range, from all of them.
fn within_bounds(mut parameter: Parameter) -> Parameter {
    let (low, high) = parameter.bounds;
    parameter.start = (parameter.start.0.max(low), parameter.start.1.min(high));
    if parameter.start.0 > parameter.start.1 {
        parameter.start = parameter.bounds;
    }
    parameter
}

/// Positions of the parameters of that name: one, or one for each domain.
fn named(parameters: &[Parameter], domains: &[String], name: &str) -> Vec<usize> {
    let symbol_is = |symbol: &Symbol| symbol.name(domains) == name || symbol.stem() == name;
    (0..parameters.len()).filter(|&position| symbol_is(&parameters[position].symbol)).collect()
}

/// The names of parameters without their domains, each once.
pub fn stems(parameters: &[Parameter]) -> Vec<String> {
    let mut stems: Vec<String> = Vec::new();
    for parameter in parameters {
        let stem = parameter.symbol.stem();
        if !stems.contains(&stem) {
            stems.push(stem);
        }
    }
    stems
}

/// The natural values of a parameter's range, for a reader: "between 0.1 and 2".
fn range(parameters: &[Parameter], position: usize, known: &[f64]) -> String {
    let Parameter { kind, bounds, .. } = parameters[position].clone();
    // Only the entries that it depends on are asked for, and those are fixed.
    let theta: Vec<f64> = parameters
        .iter()
        .zip(known)
        .map(|(parameter, &value)| if value.is_finite() { parameter.kind.inside(value, known) } else { 0.0 })
        .collect();
    let [mut low, mut high] = [bounds.0, bounds.1].map(|bound| kind.natural(bound, &theta));
    if kind == Kind::Inverse {
        return format!("at most {} or at least {}", write_number(low, 3), write_number(high, 3));
    }
    // C = A^p falls with A where p is negative.
    if low > high {
        (low, high) = (high, low);
    }
    format!("between {} and {}", write_number(low, 3), write_number(high, 3))
}

/// The objective of the free entries.
pub struct Restricted<'a, O: Objective> {
    objective: O,
    freedom: &'a Freedom,
    bounds: Vec<(f64, f64)>,
    gradient: Vec<f64>,
    gram: Vec<f64>,
}

impl<'a, O: Objective> Restricted<'a, O> {
    /// `objective` is that of the whole θ.
    pub fn new(objective: O, freedom: &'a Freedom) -> Self {
        let n = freedom.sources.len();
        let bounds = freedom.parameters.iter().map(|parameter| parameter.bounds).collect();
        Self { objective, freedom, bounds, gradient: vec![0.0; n], gram: vec![0.0; n * n] }
    }

    /// Whether every entry is free, so that there is nothing to translate.
    fn is_whole(&self) -> bool {
        self.freedom.parameters.len() == self.freedom.sources.len()
    }
}

impl<O: Objective> Objective for Restricted<'_, O> {
    fn bounds(&self) -> &[(f64, f64)] {
        &self.bounds
    }

    fn value(&mut self, theta: &[f64], delta: f64) -> f64 {
        self.objective.value(&self.freedom.expand(theta), delta)
    }

    fn gradient(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64]) -> f64 {
        if self.is_whole() {
            return self.objective.gradient(theta, delta, gradient);
        }
        let value = self.objective.gradient(&self.freedom.expand(theta), delta, &mut self.gradient);
        gradient.fill(0.0);
        for (source, entry) in self.freedom.sources.iter().zip(&self.gradient) {
            if let Source::Free(position) = source {
                gradient[*position] += entry;
            }
        }
        value
    }

    fn normal_equations(&mut self, theta: &[f64], delta: f64, gradient: &mut [f64], gram: &mut [f64]) -> f64 {
        if self.is_whole() {
            return self.objective.normal_equations(theta, delta, gradient, gram);
        }
        let whole = self.freedom.expand(theta);
        let value = self.objective.normal_equations(&whole, delta, &mut self.gradient, &mut self.gram);
        gradient.fill(0.0);
        gram.fill(0.0);
        let (n, n_free) = (whole.len(), theta.len());
        for (i, source) in self.freedom.sources.iter().enumerate() {
            let Source::Free(row) = *source else { continue };
            gradient[row] += self.gradient[i];
            for (j, source) in self.freedom.sources.iter().enumerate() {
                if let Source::Free(column) = *source {
                    gram[row * n_free + column] += self.gram[i * n + j];
                }
            }
        }
        value
    }

    fn work(&self) -> f64 {
        self.objective.work()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixed(name: &str, value: f64) -> Restriction {
        Restriction::Fixed { name: name.into(), value }
    }

    fn bounded(name: &str, low: Option<f64>, high: Option<f64>) -> Restriction {
        Restriction::Bounded { name: name.into(), low, high }
    }

    fn tied(names: &[&str]) -> Restriction {
        Restriction::Tied { names: names.iter().map(ToString::to_string).collect() }
    }

    #[track_caller]
    fn check(text: &str, expected: &[Restriction]) {
        assert_eq!(Restriction::parse(text).as_deref(), Ok(expected));
    }

    #[test]
    fn restrictions_are_read_as_people_write_them() {
        check("", &[]);
        check("alpha = 0.34", &[fixed("alpha", 0.34)]);
        check("0.34=α", &[fixed("alpha", 0.34)]);
        check("γ^α_αβγ = −1e-3", &[fixed("gamma^alpha_αβγ", -1e-3)]);
        check("alpha = beta = 0.3", &[fixed("alpha", 0.3), fixed("beta", 0.3)]);
        check("0.1 <= gamma <= 1", &[bounded("gamma", Some(0.1), Some(1.0))]);
        check("1 ≥ gamma ≥ 0.1", &[bounded("gamma", Some(0.1), Some(1.0))]);
        check("gamma_common crawl>=0.1", &[bounded("gamma_common crawl", Some(0.1), None)]);
        check(
            "alpha = beta, all gamma equal\n\n E = 1.5;",
            &[tied(&["alpha", "beta"]), tied(&["gamma"]), fixed("E", 1.5)],
        );
    }

    #[test]
    fn a_text_gives_the_restriction_it_was_written_from() {
        let restrictions = [
            fixed("A", 412.123_456_789),
            fixed("C_arxiv", 1.3e-9),
            fixed("gamma^A", -7e20),
            bounded("gamma", None, Some(1.0 / 3.0)),
            bounded("gamma_a b", Some(0.0), None),
            bounded("alpha", Some(-0.5), Some(0.5)),
            tied(&["alpha", "beta", "gamma^alpha"]),
            tied(&["gamma"]),
        ];
        let texts: Vec<String> = restrictions.iter().map(Restriction::text).collect();
        check(&texts.join("\n"), &restrictions);
        check(&texts.join(", "), &restrictions);
    }

    #[test]
    fn what_is_no_restriction_is_told() {
        let sentence = |text: &str| Restriction::parse(text).unwrap_err().to_string();
        assert_eq!(
            sentence("E = 1, alpha"),
            "\"alpha\" is no restriction; write one such as alpha = 0.34, 0.1 <= gamma <= 1, alpha = beta or all gamma equal"
        );
        for text in ["alpha <= beta", "0.1 <= 0.2", "0 <= a <= b", "1 <= a >= 2", "all 3 equal", "alpha < 1"] {
            assert!(Restriction::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            sentence("alpha = 0.3x"),
            "in \"alpha = 0.3x\", \"0.3x\" is neither a parameter's name nor a number such as 0.34"
        );
        assert_eq!(sentence("alpha ="), "in \"alpha =\", \"\" is neither a parameter's name nor a number such as 0.34");
        assert_eq!(
            sentence("0.1 = alpha = 1"),
            "\"0.1 = alpha = 1\" gives two values; a parameter has one, or lies between two: 0.1 <= gamma <= 1"
        );
    }
}
