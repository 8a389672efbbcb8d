//! Observed against predicted loss.

use std::sync::Arc;

use super::{CELLS, Groups, Seen, Use, known_range, loss, sources, texts, within};
use crate::chart::{Axis, Frame, Hue, Later, Mark, Numbers, Panel, Scale, Series, Sight, Spec};
use crate::units::write_number;

/// Observed against predicted loss of a target, where the law can give it; rings are held out, crosses left out. `None`
/// without a loss to show.
pub fn observed_predicted(target: &str, sight: &Arc<Sight>) -> Option<Spec> {
    let seen = &sight.all;
    let range = known_range(seen, |seen| vec![seen.predicted, seen.observed])?;
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
        target,
        n(Use::Fitted),
        n(Use::HeldOut),
        write_number(range.0, 3),
        write_number(range.1, 3)
    );
    let axis = |label: &str| Axis { label: label.into(), range, scale: Scale::Linear };
    let guide = Series::new("", Mark::Dashes, Hue::Guide, vec![(range.0, range.0), (range.1, range.1)]);
    let (of_table, of_numbers) = (sight.clone(), sight.clone());
    let table = move || {
        let row = |seen: &Seen| seen.cells().into_iter().chain([loss(seen.predicted)]).collect();
        (texts(CELLS).into_iter().chain(texts(["Predicted"])).collect(), of_table.all.iter().map(row).collect())
    };
    let numbers = move || Numbers {
        header: of_numbers.numbers_header(),
        rows: of_numbers.all.iter().map(Seen::numbers).collect(),
    };
    Some(Spec {
        title: format!("{target}: observed against predicted"),
        panels: vec![Panel {
            title: String::new(),
            frame: Frame::Plane { x: axis("predicted loss, nats per token"), y: axis("observed loss") },
            series: std::iter::once(guide).chain(groups.into_series()).collect(),
        }],
        readouts: sources(sight),
        description,
        table: Later::new(table),
        numbers: Later::new(numbers),
        ..Spec::default()
    })
}
