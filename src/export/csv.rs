//! Tables as CSV: the mixture, the parameters, the predictions. Numbers have all their digits.

use super::values::Values;
use crate::dataset::{Dataset, Holdout, Split};
use crate::fit::Interval;
use crate::import::{Role, Roles};
use crate::mixture::{self, Certainty, Optimum, Scenario};
use crate::predict::{FittedStudy, Replicate, bootstrap, notices};

/// A cell, in quotes where it needs them. A spreadsheet would take a name that begins with = for a formula.
pub(super) fn cell(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_string() };
    if text.contains([',', '"', '\n', '\r', ';', '\t']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn number(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| format!("{value:?}"))
}

pub(super) fn table(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut lines = vec![header.iter().map(|name| cell(name)).collect::<Vec<_>>().join(",")];
    lines.extend(rows.map(|row| row.join(",")));
    lines.join("\n") + "\n"
}

/// A row for each domain: its weight, the ends of its intervals where they are known, the data's mean, its epochs; and
/// once what one must know before the mixture is used.
pub fn mixture(
    study: &FittedStudy,
    scenario: &Scenario,
    optimum: &Optimum,
    near: Option<&[Interval]>,
    certainty: Option<&Certainty>,
) -> String {
    let header = [
        "domain",
        "weight",
        "near_optimal_low",
        "near_optimal_high",
        "interval_low",
        "interval_high",
        "mean_of_data",
        "tokens",
        "epochs",
        "notices",
    ];
    let weights = mixture::practical(study, scenario, optimum);
    let warnings = mixture::warnings(study, scenario, optimum).into_iter().chain(notices(study));
    let said = cell(&warnings.collect::<Vec<_>>().join(" | "));
    let rows = study.domains.iter().enumerate().map(|(i, name)| {
        let near = near.and_then(|near| near.get(i));
        let interval = certainty.and_then(|certainty| certainty.mixture.get(i));
        let tokens = weights[i] * optimum.d.0;
        let stock = scenario.limits.stocks.iter().find(|(domain, _)| domain == name);
        let numbers = [
            Some(weights[i]),
            near.map(|near| near.low),
            near.map(|near| near.high),
            interval.map(|interval| interval.low),
            interval.map(|interval| interval.high),
            Some(study.summary.mean_mixture[i]),
            Some(tokens),
            stock.map(|(_, stock)| tokens / stock.0),
        ];
        // On the first row: the file's other readers need them once.
        let said = if i == 0 { said.clone() } else { String::new() };
        std::iter::once(cell(name)).chain(numbers.map(number)).chain([said]).collect()
    });
    table(&header, rows)
}

/// A row for each parameter of each target with its 90 % interval where it is known, and what N and D are counted in.
pub fn parameters(study: &FittedStudy, replicates: Option<&[Replicate]>) -> String {
    let intervals = replicates.map(|replicates| bootstrap::parameter_intervals(study, replicates));
    let header =
        ["target", "law", "parameter", "domain", "value", "interval_low", "interval_high", "n_d_unit", "notices"];
    let mut said = Some(cell(&notices(study).join(" | ")));
    let fits = study.fits.iter().enumerate();
    let rows = fits.flat_map(|(fit_idx, fit)| {
        let symbols: Vec<_> = fit.law.parameters(&fit.shape).into_iter().map(|parameter| parameter.symbol).collect();
        let Values { values, in_billions, natural } = Values::of(fit);
        let intervals = intervals.as_ref().map(|all| &all[fit_idx]).filter(|_| natural);
        let mut one = |target: &String| -> Vec<Vec<String>> {
            let rows = symbols.iter().zip(&values).enumerate().map(|(position, (symbol, value))| {
                let interval = intervals.and_then(|intervals| intervals.get(position));
                let domain = symbol.domain_idx.map_or("", |domain_idx| study.domains[domain_idx].as_str());
                vec![
                    cell(target),
                    fit.law.id().to_string(),
                    symbol.stem(),
                    cell(domain),
                    number(Some(*value)),
                    number(interval.map(|interval| interval.low)),
                    number(interval.map(|interval| interval.high)),
                    if in_billions { "1e9" } else { "1" }.to_string(),
                    said.take().unwrap_or_default(),
                ]
            });
            rows.collect()
        };
        fit.targets.iter().flat_map(&mut one).collect::<Vec<_>>()
    });
    table(&header, rows)
}

/// A row for each loss of the runs that has a fit: observed, predicted, and whether it was held out.
///
/// # Errors
/// As [`FittedStudy::predict`].
pub fn predictions(study: &FittedStudy, runs: &Dataset) -> Result<String, crate::predict::study::PredictError> {
    let predictions = study.predict(runs.domains(), runs.targets(), runs.observations())?;
    let held_out = |holdout: Holdout| holdout.held_out(runs);
    let mut header = vec!["line".to_string(), "n".into(), "d".into()];
    header.extend(runs.domains().iter().cloned());
    header.extend(["target", "observed", "predicted", "residual", "split"].map(String::from));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows_by_target = runs.observations().len();
    let targets: Vec<Vec<bool>> = study.targets().map(|target| held_out(target.fit.report.config.holdout)).collect();
    let rows = predictions.iter().enumerate().filter_map(|(at, prediction)| {
        let observed = prediction.observed?;
        let row = &runs.observations()[at % rows_by_target];
        let scale = [row.n.map(|n| n.0), row.d.map(|d| d.0)].map(number);
        let weights = row.mixture.iter().map(|h| number(Some(*h)));
        let losses = [observed.0, prediction.predicted.0, observed.0 - prediction.predicted.0];
        let split = if targets[at / rows_by_target][at % rows_by_target] { "holdout" } else { "fit" };
        let cells = std::iter::once(row.line.to_string()).chain(scale).chain(weights);
        let cells = cells.chain([cell(&prediction.target)]).chain(losses.map(|loss| number(Some(loss))));
        Some(cells.chain([split.to_string()]).collect())
    });
    Ok(table(&header, rows))
}

/// The runs as a table that the import reads, with the roles of its columns.
pub fn runs(runs: &Dataset) -> (String, Roles) {
    let rows = runs.observations();
    let some = |has: bool, role: Role, name: &str| has.then(|| (role, name.to_string()));
    let has_n = rows.iter().any(|row| row.n.is_some());
    let has_d = rows.iter().any(|row| row.d.is_some());
    let has_weights = rows.iter().any(|row| row.weight != 1.0);
    let has_split = rows.iter().any(|row| row.split == Split::Holdout);
    let weights = runs.domains().iter().map(|name| (Role::Weight, format!("weight_{name}")));
    let losses = runs.targets().iter().map(|name| (Role::Loss, name.clone()));
    let columns: Vec<(Role, String)> = weights
        .chain(some(has_n, Role::N, "model_size"))
        .chain(some(has_d, Role::D, "n_tokens"))
        .chain(losses)
        .chain(some(has_weights, Role::RowWeight, "row_weight"))
        .chain(some(has_split, Role::Split, "split"))
        .collect();
    let lines = rows.iter().map(|row| {
        let mut cells: Vec<String> = row.mixture.iter().map(|h| number(Some(*h))).collect();
        cells.extend(row.n.map(|n| number(Some(n.0))));
        cells.extend(row.d.map(|d| number(Some(d.0))));
        cells.extend(row.losses.iter().map(|loss| number(loss.map(|loss| loss.0))));
        cells.extend(has_weights.then(|| number(Some(row.weight))));
        let split = if row.split == Split::Holdout { "holdout" } else { "fit" };
        cells.extend(has_split.then(|| split.to_string()));
        cells
    });
    let header: Vec<&str> = columns.iter().map(|(_, name)| name.as_str()).collect();
    (table(&header, lines), Roles(columns.iter().map(|(role, _)| *role).collect()))
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn cells_are_quoted_where_they_need_it() {
        for (text, expected) in
            [("plain", "plain"), ("a,b", "\"a,b\""), ("5\" disk", "\"5\"\" disk\""), ("=1+1", "'=1+1")]
        {
            assert_eq!(cell(text), expected);
        }
    }
}
