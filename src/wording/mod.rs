//! Sentences that the page, the command line and files say.

pub mod page;

/// What the core says without a capital, at the beginning of a sentence.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
