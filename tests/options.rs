//! The options of a fit: parameters fixed, bounded and tied, row weights, the linear law's ridge, residuals.

mod common;

use common::{mixture, random, shape, simulated, theta};
use mixlaw::dataset::Dataset;
use mixlaw::fit::{Fit, FitConfig, Flag, Residual, Restriction, fit};
use mixlaw::import::import;
use mixlaw::law::{Dropped, Law, by_id};
use mixlaw::units::Tokens;
use proptest::prelude::*;

fn law(id: &str) -> &'static dyn Law {
    by_id(id).expect("a law")
}

fn config(restrictions: Vec<Restriction>) -> FitConfig {
    FitConfig { starts: 3, restrictions, ..FitConfig::default() }
}

/// An additive study with noise.
fn study(seed: u64) -> Dataset {
    let mut random = random(seed);
    let truth = theta(&mut random, law("additive"), &shape(3, true, true));
    let mixtures: Vec<_> = (0..14).map(|_| mixture(&mut random, 3, false)).collect();
    simulated(law("additive"), &[truth], &mixtures, &[1e8, 3e8, 1e9], &[2e9, 8e9, 3e10], 0.003, seed)
}

fn value(fit: &Fit, data: &Dataset, name: &str) -> f64 {
    let parameters = fit.parameters(data.domains());
    parameters.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
}

fn fixed(name: &str, value: f64) -> Restriction {
    Restriction::Fixed { name: name.into(), value }
}

fn bounded(name: &str, low: Option<f64>, high: Option<f64>) -> Restriction {
    Restriction::Bounded { name: name.into(), low, high }
}

fn tied(names: &[&str]) -> Restriction {
    Restriction::Tied { names: names.iter().map(|name| (*name).to_string()).collect() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn restrictions_hold_and_never_help(seed: u64) {
        let data = study(seed);
        let free = fit(law("additive"), &data, &[0], &config(Vec::new()), &mut |_| {}).expect("a sound study");
        let fit = |law, restrictions| {
            let fit = fit(law, &data, &[0], &config(restrictions), &mut |_| {}).expect("a sound study");
            // What holds for the search's minimum holds to its precision.
            prop_assert!(fit.report.objective >= free.report.objective * 0.995, "{law}", law = fit.law.id());
            Ok(fit)
        };
        let held = fit(law("additive"), vec![fixed("alpha", 0.3), fixed("A", 200.0), fixed("gamma_domain1", 0.5)])?;
        for (name, expected) in [("alpha", 0.3), ("A", 200.0), ("gamma_domain1", 0.5)] {
            prop_assert!((value(&held, &data, name) / expected - 1.0).abs() < 1e-12, "{name}");
        }
        let held = fit(law("additive"), vec![bounded("gamma", Some(0.4), Some(0.6)), bounded("beta", None, Some(0.2))])?;
        for name in ["gamma_domain0", "gamma_domain1", "gamma_domain2"] {
            let gamma = value(&held, &data, name);
            prop_assert!((0.4 - 1e-12..=0.6 + 1e-12).contains(&gamma), "{name} = {gamma}");
        }
        prop_assert!(value(&held, &data, "beta") <= 0.2 + 1e-12);
        let held = fit(law("additive"), vec![tied(&["alpha", "beta"]), tied(&["gamma"])])?;
        prop_assert_eq!(value(&held, &data, "alpha"), value(&held, &data, "beta"));
        prop_assert_eq!(value(&held, &data, "gamma_domain0"), value(&held, &data, "gamma_domain2"));
        // One that is tied to a fixed one is fixed, too; and a law in which another is nested passes it on.
        let restrictions = vec![fixed("beta", 0.25), tied(&["alpha", "beta"])];
        let held = mixlaw::fit::fit(law("joint"), &data, &[0], &config(restrictions), &mut |_| {}).expect("sound");
        prop_assert!((value(&held, &data, "alpha") - 0.25).abs() < 1e-12);
    }
}

#[test]
fn a_fixed_parameter_is_no_free_one() {
    let data = study(3);
    let all = ["E", "C", "gamma", "alpha", "beta", "A", "B"];
    let held: Vec<Restriction> = all.iter().map(|name| fixed(name, if *name == "A" { 30.0 } else { 0.5 })).collect();
    let fitted = fit(law("additive"), &data, &[0], &config(held), &mut |_| {}).expect("nothing to search, but sound");
    assert!(fitted.report.objective.is_finite());
    assert!(fitted.report.flags.iter().all(|flag| !matches!(flag, mixlaw::fit::Flag::AtBound(_))));
    assert_eq!(fitted.report.agreeing_starts, 3);
}

#[track_caller]
fn refused(restriction: Restriction, sentence: &str) {
    let data = study(1);
    let error = fit(law("additive"), &data, &[0], &config(vec![restriction]), &mut |_| {}).err().expect("refused");
    assert_eq!(error.to_string(), sentence);
}

#[test]
fn restrictions_that_cannot_be_get_a_sentence() {
    refused(fixed("kappa", 1.0), "the additive law has no parameter \"kappa\"; it has: E, C, gamma, A, B, alpha, beta");
    refused(fixed("alpha", -1.0), "\"alpha\" cannot be fixed at -1: it must be a positive number");
    refused(fixed("alpha", f64::NAN), "\"alpha\" cannot be fixed at NaN: it must be a positive number");
    refused(fixed("alpha", 3.0), "\"alpha\" cannot be fixed at 3: it must be between 0.00499 and 1.49");
    refused(
        fixed("A", 3.0),
        "\"A\" can be fixed or bounded only where \"alpha\" is fixed, since its unit depends on that",
    );
    refused(
        bounded("gamma_domain0", Some(2.0), Some(1.0)),
        "\"gamma_domain0\" cannot lie between 2 and 1: the law's own range is between 0.0101 and 20.1",
    );
    refused(
        bounded("E", Some(-2.0), Some(-1.0)),
        "\"E\" cannot lie between -2 and -1: the law's own range is between 0.000912 and 110",
    );
    refused(
        bounded("alpha", Some(3.0), None),
        "\"alpha\" cannot be at least 3: the law's own range is between 0.00499 and 1.49",
    );
    refused(tied(&["alpha", "A"]), "alpha, A cannot be tied: only parameters of one kind can, such as alpha = beta");
}

#[track_caller]
fn refused_by(id: &str, restrictions: Vec<Restriction>, sentence: &str) {
    let error = fit(law(id), &study(1), &[0], &config(restrictions), &mut |_| {}).err().expect("refused");
    assert_eq!(error.to_string(), sentence);
}

#[test]
fn restrictions_that_contradict_each_other_are_named() {
    refused_by(
        "additive",
        vec![bounded("alpha", Some(0.1), Some(0.2)), bounded("alpha", Some(0.3), Some(0.4))],
        "these restrictions cannot all hold: 0.1 <= alpha <= 0.2; 0.3 <= alpha <= 0.4; leave one of them out",
    );
    let apart = [bounded("alpha", None, Some(0.2)), bounded("beta", Some(0.3), None)];
    refused_by(
        "additive",
        vec![apart[0].clone(), fixed("E", 1.0), apart[1].clone(), tied(&["alpha", "beta"])],
        "these restrictions cannot all hold: alpha <= 0.2; 0.3 <= beta; alpha = beta; leave one of them out",
    );
    refused_by(
        "additive",
        vec![fixed("alpha", 0.3), bounded("alpha", Some(0.4), None)],
        "these restrictions cannot all hold: alpha = 0.3; 0.4 <= alpha; leave one of them out",
    );
    refused_by(
        "additive",
        vec![fixed("gamma", 0.3), fixed("gamma_domain1", 0.5)],
        "these restrictions cannot all hold: gamma = 0.3; gamma_domain1 = 0.5; leave one of them out",
    );
    refused_by(
        "additive",
        vec![fixed("alpha", 0.3), fixed("beta", 0.5), tied(&["alpha", "beta"])],
        "these restrictions cannot all hold: alpha = 0.3; beta = 0.5; alpha = beta; leave one of them out",
    );
    let agreeing = vec![
        bounded("alpha", Some(0.1), Some(0.3)),
        bounded("beta", Some(0.2), None),
        tied(&["alpha", "beta"]),
        fixed("gamma", 0.5),
        fixed("gamma_domain1", 0.5),
    ];
    let data = study(1);
    let fitted = fit(law("additive"), &data, &[0], &config(agreeing), &mut |_| {}).expect("they can all hold");
    let alpha = value(&fitted, &data, "alpha");
    assert!((0.2 - 1e-12..=0.3 + 1e-12).contains(&alpha), "{alpha}");
}

/// γ = 1/p: its range is what it is asked to be on either side of 0, with an end or without.
#[test]
fn a_power_means_exponent_keeps_to_its_range() {
    let data = study(4);
    for (name, low, high) in [
        ("gamma^A", Some(0.5), Some(2.0)),
        ("gamma^A", Some(0.0), Some(0.7)),
        ("gamma^A", Some(3.0), None),
        ("gamma^A", None, Some(-3.0)),
        ("gamma^A", Some(-0.7), Some(0.0)),
        ("gamma^A", Some(-2.0), Some(-0.5)),
        ("gamma^A", Some(0.0), None),
        ("gamma^B", None, Some(0.0)),
    ] {
        let fitted = fit(law("joint"), &data, &[0], &config(vec![bounded(name, low, high)]), &mut |_| {});
        let gamma = value(&fitted.expect("a sound range"), &data, name);
        let (low, high) = (low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY));
        assert!(low - 1e-9 <= gamma && gamma <= high + 1e-9, "{name} = {gamma} between {low} and {high}");
    }
    refused_by(
        "joint",
        vec![bounded("gamma^A", Some(-1.0), Some(2.0))],
        "\"gamma^A\" can be bounded on one side of 0 only, as its law has no value near 0: let it be at least or at most 0, too",
    );
    refused_by(
        "joint",
        vec![bounded("gamma^A", Some(0.01), Some(0.02))],
        "\"gamma^A\" cannot lie between 0.01 and 0.02: the law's own range is at most -0.0357 or at least 0.0357",
    );
    refused_by(
        "joint",
        vec![fixed("gamma^A", 0.01)],
        "\"gamma^A\" cannot be fixed at 0.01: it must be at most -0.0357 or at least 0.0357",
    );
    refused_by(
        "joint",
        vec![fixed("gamma^A", 0.0)],
        "\"gamma^A\" cannot be fixed at 0: it must be a number other than 0",
    );
}

/// C^A = A^p falls with A where γ^A is negative.
#[test]
fn a_power_means_coefficient_keeps_to_its_range_under_either_sign() {
    let data = study(4);
    for gamma in [0.5, -0.5] {
        let wanted = vec![fixed("gamma^A", gamma), fixed("alpha", 0.3), bounded("C^A_domain0", Some(0.5), Some(2.0))];
        let fitted = fit(law("joint"), &data, &[0], &config(wanted), &mut |_| {}).expect("a sound range");
        let c = value(&fitted, &data, "C^A_domain0");
        assert!((0.5 - 1e-9..=2.0 + 1e-9).contains(&c), "γ^A = {gamma}: {c}");
    }
}

/// In the joint law, which is nested in the full one, the unit of C^A depends on α; in the full one it does not.
#[test]
fn what_the_nested_law_cannot_do_is_no_error() {
    let data = study(2);
    let wanted = vec![fixed("gamma^A", 1.0), fixed("C^A_domain0", 0.2)];
    let fitted = fit(law("full"), &data, &[0], &config(wanted), &mut |_| {}).expect("the full law can");
    assert!((value(&fitted, &data, "C^A_domain0") - 0.2).abs() < 1e-12);
}

/// A row of weight 2 counts as two rows.
#[test]
fn row_weights_count_rows() {
    let header = "w_web,w_code,model_size,n_tokens,loss,row_weight\n";
    let row = |i: usize, weight: usize| {
        let web = 0.1 + 0.08 * (i % 11) as f64;
        let loss = 2.0 + web * web + 0.1 / (1.0 + (i / 11) as f64) + 0.01 * (i * 7 % 5) as f64;
        format!("{web:.2},{:.2},{}e8,{}e9,{loss:.3},{weight}\n", 1.0 - web, 1 + i / 11, 2 + i % 3)
    };
    let weighted: String = (0..33).map(|i| row(i, if i % 4 == 0 { 2 } else { 1 })).collect();
    let twice: String = (0..33).map(|i| row(i, 1).repeat(if i % 4 == 0 { 2 } else { 1 })).collect();
    let objective = |rows: &str| {
        let imported = import(&format!("{header}{rows}"), None);
        let data = imported.dataset.expect("a table");
        fit(law("m4"), &data, &[0], &config(Vec::new()), &mut |_| {}).expect("a sound study").report.objective
    };
    let (seen, expected) = (objective(&weighted), objective(&twice));
    assert!((seen / expected - 1.0).abs() < 1e-6, "{seen:e} {expected:e}");
    let unweighted = objective(&(0..33).map(|i| row(i, 1)).collect::<String>());
    assert!((seen / unweighted - 1.0).abs() > 1e-3, "the weights change nothing: {seen:e} {unweighted:e}");
}

#[test]
fn a_ridge_of_a_law_without_one_is_refused() {
    let config = FitConfig { ridge: 0.1, ..config(Vec::new()) };
    let error = fit(law("additive"), &study(1), &[0], &config, &mut |_| {}).err().expect("refused");
    let expected = "the additive law has no ridge, so λ cannot be 0.1; leave it out, or choose the linear law";
    assert_eq!(error.to_string(), expected);
}

/// Where no run repeats a domain nothing says what R is, but it can be given.
#[test]
fn a_saturation_can_be_given_where_nothing_repeats() {
    let data = study(6);
    let stocks: Vec<_> = data.domains().iter().map(|domain| (domain.clone(), Tokens(1e15))).collect();
    let data = data.with_stocks(&stocks).expect("domains of the study");
    let fitted = |restrictions| {
        let fitted = fit(law("additive-repetition"), &data, &[0], &config(restrictions), &mut |_| {});
        fitted.expect("a sound study")
    };
    let (given, left) = (fitted(vec![fixed("R", 5.0)]), fitted(Vec::new()));
    assert!((value(&given, &data, "R") - 5.0).abs() < 1e-12);
    assert!(left.parameters(data.domains()).iter().all(|(name, _)| name != "R"));
    assert!(left.report.flags.contains(&Flag::Dropped(Dropped::Saturation)));
    assert!(!given.report.flags.contains(&Flag::Dropped(Dropped::Saturation)));
}

/// A strong ridge makes the linear law's coefficients equal; a weak one does next to nothing.
#[test]
fn a_ridge_draws_linear_coefficients_together() {
    let data = study(5);
    let spread = |ridge: f64| {
        let config = FitConfig { ridge, ..config(Vec::new()) };
        let fitted = fit(law("linear"), &data, &[0], &config, &mut |_| {}).expect("a sound study");
        let c = ["C_domain0", "C_domain1", "C_domain2"].map(|name| value(&fitted, &data, name));
        c.iter().fold(0.0_f64, |spread, a| c.iter().fold(spread, |spread, b| spread.max((a - b).abs())))
    };
    let (none, weak, strong) = (spread(0.0), spread(1e-9), spread(1e3));
    assert!((none - weak).abs() < 0.01 * none, "{none} {weak}");
    assert!(strong < 1e-4 * none, "{none} {strong}");
}

/// In log loss a factor on all losses changes no residual.
#[test]
fn log_loss_residuals_are_ratios() {
    let data = study(8);
    let objective = |residual, delta| {
        let config = FitConfig { residual, delta, ..config(Vec::new()) };
        fit(law("additive"), &data, &[0], &config, &mut |_| {}).expect("a sound study").report.objective
    };
    let (nats, log) = (objective(Residual::Nats, f64::INFINITY), objective(Residual::LogLoss, f64::INFINITY));
    let mean: f64 =
        data.observations().iter().filter_map(|o| Some(o.losses[0]?.0)).sum::<f64>() / data.observations().len() as f64;
    assert!((nats / (log * mean * mean)).ln().abs() < 0.5, "{nats:e}, {log:e} of losses of about {mean}");
}

/// Runs at two sizes, the smaller of which follow another law of N: no single α fits both kinds well.
fn two_scales() -> Dataset {
    let text = "web,code,N,D,loss\n";
    let mut rows = String::from(text);
    for (n, d, level) in [(1e8, 2e9, 3.4), (1e8, 4e9, 3.1), (1e9, 2e10, 2.6), (1e9, 4e10, 2.5), (3e9, 8e10, 2.44)] {
        for web in [0.2, 0.4, 0.5, 0.7, 0.9] {
            let loss = level + 0.2 * (web - 0.6_f64).powi(2) + 0.01 * (web * 40.0 + level * 7.0).sin();
            rows.push_str(&format!("{web},{},{n:e},{d:e},{loss}\n", 1.0 - web));
        }
    }
    import(&rows, None).dataset.expect("a study")
}

/// |Mean residual| over the rows with the largest N·D: what a law without the mixture can get right there.
fn error_at_the_largest(fit: &Fit, data: &Dataset) -> f64 {
    let compute = |row: &mixlaw::dataset::Observation| row.n.expect("N").0 * row.d.expect("D").0;
    let most = data.observations().iter().map(compute).fold(0.0, f64::max);
    let rows: Vec<_> = data.observations().iter().filter(|row| compute(row) == most).collect();
    let errors = rows.iter().map(|row| fit.loss(0, row.n, row.d, &row.mixture).0 - row.losses[0].expect("a loss").0);
    errors.sum::<f64>().abs() / rows.len() as f64
}

#[test]
fn row_weights_let_large_runs_decide() {
    let data = two_scales();
    let with = |weight_power: f64| {
        let config = FitConfig { weight_power, ..config(Vec::new()) };
        fit(law("chinchilla"), &data, &[0], &config, &mut |_| {}).expect("a sound study")
    };
    let [alike, by_compute, by_its_square] = [0.0, 1.0, 2.0].map(with);
    let error = |fit: &Fit| error_at_the_largest(fit, &data);
    assert!(error(&by_compute) < 0.7 * error(&alike), "{} {}", error(&by_compute), error(&alike));
    assert!(error(&by_its_square) < 0.7 * error(&alike), "{} {}", error(&by_its_square), error(&alike));
}

#[test]
fn row_weights_change_no_bit_at_one_scale() {
    let rows = "web,code,loss\n0.2,0.8,3.1\n0.4,0.6,2.9\n0.5,0.5,2.85\n0.7,0.3,2.8\n0.9,0.1,2.95\n";
    for text in
        [rows.to_string(), rows.replace("loss", "N,D,loss").replace(",2.", ",1e8,2e9,2.").replace(",3.", ",1e8,2e9,3.")]
    {
        let data = import(&text, None).dataset.expect("a study");
        let with = |weight_power: f64| {
            let config = FitConfig { weight_power, ..config(Vec::new()) };
            fit(law("additive"), &data, &[0], &config, &mut |_| {}).expect("a sound study")
        };
        assert_eq!(with(1.0).theta, with(0.0).theta, "{text}");
    }
}

/// A study that a steep rise at h = 0 fits best, and without that the least γ allowed.
fn with_a_cliff() -> Dataset {
    let mut rows = String::from("web,code,books,loss\n");
    for (web, code) in [(0.2, 0.1), (0.4, 0.2), (0.5, 0.3), (0.7, 0.1), (0.6, 0.3), (0.3, 0.6), (0.1, 0.8), (0.5, 0.1)]
    {
        let books = 1.0 - web - code;
        let loss = 1.0 + 1.0 / (0.6 * f64::powf(books, 0.05) + 0.2 * f64::powf(web, 0.5) + 0.1 * code);
        rows.push_str(&format!("{web},{code},{books},{loss}\n"));
    }
    import(&rows, None).dataset.expect("a study")
}

#[test]
fn no_gamma_is_below_the_least_unless_the_user_says_so() {
    let data = with_a_cliff();
    let books = |gamma_floor: f64, restrictions: Vec<Restriction>| {
        let config = FitConfig { gamma_floor, gamma_ceiling: 0.0, ..config(restrictions) };
        let fit = fit(law("additive"), &data, &[0], &config, &mut |_| {}).expect("a sound study");
        let flagged = |wanted: fn(&Flag) -> Option<&Vec<usize>>| {
            fit.report.flags.iter().filter_map(wanted).any(|positions| !positions.is_empty())
        };
        let at_floor = flagged(|flag| if let Flag::AtGammaLimit(positions) = flag { Some(positions) } else { None });
        let gammas = ["web", "code", "books"].map(|domain| value(&fit, &data, &format!("gamma_{domain}")));
        (gammas, at_floor)
    };
    let (gammas, at_floor) = books(0.0, Vec::new());
    assert!(gammas.iter().any(|gamma| *gamma < 0.15) && !at_floor, "{gammas:?}");
    let (gammas, at_floor) = books(0.2, Vec::new());
    assert!(gammas.iter().all(|gamma| *gamma >= 0.2 - 1e-12) && at_floor, "{gammas:?}");
    // What the user says of a γ comes before the floor.
    let (gammas, at_floor) = books(0.2, vec![bounded("gamma", Some(0.02), None)]);
    assert!(gammas.iter().any(|gamma| *gamma < 0.15) && !at_floor, "{gammas:?}");
    let (gammas, _) = books(0.2, vec![fixed("gamma_books", 0.05)]);
    assert!((gammas[2] - 0.05).abs() < 1e-12, "{gammas:?}");
    let (gammas, _) = books(0.2, vec![bounded("gamma_books", None, Some(0.1))]);
    assert!(gammas[2] <= 0.1 + 1e-12, "{gammas:?}");
    // An upper bound says nothing against the floor.
    let (gammas, _) = books(0.2, vec![bounded("gamma", None, Some(1.0))]);
    assert!(gammas.iter().all(|gamma| (0.2 - 1e-12..=1.0 + 1e-12).contains(gamma)), "{gammas:?}");
}

/// A study of three domains with a γ of 3.
#[test]
fn no_gamma_is_above_the_maximum_unless_the_user_says_so() {
    let mut rows = String::from("web,code,books,loss\n");
    for (web, code) in [(0.2, 0.1), (0.4, 0.2), (0.5, 0.3), (0.7, 0.1), (0.6, 0.3), (0.3, 0.6), (0.1, 0.8), (0.5, 0.1)]
    {
        let books = 1.0 - web - code;
        let loss = 1.0 + 1.0 / (0.6 * f64::powf(books, 0.5) + 0.9 * f64::powf(web, 3.0) + 0.4 * f64::powf(code, 0.8));
        rows.push_str(&format!("{web},{code},{books},{loss}\n"));
    }
    let data = import(&rows, None).dataset.expect("a study");
    let web = |gamma_ceiling: f64, restrictions: Vec<Restriction>| {
        let config = FitConfig { gamma_ceiling, ..config(restrictions) };
        let fit = fit(law("additive"), &data, &[0], &config, &mut |_| {}).expect("a sound study");
        let is_limit = |flag: &Flag| matches!(flag, Flag::AtGammaLimit(_));
        (value(&fit, &data, "gamma_web"), fit.report.flags.iter().any(is_limit))
    };
    let (gamma, is_limited) = web(0.0, Vec::new());
    assert!((gamma - 3.0).abs() < 0.01 && !is_limited, "{gamma}");
    let (gamma, is_limited) = web(1.0, Vec::new());
    assert!((gamma - 1.0).abs() < 1e-9 && is_limited, "{gamma}");
    // What the user says of a γ comes before the maximum.
    let (gamma, is_limited) = web(1.0, vec![bounded("gamma_web", None, Some(5.0))]);
    assert!((gamma - 3.0).abs() < 0.01 && !is_limited, "{gamma}");
    let (gamma, _) = web(1.0, vec![fixed("gamma_web", 2.0)]);
    assert!((gamma - 2.0).abs() < 1e-12, "{gamma}");
    // A lower bound says nothing against it.
    let (gamma, _) = web(1.0, vec![bounded("gamma", Some(0.1), None)]);
    assert!((gamma - 1.0).abs() < 1e-9, "{gamma}");
}

#[test]
fn settings_out_of_range_get_a_sentence() {
    let data = with_a_cliff();
    let refused =
        |config: FitConfig| fit(law("additive"), &data, &[0], &config, &mut |_| {}).err().expect("refused").to_string();
    assert_eq!(
        refused(FitConfig { weight_power: -1.0, ..config(Vec::new()) }),
        "the power p of the row weights (N·D)^p is -1; it must be a number from 0 to 4: 0 lets all rows count alike, 1 by N·D"
    );
    assert_eq!(
        refused(FitConfig { gamma_floor: f64::NAN, ..config(Vec::new()) }),
        "the minimum γ is NaN; it must be a number from 0 to 1: 0 is none, 0.2 the usual one"
    );
    assert_eq!(
        refused(FitConfig { gamma_ceiling: 0.1, ..config(Vec::new()) }),
        "the maximum γ is 0.1; it must be a number from the minimum γ to 20, such as 1, or 0, which is none"
    );
}
