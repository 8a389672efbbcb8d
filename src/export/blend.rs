//! The mixture as the files that trainers read.
//!
//! What is a path in them, and the like, is for the reader to fill in, and each file says so. A domain with no
//! weight is left out. Read for it:
//!
//! - Megatron-LM, `megatron/core/datasets/utils.py` (`get_blend_from_list`): "--data-path" takes weights and prefixes
//!   in turn, and normalises them.
//! - OLMo-core, `src/olmo_core/data/source_mixture.py`: a `SourceMixtureList` of sources with `target_ratio` in (0, 1],
//!   which must sum to 1 within 1e-5, `paths`, and `max_repetition_ratio` ≥ 1, below which it refuses to repeat.
//! - olmix, `configs/examples/launch/data_proportions/mix_baseline.yaml`: `mix` by source, each with `weight` and
//!   `repetition_factor`.
//! - Levanter, `docs/guides/Training-Data-Guide.md`: `data.configs` by name and `data.train_weights`, normalised.
//!
//! - Axolotl, pull requests 3501 and 3690 (May 2026): the `weight` of a dataset, in (0, 1], is the share of its own
//!   examples that is kept, not a share of the mixture. It follows from the weights together with each dataset's size, so
//!   this file needs tokens in stock: a dataset is seen h D/U times, and stands in the list once for each whole time. A
//!   list may hold a dataset twice (`tests/test_exact_deduplication.py` does); nothing is removed unless asked for.

use serde_json::{Map, Value, json};

use super::formats::{KnownOptimum, Missing};
use super::results::found;
use crate::mixture::{self, Finding};
use crate::predict::{FittedStudy, notices};

/// Decimals of weights: 64 of them, rounded so, sum to 1 within what OLMo-core allows.
const DECIMALS: usize = 8;

/// One domain of a blend.
struct Source<'a> {
    name: &'a str,
    /// The name where only letters, digits and - _ . may stand.
    slug: String,
    weight: String,
    /// Epochs of its stock, where that is known.
    epochs: Option<f64>,
}

fn sources<'a>(study: &'a FittedStudy, known: &KnownOptimum) -> Vec<Source<'a>> {
    let KnownOptimum { scenario, optimum, .. } = *known;
    let written = |weight: f64| format!("{weight:.DECIMALS$}").trim_end_matches('0').trim_end_matches('.').to_string();
    let mut sources: Vec<Source> = Vec::new();
    for (name, &weight) in study.domains.iter().zip(&mixture::practical(study, scenario, optimum)) {
        let text = written(weight);
        if text == "0" || text == "-0" {
            continue;
        }
        let stock = scenario.limits.stocks.iter().find(|(domain, _)| domain == name);
        let mut slug: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' }).collect();
        // Two names may look alike without their other letters.
        if sources.iter().any(|source| source.slug == slug) {
            slug.push_str(&format!("_{}", sources.len() + 1));
        }
        let epochs = stock.map(|(_, tokens)| weight * optimum.d.0 / tokens.0);
        sources.push(Source { name, slug, weight: text, epochs });
    }
    sources
}

/// What the mixture is of, and what one must know before it is used, as comments.
fn heading(study: &FittedStudy, known: &KnownOptimum) -> Vec<String> {
    let KnownOptimum { scenario, optimum, verdict, .. } = *known;
    let scale = study.scale_words(optimum.n, optimum.d).unwrap_or_else(|| "the scale of the runs".to_string());
    let mut lines = vec![format!("# Mixture by Mixlaw for {scale}.")];
    for Finding { question, grade, sentence } in verdict.iter().flat_map(|verdict| &verdict.findings) {
        lines.push(format!("# {question} ({}): {}", grade.word(), comment(sentence)));
    }
    let warnings = mixture::warnings(study, scenario, optimum).into_iter().chain(notices(study));
    lines.extend(warnings.map(|warning| format!("# Note: {}", comment(&warning))));
    lines
}

/// Most epochs, never below 1, rounded up: a trainer that is told less would stop. Without a stock nobody knows.
fn repetition(source: &Source) -> Option<String> {
    source.epochs.map(|epochs| format!("{:.4}", (epochs.max(1.0) * 1e4).ceil() / 1e4))
}

/// A YAML string, which may be any JSON string.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).expect("a string is JSON")
}

/// A comment on one line.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Megatron-LM: a Bash array of arguments.
pub fn megatron(study: &FittedStudy, known: &KnownOptimum) -> String {
    let mut lines = heading(study, known);
    lines.extend([
        "# Megatron-LM: replace each /path/to/… by the prefix of that domain's .bin and .idx files, source this file,"
            .to_string(),
        "# and add \"${DATA_ARGS[@]}\" to the arguments of the training script.".to_string(),
        "DATA_ARGS=(".to_string(),
        "    --data-path".to_string(),
    ]);
    for Source { name, slug, weight, .. } in sources(study, known) {
        lines.push(format!("    {weight} /path/to/{slug} # {}", comment(name)));
    }
    lines.push(")".to_string());
    lines.join("\n") + "\n"
}

/// OLMo-core: a `SourceMixtureList`.
pub fn olmo_core(study: &FittedStudy, known: &KnownOptimum) -> String {
    let mut lines = heading(study, known);
    lines.extend([
        "# OLMo-core: a SourceMixtureList. Replace the paths by those of the tokenised files; a domain that is to be"
            .to_string(),
        "# repeated needs a max_repetition_ratio of that many epochs (set here where the stock is known).".to_string(),
        "sources:".to_string(),
    ]);
    for source in sources(study, known) {
        lines.push(format!("  - source_name: {}", quoted(source.name)));
        lines.push(format!("    target_ratio: {}", source.weight));
        lines.push("    paths:".to_string());
        lines.push(format!("      - {}", quoted(&format!("/path/to/{}/*.npy", source.slug))));
        lines.extend(repetition(&source).map(|ratio| format!("    max_repetition_ratio: {ratio}")));
    }
    lines.join("\n") + "\n"
}

/// olmix: the `mix` of an experiment.
pub fn olmix(study: &FittedStudy, known: &KnownOptimum) -> String {
    let mut lines = heading(study, known);
    lines.extend([
        "# olmix: the mix of an experiment file. The names must be those of its data.sources; repetition_factor is"
            .to_string(),
        "# the epochs of a source (set here where the stock is known).".to_string(),
        "mix:".to_string(),
    ]);
    for source in sources(study, known) {
        lines.push(format!("  {}:", quoted(source.name)));
        lines.push(format!("    weight: {}", source.weight));
        lines.extend(repetition(&source).map(|factor| format!("    repetition_factor: {factor}")));
    }
    lines.join("\n") + "\n"
}

/// Levanter: the `data` of a training configuration.
pub fn levanter(study: &FittedStudy, known: &KnownOptimum) -> String {
    let sources = sources(study, known);
    let mut lines = heading(study, known);
    lines.extend([
        "# Levanter: the data of a training configuration. Replace the URLs, the tokenizer and the cache.".to_string(),
        "data:".to_string(),
        "  configs:".to_string(),
    ]);
    for Source { name, slug, .. } in &sources {
        lines.push(format!("    {}:", quoted(name)));
        lines.push(format!("      train_urls: [{}]", quoted(&format!("/path/to/{slug}/*.jsonl.gz"))));
    }
    lines.push("  train_weights:".to_string());
    lines.extend(sources.iter().map(|source| format!("    {}: {}", quoted(source.name), source.weight)));
    lines.push("  tokenizer: \"/path/to/tokenizer\"".to_string());
    lines.push("  cache_dir: \"/path/to/cache\"".to_string());
    lines.join("\n") + "\n"
}

/// Most times that a dataset is listed: beyond, a mixture asks for something else than a trainer of epochs.
const MOST_TIMES: f64 = 100.0;

/// Axolotl: the `datasets` of a configuration.
///
/// # Errors
/// A domain of the mixture without tokens in stock, or with so few that it would be listed more than a hundred times.
pub fn axolotl(study: &FittedStudy, known: &KnownOptimum) -> Result<String, Missing> {
    let mut lines = heading(study, known);
    lines.extend([
        "# Axolotl: the datasets of a configuration, for one epoch. A weight is the share of a dataset's own examples that"
            .to_string(),
        "# is kept; a dataset that is seen more than once stands here once for each time. Replace paths and types. Needs an"
            .to_string(),
        "# Axolotl of June 2026 or later, without streaming and without dataset_exact_deduplication.".to_string(),
        "num_epochs: 1".to_string(),
        "shuffle_merged_datasets: true".to_string(),
        "datasets:".to_string(),
    ]);
    for source in sources(study, known) {
        let few = |epochs: &f64| *epochs <= MOST_TIMES;
        let epochs = source.epochs.filter(few).ok_or_else(|| Missing::Stock(source.name.to_string()))?;
        let times = std::iter::repeat_n(1.0, epochs as usize).chain([epochs.fract()]);
        for weight in times.map(|weight| format!("{weight:.DECIMALS$}")).filter(|weight| weight.parse() != Ok(0.0)) {
            lines.push(format!("  - path: {}", quoted(&format!("/path/to/{}", source.slug))));
            lines.push("    type: completion".to_string());
            lines.push(format!("    weight: {weight} # {}", comment(source.name)));
        }
    }
    Ok(lines.join("\n") + "\n")
}

/// Plain YAML: weights by domain.
pub fn yaml(study: &FittedStudy, known: &KnownOptimum) -> String {
    let mut lines = heading(study, known);
    let optimum = known.optimum;
    // Of runs without sizes or tokens, those of the scenario are nobody's.
    lines.extend((!study.summary.sizes.is_empty()).then(|| format!("n: {:?}", optimum.n.0)));
    let has_tokens = study.summary.token_range.is_some() || !known.scenario.limits.stocks.is_empty();
    lines.extend(has_tokens.then(|| format!("d: {:?}", optimum.d.0)));
    lines.push("weights:".to_string());
    let sources = sources(study, known);
    lines.extend(sources.iter().map(|source| format!("  {}: {}", quoted(source.name), source.weight)));
    lines.join("\n") + "\n"
}

/// Plain JSON: the optimum with all that is certain of it.
pub fn json(study: &FittedStudy, known: &KnownOptimum) -> String {
    let KnownOptimum { scenario, optimum, verdict, .. } = *known;
    let mut out: Map<String, Value> = found(study, scenario, optimum);
    let warnings = mixture::warnings(study, scenario, optimum).into_iter().chain(notices(study));
    out.insert("warnings".into(), warnings.collect());
    out.extend(verdict.map(|verdict| ("verdict".into(), json!(verdict.findings))));
    serde_json::to_string_pretty(&json!(out)).expect("strings and numbers are JSON") + "\n"
}
