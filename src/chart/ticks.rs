//! Where an axis has its ticks: at least three on any range that can be drawn.

use crate::units::{write_count, write_number};

/// Values between the ends of the range, ascending, each with its text: about `most` of them. A range without
/// length has one; one that cannot be drawn has none: with an end that is not finite, the wrong way round, or of a
/// logarithmic axis with an end that is not positive.
pub fn ticks(range: (f64, f64), log: bool, most: usize) -> Vec<(f64, String)> {
    if !can_be_drawn(range, log) {
        return Vec::new();
    }
    let values = if log { log_ticks(range, most) } else { linear_ticks(range, most) };
    // What counts, or is large, with M and B.
    let counts = log || values.iter().any(|value| value.abs() >= LARGE);
    // As few digits as tell the ticks apart.
    let texts = |digits: usize| -> Vec<String> {
        let text = |&value: &f64| if counts { write_count(value, digits) } else { write_number(value, digits) };
        values.iter().map(text).collect()
    };
    let fewest = if counts { 3 } else { 4 };
    let digits = (fewest..MOST_DIGITS).find(|&digits| {
        let texts = texts(digits);
        texts.windows(2).all(|pair| pair[0] != pair[1])
    });
    let texts = texts(digits.unwrap_or(MOST_DIGITS));
    values.into_iter().zip(texts).collect()
}

/// Numbers from here on take more room than a tick has.
const LARGE: f64 = 1e5;
/// An f64 has no more.
const MOST_DIGITS: usize = 17;

fn can_be_drawn((low, high): (f64, f64), log: bool) -> bool {
    low.is_finite() && high.is_finite() && low <= high && (low > 0.0 || !log)
}

/// Multiples of powers of ten: the sparsest family with at least three of them, else evenly spaced ones.
fn log_ticks((low, high): (f64, f64), most: usize) -> Vec<f64> {
    const FAMILIES: [&[f64]; 4] = [&[1.0], &[1.0, 3.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]];
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    for family in FAMILIES {
        let powers = (first..=last).map(|power| 10f64.powi(power));
        let all: Vec<f64> = powers
            .flat_map(|power| family.iter().map(move |digit| digit * power))
            .filter(|value| (low..=high).contains(value))
            .collect();
        if all.len() >= 3 {
            return uncrowded(all, most);
        }
    }
    linear_ticks((low, high), most.max(4))
}

/// Every second or third where they would crowd, as long as three are left.
fn uncrowded(all: Vec<f64>, most: usize) -> Vec<f64> {
    let left = |step: &usize| all.len().div_ceil(*step);
    let step = (1..=left(&most.max(1))).rev().find(|step| left(step) >= 3).unwrap_or(1);
    all.into_iter().step_by(step).collect()
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks((low, high): (f64, f64), most: usize) -> Vec<f64> {
    // The difference of the ends may be larger than any number.
    let rough = high / most.max(1) as f64 - low / most.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    // No length, or one of so few units in the last place that a step is none.
    if !(power > 0.0 && low + 0.1 * power > low) {
        return vec![low];
    }
    let multiples = |step: f64| -> Vec<f64> {
        let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
        (first..=last).map(|multiple| multiple as f64 * step).collect()
    };
    // The sparsest that is not crowded; or else the next finer one, until there are three.
    let steps = [10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1].map(|digit| digit * power);
    let finest_allowed = steps.iter().rposition(|step| *step >= rough).unwrap_or(0);
    steps[finest_allowed..]
        .iter()
        .map(|step| multiples(*step))
        .find(|ticks| ticks.len() >= 3)
        // Half as many again do not crowd yet.
        .map_or_else(|| vec![low, high], |ticks| uncrowded(ticks, most + most / 2))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(range: (f64, f64), log: bool, expected: &[&str]) {
        let texts: Vec<String> = ticks(range, log, 6).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, expected);
    }

    #[test]
    fn three_ticks_on_any_range() {
        check((1e8, 1e11), true, &["100M", "1B", "10B", "100B"]);
        check((3e9, 1.5e11), true, &["3B", "10B", "30B", "100B"]);
        check((4e9, 4.6e10), true, &["5B", "10B", "20B"]);
        check((1.1e9, 1.9e9), true, &["1.2B", "1.4B", "1.6B", "1.8B"]);
        check((1.9, 3.4), false, &["2", "2.5", "3"]);
        check((1.4, 2.45), false, &["1.4", "1.6", "1.8", "2", "2.2", "2.4"]);
        check((1.45, 2.2), false, &["1.6", "1.8", "2", "2.2"]);
        check((2.0, 2.0), false, &["2"]);
    }

    #[test]
    fn ticks_of_a_narrow_panel_do_not_crowd() {
        let texts: Vec<String> = ticks((0.055, 0.165), false, 3).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["0.06", "0.1", "0.14"]);
        let texts: Vec<String> = ticks((1.4, 2.45), false, 5).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["1.4", "1.6", "1.8", "2", "2.2", "2.4"]);
    }

    /// An end of 0 or infinity once meant a tick for each of four thousand million powers of ten.
    #[test]
    fn a_range_that_cannot_be_drawn_has_no_ticks() {
        for range in [(0.0, 1e9), (-1.0, 1.0), (1.0, f64::INFINITY), (f64::NAN, 1.0), (1.0, f64::NAN), (2.0, 1.0)] {
            assert_eq!(ticks(range, true, 6), [], "{range:?}");
        }
        for range in [(f64::NEG_INFINITY, 1.0), (0.0, f64::INFINITY), (f64::NAN, 1.0), (2.0, 1.0)] {
            assert_eq!(ticks(range, false, 6), [], "{range:?}");
        }
    }

    #[test]
    fn the_widest_and_the_narrowest_ranges_have_a_few_ticks() {
        for (range, log) in [
            ((1e-308, 1e308), true),
            ((5e-324, f64::MAX), true),
            ((-f64::MAX, f64::MAX), false),
            ((5e-324, 1e-323), false),
            ((1e300, 1e300 * (1.0 + f64::EPSILON)), false),
            ((1e300, 1e300 * (1.0 + f64::EPSILON)), true),
        ] {
            let ticks = ticks(range, log, 6);
            assert!((1..=24).contains(&ticks.len()), "{range:?}: {ticks:?}");
            assert!(ticks.iter().all(|(value, _)| value.is_finite()), "{range:?}: {ticks:?}");
        }
    }

    proptest! {
        #[test]
        fn ticks_of_any_range_are_three_at_least_and_told_apart(
            low in prop_oneof![1e-3..1e3, 1e5..1e13], share in prop_oneof![1e-6..1e-2, 1e-2..10.0, 10.0..1e6], log: bool, most in 3_usize..10,
        ) {
            let range = (low, low * (1.0 + share));
            let ticks = ticks(range, log, most);
            prop_assert!(ticks.len() >= 3 && ticks.len() <= 4 * most, "{range:?}: {ticks:?}");
            for pair in ticks.windows(2) {
                prop_assert!(pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1, "{range:?}: {ticks:?}");
            }
            prop_assert!(ticks.iter().all(|(value, _)| (range.0..=range.1 * (1.0 + 1e-12)).contains(value)));
        }
    }
}
