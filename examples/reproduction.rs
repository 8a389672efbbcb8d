//! The numbers of others, reproduced: writes docs/reproduction.md.
//!
//! ```text
//!     cargo run --release --example reproduction [-- SEEDS]
//! ```
//!
//! Its data are not part of the project: they are in the folder that the environment variable MIXLAW_DATA names
//! (default ../shared/data). SEEDS is the number of seeds for each fit whose reliability is measured (default 100).

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use mixlaw::dataset::Dataset;
use mixlaw::fit::{Fit, FitConfig, Residual, fit};
use mixlaw::import::import;
use mixlaw::law::by_id;
use mixlaw::mixture::{Scenario, optimum};
use mixlaw::predict::FittedStudy;
use mixlaw::units::{Params, Tokens};
use rayon::prelude::*;
use serde_json::Value;

#[path = "../tests/common/nist.rs"]
mod nist;

/// The paper's table of the LLM study, MRE % of simple, additive, joint and full: (fit, larger scale).
const PAPER: [(&str, [(f64, f64); 4]); 7] = [
    ("arxiv", [(0.55, 2.40), (0.50, 2.09), (0.39, 1.62), (0.39, 1.83)]),
    ("book", [(0.38, 1.11), (0.29, 0.80), (0.24, 1.19), (0.24, 1.14)]),
    ("c4", [(0.35, 0.47), (0.29, 0.31), (0.24, 0.34), (0.23, 0.41)]),
    ("github", [(0.81, 2.05), (0.65, 1.17), (0.54, 2.51), (0.52, 1.97)]),
    ("commoncrawl", [(0.34, 0.65), (0.29, 0.58), (0.24, 0.90), (0.23, 0.74)]),
    ("stackexchange", [(0.57, 0.68), (0.51, 0.36), (0.38, 0.47), (0.36, 0.42)]),
    ("wikipedia", [(0.97, 4.53), (0.92, 4.45), (0.57, 2.09), (0.56, 1.98)]),
];
const LAWS: [&str; 4] = ["simple", "additive", "joint", "full"];
/// The paper's optimal weights, additive law, percent: the mean of the seven targets, and OpenHermes.
const PAPER_OPTIMA: [(&str, f64, f64); 7] = [
    ("arxiv", 9.6, 9.4),
    ("book", 9.5, 4.8),
    ("c4", 25.1, 27.8),
    ("github", 8.0, 6.6),
    ("commoncrawl", 12.1, 36.9),
    ("stackexchange", 17.9, 13.5),
    ("wikipedia", 17.0, 0.0),
];
/// Besiroglu et al. 2024, "Chinchilla Scaling: A replication attempt", arXiv:2404.10102: their notebook's best fit.
const EPOCH_OBJECTIVE: f64 = 0.001_018_274_03;
const EPOCH_PARAMETERS: [f64; 5] = [1.817_235, 477.84, 2143.86, 0.347_31, 0.367_18];

fn fits(law: &str, dataset: &Dataset) -> Vec<Fit> {
    eprintln!("fitting the {law} law");
    let law = by_id(law).expect("a law");
    (0..dataset.targets().len())
        .into_par_iter()
        .map(|target_idx| {
            fit(law, dataset, &[target_idx], &FitConfig::of_the_paper(), &mut |_| {}).expect("a sound study")
        })
        .collect()
}

fn targets_table(out: &mut String, fits: &[Vec<Fit>]) -> std::fmt::Result {
    writeln!(out, "## The paper's table\n")?;
    writeln!(out, "Mean relative error in percent on the runs fitted and on the larger ones held out: ours, and in")?;
    writeln!(out, "parentheses the paper's (Shukor et al. 2025, arXiv:2507.09404).\n")?;
    writeln!(out, "| target | {} |", LAWS.map(|law| format!("{law}: fit | {law}: held out")).join(" | "))?;
    writeln!(out, "|---|{}", "---|".repeat(2 * LAWS.len()))?;
    let mut worse = Vec::new();
    let mut sums = [[0.0; 4]; 4];
    for (target_idx, fit) in fits[0].iter().enumerate() {
        let target = &fit.targets[0];
        let paper = PAPER.iter().find(|(domain, _)| target == &format!("{domain}_loss"));
        let mut cells = Vec::new();
        for (law_idx, law) in LAWS.iter().enumerate() {
            let score = &fits[law_idx][target_idx].report.scores[0];
            let ours = [score.fit_mre_percent, score.holdout_mre_percent.unwrap_or(f64::NAN)];
            let theirs = paper.map(|(_, row)| [row[law_idx].0, row[law_idx].1]);
            for at in 0..2 {
                let beside = theirs.map_or("–".to_string(), |theirs| format!("{:.2}", theirs[at]));
                cells.push(format!("{:.2} ({beside})", ours[at]));
                if let Some(theirs) = theirs {
                    sums[law_idx][at] += ours[at] / PAPER.len() as f64;
                    sums[law_idx][2 + at] += theirs[at] / PAPER.len() as f64;
                    if (ours[at] * 100.0).round() / 100.0 > theirs[at] {
                        worse.push(format!("{law} {target} {}", ["fit", "held out"][at]));
                    }
                }
            }
        }
        writeln!(out, "| {target} | {} |", cells.join(" | "))?;
    }
    let means = sums.map(|[fit, holdout, paper_fit, paper_holdout]| {
        format!("{fit:.2} ({paper_fit:.2}) | {holdout:.2} ({paper_holdout:.2})")
    });
    writeln!(out, "| mean of the seven | {} |", means.join(" | "))?;
    let worse = if worse.is_empty() { "nowhere".to_string() } else { worse.join("; ") };
    writeln!(out, "\nOurs are worse than the paper's (rounded to its digits): {worse}.\n")?;
    writeln!(
        out,
        "A lower objective on the fitted runs is no promise for the held-out ones: that column is not what a"
    )?;
    writeln!(out, "fit makes small.\n")
}

fn nested_table(out: &mut String, chinchilla: &[Fit], fits: &[Vec<Fit>], reference: &Value) -> std::fmt::Result {
    writeln!(out, "## Objectives\n")?;
    writeln!(
        out,
        "Mean Huber (δ = 0.001 nats) over the fitted rows, × 10⁶, and as a share of the best known from long"
    )?;
    writeln!(out, "runs of an independent solver.\n")?;
    writeln!(out, "| target | Chinchilla | additive | joint | full | additive / best known | joint / best known |")?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    let mut nested = true;
    for (target_idx, chinchilla) in chinchilla.iter().enumerate() {
        let target = &chinchilla.targets[0];
        let objectives = [1, 2, 3].map(|law_idx| fits[law_idx][target_idx].report.objective);
        let all = [chinchilla.report.objective, objectives[0], objectives[1], objectives[2]];
        nested &= all.windows(2).all(|pair| pair[1] <= pair[0] * (1.0 + 1e-9));
        let ratio = |law: &str, objective: f64| {
            let best = reference["targets"][target.as_str()][law]["mean_huber"].as_f64().expect("a number");
            format!("{:.5}", objective / best)
        };
        let cells = all.map(|objective| format!("{:.4}", 1e6 * objective)).join(" | ");
        let (additive, joint) = (ratio("additive", objectives[0]), ratio("joint", objectives[1]));
        writeln!(out, "| {target} | {cells} | {additive} | {joint} |")?;
    }
    let holds = if nested { "holds on every target" } else { "DOES NOT HOLD" };
    writeln!(out, "\nfull ≤ joint ≤ additive ≤ Chinchilla {holds}.\n")
}

fn reliability(out: &mut String, dataset: &Dataset, reference: &Value, n_seeds: u64) -> std::fmt::Result {
    writeln!(out, "## Reliability\n")?;
    writeln!(
        out,
        "Of {n_seeds} seeds with 12 starts each, those that end within 0.1 % of the best known; the median and"
    )?;
    writeln!(out, "the worst objective as a share of it.\n")?;
    writeln!(out, "| target | additive within 0.1 % | median | worst | joint within 0.1 % | median | worst |")?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for (target_idx, target) in dataset.targets().iter().enumerate() {
        eprintln!("{n_seeds} seeds of {target}");
        let cells = ["additive", "joint"].map(|id| {
            let best = reference["targets"][target.as_str()][id]["mean_huber"].as_f64().expect("a number");
            let law = by_id(id).expect("a law");
            let mut ratios: Vec<f64> = (0..n_seeds)
                .into_par_iter()
                .map(|seed| {
                    let config = FitConfig { seed, ..FitConfig::of_the_paper() };
                    fit(law, dataset, &[target_idx], &config, &mut |_| {}).expect("sound").report.objective / best
                })
                .collect();
            ratios.sort_by(f64::total_cmp);
            let within = ratios.iter().filter(|ratio| **ratio <= 1.001).count();
            let (median, worst) = (ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
            format!("{within} of {n_seeds} | {median:.5} | {worst:.5}")
        });
        writeln!(out, "| {target} | {} |", cells.join(" | "))?;
    }
    writeln!(out)
}

fn chinchilla(out: &mut String, folder: &Path) -> std::io::Result<()> {
    let text = fs::read_to_string(folder.join("chinchilla_epoch.csv"))?;
    let mut lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let loss = |line: &str| line.rsplit(',').next().and_then(|cell| cell.parse::<f64>().ok()).unwrap_or(f64::NAN);
    // Its authors leave out the five highest losses.
    lines[1..].sort_by(|a, b| loss(a).total_cmp(&loss(b)));
    lines.truncate(lines.len() - 5);
    let dataset = import(&lines.join("\n"), None).dataset.expect("a sound table");
    let config = FitConfig { residual: Residual::LogLoss, ..FitConfig::of_the_paper() };
    let fit = fit(by_id("chinchilla").expect("a law"), &dataset, &[0], &config, &mut |_| {}).expect("a sound study");
    let n = dataset.observations().len();
    let _ =
        writeln!(out, "## Chinchilla\n\n{n} runs read off Hoffmann et al. 2022, Figure 4; Huber with δ = 0.001 on log");
    let _ = writeln!(out, "residuals, summed, as in Besiroglu et al. 2024 (arXiv:2404.10102).\n");
    let _ = writeln!(out, "| | objective | E | A | B | α | β |\n|---|---|---|---|---|---|---|");
    let row = |who: &str, objective: f64, p: &[f64]| {
        format!("| {who} | {objective:.10} | {:.5} | {:.2} | {:.2} | {:.5} | {:.5} |", p[0], p[1], p[2], p[3], p[4])
    };
    let ours: Vec<f64> = fit.parameters(dataset.domains()).into_iter().map(|(_, value)| value).collect();
    let _ = writeln!(out, "{}", row("ours", fit.report.objective * n as f64, &ours));
    let _ = writeln!(out, "{}\n", row("theirs", EPOCH_OBJECTIVE, &EPOCH_PARAMETERS));
    Ok(())
}

fn optima(out: &mut String, dataset: &Dataset, additive: &[Fit]) -> std::fmt::Result {
    let study = FittedStudy::of(dataset, additive.to_vec());
    let at = |targets: Vec<(String, f64)>| {
        let scenario = Scenario { target_weights: targets, ..Scenario::new(Params(7e9), Tokens(150e9)) };
        optimum(&study, &scenario).expect("a sound scenario")
    };
    let mean = at(PAPER.iter().map(|(domain, _)| (format!("{domain}_loss"), 1.0)).collect());
    let openhermes = at(vec![("openhermes_loss".into(), 1.0)]);
    writeln!(out, "## The additive law's optima\n\nPercent; in parentheses the paper's.\n")?;
    writeln!(out, "| domain | mean of the seven targets | OpenHermes |\n|---|---|---|")?;
    for (domain, paper_mean, paper_openhermes) in PAPER_OPTIMA {
        let i = dataset.domains().iter().position(|name| name == domain).expect("a domain of the study");
        let (a, b) = (100.0 * mean.mixture[i], 100.0 * openhermes.mixture[i]);
        writeln!(out, "| {domain} | {a:.1} ({paper_mean:.1}) | {b:.1} ({paper_openhermes:.1}) |")?;
    }
    writeln!(out, "\nKKT residuals {:.1e} and {:.1e}.\n", mean.kkt_residual, openhermes.kkt_residual)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let n_seeds: u64 = std::env::args().nth(1).map_or(Ok(100), |seeds| seeds.parse())?;
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::var_os("MIXLAW_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let runs = fs::read_to_string(folder.join("slimpajama_paper_split.csv"))?;
    let dataset = import(&runs, None).dataset.ok_or("slimpajama_paper_split.csv is no table")?;
    let reference: Value = serde_json::from_str(&fs::read_to_string(folder.join("slimpajama_reference.json"))?)?;
    let chinchilla_fits = fits("chinchilla", &dataset);
    let all = LAWS.map(|law| fits(law, &dataset)).to_vec();
    let mut out = String::from("# Reproduction\n\n");
    out.push_str("Written by `make reproduction`. The data are not part of this project: the runs behind the paper\n");
    out.push_str("(apple/ml-scalefit, data/dmsl_llm_slimpajama.csv, cut to the paper's Table 1), Chinchilla's runs\n");
    out.push_str(
        "(epoch-research/analyzing-chinchilla) and NIST's Statistical Reference Datasets. Fitted as the paper does,\n",
    );
    out.push_str("with `--weight-power 0 --gamma-floor 0`; docs/accuracy.md has what Mixlaw does by itself.\n\n");
    targets_table(&mut out, &all)?;
    nested_table(&mut out, &chinchilla_fits, &all, &reference)?;
    reliability(&mut out, &dataset, &reference, n_seeds)?;
    optima(&mut out, &dataset, &all[1])?;
    chinchilla(&mut out, &folder)?;
    let runs = nist::runs(&folder.join("nist"))?;
    let right = runs.iter().filter(|run| run.digits >= 4.0).count();
    writeln!(
        out,
        "## NIST's nonlinear regressions\n\nThe solver underneath, from both starts of each of the 27 problems: {right} of"
    )?;
    writeln!(out, "{} runs have at least 4 correct digits.\n\n{}", runs.len(), nist::markdown(&runs).trim_end())?;
    fs::write(root.join("docs/reproduction.md"), out)?;
    eprintln!("docs/reproduction.md is written");
    Ok(())
}
