//! Text → number, for numbers as people write them, or why it is none and what may have been meant.

use serde::{Deserialize, Serialize};

use std::fmt;

use super::grammar::{Fault, Reading, parse};

/// Longer texts are not numbers; no time is spent on them.
const MAX_CHARS: usize = 128;

/// Characters of a user's text that a message repeats.
const EXCERPT_CHARS: usize = 40;

/// What parts the whole from the decimals in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
    /// A perplexity: more than 1.
    Perplexity,
    /// How much a row counts: more than 0.
    RowWeight,
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

/// The number that a text is, if it is one; without the work of saying why not.
pub(crate) fn try_number(text: &str, decimal: Decimal) -> Option<f64> {
    try_read(text, decimal).ok().map(|reading| reading.value).filter(|value| value.is_finite())
}

/// Whether a table's cell says that there is no value: nothing, "-", "--", "NA", "N/A", "n.a.",
/// "#N/A", `<NA>`, "NaN", "null", "None", "?", "…".
pub fn is_missing(text: &str) -> bool {
    const WORDS: [&str; 9] = ["na", "tbd", "n/a", "n.a.", "#n/a", "<na>", "nan", "null", "none"];
    let text = text.trim();
    // The longest of the words has four bytes, three long dashes nine; numbers, nearly all longer, are out at once.
    text.len() <= 4
        && (text.is_empty()
            || matches!(text, "-" | "--" | "---" | "–" | "—" | "\u{2212}" | "?" | "…" | "...")
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
    /// without a scale of its own gets the column's.
    ///
    /// # Errors
    /// As [`Quantity::read`].
    pub fn read_scaled(self, text: &str, decimal: Decimal, scale: &str) -> Result<f64, NumberError> {
        let mut reading = read(text, decimal)?;
        if !reading.scaled
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
        let least = if self == Quantity::Perplexity { 1.0 } else { 0.0 };
        if reading.value > least || (self == Quantity::Share && reading.value == 0.0) {
            Ok(reading.value)
        } else {
            Err(NumberError::OutOfRange { text: excerpt(text), quantity: self })
        }
    }

    fn range(self) -> &'static str {
        match self {
            Quantity::Share => "0 or more",
            Quantity::Perplexity => "more than 1",
            _ => "more than 0",
        }
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
            Quantity::Perplexity => "a perplexity",
            Quantity::RowWeight => "a row's weight",
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

fn read(text: &str, decimal: Decimal) -> Result<Reading, NumberError> {
    match try_read(text, decimal) {
        Ok(reading) if reading.value.is_finite() => Ok(reading),
        Ok(_) => Err(NumberError::TooLarge { text: excerpt(text) }),
        Err(_) if is_missing(text) => Err(NumberError::Missing),
        Err(Fault::Ambiguous(separator)) => Err(NumberError::Ambiguous {
            text: excerpt(text),
            thousands: clean(text).replace(separator, ""),
            decimals: clean(text).replace(separator, if decimal == Decimal::Point { "." } else { "," }),
        }),
        Err(Fault::Unreadable) => {
            Err(NumberError::NotANumber { text: excerpt(text), suggestion: suggestion(text, decimal) })
        }
    }
}

fn try_read(text: &str, decimal: Decimal) -> Result<Reading, Fault> {
    if let Some(value) = read_plain(text.trim(), decimal) {
        return Ok(Reading { value, unit: None, scaled: false });
    }
    if is_too_long(text) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Unreadable);
    }
    parse(&clean(text), decimal)
}

fn is_too_long(text: &str) -> bool {
    // A character has at most four bytes.
    text.len() > 4 * MAX_CHARS || text.chars().count() > MAX_CHARS
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

/// The nearest text that is a number: letters for digits, the other decimal sign, a doubled sign, stray marks, a stray
/// letter.
fn suggestion(text: &str, decimal: Decimal) -> Option<String> {
    if is_too_long(text) || !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let text = clean(text);
    let swapped = |c: char| match c {
        '.' => ',',
        ',' => '.',
        c => c,
    };
    let is_stray = |c: char| !c.is_alphanumeric() && !matches!(c, '%' | '.' | ',' | '-' | '+');
    let candidates = [
        letters_to_digits(&text),
        text.chars().map(swapped).collect(),
        text.replace("..", ".").replace(",,", ","),
        text.trim_matches(is_stray).to_string(),
        without_stray_letters(&text),
    ];
    let is_number = |candidate: &String| *candidate != text && parse(candidate, decimal).is_ok();
    candidates.into_iter().find(is_number).or_else(|| {
        // "300Mb": a letter after the scale.
        let shorter = text.strip_suffix(|c: char| c.is_ascii_alphabetic())?;
        parse(shorter, decimal).ok().filter(|reading| reading.scaled).map(|_| shorter.to_string())
    })
}

/// "1.g696" → "1.696": a letter between a digit or a point and a digit.
fn without_stray_letters(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_stray = |i: usize| {
        let before = i.checked_sub(1).and_then(|i| chars.get(i));
        let after = chars.get(i + 1);
        chars[i].is_alphabetic()
            && before.is_some_and(|c| c.is_ascii_digit() || *c == '.')
            && after.is_some_and(char::is_ascii_digit)
            // "1b5x" may be 1.5B, and is never 15.
            && !(before.is_some_and(char::is_ascii_digit) && "kKmMbBgGtTeE".contains(chars[i]))
    };
    (0..chars.len()).filter(|&i| !is_stray(i)).map(|i| chars[i]).collect()
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
        check("1b5", 1.5e9);
        check("7b1", 7.1e9);
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
        check("1.3亿", 1.3e8);
        check("7000万参数", 7e7);
        check("1億6000万", 1.6e8);
        check("0.5 万亿 tokens", 5e11);
        check("3억", 3e8);
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
        check_error("1.g696", "\"1.g696\" is not a number; did you mean 1.696?");
        check_error("300Mb", "\"300Mb\" is not a number; did you mean 300M?");
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
        for text in [
            "", " ", "\u{A0}", "-", "--", "---", "n.a.", "<NA>", "?", "…", "–", "NA", "N/A", "n/a", "#N/A", "NaN",
            "nan", "null", "None",
        ] {
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
        assert_eq!(read("1000000"), Ok(1e15));
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
