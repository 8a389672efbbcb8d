//! Number → text, the short way in which people write it.
//!
//! A positive number is d₁.d₂…dₙ × 10^e with its digits rounded once, to n significant ones; the forms below
//! only place the decimal point, so that reading a text back gives the number to those digits, and to the
//! last bit when no rounding was asked for.

/// Scales of [`write_count`], by the power of ten at which each begins.
const SCALES: [(i32, &str); 4] = [(12, "T"), (9, "B"), (6, "M"), (3, "k")];

/// Counts of 10^15 and more, and numbers below 10^−4, read best in scientific form.
const PLAIN_POWERS: std::ops::Range<i32> = -4..15;

/// Writes a count to so many significant digits: 1.3B, 310M, 1.5T, 410k, 12.
pub fn write_count(value: f64, digits: usize) -> String {
    write(value, Some(digits), count)
}

/// Writes a count with every digit it has, so that reading it gives the same number.
pub fn write_count_exact(value: f64) -> String {
    write(value, None, count)
}

/// Writes a number to so many significant digits as 1.2e21.
pub fn write_scientific(value: f64, digits: usize) -> String {
    write(value, Some(digits), scientific)
}

/// Writes a number to so many significant digits: 2.346, 1573, 0.25, 1.2e-7.
pub fn write_number(value: f64, digits: usize) -> String {
    write(value, Some(digits), plain)
}

/// Writes a share in percent with so many decimals, the last zeros left out: 30 %, 12.5 %.
pub fn write_percent(share: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", 100.0 * share);
    let short = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{} %", if short == "-0" { "0" } else { short })
}

/// Writes a difference of losses, in nats, to four decimals; what is nothing to them has no sign.
pub fn write_nats(difference: f64) -> String {
    let text = format!("{difference:.4}");
    if text == "-0.0000" { "0.0000".to_string() } else { text }
}

fn write(value: f64, digits: Option<usize>, form: fn(&str, i32) -> String) -> String {
    if value == 0.0 {
        return "0".to_string();
    }
    let text = match digits {
        Some(digits) => format!("{:.*e}", digits.max(1) - 1, value.abs()),
        None => format!("{:e}", value.abs()),
    };
    // Rust writes every finite number with an "e" and an integer power; "inf" and "NaN" have none.
    let Some((mantissa, Ok(power))) = text.split_once('e').map(|(mantissa, power)| (mantissa, power.parse())) else {
        return value.to_string();
    };
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    format!("{}{}", if value < 0.0 { "-" } else { "" }, form(digits, power))
}

fn count(digits: &str, power: i32) -> String {
    if !PLAIN_POWERS.contains(&power) {
        return scientific(digits, power);
    }
    match SCALES.iter().find(|(start, _)| power >= *start) {
        Some((start, scale)) => format!("{}{scale}", place_point(digits, power - start)),
        None => place_point(digits, power),
    }
}

fn plain(digits: &str, power: i32) -> String {
    if PLAIN_POWERS.contains(&power) { place_point(digits, power) } else { scientific(digits, power) }
}

fn scientific(digits: &str, power: i32) -> String {
    format!("{}e{power}", place_point(digits, 0))
}

/// d₁d₂… × 10^(power) with a plain decimal point: "13", 0 → "1.3"; "13", 3 → "1300"; "13", −2 → "0.013".
fn place_point(digits: &str, power: i32) -> String {
    let n_whole = power + 1;
    if n_whole <= 0 {
        return format!("0.{}{digits}", "0".repeat(n_whole.unsigned_abs() as usize));
    }
    let n_whole = n_whole as usize;
    if digits.len() <= n_whole {
        format!("{digits}{}", "0".repeat(n_whole - digits.len()))
    } else {
        format!("{}.{}", &digits[..n_whole], &digits[n_whole..])
    }
}

/// A sentence that the core says without a capital, with one.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use proptest::num::f64;
    use proptest::prelude::*;

    use super::*;
    use crate::units::{Decimal, read_number};

    #[track_caller]
    fn check(text: String, expected: &str) {
        assert_eq!(text, expected);
    }

    #[test]
    fn counts() {
        check(write_count(1.3e9, 3), "1.3B");
        check(write_count(3.1e8, 3), "310M");
        check(write_count(4.12e8, 3), "412M");
        check(write_count(2e10, 3), "20B");
        check(write_count(1.5e12, 3), "1.5T");
        check(write_count(4.1e5, 3), "410k");
        check(write_count(999.96e6, 4), "1B");
        check(write_count(999.94e6, 4), "999.9M");
        check(write_count(1.235e9, 2), "1.2B");
        check(write_count(12.0, 3), "12");
        check(write_count(0.5, 3), "0.5");
        check(write_count(123_456.0, 1), "100k");
        check(write_count(1.2e21, 3), "1.2e21");
        check(write_count(-1.3e9, 3), "-1.3B");
        check(write_count(0.0, 3), "0");
        check(write_count(f64::NAN, 3), "NaN");
        check(write_count(f64::INFINITY, 3), "inf");
        check(write_count(1.3e9, 0), "1B");
        check(write_count_exact(6795600349.289497), "6.795600349289497B");
        check(write_count_exact(19.998e9), "19.998B");
    }

    #[test]
    fn other_forms() {
        check(write_nats(-0.00004), "0.0000");
        check(write_nats(-0.00006), "-0.0001");
        check(write_scientific(1.2e21, 3), "1.2e21");
        check(write_scientific(5.0, 3), "5e0");
        check(write_number(2.345678, 4), "2.346");
        check(write_number(1573.2, 4), "1573");
        check(write_number(0.25, 4), "0.25");
        check(write_number(0.00012345, 3), "0.000123");
        check(write_number(1.234e-7, 2), "1.2e-7");
        check(write_percent(0.3, 1), "30 %");
        check(write_percent(0.125, 1), "12.5 %");
        check(write_percent(1.0, 0), "100 %");
        check(write_percent(-1e-9, 1), "0 %");
    }

    proptest! {
        #[test]
        fn exact_counts_read_back_to_the_bit(value in f64::POSITIVE | f64::NEGATIVE | f64::NORMAL | f64::SUBNORMAL) {
            prop_assert_eq!(read_number(&write_count_exact(value), Decimal::Point), Ok(value));
        }

        #[test]
        fn rounded_counts_read_back_to_their_digits(mantissa in 1.0..10.0, power in -20..25, digits in 1usize..15) {
            let value = mantissa * 10f64.powi(power);
            let bound = value * 0.5 * 10f64.powi(1 - digits as i32) * (1.0 + 1e-9);
            for text in [write_count(value, digits), write_scientific(value, digits), write_number(value, digits)] {
                let back = read_number(&text, Decimal::Point).unwrap();
                prop_assert!((back - value).abs() <= bound, "{} {}", text, value);
            }
        }
    }
}
