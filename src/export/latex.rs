//! Fits as LaTeX: the equation with its values and the names of the domains, and a table of the parameters, for amsmath
//! and booktabs.

use super::python::data_lines;
use super::values::Values;
use crate::fit::Interval;
use crate::law::Symbol;
use crate::predict::{FittedStudy, FittedTarget, Replicate, bootstrap};
use crate::units::{capitalised, write_scientific};

/// Significant digits of values.
const DIGITS: usize = 4;

/// For each target an `align*` and a `table`, with 90 % intervals where there are replicates.
pub fn fits(study: &FittedStudy, replicates: Option<&[Replicate]>) -> String {
    let intervals = replicates.map(|replicates| bootstrap::parameter_intervals(study, replicates));
    let mut text = "% Written by Mixlaw. Needs \\usepackage{amsmath,booktabs}.\n".to_string();
    for line in data_lines(study) {
        text.push_str(&format!("% {}\n", line.replace(['\n', '\r'], " ")));
    }
    for target in study.targets() {
        let fit_idx = study.fits.iter().position(|fit| std::ptr::eq(fit, target.fit)).expect("a fit of the study");
        let intervals = intervals.as_ref().map(|all| all[fit_idx].as_slice());
        text.push('\n');
        text.push_str(&target_text(study, &target, intervals));
    }
    text
}

fn target_text(study: &FittedStudy, target: &FittedTarget, intervals: Option<&[Interval]>) -> String {
    let fit = target.fit;
    let Values { values, in_billions, natural } = Values::of(fit);
    let intervals = intervals.filter(|_| natural);
    let symbols: Vec<Symbol> = fit.law.parameters(&fit.shape).into_iter().map(|parameter| parameter.symbol).collect();
    let numbers: Vec<(Symbol, String)> =
        symbols.iter().copied().zip(values.iter().map(|value| number(*value))).collect();
    let formula = fit.law.formula(&fit.shape);
    let names: Vec<String> = study.domains.iter().map(|name| escaped(name)).collect();
    let score = &fit.report.scores[target.target_pos];
    let held_out =
        score.holdout_mre_percent.map_or(String::new(), |mre| format!(", ${mre:.2}\\,\\%$ on rows held out"));
    let unit =
        if in_billions { "$N$ in $10^9$ parameters, $D$ in $10^9$ tokens" } else { "$N$ in parameters, $D$ in tokens" };
    let name = escaped(target.name);
    let mut lines = vec![
        format!("% {}", target.name.replace(['\n', '\r'], " ")),
        "\\begin{align*}".to_string(),
        formula.latex_with_values(&numbers, &names),
        "\\end{align*}".to_string(),
        "\\begin{table}".to_string(),
        "  \\centering".to_string(),
        format!(
            "  \\caption{{{} law of {name}: {unit}, losses in nats per token; \
             mean relative error ${:.2}\\,\\%${held_out}.}}",
            capitalised(fit.law.name()),
            score.fit_mre_percent
        ),
        format!("  \\begin{{tabular}}{{l{}}}", if intervals.is_some() { "rr" } else { "r" }),
        "    \\toprule".to_string(),
        format!("    Parameter & Value{} \\\\", if intervals.is_some() { " & 90\\,\\% interval" } else { "" }),
        "    \\midrule".to_string(),
    ];
    for (position, (symbol, value)) in numbers.iter().enumerate() {
        let symbol = symbol.latex(symbol.domain_idx.map(|domain_idx| names[domain_idx].as_str()));
        let interval = intervals.and_then(|intervals| intervals.get(position));
        let interval = match (intervals, interval) {
            (Some(_), Some(Interval { low, high })) => format!(" & $[{}, {}]$", number(*low), number(*high)),
            (Some(_), None) => " &".to_string(),
            (None, _) => String::new(),
        };
        lines.push(format!("    ${symbol}$ & ${value}${interval} \\\\"));
    }
    for line in ["    \\bottomrule", "  \\end{tabular}", "\\end{table}"] {
        lines.push(line.to_string());
    }
    lines.join("\n") + "\n"
}

/// 0.3512, 1.106 \times 10^{7}.
fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "\\mathrm{NaN}"
        } else if value > 0.0 {
            "\\infty"
        } else {
            "-\\infty"
        }
        .into();
    }
    let scientific = write_scientific(value, DIGITS);
    match scientific.split_once('e').and_then(|(mantissa, power)| Some((mantissa, power.parse::<i32>().ok()?))) {
        Some((mantissa, power)) if !(-3..5).contains(&power) => format!("{mantissa} \\times 10^{{{power}}}"),
        Some((_, power)) => format!("{value:.*}", usize::try_from(DIGITS as i32 - 1 - power).unwrap_or(0)),
        None => scientific,
    }
}

/// A name as text.
pub(super) fn escaped(name: &str) -> String {
    let one = |c: char| match c {
        '\\' => "\\textbackslash{}".to_string(),
        '~' => "\\textasciitilde{}".to_string(),
        '^' => "\\textasciicircum{}".to_string(),
        '&' | '%' | '$' | '#' | '_' | '{' | '}' => format!("\\{c}"),
        c if c.is_control() => " ".to_string(),
        c => c.to_string(),
    };
    name.chars().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_latex_sets_them() {
        for (value, text) in [
            (0.351_24, "0.3512"),
            (-2.0, "-2.000"),
            (12345.6, "12346"),
            (11_059_000.0, "1.106 \\times 10^{7}"),
            (1.5e-7, "1.5 \\times 10^{-7}"),
            (0.0, "0"),
            (f64::INFINITY, "\\infty"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn names_are_text() {
        assert_eq!(escaped("a_b & 5% {x}\\^\n"), "a\\_b \\& 5\\% \\{x\\}\\textbackslash{}\\textasciicircum{} ");
    }
}
