//! Results as rows of formatted cells: what the page's tables show.

use std::sync::Arc;

use crate::fit::restrict::{Freedom, stems};
use crate::fit::{Fit, Flag, Interval, Residual, Restriction, Termination, usable_targets};
use crate::import::{Role, Roles};
use crate::law::{Dropped, Formula, Law, Parameter, Shape, Symbol};
use crate::mixture::{Aim, Budget, Certainty, Certificate, Optimum, OptimumError, Price, SAME_SHARE, Scenario};
use crate::page::run::fits::StudyData;
use crate::predict::{DataSummary, FittedStudy, FittedTarget};
use crate::units::{BILLION, Params, Tokens, write_count, write_number, write_scientific};
use crate::wording::page as text;

/// Significant digits of parameters and objectives.
const DIGITS: usize = 4;

/// A fitted target, or one that could not be fitted.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// Its name.
    pub target: String,
    /// What came out, or why nothing did.
    pub outcome: Result<ResultCells, String>,
}

/// A fit in figures.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultCells {
    /// Mean Huber of the residuals.
    pub objective: String,
    /// Mean relative error on the rows fitted.
    pub fit_mre: String,
    /// Mean relative error on the rows held out; a dash without any.
    pub holdout_mre: String,
    /// "7 of 12".
    pub starts: String,
    /// How the search ended.
    pub status: &'static str,
    /// What makes the fit doubtful, each a sentence; never folded away.
    pub warnings: Vec<String>,
    /// What is to be known of its parameters, each a sentence.
    pub notes: Vec<String>,
}

/// The fits of a study, then the targets that could not be fitted.
pub fn result_rows(study: &FittedStudy, failures: &[(String, String)]) -> Vec<ResultRow> {
    // That rows are far from the fit is said in full of the target with the farthest.
    let far = |target: &FittedTarget| target.fit.report.flags.iter().filter_map(Flag::farthest).fold(0.0, f64::max);
    let farthest = study.targets().map(|target| far(&target)).fold(0.0, f64::max);
    let fitted = study.targets().map(|target| {
        let is_farthest = far(&target) >= farthest;
        ResultRow { target: target.name.to_string(), outcome: Ok(result_cells(target, &study.domains, is_farthest)) }
    });
    let failed =
        failures.iter().map(|(target, sentence)| ResultRow { target: target.clone(), outcome: Err(sentence.clone()) });
    fitted.chain(failed).collect()
}

fn result_cells(target: FittedTarget, domains: &[String], is_farthest: bool) -> ResultCells {
    let report = &target.fit.report;
    let score = report.scores.get(target.target_pos);
    let percent = |value: Option<f64>| value.map_or_else(|| "–".to_string(), |value| format!("{value:.2} %"));
    let names: Vec<String> =
        parameters(target.fit).iter().map(|parameter| symbol_text(parameter.symbol, domains)).collect();
    let sentences = |doubtful: bool| {
        let is_brief = |flag: &Flag| !is_farthest && flag.farthest().is_some();
        let flags = report.flags.iter().filter(|flag| (is_doubtful(flag) && !is_brief(flag)) == doubtful);
        let sentence = |flag: &Flag| match flag {
            Flag::FarRows { n, most, .. } if is_brief(flag) => {
                format!("{} far from the fit, by up to {} nats", counted(*n, "row"), write_number(*most, 2))
            }
            flag => flag.sentence(&names),
        };
        flags.map(sentence).collect()
    };
    ResultCells {
        objective: write_scientific(report.objective, DIGITS),
        fit_mre: percent(score.map(|score| score.fit_mre_percent)),
        holdout_mre: percent(score.and_then(|score| score.holdout_mre_percent)),
        starts: format!("{} of {}", report.agreeing_starts, report.config.starts),
        status: match report.termination {
            Termination::Converged => "converged",
            Termination::StepsRanOut => "stopped at the step limit",
        },
        warnings: sentences(true),
        notes: sentences(false),
    }
}

/// Whether a flag doubts the fit itself, or only single parameters of it.
fn is_doubtful(flag: &Flag) -> bool {
    match flag {
        Flag::NotConverged
        | Flag::StartsDisagree { .. }
        | Flag::FewRows { .. }
        | Flag::FewRuns { .. }
        | Flag::FewMixtures { .. }
        | Flag::SearchCut
        | Flag::NotGiven(_)
        | Flag::FarRows { .. }
        | Flag::Dropped(Dropped::N | Dropped::D) => true,
        Flag::AtBound(_)
        | Flag::AtGammaLimit(_)
        | Flag::Undetermined(_)
        | Flag::NothingHeldOut
        | Flag::RowsUnused { .. }
        | Flag::Dropped(Dropped::Saturation) => false,
    }
}

fn parameters(fit: &Fit) -> Vec<Parameter> {
    fit.law.parameters(&fit.shape)
}

/// "γᴬ", "C_arxiv": the symbol in a sentence.
fn symbol_text(symbol: Symbol, domains: &[String]) -> String {
    let mut text = symbol.text();
    if let Some(domain) = symbol.domain_idx.and_then(|domain_idx| domains.get(domain_idx)) {
        text.push('_');
        text.push_str(domain);
    }
    text
}

/// A parameter's letter and superscript as a heading sets them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heading {
    /// The letter.
    pub letter: &'static str,
    /// What stands above it.
    pub superscript: Option<&'static str>,
}

/// The parameters of one fit in natural units.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ParameterTable {
    /// Whose they are: the target's, or those of all targets that are fitted at once.
    pub of: String,
    /// Those that belong to no domain, with values.
    pub scalars: Vec<(Heading, Value)>,
    /// Headings of those that belong to a domain.
    pub columns: Vec<Heading>,
    /// Each domain with its values, in the order of `columns`; none without columns.
    pub rows: Vec<(String, Vec<Option<Value>>)>,
    /// In which units N and D are counted, where those are not parameters and tokens.
    pub units: Option<&'static str>,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// As the table shows it.
    pub text: String,
    /// Whether the user fixed it.
    pub is_fixed: bool,
    /// Its 90 % interval.
    pub interval: Option<String>,
}

/// Sorts the parameters of a target's fit into scalars and columns by domain.
pub fn parameter_table(target: FittedTarget, domains: &[String], intervals: Option<&[Interval]>) -> ParameterTable {
    let fit = target.fit;
    let natural = fit.law.natural(&fit.shape, &fit.theta);
    let parameters = parameters(fit);
    // The restrictions were taken by the fit, so they are sound.
    let freedom = Freedom::new(fit.law, &fit.shape, domains, &fit.report.config, true);
    let free = freedom.map_or_else(|_| vec![true; parameters.len()], |freedom| freedom.free());
    let mut table = ParameterTable {
        of: if fit.targets.len() > 1 { "all targets, fitted at once".into() } else { target.name.to_string() },
        units: fit.law.counts_in_billions().then_some("N in 10⁹ parameters, D in 10⁹ tokens"),
        ..ParameterTable::default()
    };
    for (p, ((parameter, value), is_free)) in parameters.iter().zip(natural).zip(free).enumerate() {
        let symbol = parameter.symbol;
        let heading = Heading { letter: symbol.letter, superscript: symbol.superscript };
        let value = Value {
            text: write_number(value, DIGITS).replace('-', "−"),
            is_fixed: !is_free,
            interval: intervals.filter(|_| is_free).and_then(|intervals| intervals.get(p)).map(number_range),
        };
        let Some(domain_idx) = symbol.domain_idx else {
            table.scalars.push((heading, value));
            continue;
        };
        let column = table.columns.iter().position(|column| *column == heading).unwrap_or_else(|| {
            table.columns.push(heading);
            table.columns.len() - 1
        });
        if table.rows.is_empty() {
            table.rows = domains.iter().map(|domain| (domain.clone(), Vec::new())).collect();
        }
        if let Some((_, row)) = table.rows.get_mut(domain_idx) {
            row.resize(column, None);
            row.push(Some(value));
        }
    }
    for (_, row) in &mut table.rows {
        row.resize(table.columns.len(), None);
    }
    table
}

/// One domain's weight in the three mixtures that are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct MixtureRow {
    /// The domain.
    pub domain: String,
    /// Optimum, uniform and the data's mean, as shares.
    pub shares: [f64; 3],
    /// What must be said of the optimum's weight: it lies outside the weights in the data.
    pub outside: Option<String>,
    /// Its near-optimal range.
    pub near: Option<Interval>,
    /// Its 90 % interval.
    pub interval: Option<Interval>,
}

impl MixtureRow {
    /// A share as the table shows it.
    pub fn percent(&self, mixture_idx: usize) -> String {
        percent(self.shares[mixture_idx])
    }
}

/// A share in percent with one decimal.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The optimum beside uniform and the data's mean mixture.
pub fn mixture_rows(
    optimum: &Optimum,
    domains: &[String],
    data: &DataSummary,
    near: Option<&[Interval]>,
    certainty: Option<&Certainty>,
) -> Vec<MixtureRow> {
    let uniform = 1.0 / domains.len().max(1) as f64;
    let rows = domains.iter().enumerate().map(|(i, domain)| {
        let share = optimum.mixture.get(i).copied().unwrap_or(0.0);
        let (least, most) = data.weight_ranges.get(i).copied().unwrap_or((0.0, 1.0));
        let outside = share < least - SAME_SHARE || share > most + SAME_SHARE;
        MixtureRow {
            domain: domain.clone(),
            shares: [share, uniform, data.mean_mixture.get(i).copied().unwrap_or(0.0)],
            outside: outside.then(|| format!("outside the range of the runs, {} to {}", percent(least), percent(most))),
            near: near.and_then(|near| near.get(i).copied()),
            interval: certainty.and_then(|certainty| certainty.mixture.get(i).copied()),
        }
    });
    rows.collect()
}

/// One target's predicted loss at the three mixtures.
#[derive(Debug, Clone, PartialEq)]
pub struct LossRow {
    /// The target; the last row is the weighted mean of all.
    pub target: String,
    /// Its weight, normalised.
    pub share: String,
    /// Losses at optimum, uniform and the data's mean.
    pub losses: [String; 3],
    /// The 90 % prediction interval of each.
    pub predicted: [Option<String>; 3],
    /// The bootstrap's 90 % interval of the loss at the optimum.
    pub interval: Option<String>,
}

/// Predicted losses of every fitted target, and their weighted mean.
pub fn loss_rows(
    study: &FittedStudy,
    scenario: &Scenario,
    optimum: &Optimum,
    certainty: Option<&Certainty>,
) -> Vec<LossRow> {
    let k = study.domains.len().max(1);
    let uniform = vec![1.0 / k as f64; study.domains.len()];
    let mixtures = [&optimum.mixture, &uniform, &study.summary.mean_mixture];
    let weighted = scenario.weighted_targets(study).unwrap_or_default();
    let (n, d) = (Some(optimum.n), Some(optimum.d));
    let predicted =
        |weights: &[(usize, f64)]| mixtures.map(|h| study.mean_interval(weights, n, d, h).as_ref().map(loss_range));
    let share_of = |target: &FittedTarget| {
        weighted.iter().find(|(weighted, _)| weighted.name == target.name).map_or(0.0, |(_, share)| *share)
    };
    let mut means = [0.0; 3];
    let mut rows: Vec<LossRow> = study
        .targets()
        .enumerate()
        .map(|(position, target)| {
            let share = share_of(&target);
            let losses = mixtures.map(|h| target.loss(n, d, h).0);
            for (mean, loss) in means.iter_mut().zip(losses) {
                *mean += share * loss;
            }
            let at = optimum.targets.iter().position(|(name, ..)| name == target.name);
            let interval = certainty.zip(at).and_then(|(certainty, at)| certainty.losses.get(at)).map(loss_range);
            LossRow {
                target: target.name.to_string(),
                share: percent(share),
                losses: losses.map(loss_text),
                predicted: predicted(&[(position, 1.0)]),
                interval,
            }
        })
        .collect();
    let shares: Vec<(usize, f64)> = study.targets().map(|target| share_of(&target)).enumerate().collect();
    let shares: Vec<(usize, f64)> = shares.into_iter().filter(|(_, share)| *share > 0.0).collect();
    let interval = certainty.map(|certainty| loss_range(&certainty.weighted_loss));
    rows.push(LossRow {
        target: "weighted mean".into(),
        share: percent(1.0),
        losses: means.map(loss_text),
        predicted: predicted(&shares),
        interval,
    });
    rows
}

fn loss_text(loss: f64) -> String {
    format!("{loss:.4}")
}

/// Why the optimum is the best, in plain words.
pub fn certificate_sentence(optimum: &Optimum) -> String {
    match optimum.certificate {
        Certificate::None => "This is not certified to be a minimum.".to_string(),
        Certificate::Only => "The limits leave no other mixture.".to_string(),
        Certificate::Convex => {
            "Global: the objective is convex in the mixture, so no other mixture is better under these fits.".into()
        }
        Certificate::BestOf { agreeing, starts } => format!(
            "Best of {starts} descents from different mixtures; {agreeing} of them ended here. \
             The objective is not convex, so a better mixture cannot be ruled out."
        ),
    }
}

/// What was found beside the mixture, in sentences: N and D, and how near the targets are to their best.
pub fn found_sentences(scenario: &Scenario, optimum: &Optimum) -> Vec<String> {
    let (n, d) = (size(optimum.n), tokens(optimum.d));
    let scale = match scenario.budget {
        Budget::Given => None,
        Budget::Compute(compute) => Some(format!("Best within {compute} FLOPs: N = {n}, D = {d}.")),
        Budget::Stocks => Some(format!("Best number of tokens that the stocks allow: D = {d}.")),
    };
    let has_prior = scenario.prior.as_ref().is_some_and(|prior| prior.kl > 0.0);
    let worst = (scenario.aim == Aim::Worst && optimum.targets.len() > 1).then(|| {
        let what = if has_prior { "With the prior's part, every" } else { "Every" };
        let nats = loss_text(optimum.objective);
        format!(
            "{what} target is within {nats} nats of the least that it can be; weights only say which targets count."
        )
    });
    scale.into_iter().chain(worst).collect()
}

/// "arxiv at most 10 %: raising arxiv by 1 point would lower the loss by 0.0012 nats".
pub fn price_sentence(price: &Price) -> String {
    format!("{}: {}.", price.limit, price.sentence())
}

/// "KKT residual 3.1e-12".
pub fn kkt_text(optimum: &Optimum) -> String {
    write_scientific(optimum.kkt_residual, 2)
}

/// "1 574 observations · 85 mixtures · 6 model sizes, 310M to 6.6B · 4B to 150B tokens · 8 targets".
pub fn data_sentence(data: &DataSummary, n_domains: usize, n_targets: usize) -> String {
    let mut parts = vec![
        counted(data.n_observations, "observation"),
        counted(data.n_mixtures, "mixture"),
        counted(n_domains, "domain"),
        counted(n_targets, "target"),
    ];
    match data.sizes.as_slice() {
        [] => parts.push("no model sizes".into()),
        [only] => parts.push(format!("one model size, {}", size(*only))),
        [least, .., most] => {
            parts.push(format!("{} model sizes, {} to {}", data.sizes.len(), size(*least), size(*most)));
        }
    }
    match data.token_range {
        None => parts.push("no token counts".into()),
        Some((least, most)) if least == most => parts.push(format!("{} tokens", tokens(most))),
        Some((least, most)) => parts.push(format!("{} to {} tokens", tokens(least), tokens(most))),
    }
    parts.join(" · ")
}

/// "7 × weight of a domain · model size N · 8 × loss": what the columns are taken for.
pub fn roles_sentence(roles: &Roles) -> String {
    let parts: Vec<String> = Role::ALL
        .into_iter()
        .filter_map(|role| match roles.columns(role).count() {
            0 => None,
            1 => Some(role.to_string()),
            n => Some(format!("{n} × {role}")),
        })
        .collect();
    parts.join(" · ")
}

/// The formula of the law for the terms that the study can determine; for all terms without a study.
pub fn formula(law: &dyn Law, data: Option<&StudyData>) -> Formula {
    law.formula(&shape(law, data))
}

fn shape(law: &dyn Law, data: Option<&StudyData>) -> Shape {
    let n_domains = data.map_or(2, |data| data.dataset.domains().len().max(1));
    let shape = data.and_then(|data| {
        let all: Vec<usize> = (0..data.dataset.targets().len()).collect();
        let target_idxs = usable_targets(law, &data.dataset, &all);
        Shape::new(law, &data.dataset, &target_idxs, &vec![1.0; data.dataset.observations().len()]).ok()
    });
    shape.unwrap_or_else(|| Shape::whole(n_domains))
}

/// "2 errors; 1 line is left out".
pub fn issues_heading(n_errors: usize, n_left_out: usize) -> String {
    let errors = counted(n_errors, "error");
    match n_left_out {
        0 => errors,
        1 => format!("{errors}; 1 line is left out"),
        n => format!("{errors}; {} lines are left out", grouped(n)),
    }
}

/// The first lines of a text.
pub fn first_lines(text: &str, n: usize) -> Arc<str> {
    let end = text.match_indices('\n').nth(n.saturating_sub(1)).map_or(text.len(), |(end, _)| end);
    // A line of its own may be as long as the text.
    let end = (0..=end.min(LONGEST_PREVIEW)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    text[..end].into()
}

/// Bytes of a preview.
const LONGEST_PREVIEW: usize = 20_000;

/// "1 observation", "1,574 observations".
pub fn counted(n: usize, what: &str) -> String {
    format!("{} {what}{}", grouped(n), if n == 1 { "" } else { "s" })
}

/// A whole number with its thousands apart.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A model size in three digits.
pub fn size(n: Params) -> String {
    write_count(n.0, 3)
}

fn tokens(d: Tokens) -> String {
    write_count(d.0, 3)
}

/// The options that a fit was made with and that are not the usual ones: "with alpha = 0.34; residuals in log loss".
pub fn made_with(study: &FittedStudy) -> Option<String> {
    let fit = study.fits.first()?;
    let config = &fit.report.config;
    let mut parts: Vec<String> = Vec::new();
    if !config.restrictions.is_empty() {
        parts.push(config.restrictions.iter().map(Restriction::text).collect::<Vec<_>>().join(", "));
    }
    if config.residual == Residual::LogLoss {
        parts.push("residuals in log loss".into());
    }
    if config.ridge > 0.0 {
        parts.push(format!("ridge λ = {}", write_number(config.ridge, DIGITS)));
    }
    let stocks = study.domains.iter().zip(&fit.shape.stocks);
    let stocks: Vec<String> = stocks
        .filter_map(|(domain, stock)| Some(format!("{domain} {}", write_count((*stock)? * BILLION, 3))))
        .collect();
    if !stocks.is_empty() {
        parts.push(format!("tokens in stock: {}", stocks.join(", ")));
    }
    (!parts.is_empty()).then(|| format!("Fitted with {}.", parts.join("; ")))
}

/// The laws under headings: by what sets them apart, and else by who proposed them.
pub fn law_groups(laws: &[&'static dyn Law]) -> Vec<(String, Vec<&'static dyn Law>)> {
    let mut groups: Vec<(String, Vec<&'static dyn Law>)> = Vec::new();
    for &law in laws {
        let needs = law.needs();
        let heading = if needs.stocks {
            "Mixture, with repeated tokens".to_string()
        } else if needs.own_domain {
            "A training domain's own loss".to_string()
        } else if needs.min_domains == 0 {
            "Without mixture".to_string()
        } else {
            let source = law.source();
            format!("Mixture: {}", source.split_once(',').map_or(source, |(authors, _)| authors))
        };
        match groups.iter_mut().find(|(name, _)| *name == heading) {
            Some((_, members)) => members.push(law),
            None => groups.push((heading, vec![law])),
        }
    }
    groups
}

/// What a restriction can name: "E, A, alpha, gamma; gamma_arxiv is that of one domain".
pub fn parameter_names(law: &dyn Law, data: Option<&StudyData>) -> String {
    let parameters = law.parameters(&shape(law, data));
    let mut text = stems(&parameters).join(", ");
    let of_domain = parameters.iter().rev().find(|parameter| parameter.symbol.domain_idx == Some(0));
    // A study without domains shows the law as it would be with some.
    let data = data.filter(|data| !data.dataset.domains().is_empty());
    if let (Some(parameter), Some(data)) = (of_domain, data) {
        text.push_str(&format!("; {} is that of one domain", parameter.symbol.name(data.dataset.domains())));
    }
    text
}

/// Why there is no mixture to choose, where the laws do not depend on it.
pub fn no_mixture(study: &FittedStudy) -> Option<String> {
    let fit = study.fits.first()?;
    let depends = study.targets().any(|target| target.depends_on_mixture());
    (!depends).then(|| match study.domains.is_empty() {
        true => text::NO_DOMAINS.to_string(),
        false => OptimumError::NoMixture { law: fit.law.name() }.to_string(),
    })
}

/// An interval of weights: "3.1 to 9.4 %".
pub fn weight_range(interval: &Interval) -> String {
    let low = percent(interval.low);
    format!("{} to {}", low.trim_end_matches(" %"), percent(interval.high))
}

/// An interval of losses.
pub fn loss_range(interval: &Interval) -> String {
    format!("{:.4} to {:.4}", interval.low, interval.high)
}

/// An interval of parameters.
pub fn number_range(interval: &Interval) -> String {
    let text = |value: f64| write_number(value, 3).replace('-', "\u{2212}");
    format!("{} to {}", text(interval.low), text(interval.high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::law::{LAWS, by_id};
    use crate::mixture::{Limit, Prior, optimum};
    use crate::page::run::fits::tests::{data, fits};
    use crate::predict::Form;
    use crate::units::{Flops, Loss};

    fn first(fit: &Fit) -> FittedTarget<'_> {
        FittedTarget { name: &fit.targets[0], fit, target_pos: 0, form: Form::Law, process: None }
    }

    #[test]
    fn every_target_has_its_row() {
        let fits = fits();
        let rows = result_rows(&fits.study, &[("y".into(), "no loss".into())]);
        assert_eq!(rows.iter().map(|row| row.target.as_str()).collect::<Vec<_>>(), ["a_loss", "x_loss", "y"]);
        let cells = rows[0].outcome.as_ref().unwrap();
        assert!(
            cells.fit_mre.ends_with(" %") && cells.holdout_mre == "–" && cells.starts.ends_with(" of 2"),
            "{cells:?}"
        );
        assert!(cells.warnings.iter().any(|flag| flag.starts_with("6 observations for 9 parameters")), "{cells:?}");
        assert_eq!(rows[2].outcome, Err("no loss".into()));
    }

    #[test]
    fn parameters_are_sorted_by_domain() {
        let fits = fits();
        let table = parameter_table(first(&fits.study.fits[0]), &fits.study.domains, None);
        let letters = |headings: &[Heading]| headings.iter().map(|heading| heading.letter).collect::<String>();
        assert_eq!(letters(&table.scalars.iter().map(|(heading, _)| *heading).collect::<Vec<_>>()), "EABαβ");
        assert_eq!(letters(&table.columns), "Cγ");
        assert_eq!(
            table.rows.iter().map(|(domain, cells)| (domain.as_str(), cells.len())).collect::<Vec<_>>(),
            [("a", 2), ("b", 2)]
        );
    }

    #[test]
    fn every_law_has_a_sound_table() {
        let domains = ["a", "b"].map(String::from);
        for law in LAWS {
            let shape = Shape::whole(2);
            let parameters = law.parameters(&shape);
            let middle = |parameter: &Parameter| f64::midpoint(parameter.start.0, parameter.start.1);
            let mut fit = fits().study.fits[0].clone();
            fit = Fit { law, theta: parameters.iter().map(middle).collect(), shape, ..fit };
            let table = parameter_table(first(&fit), &domains, None);
            let n_cells: usize = table.rows.iter().map(|(_, row)| row.iter().flatten().count()).sum();
            assert_eq!(table.scalars.len() + n_cells, parameters.len(), "{}", law.name());
            assert_eq!(table.columns.is_empty(), table.rows.is_empty(), "{}", law.name());
            assert_eq!(table.units.is_some(), law.counts_in_billions());
        }
    }

    #[test]
    fn fixed_and_negative_values_are_marked() {
        let fits = fits();
        let mut fit = fits.study.fits[0].clone();
        fit.report.config.restrictions = Restriction::parse("alpha = 0.3, gamma_b = 1").unwrap();
        let table = parameter_table(first(&fit), &fits.study.domains, None);
        assert_eq!(table.of, "a_loss");
        let both = Fit { targets: vec!["a".into(), "b".into()], ..fit.clone() };
        assert_eq!(parameter_table(first(&both), &fits.study.domains, None).of, "all targets, fitted at once");
        let fixed: Vec<&str> =
            table.scalars.iter().filter(|(_, value)| value.is_fixed).map(|(heading, _)| heading.letter).collect();
        assert_eq!(fixed, ["α"]);
        let is_fixed = |row: usize| table.rows[row].1.iter().flatten().map(|value| value.is_fixed).collect::<Vec<_>>();
        assert_eq!((is_fixed(0), is_fixed(1)), (vec![false, false], vec![false, true]));
        fit.report.config.ridge = 0.001;
        fit.shape.stocks = vec![None, Some(2.5)];
        let study = FittedStudy { fits: vec![fit], ..(*fits.study).clone() };
        assert_eq!(
            made_with(&study).as_deref(),
            Some("Fitted with alpha = 0.3, gamma_b = 1; ridge λ = 0.001; tokens in stock: b 2.5B.")
        );
        assert_eq!(made_with(&fits.study), None);
    }

    #[test]
    fn laws_stand_under_what_sets_them_apart() {
        let groups = law_groups(&LAWS);
        assert_eq!(groups.iter().map(|(_, laws)| laws.len()).sum::<usize>(), LAWS.len());
        let heading = |id: &str| {
            groups.iter().find(|(_, laws)| laws.iter().any(|law| law.id() == id)).map(|(heading, _)| heading.as_str())
        };
        assert_eq!(heading("joint"), Some("Mixture: Shukor et al. 2025"));
        assert_eq!(heading("m4"), Some("Mixture: Ye et al. 2024"));
        assert_eq!(heading("joint-repetition"), Some("Mixture, with repeated tokens"));
        assert_eq!(heading("bimix"), Some("A training domain's own loss"));
        assert_eq!(heading("chinchilla"), Some("Without mixture"));
    }

    #[test]
    fn names_for_restrictions() {
        let data = data();
        let names = |id: &str| parameter_names(by_id(id).unwrap(), Some(&data));
        assert_eq!(names("additive"), "E, C, gamma, A, B, alpha, beta; gamma_a is that of one domain");
        assert_eq!(parameter_names(by_id("m4").unwrap(), None), "E, gamma, A, B, alpha, beta");
        assert_eq!(names("chinchilla"), "E, A, B, alpha, beta");
    }

    #[test]
    fn the_optimum_is_not_worse_than_the_others() {
        let fits = fits();
        let scenario =
            Scenario { target_weights: vec![("x_loss".into(), 2.0)], ..Scenario::new(Params(1e9), Tokens(1e10)) };
        let best = optimum(&fits.study, &scenario).unwrap();
        let rows = loss_rows(&fits.study, &scenario, &best, None);
        assert_eq!(rows.iter().map(|row| row.share.as_str()).collect::<Vec<_>>(), ["0.0 %", "100.0 %", "100.0 %"]);
        let last = rows[2].losses.clone().map(|loss| loss.parse::<f64>().unwrap());
        assert!(last[0] <= last[1] && last[0] <= last[2], "{last:?}");
        assert_eq!(rows[2].losses, rows[1].losses);
    }

    #[test]
    fn what_was_found_is_told() {
        let fits = fits();
        let told = |scenario: &Scenario| found_sentences(scenario, &optimum(&fits.study, scenario).unwrap());
        let plain = Scenario::new(Params(1e9), Tokens(1e10));
        assert_eq!(told(&plain), [""; 0]);
        let scale = &told(&Scenario { budget: Budget::Compute(Flops(6e19)), ..plain.clone() })[0];
        assert!(scale.starts_with("Best within 6e19 FLOPs: N = "), "{scale}");
        let worst = &told(&Scenario { aim: Aim::Worst, ..plain.clone() })[0];
        assert!(worst.starts_with("Every target is within 0.") && worst.contains(" of the least that it can be; "));
        let prior = Prior { mixture: vec![("a".into(), 1.0), ("b".into(), 1.0)], kl: 0.01 };
        let limited = Scenario { aim: Aim::Worst, prior: Some(prior), ..plain };
        assert!(told(&limited)[0].starts_with("With the prior's part, every target is within "));
        let price = Price { limit: Limit::Min("b".into(), 0.9), nats: 0.12 };
        assert_eq!(
            price_sentence(&price),
            "b at least 90 %: lowering b by 1 point would lower the loss by 0.0012 nats."
        );
    }

    #[test]
    fn a_weight_beyond_the_data_is_told() {
        let fits = fits();
        let best = Optimum {
            n: Params(1e9),
            d: Tokens(1e10),
            objective: 2.0,
            prices: Vec::new(),
            mixture: vec![0.95, 0.05],
            weighted_loss: Loss(2.0),
            targets: Vec::new(),
            least: Vec::new(),
            kkt_residual: 3.14e-12,
            certificate: Certificate::BestOf { agreeing: 2, starts: 5 },
        };
        let rows = mixture_rows(&best, &fits.study.domains, &fits.study.summary, None, None);
        assert_eq!(rows[0].outside.as_deref(), Some("outside the range of the runs, 20.0 % to 90.0 %"));
        assert_eq!((rows[1].percent(0), rows[1].percent(1)), ("5.0 %".into(), "50.0 %".into()));
        assert!(certificate_sentence(&best).starts_with("Best of 5 descents from different mixtures; 2 of them"));
        assert_eq!(kkt_text(&best), "3.1e-12");
    }

    #[test]
    fn previews_are_short() {
        assert_eq!(&*first_lines("a\nb\nc", 2), "a\nb");
        assert_eq!(&*first_lines("a\nb", 9), "a\nb");
        assert!(first_lines(&"ü".repeat(50_000), 2).len() <= LONGEST_PREVIEW);
        assert_eq!(issues_heading(1, 0), "1 error");
        assert_eq!(issues_heading(1200, 1), "1,200 errors; 1 line is left out");
    }

    #[test]
    fn roles_and_equation() {
        let fits = fits();
        let roles = Roles(vec![Role::Weight, Role::Weight, Role::N, Role::Loss, Role::Ignored]);
        assert_eq!(roles_sentence(&roles), "2 × weight of a domain · model size N · loss · not used");
        assert_eq!(formula(fits.law, Some(&fits.data)), formula(fits.law, None));
    }

    #[test]
    fn the_data_in_a_line() {
        let fits = fits();
        assert_eq!(
            data_sentence(&fits.study.summary, 2, 2),
            "6 observations · 6 mixtures · 2 domains · 2 targets · 3 model sizes, 100M to 1B · 1B to 9B tokens"
        );
        assert_eq!((grouped(999), grouped(1574), grouped(1234567)), ("999".into(), "1,574".into(), "1,234,567".into()));
    }

    /// Who gave no weights is not told of mixtures.
    #[test]
    fn a_study_without_domains_has_no_mixture_for_that_reason() {
        let row = |i: usize| format!("{}00M,{i}B,{}\n", 1 + i % 3, 4.0 - 0.1 * i as f64);
        let text = format!("N,D,loss\n{}", (1..9).map(row).collect::<String>());
        let data = crate::import::import(&text, None).dataset.expect("a study");
        let law = crate::law::by_id("chinchilla").expect("a law");
        let config = crate::fit::FitConfig { starts: 1, ..Default::default() };
        let fit = crate::fit::fit(law, &data, &[0], &config, &mut |_| {}).expect("a fit");
        let study = FittedStudy::of(&data, vec![fit]);
        assert_eq!(no_mixture(&study).as_deref(), Some(text::NO_DOMAINS));
    }
}
