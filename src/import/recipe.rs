//! Names of how a run was trained and how it went: rates, schedules, splits, times. Many are shares, and never weights.

use super::names;
use super::roles::{is_weight_word, key, words};

/// Each says by itself that the column is no domain.
const RECIPE: &[&str] = &[
    "lr",
    "mask",
    "masked",
    "masking",
    "keep",
    "mlm",
    "lrs",
    "warmup",
    "warmdown",
    "rampup",
    "decay",
    "cooldown",
    "anneal",
    "annealing",
    "stable",
    "plateau",
    "progress",
    "portion",
    "dropout",
    "beta",
    "betas",
    "momentum",
    "nesterov",
    "epoch",
    "epochs",
    "step",
    "steps",
    "iter",
    "iters",
    "iteration",
    "iterations",
    "seed",
    "seeds",
    "zloss",
    "gpu",
    "gpus",
    "tpu",
    "tpus",
    "eps",
    "epsilon",
    "clip",
    "clipping",
    "clipped",
    "ema",
    "temperature",
    "temp",
    "tau",
    "wd",
    "batch",
    "bsz",
    "bs",
    "seqlen",
    "ctx",
    "context",
    "layer",
    "layers",
    "depth",
    "width",
    "heads",
    "dim",
    "hidden",
    "vocab",
    "rank",
    "alpha",
    "gamma",
    "sigma",
    "std",
    "init",
    "optimizer",
    "scheduler",
    "schedule",
    "horizon",
    "smoothing",
    "sparsity",
    "topk",
    "experts",
    "lambda",
    "coef",
    "coeff",
    "coefficient",
    "scale",
    "mup",
    "multiplier",
    "patience",
    "noise",
    "threshold",
    "correlation",
    "r2",
    "pvalue",
];

/// Words for how a run went, not for how it was set up.
const MEASURED: &[&str] = &[
    "mfu",
    "hfu",
    "util",
    "utilization",
    "throughput",
    "time",
    "second",
    "seconds",
    "secs",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "runtime",
    "duration",
    "elapsed",
    "wall",
    "memory",
    "mem",
    "cost",
    "price",
];

/// Parts of a set of data; shares of these are a split.
const SPLITS: &[&str] = &[
    "train",
    "training",
    "val",
    "valid",
    "validation",
    "test",
    "testing",
    "holdout",
    "heldout",
    "dev",
    "eval",
    "evaluation",
    "split",
];

/// What stands around such words.
const AROUND: &[&str] = &[
    "min",
    "max",
    "peak",
    "final",
    "init",
    "initial",
    "base",
    "start",
    "end",
    "avg",
    "mean",
    "total",
    "num",
    "n",
    "frac",
    "fraction",
    "fractions",
    "ratio",
    "pct",
    "percent",
    "share",
    "proportion",
    "rate",
    "size",
    "per",
    "sec",
    "of",
    "the",
    "to",
    "at",
    "in",
    "by",
    "global",
    "local",
    "micro",
    "adam",
    "adamw",
    "muon",
    "sgd",
    "cosine",
    "linear",
    "wsd",
    "cfg",
    "config",
    "current",
    "grad",
    "gradient",
    "model",
    "attn",
    "attention",
    "embedding",
    "residual",
    "p",
    "length",
    "target",
    "value",
];

/// Names of several words, as they stand in any longer one.
const PHRASES: &[&str] = &[
    "learningrate",
    "weightdecay",
    "batchsize",
    "gradnorm",
    "labelsmoothing",
    "gpuhour",
    "zloss",
    "seqlen",
    "sequencelength",
    "contextlength",
    "walltime",
    "winrate",
];

/// Whether a name is one of the training recipe: "peak_lr", "warmup_frac", "val_frac", "config.adam_beta1".
pub(super) fn is_recipe(name: &str) -> bool {
    let last = name.rsplit(['/', '.']).find(|segment| !segment.is_empty()).unwrap_or(name);
    let letters = key(last);
    if PHRASES.iter().any(|phrase| letters.contains(phrase)) {
        return true;
    }
    let words: Vec<String> = words(last)
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    let is_in = |list: &[&str], word: &String| list.contains(&word.as_str());
    // The weight of a domain called "target", or its part in a split.
    const OF_TARGETS: [&str; 7] = ["alpha", "lambda", "beta", "gamma", "train", "eval", "val"];
    if matches!(&words[..], [first, last] if last == "target" && is_in(&OF_TARGETS, first)) {
        return false;
    }
    let is_of_run = |word: &String| [RECIPE, MEASURED, SPLITS].iter().any(|list| is_in(list, word));
    words.iter().any(is_of_run) && words.iter().all(|word| is_of_run(word) || is_in(AROUND, word))
}

/// Whether a name is of how a run went, and not of how it was set up: what came out of it explains no loss.
pub(super) fn is_measured(name: &str) -> bool {
    names::words(name).iter().any(|word| MEASURED.contains(&word.as_str()))
}

/// Parts of a model, of a machine and of an objective, which shares may be of.
const PARTS: &[&str] = &[
    "mlp",
    "ffn",
    "moe",
    "router",
    "head",
    "embed",
    "lm",
    "compute",
    "comm",
    "communication",
    "idle",
    "io",
    "cpu",
    "busy",
    "expert",
    "load",
    "forward",
    "backward",
    "ce",
    "kd",
    "aux",
    "loss",
];

/// Whether a word is of a model, a machine or a training.
pub(super) fn is_of_training(word: &str) -> bool {
    [RECIPE, MEASURED, SPLITS, PARTS].iter().any(|list| list.contains(&word))
}

/// Whether a name may be one of the recipe, since all of its words are of a model, a machine or a training: "attn_share",
/// "comm_time_frac", "kd_weight".
pub(super) fn may_be_recipe(name: &str) -> bool {
    let words = names::words(name);
    let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
    let is_own = |word: &String| is_of_training(word) || AROUND.contains(&word.as_str()) || is_number(word);
    words.iter().all(|word| is_own(word) || is_weight_word(word))
        && words.iter().any(|word| !is_weight_word(word) && !is_number(word))
}

/// Words at the end of a name that make a number about a loss, and not a loss: "val_loss_se", "loss_lower_95".
const ABOUT_LOSSES: &[&str] = &[
    "se",
    "sem",
    "std",
    "stdev",
    "stddev",
    "stderr",
    "err",
    "error",
    "sd",
    "var",
    "variance",
    "ci",
    "lower",
    "upper",
    "delta",
    "diff",
    "difference",
    "change",
    "improvement",
    "reduction",
    "gap",
    "rank",
    "count",
    "n",
    "num",
    "tokens",
    "scale",
    "weight",
    "coef",
    "coeff",
    "coefficient",
    "lambda",
    "slope",
    "residual",
    "noise",
    "spikes",
    "uncertainty",
    "fit",
    "hat",
    "ref",
    "normalized",
    "normalised",
    "auc",
    "sum",
    "gain",
    "gains",
    "saved",
    "saving",
    "savings",
    "decrease",
    "percentile",
    "quantile",
    "entropy",
    "temp",
    "temperature",
    "mad",
    "iqr",
    "range",
    "unc",
    "unit",
    "units",
    "type",
    "kind",
    "fn",
    "function",
    "standardized",
    "standardised",
    "rescaled",
];
/// Of these a run needs so many to come to a loss.
const SPENT: &[&str] = &["time", "step", "steps", "iters", "tokens", "flops", "compute", "hours", "epochs", "speedup"];
/// Words before a loss that make it one of the training's own terms, or no loss that was seen.
const OTHER_LOSSES: &[&str] = &[
    "weight",
    "weights",
    "coef",
    "coeff",
    "coefficient",
    "lambda",
    "vs",
    "minus",
    "baseline",
    "mtp",
    "kl",
    "distill",
    "distillation",
    "aux",
    "share",
    "fraction",
    "frac",
    "ratio",
    "contribution",
    "auxiliary",
    "z",
    "zloss",
    "router",
    "balance",
    "balancing",
    "lb",
    "moe",
    "reg",
    "regularization",
    "l1",
    "l2",
    "delta",
    "diff",
    "excess",
    "predicted",
    "pred",
    "fitted",
    "expected",
    "std",
    "stdev",
    "stddev",
    "sd",
    "se",
    "sem",
    "stderr",
    "sigma",
    "threshold",
    "n",
    "num",
    "relative",
    "rel",
    "log10",
    "log2",
    "ln",
    "norm",
    "initial",
    "init",
    "starting",
    "ref",
    "reference",
    "extrapolated",
    "estimated",
    "projected",
    "kd",
    "commit",
    "commitment",
    "codebook",
    "policy",
    "critic",
    "gain",
    "inv",
    "inverse",
    "reciprocal",
    "scaled",
    "reducible",
    "standardized",
    "standardised",
    "zscored",
    "normalized",
    "normalised",
    "percentile",
    "quantile",
    "sft",
    "reward",
    "contrastive",
    "dpo",
    "Δ",
    "δ",
];

/// Whether a name with the word for a loss in it is of something else: an uncertainty, a difference, a term that only
/// helps the training, a count.
pub(super) fn is_about_loss(name: &str) -> bool {
    // The sign of a difference stands before a name as a word of its own: "ΔLoss", which is "∆Loss" as some write it.
    let name = &names::english(&name.replace(['Δ', '∆'], "Δ ")).into_owned();
    let words: Vec<String> = words(name).map(str::to_lowercase).collect();
    let is_number = |word: &&String| word.chars().all(|c| c.is_ascii_digit());
    // "2sigma" is so many sigmas.
    let is_in = |list: &[&str], word: &String| list.contains(&word.trim_start_matches(|c: char| c.is_ascii_digit()));
    let last = words.iter().rfind(|word| !is_number(word) && *word != "pct");
    let letters = key(name);
    let is_spent = || words.iter().any(|word| word == "to") && words.iter().any(|word| is_in(SPENT, word));
    let is_percent = || words.last().is_some_and(|word| word == "pct") && !words.iter().any(|word| is_number(&word));
    // The logarithm of a perplexity is a loss.
    if names::is_log_perplexity(name) && !words.iter().any(|word| is_in(ABOUT_LOSSES, word)) {
        return false;
    }
    let is_last = |word: &str| words.len() > 1 && words.last().is_some_and(|last| last == word);
    let is_time = || is_last("s") && words.iter().any(|word| word == "time");
    let is_entropy = |word: &String| word == "entropy" && letters.contains("crossentropy");
    last.is_some_and(|word| is_in(ABOUT_LOSSES, word) && !is_entropy(word)) && words.len() > 1
        || is_last("step")
        || is_time()
        || name.trim_start().starts_with("1/")
        || is_spent()
        || is_percent()
        || words.iter().any(|word| is_in(OTHER_LOSSES, word))
        || ["zloss", "auxloss", "lossse", "lossstd", "lossdelta", "deltaloss"].contains(&letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_known() {
        for name in [
            "lr",
            "peak_lr",
            "learning_rate",
            "config.optimizer.learning_rate",
            "warmup_frac",
            "stable_frac",
            "decay_frac",
            "train_frac",
            "val_frac",
            "progress",
            "dropout",
            "adam_beta1",
            "beta_2",
            "z_loss",
            "gpu_hours",
            "Weight Decay",
            "trainer/global_step",
            "epoch",
            "train_split",
            "lr_warmup_ratio",
            "cooldown_fraction",
            "mfu",
            "ema_decay",
        ] {
            assert!(is_recipe(name), "{name}");
        }
        for name in
            ["web", "code", "weight_web", "train_the_pile_arxiv", "math_share", "stack_exchange", "portion_web", "h_1"]
        {
            assert!(!is_recipe(name), "{name}");
        }
    }

    #[test]
    fn numbers_about_losses_are_no_losses() {
        for name in [
            "loss_se",
            "val_loss_std",
            "wiki_loss_stderr",
            "loss_lower_95",
            "loss_upper_95",
            "loss_delta",
            "aux_loss",
            "z_loss",
            "router_z_loss",
            "bpb_sem",
            "loss_scale",
            "delta_loss",
            "moe_aux_loss",
            "eval/loss_std",
            "z_loss_weight",
            "predicted_loss",
            "loss_ci_95",
            "zloss",
            "nll_n",
            "sigma_bpb",
            "threshold_2sigma_bpb",
            "loss_upper_1sd",
            "Loss + 1 SD",
            "predicted L",
            "ΔLoss%",
            "∆ val loss",
            "init_loss",
            "ref_loss",
            "loss_fit",
            "loss_hat",
            "time_to_loss_3.0",
            "steps_to_target_loss",
            "loss_pct",
            "kd_loss",
            "loss_gain",
            "loss_saved",
            "loss decrease",
            "1/loss",
            "inv_loss",
            "val_loss_percentile",
            "norm_loss",
            "reducible_loss",
            "scaled_loss",
            "standardized_loss",
            "loss_mad",
            "loss_time_s",
            "loss_step",
            "loss_entropy",
            "loss_temp",
            "sft_loss",
            "reward_loss",
        ] {
            assert!(is_about_loss(name), "{name}");
        }
        for name in [
            "loss",
            "val_loss",
            "wiki_loss",
            "eval/web/loss",
            "bpb",
            "arc_easy_bpb",
            "loss_web",
            "final_loss",
            "loss_avg",
            "loss_cc_high",
            "loss_step_1000",
            "loss (cross entropy)",
            "log_ppl",
            "ln(PPL)",
            "log10_ppl",
            "mean_log_perplexity",
            "loss_time",
        ] {
            assert!(!is_about_loss(name), "{name}");
        }
    }
}
