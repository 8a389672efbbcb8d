//! Charts of the example study: what is in them, and that everything drawn is on the paper.

use std::sync::LazyLock;

use mixlaw::chart::{Mark, Spec, Surface, Theme, draw, loss_against_tokens, observed_predicted};
use mixlaw::dataset::{Dataset, Holdout};
use mixlaw::fit::{DataSummary, Fit, FitConfig, FittedTarget, fit};
use mixlaw::import::import;
use mixlaw::law::by_id;
use mixlaw::sample;
use mixlaw::units::{Params, Tokens};
use plotters::prelude::SVGBackend;

static STUDY: LazyLock<(Dataset, Fit)> = LazyLock::new(|| {
    let dataset = import(&sample::llm().expect("the example"), None).dataset.expect("a study");
    let config = FitConfig { starts: 1, ..FitConfig::default() };
    let law = by_id("additive").expect("a law");
    let fitted = fit(law, &dataset, &[0], &config, &mut |_| {}).expect("a sound study");
    (dataset, fitted)
});

fn target() -> FittedTarget<'static> {
    FittedTarget { name: &STUDY.1.targets[0], fit: &STUDY.1, target_pos: 0 }
}

fn observed() -> Spec {
    let dataset = &STUDY.0;
    observed_predicted(dataset, target(), &Holdout::Split.held_out(dataset)).expect("losses to show")
}

fn tokens(extra: Option<Params>, until: f64) -> Spec {
    let data = DataSummary::new(&STUDY.0);
    loss_against_tokens(target(), &data, &[1.0 / 7.0; 7], "the uniform mixture", extra, Tokens(until))
        .expect("token counts")
}

fn svg(spec: &Spec, width: u32, height: u32, theme: Theme) -> String {
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

#[test]
fn every_observation_is_a_point_and_held_out_ones_are_rings() {
    let spec = observed();
    let n_points = |mark: Mark| -> usize {
        spec.series.iter().filter(|series| series.mark == mark).map(|series| series.points.len()).sum()
    };
    assert_eq!((n_points(Mark::Dots), n_points(Mark::Rings)), (384, 16));
    assert_eq!((spec.table.0.len(), spec.table.1.len()), (4, 400));
    assert!(spec.description.contains("384 fitted and 16 held-out observations"), "{}", spec.description);
    assert_eq!(spec.x.range, spec.y.range, "points on the diagonal are exact");
}

#[test]
fn a_typed_size_and_what_lies_beyond_the_data_are_broken_lines() {
    let inside = tokens(None, 1e9);
    assert!(inside.series.iter().all(|series| series.mark == Mark::Line));
    let names: Vec<&str> = inside.series.iter().map(|series| series.label.as_str()).collect();
    assert_eq!(names, ["200M", "400M", "800M", "1.6B", "3.2B"]);
    let beyond = tokens(Some(Params(7e9)), 1e12);
    assert_eq!(beyond.x.range.1, 1e12);
    let last = beyond.series.last().expect("curves");
    assert_eq!((last.label.as_str(), last.mark), ("7B", Mark::Dashes));
    assert_eq!(beyond.table.0, ["Tokens", "200M", "400M", "800M", "1.6B", "3.2B", "7B"]);
    // More parameters, less loss, at any number of tokens.
    for row in &beyond.table.1 {
        let losses: Vec<f64> = row[1..].iter().map(|cell| cell.parse().expect("a loss")).collect();
        assert!(losses.windows(2).all(|pair| pair[0] > pair[1]), "{row:?}");
    }
}

#[test]
fn all_that_is_drawn_is_on_the_paper() {
    for (width, height) in [(640, 420), (320, 300)] {
        for theme in [Theme::LIGHT, Theme::DARK] {
            for spec in [observed(), tokens(Some(Params(7e9)), 1e12)] {
                let svg = svg(&spec, width, height, theme);
                assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
                for (attributes, most) in [(["x", "cx", "x1", "x2"], width), (["y", "cy", "y1", "y2"], height)] {
                    for attribute in attributes {
                        for value in numbers(&svg, attribute) {
                            assert!((0.0..=f64::from(most)).contains(&value), "{attribute} = {value} of {most}");
                        }
                    }
                }
            }
        }
    }
    let svg = svg(&observed(), 640, 420, Theme::LIGHT);
    // 400 points and two in the names.
    assert_eq!(svg.matches("<circle").count(), 402);
    for text in ["held out", "fitted", "predicted loss, nats per token"] {
        assert!(svg.contains(text), "{text}");
    }
}
