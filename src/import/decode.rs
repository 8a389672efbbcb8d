//! Bytes of a file → text: UTF-8, or UTF-16 with its mark, and a clear word for what is no text at all.

use std::borrow::Cow;
use std::fmt;

use super::issue::Cause;
use super::table::MAX_BYTES;

/// How much of a text is looked at to tell whether it is one.
const CHARS_LOOKED_AT: usize = 1 << 16;

/// Text has next to no control characters; a compressed file has one in eight bytes.
const MAX_CONTROL_SHARE: f64 = 0.02;

/// Text of an older encoding has some bytes that are not UTF-8 (accents, spaces that do not break), not this many.
const MAX_UNKNOWN_SHARE: f64 = 0.3;

/// What a file that is not text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF, WebP, BMP, or a picture in a data URL.
    Picture,
    /// PDF.
    Pdf,
    /// ZIP, and what is packed in it: .xlsx, .ods, .npz.
    Zip,
    /// gzip.
    Gzip,
    /// Parquet.
    Parquet,
    /// None of the above.
    Unknown,
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            FileKind::Png => "a PNG picture",
            FileKind::Jpeg => "a JPEG picture",
            FileKind::Picture => "a picture",
            FileKind::Pdf => "a PDF document",
            FileKind::Zip => "an Excel workbook or a ZIP archive",
            FileKind::Gzip => "a gzip archive",
            FileKind::Parquet => "a Parquet file",
            FileKind::Unknown => "binary data",
        })
    }
}

impl FileKind {
    /// The kind whose files begin like this; `None` for what may be text.
    fn of(start: &[u8]) -> Option<Self> {
        // Pasted bytes come with U+FFFD in place of what is not UTF-8.
        const STARTS: [(&[u8], FileKind); 13] = [
            (b"\x89PNG", FileKind::Png),
            ("\u{FFFD}PNG".as_bytes(), FileKind::Png),
            (b"\xFF\xD8\xFF", FileKind::Jpeg),
            ("\u{FFFD}\u{FFFD}\u{FFFD}".as_bytes(), FileKind::Jpeg),
            (b"GIF8", FileKind::Picture),
            (b"RIFF", FileKind::Picture),
            (b"BM\0", FileKind::Picture),
            (b"data:image/", FileKind::Picture),
            (b"%PDF", FileKind::Pdf),
            (b"PK\x03\x04", FileKind::Zip),
            (b"\x1F\x8B", FileKind::Gzip),
            ("\x1F\u{FFFD}".as_bytes(), FileKind::Gzip),
            (b"PAR1", FileKind::Parquet),
        ];
        STARTS.iter().find(|(mark, _)| start.starts_with(mark)).map(|&(_, kind)| kind)
    }
}

/// Reads a file's bytes as text.
///
/// # Errors
/// [`Cause::TooLong`], [`Cause::NotText`] or [`Cause::Encoding`].
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Cause> {
    if bytes.len() > MAX_BYTES {
        return Err(Cause::TooLong { bytes: bytes.len() });
    }
    if let Some(kind) = FileKind::of(bytes) {
        return Err(Cause::NotText { kind });
    }
    match bytes {
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes).map(Cow::Owned),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes).map(Cow::Owned),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) if is_binary(&String::from_utf8_lossy(&bytes[..bytes.len().min(CHARS_LOOKED_AT)])) => {
                Err(Cause::NotText { kind: FileKind::Unknown })
            }
            Err(_) => Err(Cause::Encoding { encoding: "UTF-8" }),
        },
    }
}

/// Checks that pasted text is text.
///
/// # Errors
/// [`Cause::TooLong`] or [`Cause::NotText`].
pub fn check_text(text: &str) -> Result<(), Cause> {
    if text.len() > MAX_BYTES {
        return Err(Cause::TooLong { bytes: text.len() });
    }
    match FileKind::of(text.as_bytes()) {
        Some(kind) => Err(Cause::NotText { kind }),
        None if is_binary(text) => Err(Cause::NotText { kind: FileKind::Unknown }),
        None => Ok(()),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Cause> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let text: Result<String, _> = char::decode_utf16(pairs.iter().map(|&pair| unit(pair))).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(text),
        _ => Err(Cause::Encoding { encoding: "UTF-16" }),
    }
}

fn is_binary(text: &str) -> bool {
    let (mut n_chars, mut n_control, mut n_unknown) = (0usize, 0usize, 0usize);
    for c in text.chars().take(CHARS_LOOKED_AT) {
        if c == '\0' {
            return true;
        }
        n_chars += 1;
        n_control += usize::from(c.is_control() && !c.is_whitespace());
        n_unknown += usize::from(c == '\u{FFFD}');
    }
    let n_chars = n_chars as f64;
    n_control as f64 > MAX_CONTROL_SHARE * n_chars || n_unknown as f64 > MAX_UNKNOWN_SHARE * n_chars
}

/// The text without what nobody sees and what turns the direction of the text around it: in a name or a cell it would
/// reverse the sentence that quotes it.
pub fn without_unseen(text: &str) -> Cow<'_, str> {
    let is_unseen = |c: char| {
        matches!(c, '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}')
            || matches!(c, '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    let plain = if text.contains(is_unseen) { Cow::Owned(text.replace(is_unseen, "")) } else { Cow::Borrowed(text) };
    // The sign as Chinese and Japanese write it.
    if plain.contains('％') { Cow::Owned(plain.replace('％', "%")) } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], expected: &str) {
        assert_eq!(decode(bytes).unwrap_err().to_string(), expected);
    }

    #[test]
    fn text_in_any_unicode() {
        assert_eq!(decode("h_é,loss\n".as_bytes()).unwrap(), "h_é,loss\n");
        let utf16: Vec<u16> = "a\t×\n".encode_utf16().collect();
        let little: Vec<u8> = [0xFF, 0xFE].into_iter().chain(utf16.iter().flat_map(|u| u.to_le_bytes())).collect();
        let big: Vec<u8> = [0xFE, 0xFF].into_iter().chain(utf16.iter().flat_map(|u| u.to_be_bytes())).collect();
        assert_eq!(decode(&little).unwrap(), "a\t×\n");
        assert_eq!(decode(&big).unwrap(), "a\t×\n");
    }

    #[test]
    fn what_is_not_text() {
        const ADVICE: &str = "not text; paste the table itself, or save it as CSV and choose that file";
        check(b"\x89PNG\r\n\x1a\n", &format!("this is a PNG picture, {ADVICE}"));
        check(b"\xFF\xD8\xFF\xE0", &format!("this is a JPEG picture, {ADVICE}"));
        check(b"GIF89a", &format!("this is a picture, {ADVICE}"));
        check(b"PK\x03\x04", &format!("this is an Excel workbook or a ZIP archive, {ADVICE}"));
        check(b"%PDF-1.7", &format!("this is a PDF document, {ADVICE}"));
        check(b"\x1F\x8B\x08", &format!("this is a gzip archive, {ADVICE}"));
        check(b"PAR1", &format!("this is a Parquet file, {ADVICE}"));
        check(b"\x01\x02\xFF\x03", &format!("this is binary data, {ADVICE}"));
        check(b"caf\xE9,loss", "the text is not valid UTF-8; save the table as CSV in UTF-8 and choose it again");
        check(b"\xFF\xFEa", "the text is not valid UTF-16; save the table as CSV in UTF-8 and choose it again");
    }

    #[test]
    fn pasted_bytes_are_seen_too() {
        let pasted = String::from_utf8_lossy(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").into_owned();
        assert_eq!(check_text(&pasted), Err(Cause::NotText { kind: FileKind::Png }));
        assert_eq!(check_text("\u{FEFF}a\tb\r\n1\t2\r\n"), Ok(()));
        assert_eq!(check_text("a,b\n\0,2"), Err(Cause::NotText { kind: FileKind::Unknown }));
        let long = "1,2\n".repeat(MAX_BYTES / 4 + 1);
        let error = check_text(&long).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the text has 51 MB; up to 50 MB can be read, so leave out columns and lines that the fit does not need"
        );
    }

    #[test]
    fn what_turns_the_direction_of_text_is_not_read() {
        assert_eq!(without_unseen("w_\u{202E}beW\u{202C},\u{FEFF}loss"), "w_beW,loss");
        assert!(matches!(without_unseen("w_ä,損失,\u{200D}"), Cow::Borrowed(_)));
    }
}
