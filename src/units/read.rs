//! Text → number, for numbers as people write them.
//!
//!     number   = [sign] mantissa [power] [scale] [unit] | number "/" number
//!     mantissa = 1.3 | 1300 | 1_300_000 | 1,300,000 | 1 300 000
//!     power    = e9 | ×10^9 | ·10⁹ | *10**9
//!     scale    = k | m | b | g | t (any case; m is 10⁶) | million | billion | … | %
//!     unit     = params | tokens | FLOPs | nats
//!
//! Digits and powers of ten are put together as text and converted once, so "0.07B" is exactly 7e7.
//! A comma that could part thousands or decimals is never guessed at: "1,300" is an error with both readings.

use std::fmt;

/// Longer texts are not numbers; no time is spent on them.
const MAX_CHARS: usize = 128;

/// Characters of a user's text that a message repeats.
const EXCERPT_CHARS: usize = 40;

/// Powers of ten beyond this are far outside f64 (10^±308) whatever the mantissa.
const MAX_POWER: i64 = 10_000;

/// What parts the whole from the decimals in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Decimal {
    /// 0.25, with commas between thousands.
    #[default]
    Point,
    /// 0,25, with points between thousands.
    Comma,
}

/// What a number is a number of; decides which units it may carry and which values it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// A domain's weight: at least 0.
    Share,
    /// Model size N: more than 0.
    Params,
    /// Training tokens D: more than 0.
    Tokens,
    /// Training compute C: more than 0.
    Flops,
    /// A loss: more than 0.
    Loss,
}

/// Why a text is not the number that is asked for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NumberError {
    /// Nothing there, or a word for nothing ([`is_missing`]).
    #[error("a number is missing")]
    Missing,
    /// Not a number in any way of writing.
    #[error("\"{text}\" is not a number{}", Suggestion(.suggestion))]
    NotANumber {
        /// What was seen, shortened.
        text: String,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// A single separator that may part thousands or decimals.
    #[error("\"{text}\" can be read as {thousands} or as {decimals}; write the one that is meant")]
    Ambiguous {
        /// What was seen, shortened.
        text: String,
        /// The reading with thousands.
        thousands: String,
        /// The reading with decimals.
        decimals: String,
    },
    /// Beyond the range of 64-bit numbers.
    #[error("\"{text}\" is too large; numbers up to 1e308 can be read")]
    TooLarge {
        /// What was seen, shortened.
        text: String,
    },
    /// A number of something else.
    #[error("\"{text}\" is {seen}, but {expected} is expected")]
    WrongUnit {
        /// What was seen, shortened.
        text: String,
        /// What its unit says.
        seen: Quantity,
        /// What is asked for.
        expected: Quantity,
    },
    /// A value that the quantity cannot have.
    #[error("\"{text}\" is not possible; {quantity} must be {}", .quantity.range())]
    OutOfRange {
        /// What was seen, shortened.
        text: String,
        /// What it should be.
        quantity: Quantity,
    },
}

/// Reads a number with any unit; "30%" is 0.3.
///
/// # Errors
/// If the text is not one number, or can be read as two different ones.
pub fn read_number(text: &str, decimal: Decimal) -> Result<f64, NumberError> {
    read(text, decimal).map(|reading| reading.value)
}

/// Whether a table's cell says that there is no value: nothing, "-", "NA", "N/A", "#N/A", "NaN", "null", "None".
pub fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 6] = ["na", "n/a", "#n/a", "nan", "null", "none"];
    let text = text.trim();
    // The longest of the words and dashes has four bytes; numbers, nearly all longer, are out at once.
    text.len() <= 4
        && (text.is_empty()
            || matches!(text, "-" | "–" | "—" | "\u{2212}")
            || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)))
}

impl Quantity {
    /// Reads this quantity.
    ///
    /// # Errors
    /// As [`read_number`]; and if the text carries another quantity's unit or a value out of range.
    pub fn read(self, text: &str, decimal: Decimal) -> Result<f64, NumberError> {
        let reading = read(text, decimal)?;
        self.check(text, &reading)
    }

    /// Reads this quantity in a column counted in `scale` (such as "B", from a header "params (B)"): a number
    /// without a scale of its own gets the column's, unless it is so large that it is plainly counted in ones.
    ///
    /// # Errors
    /// As [`Quantity::read`].
    pub fn read_scaled(self, text: &str, decimal: Decimal, scale: &str) -> Result<f64, NumberError> {
        /// A million millions of parameters or tokens: more than has ever been trained on.
        const PLAINLY_ONES: f64 = 1e6;
        let mut reading = read(text, decimal)?;
        if !reading.scaled
            && reading.value.abs() < PLAINLY_ONES
            && let Ok(scaled) = read(&format!("{text} {scale}"), decimal)
        {
            reading = scaled;
        }
        self.check(text, &reading)
    }

    fn check(self, text: &str, reading: &Reading) -> Result<f64, NumberError> {
        if let Some(seen) = reading.unit
            && seen != self
        {
            return Err(NumberError::WrongUnit { text: excerpt(text), seen, expected: self });
        }
        if reading.value > 0.0 || (self == Quantity::Share && reading.value == 0.0) {
            Ok(reading.value)
        } else {
            Err(NumberError::OutOfRange { text: excerpt(text), quantity: self })
        }
    }

    fn range(self) -> &'static str {
        if self == Quantity::Share { "0 or more" } else { "more than 0" }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Quantity::Share => "a share",
            Quantity::Params => "a number of parameters",
            Quantity::Tokens => "a number of tokens",
            Quantity::Flops => "a number of FLOPs",
            Quantity::Loss => "a loss",
        })
    }
}

/// A user's text as a message repeats it: short, on one line, without control characters.
pub(crate) fn excerpt(text: &str) -> String {
    let mut chars = text.trim().chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c });
    let mut short: String = chars.by_ref().take(EXCERPT_CHARS).collect();
    if chars.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

struct Suggestion<'a>(&'a Option<String>);

impl fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |text| write!(f, "; did you mean {text}?"))
    }
}

/// A number and what was written with it.
struct Reading {
    value: f64,
    unit: Option<Quantity>,
    /// Whether it has a scale (k, M, B, %) or a power of its own.
    scaled: bool,
}

/// Why the grammar at the head does not apply.
enum Fault {
    Unreadable,
    /// The separator that may part thousands or decimals.
    Ambiguous(char),
}

fn read(text: &str, decimal: Decimal) -> Result<Reading, NumberError> {
    if let Some(value) = read_plain(text.trim(), decimal) {
        return Ok(Reading { value, unit: None, scaled: false });
    }
    if is_missing(text) {
        return Err(NumberError::Missing);
    }
    if text.len() > 4 * MAX_CHARS || text.chars().count() > MAX_CHARS {
        return Err(NumberError::NotANumber { text: excerpt(text), suggestion: None });
    }
    let clean = clean(text);
    match parse(&clean, decimal) {
        Ok(reading) if reading.value.is_finite() => Ok(reading),
        Ok(_) => Err(NumberError::TooLarge { text: excerpt(text) }),
        Err(Fault::Ambiguous(separator)) => Err(NumberError::Ambiguous {
            text: excerpt(text),
            thousands: clean.replace(separator, ""),
            decimals: clean.replace(separator, if decimal == Decimal::Point { "." } else { "," }),
        }),
        Err(Fault::Unreadable) => {
            Err(NumberError::NotANumber { text: excerpt(text), suggestion: suggestion(&clean, decimal) })
        }
    }
}

/// The short way for digits, point and sign only: nearly every cell of a large table.
fn read_plain(text: &str, decimal: Decimal) -> Option<f64> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+');
    if decimal == Decimal::Point && text.len() <= MAX_CHARS && text.bytes().all(is_plain) {
        text.parse().ok()
    } else {
        None
    }
}

/// Takes out what is only typography: kinds of space, minus and quotation mark, and what has no width.
fn clean(text: &str) -> String {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, '\u{200B}' | '\u{2060}' | '\u{FEFF}'))
        .map(|c| match c {
            '\u{2212}' | '\u{FE63}' | '\u{FF0D}' => '-',
            '’' => '\'',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    plain.trim_matches([' ', '"', '\'', '“', '”', '‘']).to_string()
}

fn parse(text: &str, decimal: Decimal) -> Result<Reading, Fault> {
    if let Some((above, below)) = text.split_once('/')
        && below.contains(|c: char| c.is_ascii_digit())
    {
        let (above, below) = (parse_one(above.trim(), decimal)?, parse_one(below.trim(), decimal)?);
        if below.value == 0.0 || above.unit.is_some() || below.unit.is_some() {
            return Err(Fault::Unreadable);
        }
        return Ok(Reading { value: above.value / below.value, unit: None, scaled: true });
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
    Ok(Reading { value, unit, scaled: power.is_some() || scale.is_some() })
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
    const SCALES: [(&str, i64); 19] = [
        ("k", 3),
        ("thousand", 3),
        ("m", 6),
        ("mn", 6),
        ("mio", 6),
        ("million", 6),
        ("millions", 6),
        ("b", 9),
        ("bn", 9),
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
    ];
    let text = text.trim();
    if text.is_empty() {
        return Some((None, None));
    }
    if ["%", "percent", "pct"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some((Some(-2), Some(Quantity::Share)));
    }
    if let Some(unit) = unit(text) {
        return Some((None, Some(unit)));
    }
    SCALES.iter().find_map(|&(word, power)| {
        let (scale, rest) = text.split_at_checked(word.len())?;
        let unit = unit(rest.trim_start());
        let legal = scale.eq_ignore_ascii_case(word)
            && (rest.is_empty() || unit.is_some())
            // Peta, exa and zetta are only used of FLOPs; a bare "3E" is a cut number.
            && (!matches!(word, "p" | "e" | "z") || unit == Some(Quantity::Flops));
        legal.then_some((Some(power), unit))
    })
}

fn unit(text: &str) -> Option<Quantity> {
    const UNITS: [(&str, Quantity); 14] = [
        ("param", Quantity::Params),
        ("params", Quantity::Params),
        ("parameter", Quantity::Params),
        ("parameters", Quantity::Params),
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

/// The nearest text that is a number: letters for digits, the other decimal sign, a doubled sign, stray marks.
fn suggestion(text: &str, decimal: Decimal) -> Option<String> {
    if !text.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let swapped = |c: char| match c {
        '.' => ',',
        ',' => '.',
        c => c,
    };
    let is_stray = |c: char| !c.is_alphanumeric() && !matches!(c, '%' | '.' | ',' | '-' | '+');
    let candidates = [
        letters_to_digits(text),
        text.chars().map(swapped).collect(),
        text.replace("..", ".").replace(",,", ","),
        text.trim_matches(is_stray).to_string(),
    ];
    candidates.into_iter().find(|candidate| candidate != text && parse(candidate, decimal).is_ok())
}

/// "2e1O" → "2e10": O and o beside a digit or a point are 0; l and I are 1.
fn letters_to_digits(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let is_digit_like = |c: char| c.is_ascii_digit() || c == '.';
    while let Some(c) = chars.next() {
        let beside =
            out.chars().next_back().is_some_and(is_digit_like) || chars.peek().copied().is_some_and(is_digit_like);
        out.push(match c {
            'O' | 'o' if beside => '0',
            'l' | 'I' if beside => '1',
            c => c,
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: f64) {
        assert_eq!(read_number(text, Decimal::Point), Ok(expected), "{text}");
    }

    #[track_caller]
    fn check_comma(text: &str, expected: f64) {
        assert_eq!(read_number(text, Decimal::Comma), Ok(expected), "{text}");
    }

    #[track_caller]
    fn check_error(text: &str, expected: &str) {
        assert_eq!(read_number(text, Decimal::Point).unwrap_err().to_string(), expected);
    }

    #[test]
    fn numbers_as_people_write_them() {
        check("1.3B", 1.3e9);
        check("300M", 3e8);
        check("300m", 3e8);
        check("7b", 7e9);
        check("20T", 2e13);
        check("410k", 4.1e5);
        check("0.07B", 7e7);
        check("1.3e9", 1.3e9);
        check("2e10", 2e10);
        check("2E+10", 2e10);
        check("1e-3", 1e-3);
        check("1.2e3B", 1.2e12);
        check("1_300_000_000", 1.3e9);
        check("1,300,000,000", 1.3e9);
        check("1,300.5", 1300.5);
        check("1 300 000 000", 1.3e9);
        check("1\u{A0}300\u{202F}000", 1.3e6);
        check("1'300'000", 1.3e6);
        check("1’300’000", 1.3e6);
        check("1.3×10^9", 1.3e9);
        check("1.3 × 10^9", 1.3e9);
        check("1.3x10^9", 1.3e9);
        check("1.3*10**9", 1.3e9);
        check("1.3·10^{9}", 1.3e9);
        check("2·10¹⁰", 2e10);
        check("2⋅10⁻³", 2e-3);
        check("10^9", 1e9);
        check("10²¹", 1e21);
        check("1.3B params", 1.3e9);
        check("1.3 billion parameters", 1.3e9);
        check("20B tokens", 2e10);
        check("20Btok", 2e10);
        check("5 tokens", 5.0);
        check("1G", 1e9);
        check("1.5e21 FLOPs", 1.5e21);
        check("3 EFLOPs", 3e18);
        check("30%", 0.3);
        check("30 %", 0.3);
        check("0.07%", 0.0007);
        check("1/3", 1.0 / 3.0);
        check("7 / 52", 7.0 / 52.0);
        check("2.31 nats/token", 2.31);
        check("\u{2212}0.5", -0.5);
        check("+.5", 0.5);
        check("5.", 5.0);
        check("\u{FEFF} “1.3B”\u{A0}", 1.3e9);
        check("007", 7.0);
        check("1e-999", 0.0);
    }

    #[test]
    fn decimal_comma() {
        check_comma("0,25", 0.25);
        check_comma("1,300", 1.3);
        check_comma("1.300.000,5", 1_300_000.5);
        check_comma("1.300.000", 1.3e6);
        check_comma("1,3B", 1.3e9);
        check_comma("1,3·10^9", 1.3e9);
        check_comma("30,5 %", 0.305);
        check_comma("7", 7.0);
        let error = read_number("1.300", Decimal::Comma).unwrap_err();
        assert_eq!(error.to_string(), "\"1.300\" can be read as 1300 or as 1,300; write the one that is meant");
    }

    #[test]
    fn what_cannot_be_read_says_what_to_write() {
        check_error("2e1O", "\"2e1O\" is not a number; did you mean 2e10?");
        check_error("O.25", "\"O.25\" is not a number; did you mean 0.25?");
        check_error("l.3B", "\"l.3B\" is not a number; did you mean 1.3B?");
        check_error("0,25", "\"0,25\" is not a number; did you mean 0.25?");
        check_error("1,3B", "\"1,3B\" is not a number; did you mean 1.3B?");
        check_error("1.300.000", "\"1.300.000\" is not a number; did you mean 1,300,000?");
        check_error("2..5", "\"2..5\" is not a number; did you mean 2.5?");
        check_error("~1.3B*", "\"~1.3B*\" is not a number; did you mean 1.3B?");
        check_error("1,300", "\"1,300\" can be read as 1300 or as 1.300; write the one that is meant");
        check_error("1,300M", "\"1,300M\" can be read as 1300M or as 1.300M; write the one that is meant");
        check_error("1e999", "\"1e999\" is too large; numbers up to 1e308 can be read");
        check_error(
            "1e99999999999999999999",
            "\"1e99999999999999999999\" is too large; numbers up to 1e308 can be read",
        );
        check_error("big", "\"big\" is not a number");
        check_error("inf", "\"inf\" is not a number");
        check_error("-Infinity", "\"-Infinity\" is not a number");
        check_error("1/0", "\"1/0\" is not a number");
        check_error("3E", "\"3E\" is not a number");
        check_error("1 3", "\"1 3\" is not a number");
        check_error("1__3", "\"1__3\" is not a number");
        check_error(".", "\".\" is not a number");
        check_error("%", "\"%\" is not a number");
        check_error("B", "\"B\" is not a number");
        check_error("nan", "a number is missing");
        check_error(&"9x".repeat(1000), "\"9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9x9…\" is not a number");
    }

    #[test]
    fn words_for_nothing() {
        for text in ["", " ", "\u{A0}", "-", "–", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "null", "None"] {
            assert!(is_missing(text), "{text}");
            assert_eq!(read_number(text, Decimal::Point), Err(NumberError::Missing));
        }
        for text in ["0", "-1", "n", "inf"] {
            assert!(!is_missing(text), "{text}");
        }
    }

    #[test]
    fn a_header_can_carry_the_scale() {
        let read = |text| Quantity::Params.read_scaled(text, Decimal::Point, "B");
        assert_eq!(read("0.07"), Ok(7e7));
        assert_eq!(read("70M"), Ok(7e7));
        assert_eq!(read("70000000"), Ok(7e7));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}", comma: bool) {
            let _ = read_number(&text, if comma { Decimal::Comma } else { Decimal::Point });
        }

        #[test]
        fn no_near_number_panics(text in "[-+0-9.,_ eE×x*·^⁹¹OlkMBT%/'NaN]{0,12}", comma: bool) {
            if let Ok(value) = read_number(&text, if comma { Decimal::Comma } else { Decimal::Point }) {
                prop_assert!(value.is_finite());
            }
        }

        #[test]
        fn grouping_does_not_change_the_value(value in 1_000_000u64..u64::MAX / 2, separator in "[,_ ']") {
            let plain = value.to_string();
            let mut grouped = String::new();
            for (i, digit) in plain.chars().enumerate() {
                if i > 0 && (plain.len() - i) % 3 == 0 {
                    grouped.push_str(&separator);
                }
                grouped.push(digit);
            }
            prop_assert_eq!(read_number(&grouped, Decimal::Point), Ok(plain.parse().unwrap()));
        }
    }
}
