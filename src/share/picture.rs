//! A link in a PNG: a text chunk that pictures may carry, and that nothing shows.
//!
//! A file is a signature and then chunks: length, kind, contents, CRC-32 of kind and contents. `tEXt` holds a keyword, a
//! zero byte and a text in Latin-1, of which a link needs only ASCII.

/// What every file begins with.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";
/// The signature and the first chunk, which is the header.
const BEFORE_TEXT: usize = SIGNATURE.len() + 12 + 13;
/// What the text is.
const KEYWORD: &[u8] = b"Mixlaw link\0";
/// Longest link that is read: an address before the longest fragment.
const LONGEST_LINK: usize = super::LONGEST_FRAGMENT + 2048;

/// The picture with the link in it; `None` if it is no PNG, or the link no plain text of a sound length.
pub fn with_link(png: &[u8], link: &str) -> Option<Vec<u8>> {
    let (head, rest) = png.split_at_checked(BEFORE_TEXT).filter(|(head, _)| head.starts_with(SIGNATURE))?;
    if !is_link(link.as_bytes()) {
        return None;
    }
    let text = [b"tEXt", KEYWORD, link.as_bytes()].concat();
    let length = u32::try_from(text.len() - 4).ok()?;
    Some([head, &length.to_be_bytes(), &text, &crc32fast::hash(&text).to_be_bytes(), rest].concat())
}

/// The link that a picture carries; nothing of a file that is none, or is damaged before it.
pub fn link_in_picture(file: &[u8]) -> Option<String> {
    let mut rest = file.strip_prefix(SIGNATURE)?;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (chunk, after) = after.split_at_checked(length.checked_add(4)?)?;
        let (check, after) = after.split_first_chunk()?;
        if let Some(link) = chunk.strip_prefix(b"tEXt").and_then(|text| text.strip_prefix(KEYWORD)) {
            let is_whole = is_link(link) && crc32fast::hash(chunk) == u32::from_be_bytes(*check);
            return is_whole.then(|| String::from_utf8(link.to_vec()).ok()).flatten();
        }
        rest = after;
    }
    None
}

fn is_link(text: &[u8]) -> bool {
    text.len() <= LONGEST_LINK && text.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINK: &str = "https://example.org/#1.z.eJyrVkrLz1eyUkpKLFKqBQAfXwRL.3K8Z0QF";

    /// A grey pixel.
    fn pixel() -> Vec<u8> {
        let chunk = |kind: &[u8], data: &[u8]| {
            let body = [kind, data].concat();
            [&(data.len() as u32).to_be_bytes(), body.as_slice(), &crc32fast::hash(&body).to_be_bytes()].concat()
        };
        let data = miniz_oxide::deflate::compress_to_vec_zlib(&[0, 128], 6);
        let head = chunk(b"IHDR", &[0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
        [SIGNATURE, &head, &chunk(b"IDAT", &data), &chunk(b"IEND", b"")].concat()
    }

    #[test]
    fn a_link_is_found_again_and_the_picture_is_as_it_was() {
        let with = with_link(&pixel(), LINK).expect("a picture");
        assert_eq!(link_in_picture(&with).as_deref(), Some(LINK));
        assert_eq!(link_in_picture(&pixel()), None);
        let n_more = 12 + KEYWORD.len() + LINK.len();
        assert_eq!(with.len(), pixel().len() + n_more);
        assert_eq!([&with[..BEFORE_TEXT], &with[BEFORE_TEXT + n_more..]].concat(), pixel());
        assert_eq!(with[BEFORE_TEXT..BEFORE_TEXT + 8], *b"\0\0\0\x49tEXt");
    }

    #[test]
    fn what_is_no_picture_or_no_link_is_left_alone() {
        assert_eq!(with_link(b"a,b\n1,2\n", LINK), None);
        assert_eq!(with_link(&pixel()[..20], LINK), None);
        assert_eq!(with_link(&pixel(), "https://example.org/ä#1.z.a"), None);
        assert_eq!(with_link(&pixel(), &"a".repeat(LONGEST_LINK + 1)), None);
        assert_eq!(link_in_picture(b"a,b\n1,2\n"), None);
    }

    #[test]
    fn a_cut_or_damaged_file_has_no_link() {
        let with = with_link(&pixel(), LINK).expect("a picture");
        let end = BEFORE_TEXT + 12 + KEYWORD.len() + LINK.len();
        for length in 0..with.len() {
            assert_eq!(link_in_picture(&with[..length]).is_some(), length >= end, "{length}");
        }
        for at in BEFORE_TEXT..end {
            let mut damaged = with.clone();
            damaged[at] ^= 0x41;
            assert_eq!(link_in_picture(&damaged), None, "{at}");
        }
        let mut endless = with[..BEFORE_TEXT].to_vec();
        endless.extend(b"\xFF\xFF\xFF\xFFtEXtMixlaw link\0https");
        assert_eq!(link_in_picture(&endless), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(tail in proptest::collection::vec(any::<u8>(), 0..400)) {
            link_in_picture(&tail);
            let file = [SIGNATURE, &tail].concat();
            prop_assert_eq!(link_in_picture(&file), None);
        }
    }
}
