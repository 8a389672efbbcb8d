//! A Python module that predicts, with NumPy alone.
//!
//! Each law's function is the law's own ([`Law::python`](crate::law::Law::python)); the parameters have all their
//! digits, so that its losses are the page's up to rounding.

use std::fmt::Write as _;

use super::values::Values;
use crate::law::Symbol;
use crate::predict::{DataSummary, FittedStudy, FittedTarget, Form, notices};
use crate::units::{BILLION, write_count};

/// Tokens in stock where they are not known: such a domain is never repeated.
const ENDLESS: &str = "1e300";

/// The module's last part, the same for all fits.
const LOSS: &str = r#"

def loss(target, N, D, h):
    """Loss of the target, nats per token, for N parameters, D tokens and the weights h of DOMAINS, in their order.

    N and D are numbers or arrays of one entry a row; h is one mixture or an array of one row each. N or D may be
    None where the law has no term in it.
    """
    if target not in FITS:
        raise ValueError(f"no target {target!r}; there are: {', '.join(FITS)}")
    h = np.asarray(h, dtype=float)
    if h.shape[-1:] != (len(DOMAINS),):
        raise ValueError(f"h has shape {h.shape}; its last axis must have one entry for each of {len(DOMAINS)} domains")
    if not (np.all(h >= 0) and np.allclose(h.sum(axis=-1), 1, rtol=0, atol=1e-3)):
        raise ValueError("each row of h must be weights of 0 or more that sum to 1")
    N, D = (np.asarray(np.nan if x is None else x, dtype=float)[..., None] for x in (N, D))
    law, unit, parameters = FITS[target]
    parameters = {name: np.asarray(value) for name, value in parameters.items()}
    # A law of a domain's own loss is infinite where that domain has no weight.
    with np.errstate(divide="ignore"):
        value = law(N / unit, D / unit, h, **parameters)
    rows = np.broadcast_shapes(N.shape, D.shape, h.shape[:-1] + (1,))
    return np.broadcast_to(value, rows)[..., 0].copy()
"#;

/// A law as one target's fit has it, and the names of its parameters.
#[derive(PartialEq)]
struct Function {
    law: &'static str,
    body: String,
    arguments: Vec<String>,
}

/// The module: data, parameters, and `loss(target, N, D, h)`.
pub fn module(study: &FittedStudy) -> String {
    let mut functions: Vec<(Function, String)> = Vec::new();
    let mut fits = String::new();
    for target in study.targets() {
        let parameters = parameters(&target, study.domains.len());
        let fit = target.fit;
        let function = Function {
            law: fit.law.id(),
            body: fit.law.python(&fit.shape),
            arguments: parameters.iter().map(|(name, _)| name.clone()).collect(),
        };
        let known = functions.iter().position(|(known, _)| *known == function);
        let position = known.unwrap_or_else(|| {
            let name = function_name(&function, functions.iter().map(|(known, _)| known));
            functions.push((function, name));
            functions.len() - 1
        });
        push_fit(&mut fits, &target, &functions[position].1, &parameters);
    }
    let mut module = format!("\"\"\"{}\"\"\"\n\nimport numpy as np\n", docstring(study));
    let domains: Vec<String> = study.domains.iter().map(|name| quoted(name)).collect();
    write!(module, "\nDOMAINS = [{}]\n", domains.join(", ")).expect("a string takes all");
    for (function, name) in &functions {
        let body: Vec<String> = function
            .body
            .lines()
            .map(|line| if line.is_empty() { String::new() } else { format!("    {line}") })
            .collect();
        let arguments = function.arguments.join(", ");
        write!(module, "\n\ndef {name}(N, D, h, {arguments}):\n{}\n", body.join("\n")).expect("a string takes all");
    }
    module.push_str(
        "\n\n# By target: its law, what N and D are counted in, and its parameters, by domain where they have one.\n",
    );
    write!(module, "FITS = {{\n{fits}}}\n").expect("a string takes all");
    module + LOSS
}

/// The law's id, with a number where another function has it.
fn function_name<'a>(function: &Function, before: impl Iterator<Item = &'a Function>) -> String {
    let id = function.law.replace('-', "_");
    match before.filter(|known| known.law == function.law).count() {
        0 => id,
        n => format!("{id}_{}", n + 1),
    }
}

/// Names of the function's arguments with their values as Python writes them.
fn parameters(target: &FittedTarget, k: usize) -> Vec<(String, String)> {
    let fit = target.fit;
    let Values { values, in_billions, .. } = Values::of(fit);
    // One entry a domain; NaN where the fit has none for it, because no target is its own loss.
    let mut found: Vec<(String, Vec<f64>, bool)> = Vec::new();
    for (parameter, value) in fit.law.parameters(&fit.shape).iter().zip(values) {
        let name = argument(&parameter.symbol);
        let at = found.iter().position(|(known, ..)| *known == name).unwrap_or_else(|| {
            let of_domain = parameter.symbol.domain_idx.is_some();
            found.push((name, vec![f64::NAN; if of_domain { k } else { 1 }], of_domain));
            found.len() - 1
        });
        found[at].1[parameter.symbol.domain_idx.unwrap_or(0)] = value;
    }
    let mut parameters: Vec<(String, String)> = found
        .into_iter()
        .map(|(name, values, of_domain)| (name, if of_domain { list(&values) } else { number(values[0]) }))
        .collect();
    if fit.law.needs().own_domain
        && let Some(own) = fit.shape.own_domains[target.target_pos]
    {
        parameters.push(("own".into(), own.to_string()));
    }
    if !fit.shape.stocks.is_empty() {
        let unit = if in_billions { 1.0 } else { BILLION };
        let stock = |stock: &Option<f64>| stock.map_or(ENDLESS.to_string(), |stock| number(stock * unit));
        let stocks: Vec<String> = fit.shape.stocks.iter().map(stock).collect();
        parameters.push(("U".into(), format!("[{}]", stocks.join(", "))));
    }
    parameters
}

/// `gamma_A`.
fn argument(symbol: &Symbol) -> String {
    symbol.stem().replace('^', "_")
}

fn push_fit(fits: &mut String, target: &FittedTarget, function: &str, parameters: &[(String, String)]) {
    let fit = target.fit;
    let unit = if Values::of(fit).in_billions { "1e9" } else { "1" };
    fits.push_str(&format!("    {}: ({function}, {unit}, {{\n", quoted(target.name)));
    for (name, value) in parameters {
        let note = if value.contains(ENDLESS) { "  # 1e300: no stock known, never repeated" } else { "" };
        fits.push_str(&format!("        {}: {value},{note}\n", quoted(name)));
    }
    fits.push_str("    }),\n");
}

fn docstring(study: &FittedStudy) -> String {
    let mut lines = vec![
        "Losses by a fitted data-mixture scaling law; written by Mixlaw. It needs NumPy.".to_string(),
        String::new(),
        "    loss(target, N, D, h)    nats per token, for N parameters, D tokens and the weights h of DOMAINS".into(),
        String::new(),
    ];
    let mut formulas = Vec::new();
    for fit in &study.fits {
        let formula = format!("{} law: {}", fit.law.name(), fit.law.formula(&fit.shape));
        if !formulas.contains(&formula) {
            lines.push(formula.clone());
            let source = fit.law.source();
            let unit = Values::of(fit).unit();
            lines.push(format!("({source}); {unit} in its parameters."));
            formulas.push(formula);
        }
    }
    lines.push(String::new());
    lines.extend(data_lines(study));
    lines.push(String::new());
    lines.push("Mean relative errors in percent, on the rows fitted and held out:".into());
    for target in study.targets() {
        let score = &target.fit.report.scores[target.target_pos];
        let held_out = match score.holdout_mre_percent {
            Some(mre) => format!("{mre:.3} on {}", score.n_holdout),
            None => "none held out".into(),
        };
        lines.push(format!("    {}: {:.3} on {}; {held_out}", target.name, score.fit_mre_percent, score.n_fit));
    }
    let text: Vec<String> = lines.iter().map(|line| docstring_line(line)).collect();
    text.join("\n") + "\n"
}

/// Where the data lie, what the law is to what Mixlaw predicts, and what one must know of the fits, a line each.
pub(super) fn data_lines(study: &FittedStudy) -> Vec<String> {
    let DataSummary { n_observations, n_mixtures, sizes, token_range, weight_ranges, .. } = &study.summary;
    let count = |value: f64| write_count(value, 4);
    let mut lines = vec![format!(
        "Fitted to {n_observations} observations of {n_mixtures} mixtures, in these ranges; \
         beyond them it extrapolates:"
    )];
    if let (Some(least), Some(largest)) = (sizes.first(), sizes.last()) {
        lines.push(format!("    N: {} to {}", count(least.0), count(largest.0)));
    }
    if let Some((least, most)) = token_range {
        lines.push(format!("    D: {} to {}", count(least.0), count(most.0)));
    }
    let weights = study.domains.iter().zip(weight_ranges);
    lines.extend(weights.map(|(name, (low, high))| format!("    weight of {name}: {low:.4} to {high:.4}")));
    let predictor = match study.form {
        Form::Law => None,
        Form::Residual => Some("this law times the exponential of a Gaussian process on its log residuals"),
        Form::Process => Some("a Gaussian process on the log losses, not from this law"),
    };
    lines.extend(predictor.map(|predictor| {
        format!(
            "Mixlaw's own predictions and its optimum come from {predictor}: \
             the law alone, which is what is written here, does not reproduce them."
        )
    }));
    lines.extend(notices(study).into_iter().map(|notice| format!("Note: {notice}")));
    lines
}

/// A line that cannot end the docstring.
fn docstring_line(line: &str) -> String {
    one_line(line).replace('\\', "\\\\").replace('"', "\\\"")
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A string as JSON writes it, which Python reads alike.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

fn list(values: &[f64]) -> String {
    format!("[{}]", values.iter().map(|value| number(*value)).collect::<Vec<_>>().join(", "))
}

/// The shortest digits that bring back the same bits.
fn number(value: f64) -> String {
    if value.is_nan() { "np.nan".into() } else { format!("{value:?}") }
}
