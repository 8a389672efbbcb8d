//! Charts of the example study: what is in them, that what is drawn can be read, and that all of it is on the paper.

use std::sync::{Arc, LazyLock};

use mixlaw::chart::{
    Against, Along, Cell, Corners, Curves, Frame, Isoloss, Layout, Mark, Mixtures, Next, OnAxis, Shown, Sight, Slices,
    Spec, Spot, Stacked, Step, Surface, Theme, Triangle, Use, csv, draw, heat, height_for, isoloss, loss_curves,
    loss_interval, mixtures, nearest, observed_predicted, parameters, position, readout, residuals, stacked, step, svg,
};
use mixlaw::dataset::{Dataset, Holdout};
use mixlaw::fit::{Fit, FitConfig, Interval, fit};
use mixlaw::import::import;
use mixlaw::law::by_id;
use mixlaw::mixture::{
    Budget, DEFAULT_EPSILON, Growth, Limits, Optimum, Scenario, along_scale, best_scale, each_target, excess, frontier,
    loss_at, near_optimal, optimum,
};
use mixlaw::predict::{DataSummary, FittedStudy, FittedTarget, Form, Replicate, bootstrap};
use mixlaw::sample;
use mixlaw::units::{Flops, Params, Tokens};
use plotters::prelude::SVGBackend;

static STUDY: LazyLock<(Dataset, Vec<Fit>)> = LazyLock::new(|| {
    let dataset = import(&sample::llm(), None).dataset.expect("a study");
    let config = FitConfig { starts: 1, ..FitConfig::default() };
    let law = by_id("additive").expect("a law");
    let fits = [0, 1].map(|target| fit(law, &dataset, &[target], &config, &mut |_| {}).expect("a sound study"));
    (dataset, fits.to_vec())
});

static USES: LazyLock<Vec<Use>> = LazyLock::new(|| {
    let held_out = Holdout::Split.held_out(&STUDY.0).into_iter();
    held_out.map(|held_out| if held_out { Use::HeldOut } else { Use::Fitted }).collect()
});

fn target(at: usize) -> FittedTarget<'static> {
    let fit = &STUDY.1[at];
    FittedTarget { name: &fit.targets[0], fit, target_pos: 0, form: Form::Law, process: None }
}

fn sight(at: usize) -> Arc<Sight> {
    Sight::of(&STUDY.0, target(at), &USES).expect("a target of the study")
}

fn observed() -> Spec {
    observed_predicted("arxiv_loss", &sight(0)).expect("losses to show")
}

fn curves(along: Along, targets: usize, next: Next, replicates: &[Replicate]) -> Spec {
    let data = DataSummary::new(&STUDY.0);
    let spec = loss_curves(&Curves {
        targets: (0..targets).map(|at| Shown { target: target(at), fit_idx: at, sight: Some(sight(at)) }).collect(),
        data: &data,
        along,
        mixture: &[1.0 / 7.0; 7],
        mixture_name: "the uniform mixture",
        next,
        replicates,
    });
    spec.expect("something varies")
}

fn next(n: f64, d: f64) -> Next {
    Next { n: Some(Params(n)), d: Some(Tokens(d)) }
}

/// Replicates whose irreducible loss differs by a little.
fn replicates() -> Vec<Replicate> {
    let moved = |shift: f64| {
        let theta = |fit: &Fit| fit.theta.iter().map(|value| value + 1e-3 * shift).collect();
        Replicate {
            thetas: STUDY.1.iter().map(theta).collect(),
            holdout_mre_percent: vec![None; 2],
            mixtures: Vec::new(),
        }
    };
    (-10..=10).map(|shift| moved(f64::from(shift))).collect()
}

fn against(against: Against) -> Spec {
    residuals("arxiv_loss", &sight(0), against).expect("a column for it")
}

/// The fits, with a scenario, its optimum and the optimum's near-optimal ranges.
static OPTIMUM: LazyLock<(FittedStudy, Scenario, Optimum, Vec<Interval>)> = LazyLock::new(|| {
    let (dataset, fits) = &*STUDY;
    let study = FittedStudy::of(dataset, fits.clone());
    // A chart shows all mixtures, those beyond the runs too.
    let scenario = Scenario { limits: Limits::extrapolating(), ..Scenario::new(Params(7e9), Tokens(150e9)) };
    let found = optimum(&study, &scenario).expect("an optimum");
    let near = near_optimal(&study, &scenario, &found, DEFAULT_EPSILON).expect("ranges");
    (study, scenario, found, near)
});

fn six_side_by_side() -> Spec {
    let (study, _, found, _) = &*OPTIMUM;
    let uniform = [1.0 / 7.0; 7];
    let others = ["uniform", "mean", "corpus", "present", "first", "second"].map(|name| (name, &uniform[..]));
    mixtures(&Mixtures {
        domains: &study.domains,
        optimum: &found.mixture,
        others: others.to_vec(),
        near: None,
        interval: None,
    })
    .expect("weights to show")
}

/// A link can say so, and a table with a slip in it: 1e308 times a little is infinite, and 1e-308 through a little is 0.
#[test]
fn curves_over_the_widest_ranges_are_drawn_in_no_time() {
    let widest = (Tokens(5e-324), Tokens(f64::MAX));
    let sizes = vec![Params(1e-308), Params(1e308)];
    let data = DataSummary { sizes, token_range: Some(widest), ..DataSummary::new(&STUDY.0) };
    for along in [Along::D, Along::N, Along::Flops] {
        let spec = loss_curves(&Curves {
            targets: vec![Shown { target: target(0), fit_idx: 0, sight: Some(sight(0)) }],
            data: &data,
            along,
            mixture: &[1.0 / 7.0; 7],
            mixture_name: "the uniform mixture",
            next: next(f64::MAX, f64::MAX),
            replicates: &replicates(),
        });
        if let Some(spec) = spec {
            assert!(svg(&spec, 640.0).len() < 1_000_000);
        }
    }
}

/// Mixtures are named by their shares, of which the first may well be alike.
#[test]
fn compared_mixtures_whose_names_begin_alike_are_told_apart() {
    let (study, _, found, _) = &*OPTIMUM;
    let long = "arxiv = 10 %, book = 20 %, commoncrawl = ";
    let names = ["10 %", "20 %", "30 %"].map(|end| format!("{long}{end}"));
    let others = names.iter().map(|name| (name.as_str(), &found.mixture[..])).collect();
    let (domains, optimum) = (&study.domains, &found.mixture);
    let spec = mixtures(&Mixtures { domains, optimum, others, near: None, interval: None }).expect("weights to show");
    let labels: Vec<&str> = spec.panels[0].series.iter().map(|series| series.label.as_str()).collect();
    let (first, others) = (&long[..39], &long[..35]);
    assert_eq!(labels, [&format!("{first}…"), &format!("(2) {others}…"), &format!("(3) {others}…"), "optimum"]);
}

/// The map of a study of N and D alone: areas fill it, and the line of best scales is the frontier of the law.
#[test]
fn the_loss_over_n_and_d_is_a_map() {
    let text: String = [5e7, 1e8, 2e8, 4e8]
        .iter()
        .flat_map(|n: &f64| {
            [1e9, 3e9, 1e10].map(|d: f64| format!("{n},{d},{}\n", 1.69 + 406.4 / n.powf(0.34) + 410.7 / d.powf(0.28)))
        })
        .collect();
    let data = import(&format!("N,D,loss\n{text}"), None).dataset.expect("a study");
    let config = FitConfig { starts: 4, ..FitConfig::default() };
    let fitted = fit(by_id("chinchilla").expect("a law"), &data, &[0], &config, &mut |_| {}).expect("a sound study");
    let study = FittedStudy::new(Vec::new(), DataSummary::new(&data), vec![fitted]);
    let scenario = Scenario { budget: Budget::Compute(Flops(1e20)), ..Scenario::new(Params(1e8), Tokens(1e10)) };
    let answer = best_scale(&study, &scenario).expect("a scale");
    let frontier = frontier(&study, &scenario);
    assert!(frontier.len() > 4);
    // αA/N^α = βB/D^β at each of them.
    for at in &frontier {
        let expected = (0.34 * 406.4 / (0.28 * 410.7) * at.d.0.powf(0.28)).powf(1.0 / 0.34);
        assert!((at.n.0 / expected).ln().abs() < 0.05, "{} {expected}", at.n.0);
    }
    let at = loss_at(&study, &scenario).expect("targets");
    let spec = isoloss(&Isoloss { runs: Some(&data), frontier: &frontier, answer: &answer }, at).expect("a map");
    let named = |name: &str| spec.panels[0].series.iter().find(|series| series.label == name).expect(name);
    assert_eq!((named("runs").points.len(), named("answer").points.clone()), (12, vec![(answer.n.0, answer.d.0)]));
    assert!(named("best N and D by compute").points.len() > 10);
    // Every area lies inside the axes, and together they cover them.
    let Frame::Plane { x, y } = &spec.panels[0].frame else { panic!("a plane") };
    let areas = spec.panels[0].series.iter().filter(|series| series.mark == Mark::Area);
    let mut covered = 0.0;
    for polygon in areas.flat_map(|area| area.points.split(|point| point.0.is_nan())) {
        let unit = |&(n, d): &(f64, f64)| {
            ((n / x.range.0).ln() / (x.range.1 / x.range.0).ln(), (d / y.range.0).ln() / (y.range.1 / y.range.0).ln())
        };
        let points: Vec<(f64, f64)> = polygon.iter().map(unit).collect();
        let next = points.iter().cycle().skip(1);
        covered += points.iter().zip(next).map(|(a, b)| 0.5 * (a.0 * b.1 - a.1 * b.0)).sum::<f64>().abs();
    }
    assert!((covered - 1.0).abs() < 1e-6, "{covered}");
}

/// What all domains' names share says nothing in a chart; tables and files have the names as they are.
#[test]
fn domains_are_named_in_charts_by_what_tells_them_apart() {
    let (study, scenario, found, near) = &*OPTIMUM;
    let long = |name: &String| format!("train_the_pile_{name}_share");
    let study = FittedStudy { domains: study.domains.iter().map(long).collect(), ..study.clone() };
    let (domains, optimum) = (&study.domains, &found.mixture);
    let plan = Slices::new(&study, found, near).expect("several domains");
    let losses = excess(&study, scenario, found, &plan.mixtures(found)).expect("losses");
    let triangle = Triangle::new(&study, found, Corners { two: [0, 1], third: None }).expect("three corners");
    let over = excess(&study, scenario, found, &triangle.mixtures(found)).expect("losses");
    let bars = mixtures(&Mixtures { domains, optimum, others: Vec::new(), near: None, interval: None });
    let specs = [
        bars.expect("weights to show"),
        plan.spec(&study, found, &losses),
        triangle.spec(&study, found, None, &over).expect("a triangle"),
        heat("by target", domains, &[("arxiv_loss".into(), found)]).expect("a row"),
    ];
    for spec in specs {
        let drawn = svg(&Spec { description: String::new(), ..spec.clone() }, 700.0);
        assert!(drawn.contains("arxiv") && !drawn.contains("the_pile"), "{}", spec.title);
        assert!(csv(&spec).contains("train_the_pile_arxiv_share"), "{}", spec.title);
    }
}

fn side_by_side() -> Spec {
    let (study, _, found, near) = &*OPTIMUM;
    let uniform = [1.0 / 7.0; 7];
    let spec = mixtures(&Mixtures {
        domains: &study.domains,
        optimum: &found.mixture,
        others: vec![("uniform", &uniform), ("mean of the data", &study.summary.mean_mixture)],
        near: Some(("near".into(), near)),
        interval: Some(near),
    });
    spec.expect("weights to show")
}

fn slices() -> (Spec, Vec<f64>) {
    let (study, scenario, found, near) = &*OPTIMUM;
    let slices = Slices::new(study, found, near).expect("several domains");
    let losses = excess(study, scenario, found, &slices.mixtures(found)).expect("losses");
    (slices.spec(study, found, &losses), losses)
}

fn triangle(corners: Corners) -> Option<(Spec, Vec<Vec<f64>>)> {
    let (study, scenario, found, _) = &*OPTIMUM;
    let triangle = Triangle::new(study, found, corners)?;
    let mixtures = triangle.mixtures(found);
    let losses = excess(study, scenario, found, &mixtures).expect("losses");
    assert!(triangle.spec(study, found, None, &losses[1..]).is_none());
    Some((triangle.spec(study, found, Some(&STUDY.0), &losses)?, mixtures))
}

/// Mixtures of replicates: a little more of each domain in turn.
fn nearby(mixture: &[f64]) -> Vec<Vec<f64>> {
    let moved = |at: usize| {
        let mut moved: Vec<f64> = mixture.iter().map(|h| 0.9 * h).collect();
        moved[at % mixture.len()] += 0.1;
        moved
    };
    (0..35).map(moved).collect()
}

fn along(end: usize, is_sure: bool) -> Option<Spec> {
    let (study, scenario, found, _) = &*OPTIMUM;
    let nearby = nearby(&found.mixture);
    let path = along_scale(study, scenario, Growth::default()).expect("a path");
    let places: Vec<OnAxis> = path[..end]
        .iter()
        .enumerate()
        .map(|(at, place)| OnAxis {
            at: place.n.0,
            name: format!("step {at}"),
            // As if limits conflicted there.
            optimum: place.optimum.as_ref().ok().filter(|_| at != 4),
            replicates: nearby.iter().filter(|_| is_sure).map(Vec::as_slice).collect(),
        })
        .collect();
    let (title, axis, column) = ("Along", "model size N", "N (parameters)");
    stacked(&Stacked { title, axis, column, domains: &study.domains, places })
}

fn by_target() -> Spec {
    let (study, scenario, ..) = &*OPTIMUM;
    let each = each_target(study, scenario).expect("optima");
    let rows: Vec<(String, &Optimum)> = each.iter().map(|(name, optimum)| (name.clone(), optimum)).collect();
    heat("Each target", &study.domains, &rows).expect("rows")
}

fn parameters_of(intervals: &[Vec<Interval>]) -> Spec {
    let (study, ..) = &*OPTIMUM;
    parameters(study, study.targets().next().expect("a target"), intervals).expect("parameters")
}

fn all() -> Vec<Spec> {
    let (study, ..) = &*OPTIMUM;
    let mut all = vec![observed(), side_by_side(), six_side_by_side(), slices().0, by_target()];
    all.extend([true, false].map(|is_sure| along(12, is_sure).expect("a path")));
    all.extend([None, Some(2)].map(|third| triangle(Corners { two: [0, 6], third }).expect("three corners").0));
    all.push(parameters_of(&bootstrap::parameter_intervals(study, &replicates())));
    for along in [Along::D, Along::N, Along::Flops] {
        all.push(curves(along, 1, next(7e9, 1e12), &replicates()));
        all.push(curves(along, 2, next(7e9, 1e12), &[]));
    }
    all.extend([Against::N, Against::D, Against::Weight(2), Against::Normal].map(against));
    all
}

fn drawn(spec: &Spec, width: u32, height: u32, theme: Theme) -> String {
    let mut svg = String::new();
    let surface = Surface { width: width.into(), height: height.into(), ratio: 1.0, grain: 1.0, theme };
    draw(spec, &mut SVGBackend::with_string(&mut svg, (width, height)), surface).expect("a string takes everything");
    svg
}

/// Values of an attribute, in order.
fn numbers(svg: &str, attribute: &str) -> Vec<f64> {
    let start = format!(" {attribute}=\"");
    svg.split(&start).skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect()
}

fn n_points(spec: &Spec, mark: Mark) -> usize {
    let series = spec.panels.iter().flat_map(|panel| &panel.series);
    series.filter(|series| series.mark == mark).map(|series| series.points.len()).sum()
}

#[test]
fn every_observation_is_a_point_and_held_out_ones_are_rings() {
    let spec = observed();
    assert_eq!((n_points(&spec, Mark::Dots), n_points(&spec, Mark::Rings)), (384, 16));
    assert_eq!((spec.table.0.len(), spec.table.1.len()), (6, 400));
    assert!(spec.description.contains("384 fitted and 16 held-out observations"), "{}", spec.description);
    for (against, n_columns) in [(Against::N, 7), (Against::Weight(0), 7), (Against::Normal, 7)] {
        let spec = self::against(against);
        let marks = [Mark::Dots, Mark::Squares, Mark::Rings].map(|mark| n_points(&spec, mark));
        assert_eq!((marks.iter().sum::<usize>(), marks[2]), (400, 16), "{against:?}");
        assert_eq!((spec.table.0.len(), spec.table.1.len()), (n_columns, 400));
    }
    assert!(residuals("arxiv_loss", &sight(0), Against::Weight(7)).is_none());
}

/// The ends of the solid parts of curves, rounded to millions.
fn solid(spec: &Spec) -> Vec<(f64, f64)> {
    let lines = spec.panels[0].series.iter().filter(|series| series.mark == Mark::Line);
    let million = |(x, _): &(f64, f64)| (x / 1e6).round();
    lines.map(|line| (million(&line.points[0]), million(line.points.last().expect("points")))).collect()
}

/// Names of lines, which stand at the end of their last part.
fn names(spec: &Spec) -> Vec<String> {
    let lines = spec.panels[0].series.iter().filter(|series| matches!(series.mark, Mark::Line | Mark::Dashes));
    lines.filter(|series| !series.label.is_empty()).map(|series| series.label.clone()).collect()
}

#[test]
fn each_curve_is_solid_where_its_own_size_was_fitted_and_broken_beyond() {
    let along_d = curves(Along::D, 1, next(7e9, 1e12), &[]);
    // The largest size is held out, and the next one has not been trained.
    let of_each = [(4e3, 16e3), (6e3, 24e3), (8e3, 32e3), (12e3, 48e3)];
    assert_eq!(solid(&along_d), of_each);
    assert_eq!(names(&along_d), ["200M", "400M", "800M", "1.6B", "3.2B", "7B"]);
    let along_flops = curves(Along::Flops, 1, next(7e9, 1e12), &[]);
    let sizes = [0.2e9, 0.4e9, 0.8e9, 1.6e9];
    assert_eq!(
        solid(&along_flops),
        std::array::from_fn::<_, 4, _>(|at| (6.0 * sizes[at] * of_each[at].0, 6.0 * sizes[at] * of_each[at].1))
    );
    // 4B tokens were only seen by the smallest size, 100B only by the one that is held out, and 1T by none.
    let along_n = curves(Along::N, 1, next(7e9, 1e12), &[]);
    assert_eq!(solid(&along_n), [(400.0, 1600.0)]);
    assert_eq!(names(&along_n), ["D 4B", "D 20B", "D 100B", "D 1T"]);
}

#[test]
fn without_observations_a_curve_is_solid_as_far_as_the_data_may_reach() {
    let data = DataSummary::new(&STUDY.0);
    let of = |holdout: Holdout| {
        let mut fit = STUDY.1[0].clone();
        fit.report.config.holdout = holdout;
        let target = FittedTarget { name: "arxiv_loss", fit: &fit, target_pos: 0, form: Form::Law, process: None };
        let spec = loss_curves(&Curves {
            targets: vec![Shown { target, fit_idx: 0, sight: None }],
            data: &data,
            along: Along::D,
            mixture: &[1.0 / 7.0; 7],
            mixture_name: "the uniform mixture",
            next: next(7e9, 1e12),
            replicates: &[],
        });
        solid(&spec.expect("tokens vary"))
    };
    assert_eq!(of(Holdout::None), [(4e3, 100e3); 5]);
    assert_eq!(of(Holdout::LargestN), [(4e3, 100e3); 4]);
}

#[test]
fn the_table_of_curves_has_their_axis() {
    let beyond = curves(Along::D, 1, next(7e9, 1e12), &[]);
    assert_eq!(beyond.table.0, ["Target", "Tokens", "200M", "400M", "800M", "1.6B", "3.2B", "7B"]);
    // More parameters, less loss, at any number of tokens.
    for row in &beyond.table.1 {
        let losses: Vec<f64> = row[2..].iter().map(|cell| cell.parse().expect("a loss")).collect();
        assert!(losses.windows(2).all(|pair| pair[0] > pair[1]), "{row:?}");
    }
    let flops = curves(Along::Flops, 1, next(7e9, 1e12), &[]);
    assert_eq!(flops.table.0[1], "FLOPs");
    let (first, last) = (&flops.table.1[0], flops.table.1.last().expect("rows"));
    // 6 · 200M · 4B, where only the smallest size is, and 6 · 7B · 1T, where only the largest is.
    assert_eq!((first[1].as_str(), last[1].as_str()), ("4.8e18", "4.2e22"));
    assert!(first[2].parse::<f64>().is_ok() && first[3..].iter().all(String::is_empty), "{first:?}");
    assert!(last[7].parse::<f64>().is_ok() && last[2..7].iter().all(String::is_empty), "{last:?}");
    assert!(beyond.left_out.contains("observations"), "{}", beyond.left_out);
}

#[test]
fn what_is_left_out_is_a_cross_that_moves_no_axis() {
    let (dataset, _) = &*STUDY;
    let mut rows = dataset.observations().to_vec();
    rows[7].losses[0] = Some(mixlaw::units::Loss(30.0));
    let dataset = Dataset::new(dataset.domains().to_vec(), dataset.targets().to_vec(), rows).expect("a study");
    let mut uses = USES.clone();
    uses[7] = Use::LeftOut;
    let data = DataSummary::new(&dataset);
    let sight = Sight::of(&dataset, target(0), &uses).expect("a target of the study");
    let loss = loss_curves(&Curves {
        targets: vec![Shown { target: target(0), fit_idx: 0, sight: Some(sight.clone()) }],
        data: &data,
        along: Along::D,
        mixture: &[1.0 / 7.0; 7],
        mixture_name: "the uniform mixture",
        next: Next::default(),
        replicates: &[],
    });
    let observed = observed_predicted("arxiv_loss", &sight);
    let residual = residuals("arxiv_loss", &sight, Against::N);
    for spec in [observed, loss, residual].map(|spec| spec.expect("losses to show")) {
        let crosses: Vec<_> = spec.panels[0].series.iter().filter(|series| series.mark == Mark::Crosses).collect();
        assert_eq!((crosses.len(), n_points(&spec, Mark::Crosses)), (1, 1), "{}", spec.title);
        let Frame::Plane { y, .. } = &spec.panels[0].frame else { panic!("no plane") };
        assert!(y.range.1 < 5.0 && crosses[0].points[0].1 == y.range.1, "{}: {:?}", spec.title, y.range);
        let series = spec.panels[0].series.iter().position(|series| series.mark == Mark::Crosses).expect("a cross");
        let readout = readout(&spec, Spot { panel: 0, series, point: 0 }).expect("words");
        assert!(readout.title.ends_with("left out") && readout.lines.concat().contains("observed 30.0000"));
        assert!(csv(&spec).lines().any(|line| line.contains("left out") && line.contains(",30,")), "{}", spec.title);
    }
    // An order of residuals has no place for it.
    assert_eq!(n_points(&residuals("arxiv_loss", &sight, Against::Normal).expect("losses"), Mark::Crosses), 0);
}

#[test]
fn the_band_of_replicates_lies_around_the_next_model() {
    let spec = curves(Along::D, 1, next(7e9, 1e12), &replicates());
    let series = &spec.panels[0].series;
    let band = series.iter().find(|series| series.mark == Mark::Band).expect("a band");
    assert_eq!(band.label, "90 % interval of 7B");
    let curve = series.iter().find(|series| series.label == "7B").expect("a curve");
    let (upper, lower) = (band.points[0].1, band.points.last().expect("points").1);
    assert!(lower < curve.points[0].1 && curve.points[0].1 < upper, "{lower} {} {upper}", curve.points[0].1);
    let scale = (Some(Params(7e9)), Some(Tokens(curve.points[0].0)));
    let interval = loss_interval(target(0), 0, &replicates(), scale, &[1.0 / 7.0; 7]).expect("an interval");
    assert!((interval.high - upper).abs() < 1e-12 && (interval.low - lower).abs() < 1e-12);
    assert_eq!(loss_interval(target(0), 0, &[], scale, &[1.0 / 7.0; 7]), None);
}

#[test]
fn every_point_can_be_walked_to_and_read() {
    for spec in all() {
        let layout = Layout::new(&spec, 600.0, height_for(&spec, 600.0));
        let (mut spot, mut n_walked) = (step(&spec, None, Step::Next), 0);
        while let Some(here) = spot {
            let readout = readout(&spec, here).expect("words");
            assert!(
                !readout.lines.is_empty() && !readout.lines.concat().contains("NaN"),
                "{}: {readout:?}",
                spec.title
            );
            let at = position(&spec, &layout, here).expect("a place");
            assert!(nearest(&spec, &layout, at).is_some());
            n_walked += 1;
            spot = step(&spec, spot, Step::Next).filter(|next| *next != here);
        }
        let n_points: usize = [Mark::Dots, Mark::Squares, Mark::Rings, Mark::Crosses, Mark::Diamonds]
            .iter()
            .map(|&mark| n_points(&spec, mark))
            .sum();
        assert!(n_walked >= n_points.max(14), "{}: {n_walked} of {n_points}", spec.title);
    }
    let residual = against(Against::N);
    let first = readout(&residual, step(&residual, None, Step::Next).expect("a point")).expect("words");
    assert!(first.title.starts_with("Line ") && first.key.is_some(), "{first:?}");
    assert!(first.lines[0].starts_with("N ") && first.lines.last().expect("lines").starts_with("residual +"));
}

#[test]
fn all_that_is_drawn_is_on_the_paper() {
    for spec in all() {
        for width in [320, 640, 1200] {
            let height = height_for(&spec, width.into()) as u32;
            for theme in [Theme::LIGHT, Theme::DARK] {
                let svg = drawn(&spec, width, height, theme);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
                for (attributes, most) in [(["x", "cx", "x1", "x2"], width), (["y", "cy", "y1", "y2"], height)] {
                    for attribute in attributes {
                        for value in numbers(&svg, attribute) {
                            let room = 0.0..=f64::from(most);
                            assert!(room.contains(&value), "{}: {attribute} = {value} of {most}", spec.title);
                        }
                    }
                }
            }
        }
    }
    // 400 points and two in the legend.
    assert_eq!(drawn(&observed(), 640, 420, Theme::LIGHT).matches("<circle").count(), 402);
}

#[test]
fn an_svg_has_its_text_as_text_and_its_title_above_it() {
    let spec = curves(Along::D, 1, next(7e9, 1e12), &[]);
    let svg = svg(&spec, 640.0);
    let height = height_for(&spec, 640.0).round() + 26.0;
    let start = format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"{height}\"");
    assert!(svg.starts_with(&start), "{svg}");
    for text in ["<title>", "<desc>Predicted loss of ", ">\n7B\n<", ">\n1T\n<", ">\n10B\n<", "training tokens D"] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(svg.contains(">\narxiv_loss: loss against training tokens D, curves at the uniform mixture\n<"), "{svg}");
    assert!(svg.trim_end().ends_with("</svg>") && svg.matches("<svg").count() == 1);
}

#[test]
fn a_csv_has_every_point_as_plain_numbers_with_their_units() {
    for spec in all() {
        let numbers = &spec.numbers;
        assert!(!numbers.rows.is_empty(), "{}", spec.title);
        for row in &numbers.rows {
            assert_eq!(row.len(), numbers.header.len(), "{}", spec.title);
        }
        for (column, name) in numbers.header.iter().enumerate().filter(|(_, name)| name.ends_with(')')) {
            let cells = || numbers.rows.iter().map(|row| &row[column]);
            assert!(cells().all(|cell| !matches!(cell, Cell::Text(_))), "{}: {name} has words", spec.title);
        }
        let marks = [Mark::Dots, Mark::Squares, Mark::Rings, Mark::Crosses, Mark::Words, Mark::Unseen];
        let n_points: usize = marks.iter().map(|&mark| n_points(&spec, mark)).sum();
        let n_cells: usize = numbers.rows.iter().flatten().filter(|cell| matches!(cell, Cell::Number(_))).count();
        assert!(n_cells >= n_points, "{}: {n_cells} numbers of {n_points} points", spec.title);
        assert_eq!(csv(&spec).lines().count(), 1 + numbers.rows.len());
    }
    let observed = csv(&observed());
    assert_eq!(
        observed.lines().next(),
        Some(
            "line,use,N (parameters),D (tokens),observed loss (nats per token),predicted loss (nats per token),\
             residual (nats per token),arxiv (share),book (share),c4 (share),github (share),commoncrawl (share),\
             stackexchange (share),wikipedia (share)"
        )
    );
    assert!(observed.lines().nth(1).expect("a row").starts_with("2,fitted,200000000,4000000000,"), "{observed}");
    let count = |spec: &Spec, what: &str| csv(spec).lines().filter(|line| line.contains(what)).count();
    let loss = curves(Along::D, 1, next(7e9, 1e12), &replicates());
    assert_eq!([",fitted,", ",held out,", ",90 % interval,"].map(|what| count(&loss, what)), [384, 16, 17]);
    let drawn = n_points(&loss, Mark::Line) + n_points(&loss, Mark::Dashes);
    assert_eq!(count(&loss, "what was fitted,"), drawn);
    let triangle = triangle(Corners { two: [0, 6], third: None }).expect("corners").0;
    let n_mixtures = STUDY.0.design().mixtures().len();
    assert_eq!(["grid,", "mixture of runs", "optimum,"].map(|what| count(&triangle, what)), [561, n_mixtures, 1]);
    let (slices, losses) = slices();
    assert_eq!(slices.numbers.rows.len(), losses.len());
}

#[test]
fn side_by_side_every_mixture_has_a_mark_for_every_domain() {
    let spec = side_by_side();
    for mark in [Mark::Diamonds, Mark::Crosses, Mark::Rings] {
        assert_eq!(n_points(&spec, mark), 7, "{mark:?}");
    }
    // Four corners and two ends, and what separates them.
    assert_eq!((n_points(&spec, Mark::Band), n_points(&spec, Mark::Line)), (35, 21));
    let (header, rows) = &*spec.table;
    assert_eq!(rows.len(), 7);
    assert!(rows.iter().all(|row| row.len() == header.len()), "{header:?}");
}

#[test]
fn six_mixtures_have_six_marks() {
    let spec = six_side_by_side();
    let mut marks: Vec<String> = spec.panels[0].series.iter().map(|series| format!("{:?}", series.mark)).collect();
    assert_eq!(marks.len(), 7);
    marks.sort();
    marks.dedup();
    assert_eq!(marks.len(), 7, "{marks:?}");
}

#[test]
fn slices_are_least_at_the_optimum_and_within_the_near_optimal_ranges() {
    let (_, _, found, near) = &*OPTIMUM;
    let (spec, losses) = slices();
    assert_eq!(spec.panels.len(), 7);
    assert!(losses.iter().all(|excess| *excess > -1e-9), "nothing is below the optimum");
    let room = DEFAULT_EPSILON * found.weighted_loss.0;
    let mut largest_first: Vec<usize> = (0..7).collect();
    largest_first.sort_by(|&a, &b| found.mixture[b].total_cmp(&found.mixture[a]));
    for (panel, near) in spec.panels.iter().zip(largest_first.into_iter().map(|i| near[i])) {
        // All weights may move in the near-optimal range, one only in a slice, which is therefore narrower.
        let curves = panel.series.iter().filter(|series| matches!(series.mark, Mark::Line | Mark::Dashes));
        let curves = curves.filter(|series| !series.label.is_empty());
        let inside = curves.flat_map(|series| &series.points).filter(|(_, excess)| *excess <= room);
        let inside: Vec<f64> = inside.map(|(weight, _)| *weight).collect();
        assert!(!inside.is_empty());
        assert!(inside.iter().all(|weight| (near.low - 1e-6..=near.high + 1e-6).contains(weight)), "{}", panel.title);
    }
}

#[test]
fn a_triangle_covers_its_mixtures_and_nothing_else() {
    let (_, _, found, near) = &*OPTIMUM;
    let (spec, mixtures) = triangle(Corners { two: [0, 6], third: None }).expect("corners");
    for mixture in &mixtures {
        assert!(
            (mixture.iter().sum::<f64>() - 1.0).abs() < 1e-9 && mixture.iter().all(|h| *h >= -1e-12),
            "{mixture:?}"
        );
    }
    let (_, of_three) = triangle(Corners { two: [0, 6], third: Some(2) }).expect("corners");
    for mixture in &of_three {
        assert!((mixture.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        assert!([1, 3, 4, 5].iter().all(|&i| mixture[i] == found.mixture[i]), "the others stay");
    }
    // The areas' sizes sum to the triangle's, ½ in these coordinates.
    let areas = spec.panels[0].series.iter().filter(|series| series.mark == Mark::Area);
    let size: f64 = areas
        .flat_map(|series| series.points.split(|(x, _)| x.is_nan()))
        .map(|polygon| {
            let next = polygon.iter().cycle().skip(1);
            polygon.iter().zip(next).map(|(a, b)| 0.5 * (a.0 * b.1 - a.1 * b.0)).sum::<f64>().abs()
        })
        .sum();
    assert!((size - 0.5).abs() < 1e-9, "{size}");
    // Near-optimal mixtures of two and the rest are among the near-optimal mixtures.
    let inner = &spec.panels[0].series[0];
    assert_eq!(inner.label, "within 0.1 %");
    assert!(inner.points.iter().filter(|point| !point.0.is_nan()).count() > 2);
    for (x, y) in inner.points.iter().filter(|point| !point.0.is_nan()) {
        // Between nodes the loss is taken to be linear, which a step of the grid makes room for.
        let step = 1.0 / 32.0;
        assert!((near[0].low - step..=near[0].high + step).contains(x), "{x} {:?}", near[0]);
        assert!((near[6].low - step..=near[6].high + step).contains(y), "{y} {:?}", near[6]);
    }
    for wrong in [
        Corners { two: [0, 0], third: None },
        Corners { two: [0, 1], third: Some(1) },
        Corners { two: [0, 7], third: None },
    ] {
        assert!(triangle(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn areas_along_a_path_stand_on_each_other_and_fill_it() {
    let spec = along(12, false).expect("a path");
    let series = &spec.panels[0].series;
    // And what separates them; there is no band.
    assert_eq!((series.len(), n_points(&spec, Mark::Area), n_points(&spec, Mark::Band)), (9, 7 * 22, 0));
    assert_eq!(n_points(&spec, Mark::Line), 6 * 12);
    let top = &series[6].points;
    assert!(top.iter().filter(|(x, _)| x.is_finite()).any(|(_, y)| (y - 1.0).abs() < 1e-9));
    // The limit, at infinity, is not on the axis; where limits conflict is a gap.
    assert_eq!(spec.table.1.len(), 11);
    assert_eq!(series[0].points.iter().filter(|(x, _)| x.is_nan()).count(), 2);
    assert_eq!(spec.table.1[4][1], "");
    assert!(along(1, false).is_none(), "one place is no path");
}

#[test]
fn replicates_along_a_path_are_bands_and_intervals() {
    let (_, _, found, _) = &*OPTIMUM;
    let spec = along(12, true).expect("a path");
    let nearby = nearby(&found.mixture);
    let boundary =
        |n: usize| Interval::of(nearby.iter().map(|mixture| mixture[..n].iter().sum::<f64>())).expect("an interval");
    let bands = spec.panels[0].series.iter().find(|series| series.mark == Mark::Band).expect("bands");
    // Six boundaries, each on both sides of the gap.
    let bands: Vec<_> = bands.points.split(|(x, _)| x.is_nan()).filter(|band| !band.is_empty()).collect();
    assert_eq!(bands.len(), 12);
    for (at, band) in bands.iter().enumerate() {
        let Interval { low, high } = boundary(1 + at / 2);
        let half = band.len() / 2;
        assert!(band[..half].iter().all(|(_, y)| (y - high).abs() < 1e-12), "{band:?} {high}");
        assert!(band[half..].iter().all(|(_, y)| (y - low).abs() < 1e-12), "{band:?} {low}");
    }
    let weight = Interval::of(nearby.iter().map(|mixture| mixture[2])).expect("an interval");
    let says =
        format!("90 % interval {:.1} % to {:.1} %", 100.0 * weight.low, 100.0 * weight.high).replace(".0 %", " %");
    let area = &spec.panels[0].series[2];
    let series = spec.panels[0].series.iter().position(|one| std::ptr::eq(one, area)).expect("the area");
    let read = readout(&spec, Spot { panel: 0, series, point: 0 }).expect("words");
    assert!(read.lines.contains(&says), "{says}: {read:?}");
    assert_eq!(spec.table.0[5..7], ["c4", "90 % interval"].map(String::from));
    let column =
        spec.numbers.header.iter().position(|name| name == "c4, 90 % interval, from (share)").expect("a column");
    assert_eq!(spec.numbers.rows[0][column], Cell::Number(weight.low));
}

#[test]
fn a_heat_map_has_a_cell_for_each_weight() {
    let spec = by_target();
    assert_eq!(n_points(&spec, Mark::Words), 14);
    let words: Vec<&String> = spec.panels[0].series.iter().flat_map(|series| &series.words).collect();
    assert!(words.len() == 14 && words.iter().all(|word| word.parse::<u8>().is_ok_and(|percent| percent <= 100)));
    for (width, is_turned) in [(320, true), (1200, false)] {
        let svg = drawn(&spec, width, height_for(&spec, width.into()) as u32, Theme::LIGHT);
        assert_eq!(svg.matches("rotate(270").count(), if is_turned { 7 } else { 0 }, "{width}");
    }
    assert_eq!(n_points(&spec, Mark::Area), 14 * 5);
    assert_eq!((spec.table.0.len(), spec.table.1.len()), (9, 2));
}

#[test]
fn parameters_have_a_panel_each_and_their_intervals() {
    let (study, ..) = &*OPTIMUM;
    let bare = parameters_of(&[]);
    let titles: Vec<&str> = bare.panels.iter().map(|panel| panel.title.as_str()).collect();
    for title in ["E", "α", "β", "A", "B"] {
        assert!(titles.contains(&title), "{titles:?}");
    }
    assert!(
        titles.iter().any(|title| title.starts_with("C of ")) && titles.iter().any(|title| title.starts_with("γ of "))
    );
    // Both targets' five, and one target's seven of two kinds.
    assert_eq!((n_points(&bare, Mark::Diamonds), n_points(&bare, Mark::Line)), (5 * 2 + 7 * 2, 0));
    let sure = parameters_of(&bootstrap::parameter_intervals(study, &replicates()));
    assert_eq!(n_points(&sure, Mark::Line), 3 * n_points(&sure, Mark::Diamonds));
}
