//! Observed against predicted loss.

use super::{CELLS, Groups, Use, known_range, loss, numbers_header, seen, texts, within};
use crate::chart::{Axis, Frame, Hue, Mark, Numbers, Panel, Scale, Series, Spec};
use crate::dataset::Dataset;
use crate::fit::FittedTarget;
use crate::units::write_number;

/// Observed against predicted loss of one target, where the law can give it; rings are held out, crosses left out.
/// `None` without a loss to show.
pub fn observed_predicted(dataset: &Dataset, target: FittedTarget, uses: &[Use]) -> Option<Spec> {
    let seen = seen(dataset, target, uses)?;
    let range = known_range(&seen, |seen| vec![seen.predicted, seen.observed])?;
    let mut groups = Groups::default();
    for (at, seen) in seen.iter().enumerate() {
        let place = (within(seen.predicted, range), within(seen.observed, range));
        groups.add(seen.used.word(), seen.used.look(Hue::Data), place, at);
    }
    let n = |used: Use| seen.iter().filter(|seen| seen.used == used).count();
    let left_out = match n(Use::LeftOut) {
        0 => String::new(),
        n => format!(", and {n} left out by hand, at the edge where they lie beyond it"),
    };
    let description = format!(
        "Observed against predicted loss of {}: {} fitted and {} held-out observations between {} and {}{left_out}; points on the broken line are predicted exactly.",
        target.name,
        n(Use::Fitted),
        n(Use::HeldOut),
        write_number(range.0, 3),
        write_number(range.1, 3)
    );
    let axis = |label: &str| Axis { label: label.into(), range, scale: Scale::Linear };
    let guide = Series::new("", Mark::Dashes, Hue::Guide, vec![(range.0, range.0), (range.1, range.1)]);
    let rows = seen.iter().map(|seen| seen.cells().into_iter().chain([loss(seen.predicted)]).collect());
    Some(Spec {
        title: format!("{}: observed against predicted", target.name),
        panels: vec![Panel {
            title: String::new(),
            frame: Frame::Plane { x: axis("predicted loss, nats per token"), y: axis("observed loss") },
            series: std::iter::once(guide).chain(groups.into_series()).collect(),
        }],
        readouts: seen.iter().map(|seen| seen.readout(dataset.domains())).collect(),
        description,
        table: (texts(CELLS).into_iter().chain(texts(["Predicted"])).collect(), rows.collect()),
        numbers: Numbers {
            header: numbers_header(dataset.domains()),
            rows: seen.iter().map(|seen| seen.numbers()).collect(),
        },
        ..Spec::default()
    })
}
