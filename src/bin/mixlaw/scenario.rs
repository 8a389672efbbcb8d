//! The options of a scenario, alike for all commands that take one.

use std::path::PathBuf;

use clap::Args;
use mixlaw::export::scenario_file::{Group, ScenarioFile, Written};
use mixlaw::mixture::Scenario;
use mixlaw::predict::FittedStudy;
use mixlaw::units::{Flops, Params, Tokens};

use crate::read::{SHARE_EXAMPLE, STOCK_EXAMPLE, entry, read_bytes};

#[derive(Args)]
pub struct ScenarioArgs {
    /// Model size N; the largest of the data without it
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    n: Option<Params>,
    /// Training tokens D; the most of the data without it
    #[arg(long, value_name = "D", allow_negative_numbers = true)]
    d: Option<Tokens>,
    /// Compute C = 6 N D: N and D are found together with the mixture
    #[arg(long, value_name = "C", conflicts_with_all = ["n", "d"], allow_negative_numbers = true)]
    flops: Option<Flops>,
    /// Weights of the targets, normalised; a target without one counts nothing. Without this option all count alike
    #[arg(long, value_name = "T=W", num_args = 1..)]
    weights: Vec<String>,
    /// Make the worst target's loss least, each against the least that it can be, not the mean
    #[arg(long)]
    minimax: bool,
    /// Least weight of a domain: arxiv=0.05 or "arxiv=5 %"
    #[arg(long, value_name = "DOMAIN=SHARE", num_args = 1..)]
    min: Vec<String>,
    /// Largest weight of a domain
    #[arg(long, value_name = "DOMAIN=SHARE", num_args = 1..)]
    max: Vec<String>,
    /// Tokens in stock of a domain: wikipedia=4.5B
    #[arg(long = "stock", value_name = "DOMAIN=TOKENS", num_args = 1..)]
    stocks: Vec<String>,
    /// How often a token in stock may be seen
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    epochs: Option<f64>,
    /// Find D, too: as many tokens as the stocks make worth while
    #[arg(long, conflicts_with_all = ["d", "flops"])]
    spend_stocks: bool,
    /// Limits of several domains together: arxiv+book=0.1:0.4; an end may be left out, and one number is both
    #[arg(long = "group", value_name = "DOMAINS=LOW:HIGH", num_args = 1..)]
    groups: Vec<String>,
    /// A mixture that the optimum is drawn to, by --kl; uniform without this
    #[arg(long, value_name = "DOMAIN=SHARE", num_args = 1..)]
    prior: Vec<String>,
    /// λ of λ·KL(h‖prior), in nats
    #[arg(long, value_name = "λ", allow_negative_numbers = true)]
    kl: Option<f64>,
    /// The mixture in use
    #[arg(long, value_name = "DOMAIN=SHARE", num_args = 1..)]
    present: Vec<String>,
    /// How far each weight may be from the mixture in use
    #[arg(long, value_name = "SHARE")]
    most_change: Option<String>,
    /// Let the mixture leave what the runs support, where every prediction is a guess
    #[arg(long, conflicts_with = "inside_data")]
    extrapolate: bool,
    /// Keep the mixture as close to the runs as most of them are to each other: the default
    #[arg(long)]
    inside_data: bool,
    /// A scenario file (JSON) to begin with, in place of the fit file's own; the other options change it
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
}

impl ScenarioArgs {
    /// Whether N or D is given.
    pub fn gives_scale(&self) -> bool {
        self.n.is_some() || self.d.is_some()
    }

    /// The scenario of the scenario file, else of the fit file, if there is one, with what the options change.
    pub fn scenario(&self, study: &FittedStudy, saved: Option<ScenarioFile>) -> Result<Scenario, String> {
        let args = self;
        let mut file = match &args.scenario {
            Some(path) => ScenarioFile::read(&read_bytes(path)?)
                .map_err(|error| format!("{} is no scenario: {error}", path.display()))?,
            None => saved.unwrap_or_default(),
        };
        let number = |value: Option<f64>| value.map(Written::Number);
        // What is found in the file is given here, or the other way round.
        if args.n.is_some() || args.d.is_some() || args.spend_stocks {
            file.flops = None;
        }
        if args.d.is_some() || args.flops.is_some() {
            file.spend_stocks = false;
        }
        if args.flops.is_some() {
            (file.n, file.d) = (None, None);
        }
        if args.spend_stocks {
            file.d = None;
        }
        file.n = number(args.n.map(|n| n.0)).or(file.n);
        file.d = number(args.d.map(|d| d.0)).or(file.d);
        file.flops = number(args.flops.map(|flops| flops.0)).or(file.flops);
        file.spend_stocks |= args.spend_stocks;
        file.minimax |= args.minimax;
        file.epochs = number(args.epochs).or(file.epochs);
        file.kl = number(args.kl).or(file.kl);
        if args.extrapolate || args.inside_data {
            (file.extrapolate, file.inside_data) = (Some(args.extrapolate), None);
        }
        file.most_change = args.most_change.clone().map(Written::Text).or(file.most_change);
        for (whole, what, given, example, of_file) in [
            (true, "weight", &args.weights, "TARGET=WEIGHT, such as wikipedia_loss=0.5", &mut file.weights),
            (false, "least weight", &args.min, SHARE_EXAMPLE, &mut file.min),
            (false, "largest weight", &args.max, SHARE_EXAMPLE, &mut file.max),
            (false, "stock", &args.stocks, STOCK_EXAMPLE, &mut file.stock),
            (true, "prior weight", &args.prior, SHARE_EXAMPLE, &mut file.prior),
            (true, "present weight", &args.present, SHARE_EXAMPLE, &mut file.present),
        ] {
            // Weights belong together: new ones do not mix with those of the file.
            if whole && !given.is_empty() {
                of_file.clear();
            }
            let mut named = Vec::new();
            for given in given {
                let (name, value) = entry(what, given, example)?;
                if named.contains(&name) {
                    return Err(format!("the {what} of \"{name}\" is given twice; give it once"));
                }
                named.push(name.clone());
                of_file.insert(name, value);
            }
        }
        for given in &args.groups {
            let (names, ends) = given.rsplit_once('=').filter(|(_, ends)| !ends.trim().is_empty()).ok_or_else(|| {
                format!("the group \"{given}\" must read DOMAIN+DOMAIN=LOW:HIGH or DOMAIN+DOMAIN=SHARE, such as arxiv+book=0.1:0.4")
            })?;
            let (low, high) = ends.split_once(':').unwrap_or((ends, ends));
            let end = |text: &str| (!text.trim().is_empty()).then(|| Written::Text(text.to_string()));
            let domains = names.split('+').map(str::to_string).collect();
            file.group.push(Group { domains, min: end(low), max: end(high) });
        }
        file.scenario(study)
    }
}
