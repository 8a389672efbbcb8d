//! The answer: the mixture as bars, what is expected of it, and the study it stands on, in a line.

use super::tables::{MixtureRow, percent, weight_range};
use crate::chart::short_names;
use crate::fit::Interval;
use crate::predict::DataSummary;
use crate::units::write_nats;

/// From so many domains on, those below [`SMALL`] fold.
const MANY: usize = 12;
/// A weight too small to be read off a bar.
const SMALL: f64 = 0.01;

/// A domain's weight, with what is known of it, in shares of the widest that is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// The domain by its full name.
    pub domain: String,
    /// The same without what all names share.
    pub name: String,
    /// Its weight in percent.
    pub weight: String,
    /// The length of the bar, from 0 to 1.
    pub length: f64,
    /// Where its near-optimal range begins and ends, from 0 to 1, and in percent.
    pub near: Option<([f64; 2], String)>,
    /// The same of the bootstrap's 90 % interval.
    pub interval: Option<([f64; 2], String)>,
    /// What must be said of the weight.
    pub note: Option<String>,
    /// Whether it is one of many small ones.
    pub is_small: bool,
}

/// The bars of a mixture, the largest first.
pub fn bars(rows: &[MixtureRow]) -> Vec<Bar> {
    let names = short_names(&rows.iter().map(|row| row.domain.clone()).collect::<Vec<_>>());
    let ends = rows.iter().flat_map(|row| {
        [Some(row.shares[0]), row.near.map(|near| near.high), row.interval.map(|interval| interval.high)]
    });
    let widest = ends.flatten().fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let at = |share: f64| (share / widest).clamp(0.0, 1.0);
    let range = |range: Interval| ([at(range.low), at(range.high)], weight_range(&range));
    let mut bars: Vec<(f64, Bar)> = rows
        .iter()
        .zip(names)
        .map(|(row, name)| {
            let bar = Bar {
                domain: row.domain.clone(),
                name,
                weight: percent(row.shares[0]),
                length: at(row.shares[0]),
                near: row.near.map(range),
                interval: row.interval.map(range),
                note: row.outside.clone(),
                is_small: rows.len() > MANY && row.shares[0] < SMALL,
            };
            (row.shares[0], bar)
        })
        .collect();
    bars.sort_by(|a, b| b.0.total_cmp(&a.0));
    bars.into_iter().map(|(_, bar)| bar).collect()
}

/// Whether so many domains need a field to find one of them.
pub fn is_searched(n_domains: usize) -> bool {
    n_domains >= 20
}

/// Whether a name has what is looked for in it; all have nothing in them.
pub fn is_found(name: &str, query: &str) -> bool {
    name.to_lowercase().contains(&query.trim().to_lowercase())
}

/// The bars of the domains that are found, none of them folded; all as they are while nothing is looked for.
pub fn found_bars(bars: Vec<Bar>, query: &str) -> Vec<Bar> {
    if query.trim().is_empty() || !is_searched(bars.len()) {
        return bars;
    }
    let found = bars.into_iter().filter(|bar| is_found(&bar.domain, query));
    found.map(|bar| Bar { is_small: false, ..bar }).collect()
}

/// A line of what is expected: words, value, and 90 % prediction interval.
#[derive(Debug, Clone, PartialEq)]
pub struct Expected {
    /// "Gain over uniform".
    pub words: String,
    /// In nats.
    pub value: String,
    /// Its interval, or that there is none.
    pub interval: String,
}

/// What the mixture gains over another; that there is no detectable gain where the interval holds zero.
pub fn gain(name: &str, gain: f64, interval: Option<Interval>) -> Expected {
    let nats = |value: f64| write_nats(value).replace('-', "\u{2212}");
    let words = match interval {
        Some(Interval { low, high }) if low <= 0.0 && high >= 0.0 => format!("No detectable gain over {name}"),
        _ => format!("Gain over {name}"),
    };
    Expected { words, value: nats(gain), interval: range(interval, nats) }
}

/// The loss to expect.
pub fn loss(loss: f64, interval: Option<Interval>) -> Expected {
    let text = |value: f64| format!("{value:.4}");
    Expected { words: "Expected loss".into(), value: text(loss), interval: range(interval, text) }
}

fn range(interval: Option<Interval>, text: impl Fn(f64) -> String) -> String {
    interval.map_or_else(
        || crate::wording::page::NO_INTERVAL.to_string(),
        |it| format!("{} to {}", text(it.low), text(it.high)),
    )
}

/// "a 40 %, b 31 %, …": the largest weights of a mixture, at most so many.
pub fn largest_weights(names: &[String], h: &[f64], most: usize) -> String {
    let mut parts: Vec<(&String, f64)> = names.iter().zip(h.iter().copied()).collect();
    parts.sort_by(|a, b| b.1.total_cmp(&a.1));
    let shown: Vec<String> = parts.iter().take(most).map(|(name, h)| format!("{name} {:.0} %", 100.0 * h)).collect();
    let rest = if parts.len() > most { ", …" } else { "" };
    shown.join(", ") + rest
}

/// "2,452 rows · 61 mixtures · 7 domains · 310M–1.2B · 8 targets".
pub fn study_line(data: &DataSummary, n_domains: usize, n_targets: usize) -> String {
    let counted = super::tables::counted;
    let mut parts = vec![counted(data.n_observations, "row")];
    if n_domains > 0 {
        parts.extend([counted(data.n_mixtures, "mixture"), counted(n_domains, "domain")]);
    }
    match data.sizes.as_slice() {
        [] => {}
        [only] => parts.push(super::tables::size(*only)),
        [least, .., most] => parts.push(format!("{}–{}", super::tables::size(*least), super::tables::size(*most))),
    }
    parts.push(counted(n_targets, "target"));
    parts.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(domain: &str, share: f64) -> MixtureRow {
        MixtureRow { domain: domain.into(), shares: [share, 0.5, 0.5], outside: None, near: None, interval: None }
    }

    #[test]
    fn the_largest_is_first_and_fills_the_width() {
        let bars = bars(&[row("a", 0.1), row("b", 0.6), row("c", 0.3)]);
        assert_eq!(bars.iter().map(|bar| bar.name.as_str()).collect::<Vec<_>>(), ["b", "c", "a"]);
        assert_eq!((bars[0].length, bars[1].length), (1.0, 0.5));
        assert!(bars.iter().all(|bar| !bar.is_small));
    }

    #[test]
    fn of_many_domains_small_ones_fold_and_none_is_lost() {
        let rows: Vec<MixtureRow> =
            (0..39).map(|i| row(&format!("d{i}"), if i < 5 { 0.199 } else { 0.005 / 34.0 })).collect();
        let bars = bars(&rows);
        assert_eq!(bars.len(), 39);
        assert_eq!(bars.iter().filter(|bar| bar.is_small).count(), 34);
    }

    #[test]
    fn a_domain_is_found_among_many() {
        let all =
            |n: usize| bars(&(0..n).map(|i| row(&format!("Domain{i}"), 0.9 / (1 << i) as f64)).collect::<Vec<_>>());
        let names =
            |n: usize, query: &str| found_bars(all(n), query).into_iter().map(|bar| bar.domain).collect::<Vec<_>>();
        assert_eq!(names(20, " domain1"), [1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19].map(|i| format!("Domain{i}")));
        assert!(found_bars(all(20), "n19").iter().all(|bar| !bar.is_small), "it is not folded away");
        assert_eq!(names(20, "web"), [""; 0]);
        assert_eq!((found_bars(all(20), " "), names(19, "n1").len()), (all(20), 19));
    }

    #[test]
    fn no_gain_is_claimed_that_the_interval_does_not_hold() {
        let near = gain("uniform", 0.01, Some(Interval { low: -0.002, high: 0.022 }));
        assert_eq!(
            (near.words.as_str(), near.interval.as_str()),
            ("No detectable gain over uniform", "\u{2212}0.0020 to 0.0220")
        );
        let clear = gain("uniform", 0.01, Some(Interval { low: 0.002, high: 0.018 }));
        assert_eq!(clear.words, "Gain over uniform");
        assert_eq!(gain("uniform", 0.01, None).interval, crate::wording::page::NO_INTERVAL);
    }
}
