//! The longer sentences of the page.

use crate::dataset::Holdout;

/// How the menu names a way to hold out.
pub fn holdout_label(holdout: Holdout) -> &'static str {
    match holdout {
        Holdout::Split => "as the split column says",
        Holdout::None => "nothing",
        Holdout::LargestN => "the largest model size",
    }
}

/// Under the title.
pub const PROMISE: &str = "From a table of training runs to the mixture to train on next. Everything is computed in this browser; nothing you paste leaves it.";
/// Above the text field.
pub const PASTE_HELP: &str = "Paste a table anywhere on this page, drop a file on it, or choose one. One row per run or checkpoint; columns for domain weights, model size N, tokens D and losses.";
/// For a text too long for the text field.
pub const TOO_LONG_TO_EDIT: &str =
    "This table is too long to edit here; its first lines are shown. Paste or choose another one to replace it.";
/// For a text too long to keep.
pub const TOO_LONG_TO_KEEP: &str =
    "This table is too long for the browser's storage: it is gone when this page is closed.";
/// Where the browser refuses its storage.
pub const NOT_KEPT: &str = "The browser refuses to store the draft: it is gone when this page is closed.";
/// Beside results whose inputs have changed.
pub const STALE: &str = "The data or settings have changed since this fit.";
/// On a page opened from a link.
pub const FROM_LINK: &str = "These fits were not redone here. Your own draft is untouched.";
/// After the reason why a link cannot be opened.
pub const DRAFT_SAFE: &str = "Your own draft is untouched.";
/// Above a link that cannot be opened.
pub const BAD_LINK: &str = "This link cannot be opened:";
/// A worker died.
pub const WORKER_STOPPED: &str = "the calculation stopped unexpectedly (a fault in the program, or the browser ran out of memory); your table is safe, try again";
/// A worker cannot be loaded.
pub const WORKER_MISSING: &str = "the page's worker could not be loaded; reload the page";
/// A worker of another build.
pub const OTHER_BUILD: &str = "the page has been updated while it was open; reload it";
/// What a link holds.
pub const LINK_CONTENTS: &str = "The link holds the law, its parameters, the names of domains and targets, the ranges of the data, the quality of the fits and the scenario above. It does not hold the table. The part after # is not sent to any server, but it stays in chats and in browser histories.";
/// A link longer than chat programs like.
pub const LONG_LINK: &str =
    "Some chat programs cut links above 2,000 characters; send this one by mail or in a document.";
/// Where the clipboard cannot be written.
pub const COPY_BY_HAND: &str = "The browser does not let this page copy: the link is selected, copy it with Ctrl+C.";
/// Without fits.
pub const NOT_FITTED: &str = "Nothing fitted yet.";
/// Where a study has too many losses to be fitted unasked.
pub const LARGE: &str = "This is a large study: press Fit when the columns are right.";
/// The end of the page.
pub const FOOTER: &str = "Method: Shukor et al. 2025, Scaling Laws for Optimal Data Mixtures, arXiv:2507.09404. Losses in nats per token; N in parameters, D in tokens.";
/// In place of a chart of observations.
pub const NO_OBSERVATIONS: &str = "A link holds no observations, so there is nothing to compare the predictions with.";
/// In place of a chart over tokens at the optimum.
pub const NO_OPTIMUM: &str = "There is no optimum to draw the curve at; see below.";
/// In place of a chart over tokens.
pub const NO_TOKENS: &str = "The study does not vary the number of tokens, so there is no curve to draw.";
