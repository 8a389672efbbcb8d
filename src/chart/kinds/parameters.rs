//! Parameters with their intervals.

use super::{range, texts};
use crate::chart::{Axis, Cell, Frame, Hue, Mark, Numbers, Panel, Scale, Series, Spec, short_names};
use crate::fit::Interval;
use crate::predict::{FittedStudy, FittedTarget};
use crate::units::write_number;

/// One parameter: its symbol without the domain, whose it is, its value, and its interval.
struct Known {
    symbol: String,
    of: String,
    /// The same as the axis has it.
    label: String,
    value: f64,
    interval: Option<Interval>,
}

/// Most domains in a panel; of more, the first ones are drawn, and the table has all.
const MOST_NAMES: usize = 24;

/// A panel for each parameter of the domains for one target, and one for each other parameter beside those of the
/// other targets. `intervals` are by fit and parameter, as the bootstrap gives them; empty without one.
pub fn parameters(study: &FittedStudy, target: FittedTarget, intervals: &[Vec<Interval>]) -> Option<Spec> {
    let short = short_names(&study.domains);
    let known = |fit_idx: usize, of_target: FittedTarget| {
        let fit = of_target.fit;
        let natural = fit.law.natural(&fit.shape, &fit.theta);
        let of = |domains: &[String], domain: Option<usize>| match domain {
            Some(i) => domains.get(i).cloned().unwrap_or_default(),
            None => of_target.name.to_string(),
        };
        let known = fit.law.parameters(&fit.shape).into_iter().zip(natural).enumerate();
        let known = known.map(|(p, (parameter, value))| {
            let symbol = parameter.symbol;
            let [of, label] = [&study.domains, &short].map(|domains| of(domains, symbol.domain_idx));
            let interval = intervals.get(fit_idx).and_then(|intervals| intervals.get(p)).copied();
            (symbol.domain_idx.is_some(), Known { symbol: symbol.text(), of, label, value, interval })
        });
        known.collect::<Vec<_>>()
    };
    let mut panels: Vec<(String, Vec<Known>)> = Vec::new();
    let mut add = |one: Known, of: Option<&str>| {
        let title = of.map_or_else(|| one.symbol.clone(), |of| format!("{} of {of}", one.symbol));
        match panels.iter_mut().find(|(known, _)| *known == title) {
            Some((_, panel)) => panel.push(one),
            None => panels.push((title, vec![one])),
        }
    };
    for (fit_idx, fit) in study.fits.iter().enumerate() {
        for one in study.targets().filter(|one| std::ptr::eq(one.fit, fit)).take(1) {
            let is_chosen = std::ptr::eq(one.fit, target.fit);
            for (by_domain, one) in known(fit_idx, one) {
                if !by_domain {
                    add(one, None);
                } else if is_chosen {
                    add(one, Some(target.name));
                }
            }
        }
    }
    let number = |value: f64| write_number(value, 4).replace('-', "−");
    let rows = panels.iter().flat_map(|(title, panel)| {
        panel.iter().map(move |one| {
            let [from, to] = one.interval.map_or_else(Default::default, |range| [range.low, range.high].map(number));
            vec![title.clone(), one.of.clone(), number(one.value), from, to]
        })
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let numbers = panels.iter().flat_map(|(title, panel)| {
        panel.iter().map(move |one| {
            let ends = [one.interval.map(|range| range.low), one.interval.map(|range| range.high)];
            let values = [Some(one.value), ends[0], ends[1]].map(Cell::from);
            [title.clone().into(), one.of.clone().into()].into_iter().chain(values).collect()
        })
    });
    let header = ["parameter", "of", "value", "90 % interval, from", "90 % interval, to"];
    let numbers = Numbers { header: texts(header), rows: numbers.collect() };
    let drawn: Vec<Panel> = panels.iter().filter_map(|(title, panel)| drawn(title, panel)).collect();
    (!drawn.is_empty()).then_some(())?;
    Some(Spec {
        title: format!("{}: parameters", target.name),
        description: format!(
            "Parameters of {} and of the other targets' fits{}.",
            target.name,
            if intervals.is_empty() { "; a bootstrap gives them intervals" } else { ", with their 90 % intervals" }
        ),
        panels: drawn,
        table: (texts(["Parameter", "Of", "Value", "90 % interval, from", "to"]), rows).into(),
        numbers: numbers.into(),
        ..Spec::default()
    })
}

fn drawn(title: &str, known: &[Known]) -> Option<Panel> {
    let known = &known[..known.len().min(MOST_NAMES)];
    let values = known.iter().enumerate().map(|(at, one)| (one.value, at as f64)).collect();
    let ends = known.iter().enumerate().filter_map(|(at, one)| one.interval.map(|range| (range, at as f64)));
    let ends: Vec<(f64, f64)> =
        ends.flat_map(|(range, at)| [(range.low, at), (range.high, at), (f64::NAN, f64::NAN)]).collect();
    let series = vec![
        Series::new("90 % interval", Mark::Line, Hue::Data, ends),
        Series::new("value", Mark::Diamonds, Hue::Data, values),
    ];
    let (low, high) = range(series.iter().flat_map(|series| series.points.iter().map(|(value, _)| *value)))?;
    // Amplitudes differ by orders of magnitude.
    let is_log = low > 0.0 && high / low > 50.0;
    let (scale, range) = if is_log {
        (Scale::Log, (low / 1.3, high * 1.3))
    } else {
        let room = ((high - low) * 0.08).max(high.abs() * 0.01).max(1e-9);
        (Scale::Linear, (low - room, high + room))
    };
    Some(Panel {
        title: title.to_string(),
        frame: Frame::Plane {
            x: Axis { label: String::new(), range, scale },
            y: Axis::of_names(known.iter().map(|one| one.label.clone()).collect()),
        },
        series,
    })
}
