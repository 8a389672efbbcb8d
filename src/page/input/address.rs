//! Links in the address bar and in what people paste.

/// Chat programs cut or refuse longer messages; the reader is told.
pub const COMFORTABLE_LENGTH: usize = 2000;

/// A pasted text that is to be opened as a link and not read as a table: one line that ends in a fragment of the
/// share module's form, whole or not.
pub fn link_in(text: &str) -> Option<&str> {
    let text = text.trim();
    if text.is_empty() || text.contains(char::is_whitespace) {
        return None;
    }
    let fragment = text.rsplit_once('#').map(|(_, fragment)| fragment);
    match fragment {
        Some(fragment) => (text.contains("://") || is_fragment(fragment)).then_some(fragment),
        None => is_fragment(text).then_some(text),
    }
}

/// The fragment to open at load: none for an empty one.
pub fn fragment_of(hash: &str) -> Option<&str> {
    let fragment = hash.trim_start_matches('#');
    (!fragment.is_empty()).then_some(fragment)
}

/// The page's address with the fragment.
pub fn share_url(page: &str, fragment: &str) -> String {
    let page = page.split('#').next().unwrap_or_default();
    format!("{page}#{fragment}")
}

/// "1.z." and the like: a number, a dot, a letter and a dot.
fn is_fragment(text: &str) -> bool {
    let mut parts = text.splitn(3, '.');
    let version = parts.next().unwrap_or_default();
    let codec = parts.next().unwrap_or_default();
    parts.next().is_some()
        && !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_digit())
        && codec.len() == 1
        && codec.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(link_in(text), expected);
    }

    #[test]
    fn links_are_told_from_tables() {
        check("https://example.org/mix/#1.z.abc.0123456", Some("1.z.abc.0123456"));
        check(" https://example.org/#1.z.ab\n", Some("1.z.ab"));
        check("1.z.abc", Some("1.z.abc"));
        check("#2.q.abc", Some("2.q.abc"));
        check("a,b\n1,2", None);
        check("1.5", None);
        check("1.5.2", None);
        check("#comment", None);
        check("", None);
    }

    #[test]
    fn the_page_keeps_its_path() {
        assert_eq!(share_url("https://example.org/a/?x=1#old", "1.z.b"), "https://example.org/a/?x=1#1.z.b");
        assert_eq!((fragment_of("#"), fragment_of(""), fragment_of("#a")), (None, None, Some("a")));
    }
}
