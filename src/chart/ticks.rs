//! Where an axis has its ticks: at least three on any range.

use crate::units::{write_count, write_number};

/// Values between the ends of the range, ascending, each with its text: about `most` of them. A range without
/// length has one.
pub fn ticks(range: (f64, f64), log: bool, most: usize) -> Vec<(f64, String)> {
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
    let rough = (high - low) / most.max(1) as f64;
    if !(rough > 0.0 && rough.is_finite()) {
        return vec![low];
    }
    let power = 10f64.powf(rough.log10().floor());
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
