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

/// A word and what it means.
pub type Term = (&'static str, &'static str);

/// Words of the table of fits.
pub const RESULT_TERMS: [Term; 5] = [
    ("MRE fit", "Mean relative error: the mean of |predicted − observed| / observed over the runs that were fitted."),
    ("MRE held out", "The same over runs that were not fitted: what the law is worth beyond its data."),
    (
        "Objective",
        "The mean Huber loss of the residuals, which the fit makes least. Compare it between fits of the same runs, residuals and δ only.",
    ),
    (
        "Starts that agree",
        "How many of the searches, each from its own start, led to this minimum. If few did, a better one may be left: ask for more starts.",
    ),
    ("Search", "Whether the best search came to rest, or ran out of steps and may be short of its minimum."),
];
/// Words of a fit's options.
pub const OPTION_TERMS: [Term; 8] = [
    ("Held out", "Runs that are not fitted, to see how well the law predicts them."),
    (
        "Starts, seed",
        "From how many starts the least minimum is searched, and which. The same seed gives the same answer.",
    ),
    ("Residuals", "What is made small: observed − predicted loss in nats, or the difference of their logarithms."),
    (
        "Huber δ",
        "Residuals below δ count squared, larger ones in proportion, so that single bad runs do not bend the law. inf is plain least squares.",
    ),
    (
        "Row weights",
        "With p = 1 a row counts by its compute N·D, so that large models and long runs decide; with 0 all count alike.",
    ),
    (
        "Least γ",
        "Of the terms C·h^γ: a γ near 0 makes a cliff at h = 0, where runs say nothing. 0 allows it, as the paper does.",
    ),
    ("Ridge λ", "Of the linear law: draws its coefficients to their mean; 0 does not."),
    ("Restrictions", "Parameters that are fixed, bounded, or equal to each other."),
];
/// Words of the limits.
pub const LIMIT_TERMS: [Term; 4] = [
    ("Max epochs", "How often a token in stock may be seen: h ≤ epochs · stock / D."),
    ("Max change", "How far each weight may be from the present one, as a share of the whole."),
    (
        "Prior λ",
        "Adds λ · KL(mixture ‖ prior) to the loss: 0 leaves the mixture free, 0.01 to 0.1 nats draw it to the prior.",
    ),
    ("Price", "What one more unit of an active limit would lower the weighted loss by, in nats."),
];
/// Words of the optimum.
pub const OPTIMUM_TERMS: [Term; 4] = [
    (
        "Within 0.1 % of the best loss",
        "How far each weight may move, if all others follow, before the loss is 0.1 % above the best. A wide range means that the weight hardly matters.",
    ),
    (
        "90 % interval",
        "Where the optimum lies in the middle 90 % of the bootstrap's replicates: how far the runs determine it.",
    ),
    (
        "KKT residual",
        "How far the conditions of a minimum under the limits are from being met, in nats: below 1e-8 is certified.",
    ),
    ("Convex", "A convex objective has no minimum but the least. Where it is not convex, many descents are compared."),
];

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
/// Where the draft of last time is left closed.
pub const NOT_OPENED: &str = "The page stopped while your last table was on show, so it was not opened again. It is safe, and among the earlier drafts below.";
/// After an earlier draft was put back.
pub const RESTORED: &str = "The earlier draft is back; Undo returns to the one before.";
/// Above the earlier drafts.
pub const DRAFTS_HELP: &str = "The last 20 drafts of this browser, from every tab. Restoring one keeps the one on show; nothing is sent anywhere.";
/// An earlier draft that cannot be read.
pub const UNREAD_DRAFT: &str = "A draft that this version of the page cannot read; it is left as it is";
/// Without earlier drafts.
pub const NO_DRAFTS: &str = "None yet.";
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
/// A worker does not begin.
pub const WORKER_MISSING: &str =
    "the browser does not start the page's workers, which do the calculations; your table is safe, reload the page";
/// What every link holds.
pub const IN_LINK: [&str; 4] = [
    "the law and its parameters",
    "names of domains and targets",
    "ranges of the data, settings and errors of the fits",
    "the scenario with its limits",
];
/// What a link holds on demand.
pub const RUNS_IN_LINK: &str = "the runs: weights to six decimals, losses to six digits";
/// What a link does not hold unless it is asked to.
pub const TABLE_OF_LINK: &str = "the runs (tick the box above to put them in)";
/// What no link holds.
pub const NOT_IN_LINK: [&str; 3] =
    ["the table as you pasted it, with columns that are not used", "replicates of a bootstrap", "fits of other laws"];
/// Who sees a link.
pub const LINK_TRAVELS: &str =
    "The part after # is not sent to any server, but it stays in chats and in browser histories.";
/// Beside the button for the project.
pub const PROJECT_HELP: &str =
    "Everything: table, settings, fits, scenario, bootstrap. Drop it on the page to go on; mixlaw reads it, too";
/// A download that the browser does not begin.
pub const NOT_SAVED: &str = "The browser refuses to save files from this page.";
/// A project without fits whose inputs cannot be read.
pub const NO_DRAFT: &str = "the project holds neither a table nor fits that this version can read; save it anew";
/// Fits that came with a file.
pub const FITS_FROM_FILE: &str = "Opened with its fits; nothing was fitted anew.";
/// Above the comparison.
pub const COMPARE_HELP: &str = "Keep the fit and the scenario on show, then change the law, the data or the scenario: both stand side by side, with what the change did. The other one may also be a link or a fit file.";
/// What was kept, as the heading of its column.
pub const KEPT: &str = "Kept";
/// The fits of a link or a file, likewise.
pub const OTHER: &str = "The other";
/// After fits were kept.
pub const KEPT_STATUS: &str = "Kept to compare: now change the law, the data or the scenario.";
/// A file that the browser cannot read.
pub const UNREADABLE_FILE: &str = "the browser could not read this file; choose it again";
/// A link longer than chat programs like.
pub const LONG_LINK: &str =
    "Some chat programs cut links above 2,000 characters; send this one by mail or in a document, or save the project.";
/// Where the clipboard cannot be written.
pub const COPY_BY_HAND: &str = "The browser does not let this page copy: the link is selected, copy it with Ctrl+C.";
/// Without fits.
pub const NOT_FITTED: &str = "Nothing fitted yet.";
/// Where a study has too many losses to be fitted unasked.
pub const LARGE: &str = "This is a large study: press Fit when the columns are right.";
/// The end of the page.
pub const FOOTER: &str = "Method: Shukor et al. 2025, Scaling Laws for Optimal Data Mixtures, arXiv:2507.09404. Losses in nats per token; N in parameters, D in tokens.";
/// In place of a chart of observations.
pub const NO_OBSERVATIONS: &str = "This link holds no runs, so there is nothing to compare the predictions with.";
/// In place of a chart over tokens at the optimum.
pub const NO_OPTIMUM: &str = "There is no optimum to draw the curve at; see below.";
/// In place of a chart over tokens.
pub const NO_TOKENS: &str = "The study does not vary the number of tokens, so there is no curve to draw.";
/// In place of a chart over model sizes.
pub const NO_SIZES: &str = "The study does not vary the model size, so there is no curve to draw.";
/// In place of a chart over compute.
pub const NO_COMPUTE: &str = "The study does not vary both model size and tokens, so there is no curve to draw.";
/// Above the columns' roles.
pub const MAPPING_HELP: &str =
    "Domains by the names of their columns, which can be changed; below, what each column is.";
/// Above the charts.
pub const CHART_HELP: &str = "Point at a chart to read its numbers, or walk its points with the arrow keys; a click or Enter keeps them in view, Escape lets them go.";
/// The same for charts of the user's own observations.
pub const POINT_HELP: &str = "An observation that is kept in view can be left out of the fits there, and brought back.";
/// Above the loss chart.
pub const CURVES_HELP: &str = "Curves are at one mixture, observations at all. Each curve is broken where nothing was fitted at its own size or tokens.";
/// Above the limits.
pub const LIMITS_HELP: &str = "Weights as 0.1 or 10 %; stocks in tokens, as 28B. Present is the mixture in use, prior a mixture to be drawn to; both are normalised. Epochs count how often a stocked token is seen, and max change is how far each weight may be from the present one.";
/// Below the field for a table of limits.
pub const LIMITS_PASTE_HELP: &str = "Copied from a spreadsheet, or separated by commas. It replaces the columns that it has; a column or a cell may be missing.";
/// An example in that field.
pub const LIMITS_TABLE: &str = "domain\tmin\tmax\tstock\tpresent\tprior\narxiv\t2 %\t20 %\t28B\t5 %\t1/7";
/// Where limits hold the optimum.
pub const WITHOUT_LIMITS: &str =
    "The uniform mixture and the data's mean need not keep to the limits, so they may have less loss.";
/// Above the bootstrap.
pub const BOOTSTRAP_HELP: &str = "Fits the runs anew, many times, each time to as many mixtures drawn from those of the runs: how far would all numbers differ, had other mixtures been trained? Intervals hold the middle 90 % of these replicates.";
/// In place of the bootstrap on a page opened from a link.
pub const NO_RUNS: &str = "This link holds no runs, so there is nothing to draw anew: intervals need the table, or a link made with its runs.";
/// An example of a mixture.
pub const MIXTURE_EXAMPLE: &str = "arxiv 10 %, book 20 %, c4 70 %";

/// While the verdict is computed.
pub const JUDGING: &str = "Comparing with what the other candidates recommend …";
/// In place of a link.
pub const LINK_WAITS: &str = "The link holds the answer, which is being computed.";
/// In place of charts and comparisons of a link with an answer alone.
pub const FIXED: &str = "This link holds the answer as it was computed, not the runs that it takes to compute another one. Ask for a link made with its runs to change the scenario.";
/// In place of a prediction interval.
pub const NO_INTERVAL: &str = "no prediction interval";
/// Below the table of candidates.
pub const CANDIDATES_HELP: &str = "Errors are mean relative errors on runs that the candidate was not fitted to. Regret: of the held-out mixtures at one scale, what training on the one predicted best costs. Candidates that predict much worse have no say in the verdict.";

/// What the slices show.
pub const SLICES_HELP: &str = "One domain's weight moves, the others keep their proportions. The dashed rule is 0.1 % of the loss; the shaded range can be reached within it when all weights move.";

/// What a table must hold.
pub const COLUMNS_NEEDED: &str = "One row per run or checkpoint: a column for each domain's weight, one or more losses, and model size N and tokens D where they vary.";
/// In place of a verdict while the predictor has not been validated.
pub const NOT_VALIDATED: &str = "Not validated: there is no verdict on this mixture yet.";
/// In place of the verdict of a link without one.
pub const NO_VERDICT_IN_LINK: &str =
    "This link was made before the verdict was known. Open it with its runs to compute one.";
