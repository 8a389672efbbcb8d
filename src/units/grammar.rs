//! The grammar of numbers:
//!
//! ```text
//! number   = [sign] mantissa [power] [scale] [unit] | number "/" number | 1b5
//! mantissa = 1.3 | 1300 | 1_300_000 | 1,300,000 | 1 300 000
//! power    = e9 | ×10^9 | ·10⁹ | *10**9
//! scale    = k | m | b | g | t (any case; m is 10⁶) | million | billion | … | % | 万 (10⁴) | 亿 (10⁸) | …
//! unit     = params | tokens | FLOPs | nats
//! ```
//!
//! "1b5" is 1.5B, as models are called (BLOOM's 1b7 and 7b1).
//! Digits and powers of ten are put together as text and converted once, so "0.07B" is exactly 7e7.
//! A comma that may part thousands or decimals is never guessed at: "1,300" is a fault.

use super::read::{Decimal, Quantity};

/// Powers of ten beyond this are far outside f64 (10^±308) whatever the mantissa.
const MAX_POWER: i64 = 10_000;

/// A number and what was written with it.
pub(super) struct Reading {
    pub value: f64,
    pub unit: Option<Quantity>,
    /// Whether it has a scale of its own (k, M, B, %), or is a fraction.
    pub scaled: bool,
}

/// Why the grammar at the head does not apply.
pub(super) enum Fault {
    Unreadable,
    /// The separator that may part thousands or decimals.
    Ambiguous(char),
}

/// Reads a whole text, cleaned of typography.
pub(super) fn parse(text: &str, decimal: Decimal) -> Result<Reading, Fault> {
    if let Some((above, below)) = text.split_once('/')
        && below.contains(|c: char| c.is_ascii_digit())
    {
        let (above, below) = (parse_one(above.trim(), decimal)?, parse_one(below.trim(), decimal)?);
        // "560M/70M" is two sizes, and no ratio.
        let is_count = |part: &Reading| part.unit.is_some() || part.scaled;
        if below.value == 0.0 || is_count(&above) || is_count(&below) {
            return Err(Fault::Unreadable);
        }
        return Ok(Reading { value: above.value / below.value, unit: None, scaled: true });
    }
    // 1億6000万 is the sum of its two parts.
    let parts = ["亿", "億", "억"].iter().find_map(|mark| Some(text.split_at(text.find(mark)? + mark.len())));
    if let Some((hundred_millions, rest)) = parts.filter(|(_, rest)| rest.starts_with(|c: char| c.is_ascii_digit())) {
        let (first, second) = (parse_one(hundred_millions, decimal)?, parse_one(rest, decimal)?);
        return Ok(Reading { value: first.value + second.value, ..second });
    }
    if let Some((whole, decimals)) = text.split_once(['b', 'B'])
        && [whole, decimals]
            .iter()
            .all(|part| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    {
        let point = if decimal == Decimal::Point { '.' } else { ',' };
        return parse_one(&format!("{whole}{point}{decimals}{}", &text[whole.len()..=whole.len()]), decimal);
    }
    parse_one(text, decimal)
}

fn parse_one(text: &str, decimal: Decimal) -> Result<Reading, Fault> {
    let (sign, rest) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (&text[..1], rest.trim_start()),
        None => ("", text),
    };
    let (mantissa, rest) = rest.split_at(mantissa_len(rest));
    let (power, rest) = split_power(mantissa, rest).ok_or(Fault::Unreadable)?;
    let (scale, unit) = scale_and_unit(rest).ok_or(Fault::Unreadable)?;
    // A bare power of ten, 10⁹, has its ten in the mantissa's place.
    let (mantissa, power) = match power {
        Power::OfMantissa(power) => ("1", Some(power)),
        Power::Factor(power) => (mantissa, power),
    };
    let digits = digits(mantissa, decimal)?;
    let exponent = power.unwrap_or(0) + scale.unwrap_or(0);
    let value: f64 = format!("{sign}{digits}e{exponent}").parse().map_err(|_| Fault::Unreadable)?;
    Ok(Reading { value, unit, scaled: scale.is_some() })
}

/// Bytes of digits and separators at the start; a space counts between two digits.
fn mantissa_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    (0..bytes.len())
        .find(|&i| match bytes[i] {
            b'0'..=b'9' | b'.' | b',' | b'_' => false,
            b' ' | b'\'' => i == 0 || !is_digit(i - 1) || !is_digit(i + 1),
            _ => true,
        })
        .unwrap_or(bytes.len())
}

/// The mantissa's digits with a decimal point, all separators of thousands removed.
fn digits(mantissa: &str, decimal: Decimal) -> Result<String, Fault> {
    let (point, comma) = if decimal == Decimal::Point { ('.', ',') } else { (',', '.') };
    let (whole, decimals) = match mantissa.split_once(point) {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (mantissa, None),
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() && decimals.is_none_or(str::is_empty) || !is_digits(decimals.unwrap_or("")) {
        return Err(Fault::Unreadable);
    }
    let mut joined = String::with_capacity(mantissa.len() + 1);
    match whole.chars().find(|c| !c.is_ascii_digit()) {
        None => joined.push_str(whole),
        Some('_') => {
            for group in whole.split('_') {
                if group.is_empty() || !is_digits(group) {
                    return Err(Fault::Unreadable);
                }
                joined.push_str(group);
            }
        }
        Some(separator) => {
            for (i, group) in whole.split(separator).enumerate() {
                let fits =
                    if i == 0 { (1..=3).contains(&group.len()) && !group.starts_with('0') } else { group.len() == 3 };
                if !fits || !is_digits(group) {
                    return Err(Fault::Unreadable);
                }
                joined.push_str(group);
            }
            if separator == comma && decimals.is_none() && whole.matches(separator).count() == 1 {
                return Err(Fault::Ambiguous(separator));
            }
        }
    }
    joined.push('.');
    joined.push_str(decimals.unwrap_or(""));
    Ok(joined)
}

enum Power {
    /// Mantissa × 10^p; none if nothing is written.
    Factor(Option<i64>),
    /// The mantissa is the ten of 10^p.
    OfMantissa(i64),
}

/// Reads the power of ten after a mantissa; gives back what follows it.
fn split_power<'a>(mantissa: &str, text: &'a str) -> Option<(Power, &'a str)> {
    if let Some(rest) = text.strip_prefix(['e', 'E'])
        && let Some((power, rest)) = split_integer(rest)
    {
        return Some((Power::Factor(Some(power)), rest));
    }
    if mantissa == "10"
        && let Some((power, rest)) = split_exponent(text)
    {
        return Some((Power::OfMantissa(power), rest));
    }
    let Some(rest) = text.trim_start().strip_prefix(['×', 'x', 'X', '*', '·', '⋅', '∙']) else {
        return Some((Power::Factor(None), text));
    };
    let (power, rest) = split_exponent(rest.trim_start().strip_prefix("10")?)?;
    Some((Power::Factor(Some(power)), rest))
}

/// Reads "^9", "^{9}", "**9" or "⁹".
fn split_exponent(text: &str) -> Option<(i64, &str)> {
    if let Some(rest) = text.strip_prefix("^{") {
        let (power, rest) = split_integer(rest)?;
        return Some((power, rest.strip_prefix('}')?));
    }
    if let Some(rest) = text.strip_prefix('^').or_else(|| text.strip_prefix("**")) {
        return split_integer(rest);
    }
    let superscript = |c: char| "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻".chars().position(|s| s == c);
    let end = text.find(|c| superscript(c).is_none()).unwrap_or(text.len());
    let plain: String = text[..end].chars().filter_map(superscript).map(|i| char::from(b"0123456789+-"[i])).collect();
    split_integer(&plain).filter(|(_, rest)| rest.is_empty()).map(|(power, _)| (power, &text[end..]))
}

fn split_integer(text: &str) -> Option<(i64, &str)> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let n_digits = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    if n_digits == 0 {
        return None;
    }
    // Too many digits for an i64 are as good as the largest power: they overflow (or vanish) all the same.
    let power = unsigned[..n_digits].parse().unwrap_or(MAX_POWER).min(MAX_POWER);
    Some((if text.starts_with('-') { -power } else { power }, &unsigned[n_digits..]))
}

/// Reads scale and unit, each of which may be absent; nothing else may stand there.
fn scale_and_unit(text: &str) -> Option<(Option<i64>, Option<Quantity>)> {
    const SCALES: [(&str, i64); 33] = [
        ("k", 3),
        ("thousand", 3),
        ("m", 6),
        ("mn", 6),
        ("mio", 6),
        ("million", 6),
        ("millions", 6),
        ("b", 9),
        ("bn", 9),
        ("mrd", 9),
        ("mrds", 9),
        ("billion", 9),
        ("billions", 9),
        ("g", 9),
        ("t", 12),
        ("tn", 12),
        ("trillion", 12),
        ("trillions", 12),
        ("p", 15),
        ("e", 18),
        ("z", 21),
        // Chinese, Japanese and Korean. 兆 is a million to some and 10¹² to others, so it is no number here.
        ("千", 3),
        ("万", 4),
        ("萬", 4),
        ("만", 4),
        ("百万", 6),
        ("千万", 7),
        ("亿", 8),
        ("億", 8),
        ("억", 8),
        ("十亿", 9),
        ("千亿", 11),
        ("万亿", 12),
    ];
    let text = text.trim();
    if text.is_empty() {
        return Some((None, None));
    }
    // "70 Mio." is cut with a point.
    let text = text.strip_suffix('.').filter(|word| word.len() > 1).unwrap_or(text);
    if ["%", "percent", "pct"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some((Some(-2), Some(Quantity::Share)));
    }
    if let Some(unit) = unit(text) {
        return Some((None, Some(unit)));
    }
    SCALES.iter().find_map(|&(word, power)| {
        let (scale, rest) = text.split_at_checked(word.len())?;
        // "25BT".
        let is_tokens = matches!(word, "m" | "b" | "g") && rest.eq_ignore_ascii_case("t");
        let unit = if is_tokens { Some(Quantity::Tokens) } else { unit(rest.trim_start()) };
        let legal = scale.eq_ignore_ascii_case(word)
            && (rest.is_empty() || unit.is_some())
            // Peta, exa and zetta are only used of FLOPs; a bare "3E" is a cut number.
            && (!matches!(word, "p" | "e" | "z") || unit == Some(Quantity::Flops));
        legal.then_some((Some(power), unit))
    })
}

fn unit(text: &str) -> Option<Quantity> {
    const UNITS: [(&str, Quantity); 18] = [
        ("param", Quantity::Params),
        ("params", Quantity::Params),
        ("parameter", Quantity::Params),
        ("parameters", Quantity::Params),
        ("参数", Quantity::Params),
        ("參數", Quantity::Params),
        ("词元", Quantity::Tokens),
        ("トークン", Quantity::Tokens),
        ("tok", Quantity::Tokens),
        ("toks", Quantity::Tokens),
        ("token", Quantity::Tokens),
        ("tokens", Quantity::Tokens),
        ("flop", Quantity::Flops),
        ("flops", Quantity::Flops),
        ("nat", Quantity::Loss),
        ("nats", Quantity::Loss),
        ("nats/token", Quantity::Loss),
        ("nats per token", Quantity::Loss),
    ];
    UNITS.iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|&(_, unit)| unit)
}
