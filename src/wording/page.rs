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

/// The targets that could not be fitted, with the reason, beside the answer that leaves them out.
pub fn unfitted(failures: &[(String, String)], n_fitted: usize) -> Option<String> {
    let (_, reason) = failures.first()?;
    let names: Vec<&str> = failures.iter().map(|(name, _)| name.as_str()).collect();
    let others = if n_fitted == 1 { "the other target".to_string() } else { format!("the other {n_fitted} targets") };
    Some(format!("Not fitted: {} ({reason}). This answer is for {others} alone.", names.join(", ")))
}

/// A word and what it means.
pub type Term = (&'static str, &'static str);

/// Words of the table of fits.
pub const RESULT_TERMS: [Term; 5] = [
    ("MRE fit", "Mean relative error: the mean of |predicted − observed| / observed over the runs that were fitted."),
    ("MRE held out", "The same over runs that were held out."),
    (
        "Objective",
        "The mean Huber loss of the residuals, which the fit minimises. Compare it only between fits of the same runs, residuals and δ.",
    ),
    (
        "Restarts at this optimum",
        "How many restarts ended at this optimum. If few did, there may be a better one: use more restarts.",
    ),
    ("Search", "Whether the best restart converged, or stopped at the step limit and may be short of its minimum."),
];
/// Words of a fit's options.
pub const OPTION_TERMS: [Term; 8] = [
    ("Held out", "Runs kept out of the fit, to test its predictions."),
    ("Restarts, seed", "How many restarts the search makes, and which. The same seed gives the same answer."),
    ("Residuals", "What is fitted: observed − predicted loss in nats, or the difference of their logarithms."),
    (
        "Huber δ",
        "Residuals below δ count squared, larger ones linearly, so that outliers do not bend the law. inf is least squares.",
    ),
    (
        "Row weights",
        "Rows are weighted by (N·D)^p: with p = 1 large models and long runs dominate; with 0 all rows count the same.",
    ),
    (
        "Minimum and maximum γ",
        "Bounds of γ in C·h^γ. A γ near 0 is a cliff at h = 0 that no run supports; a γ above 1 lets the loss fall ever faster beyond the runs. 0 is no bound, as in the paper.",
    ),
    ("Ridge λ", "For the linear law: shrinks its coefficients towards their mean; 0 does not."),
    ("Restrictions", "Parameters that are fixed, bounded, or equal to each other."),
];
/// Words of the limits.
pub const LIMIT_TERMS: [Term; 4] = [
    ("Max epochs", "How many times each token in stock may be seen: h ≤ epochs · stock / D."),
    ("Max change", "The most that any weight may differ from your present mixture, in points."),
    (
        "Prior λ",
        "Adds λ · KL(mixture ‖ prior) to the loss: 0 has no effect, 0.01 to 0.1 nats pull the mixture towards the prior.",
    ),
    ("Shadow price", "How much relaxing an active constraint by one unit would lower the weighted loss, in nats."),
];
/// Words of the optimum.
pub const OPTIMUM_TERMS: [Term; 4] = [
    (
        "Within 0.1 % of the best loss",
        "How far each weight can move, with the others adjusted, before the loss is 0.1 % above the best. A wide range means that the weight hardly matters.",
    ),
    (
        "90 % interval",
        "The middle 90 % of the optima of the bootstrap replicates: how well the runs determine the weight.",
    ),
    ("KKT residual", "The residual of the KKT conditions, in nats; below 1e-8 the optimum is certified."),
    ("Convex", "A convex objective has one minimum. Where it is not convex, many descents are compared."),
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
    "This table is too long for the browser's storage: it will be lost when this page is closed.";
/// Where the browser refuses its storage.
pub const NOT_KEPT: &str = "The browser refuses to store your work: it will be lost when this page is closed.";
/// Where the draft of last time is left closed.
pub const NOT_OPENED: &str =
    "The page crashed with your last table, so it was not opened again. It is safe, among the earlier drafts below.";
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
/// Beside the answer in a line, while another one is computed or has to be.
pub const OLD_ANSWER: &str = "out of date";
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
pub const PROJECT_HELP: &str = "The table, settings, fits, scenario and bootstrap. Drop it on the page to continue; the command line reads it, too";
/// A download that the browser does not begin.
pub const NOT_SAVED: &str = "The browser refuses to save files from this page.";
/// A project without fits whose inputs cannot be read.
pub const NO_DRAFT: &str = "the project holds neither a table nor fits that this version can read; save it again";
/// Fits that came with a file.
pub const FITS_FROM_FILE: &str = "Opened with its fits; nothing was refitted.";
/// Above the comparison.
pub const COMPARE_HELP: &str = "Pin the current fit and scenario, then change the law, the data or the scenario to see both side by side. A link or a fit file can be compared, too.";
/// What was kept, as the heading of its column.
pub const KEPT: &str = "Pinned";
/// The fits of a link or a file, likewise.
pub const OTHER: &str = "The other";
/// After fits were kept.
pub const KEPT_STATUS: &str = "Pinned for comparison: now change the law, the data or the scenario.";
/// A file that the browser cannot read.
pub const UNREADABLE_FILE: &str = "the browser could not read this file; choose it again";
/// A link longer than chat programs like.
pub const LONG_LINK: &str = "Some chat programs cut links above 2,000 characters: send this one by email or in a document, or save the project.";
/// Where the clipboard cannot be written.
pub const COPY_BY_HAND: &str = "The browser does not allow copying: the link is selected, copy it with Ctrl+C.";
/// Without fits.
pub const NOT_FITTED: &str = "Nothing fitted yet.";
/// Where a study has too many losses to be fitted unasked.
pub const LARGE: &str = "This is a large study: check the columns, then press Fit.";
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
pub const CHART_HELP: &str = "Hover over a chart to read its values, or use the arrow keys; click or press Enter to pin a value, Escape to release it.";
/// The same for charts of the user's own observations.
pub const POINT_HELP: &str = "A pinned observation can be left out of the fit, and brought back.";
/// Above the best scales by compute.
pub const FRONTIER_HELP: &str = "N and D of least predicted loss with 6ND = FLOPs.";
/// Above the loss chart.
pub const CURVES_HELP: &str = "Curves: one mixture; points: all runs. Dashed: extrapolated.";
/// What is minimised, in the scenario's sentence.
pub const WEIGHTED_MEAN: &str = "the weighted mean loss";
/// The same of the worst target.
pub const WORST_CASE: &str = "worst-case regret over targets";
/// In the scenario's sentence, where nothing else limits the mixture.
pub const CLOSE_TO_THE_RUNS: &str = "close to the runs";
/// Above the fields for limits.
pub const LIMITS_HELP: &str = "Weights as 0.1 or 10 %; stocks in tokens, such as 28B. Present is the mixture in use, prior the mixture to stay close to; both are normalised.";
/// Below the field for a table of limits.
pub const LIMITS_PASTE_HELP: &str = "Copied from a spreadsheet, or separated by commas. It replaces the columns that it has; columns and cells may be missing.";
/// An example in that field.
pub const LIMITS_TABLE: &str = "domain\tmin\tmax\tstock\tpresent\tprior\narxiv\t2 %\t20 %\t28B\t5 %\t1/7";
/// Above the bootstrap.
pub const BOOTSTRAP_HELP: &str = "Bootstrap: refits on resampled mixtures, to show how much every number would differ had other mixtures been trained. Intervals are the middle 90 % of the replicates. The page makes 50 by itself; 200 or more give steadier intervals.";
/// In place of the bootstrap on a page opened from a link.
pub const NO_RUNS: &str =
    "This link holds no runs to resample: intervals need the table, or a link made with its runs.";
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
pub const CANDIDATES_HELP: &str = "Errors are mean relative errors on held-out runs. Regret: how much worse the held-out mixture predicted best is than the one that was best. Candidates that predict much worse do not count in the verdict.";

/// What the slices show.
pub const SLICES_HELP: &str = "One weight moves, the others keep their proportions. The dashed line is 0.1 % above the best loss; the shaded range stays below it when all weights may move.";

/// What a table must hold.
pub const COLUMNS_NEEDED: &str = "One row per run or checkpoint: a column for each domain's weight, one or more losses, and model size N and tokens D where they vary.";
/// In place of a verdict while the predictor has not been validated.
pub const NOT_VALIDATED: &str = "Not validated: there is no verdict on this mixture yet.";
/// In place of the verdict of a link without one.
pub const NO_VERDICT_IN_LINK: &str =
    "This link was made before the verdict was known. Open it with its runs to compute one.";
/// Above the next runs.
pub const NEXT_HELP: &str = "The runs that would reduce the uncertainty of this recommendation most for what they cost, best first. Leave a field empty to use the sizes and token counts of your study.";
/// While the validation is under way.
pub const NEXT_WAITS: &str = "Waiting for the validation, which shows how far predictions may be off.";
/// In place of next runs that were chosen for another answer.
pub const NEXT_OLD: &str = "The answer has changed since these runs were suggested. Suggest runs again.";
/// After the next runs were copied.
pub const NEXT_COPIED: &str = "Runs copied: fill in the losses and paste them here to add them to your own.";
/// Above the plan of a study.
pub const PLAN_HELP: &str = "Mixtures that fill the space your limits allow, at the sizes and token counts you can train, with the cost and the accuracy to expect from simulated studies. Separate names and numbers by commas. Only domains and model sizes are needed; the rest is chosen for you, with one loss per domain. Limits are a table: one line per domain, with min, max or stock.";
/// After a plan was copied.
pub const PLAN_COPIED: &str = "Plan copied: fill in the losses when the runs are done, and paste it here.";
/// The keys that do something, by where they do it.
pub const SHORTCUTS: [(&str, &[(&str, &str)]); 4] = [
    (
        "Anywhere",
        &[
            ("Ctrl+V", "Paste a table, a link or a project"),
            ("Ctrl+Z", "Undo"),
            ("Ctrl+Y or Ctrl+Shift+Z", "Redo"),
            ("?", "Show this list"),
        ],
    ),
    ("In the tabs", &[("← →", "Previous or next section"), ("Home, End", "First or last section")]),
    (
        "In a chart",
        &[
            ("← →", "Previous or next value"),
            ("↑ ↓", "Previous or next series"),
            ("Enter", "Pin the value, or let it go"),
            ("Escape", "Close the reading"),
        ],
    ),
    (
        "In the table of runs",
        &[
            ("Arrows, Page Up, Page Down, Home, End", "Move from cell to cell"),
            ("Enter or F2", "Edit the cell; Escape leaves it as it was"),
            ("Delete", "Empty the cell"),
            ("Space", "On a line's number: leave the line out, or bring it back"),
            ("Ctrl+C", "Copy the cell"),
        ],
    ),
];
/// Where a table was pasted over another one of the same study.
pub fn pasted_over_sentence(now: &str, before: &str) -> String {
    format!("You pasted {now} over your {before}. Are they more runs of the same study?")
}
/// After they were added.
pub fn added_sentence(now: &str, before: &str) -> String {
    format!("{now} added to your {before}; Undo takes them out again.")
}
/// The heading over what new rows changed.
pub const MOVED: &str = "What the new rows changed";
/// Where no grade has changed.
pub const SAME_VERDICT: &str = "The verdict is the same.";
/// "8 new rows, 6 new mixtures: 9.1 % of the tokens now go to other domains."; no share where the mixture did not move.
pub fn moved_sentence(rows: &str, mixtures: &str, share: Option<&str>) -> String {
    let moved = match share {
        Some(share) => format!("{share} of the tokens now go to other domains"),
        None => "the mixture stays as it was".to_string(),
    };
    format!("{rows}, {mixtures}: {moved}.")
}
/// Which of the suggested runs are in, by the numbers of those that are missing.
pub fn suggested_sentence(n_runs: usize, missing: &[usize]) -> String {
    let numbers: Vec<String> = missing.iter().map(usize::to_string).collect();
    let runs = match numbers.as_slice() {
        [] if n_runs == 1 => return "The suggested run is in.".to_string(),
        [] => return format!("All {n_runs} suggested runs are in."),
        [_] if n_runs == 1 => return "The suggested run is not among them.".to_string(),
        all if all.len() == n_runs => return format!("None of the {n_runs} suggested runs is among them."),
        [one] => format!("run {one}"),
        [first @ .., last] => format!("runs {} and {last}", first.join(", ")),
    };
    let (n_in, verb) = (n_runs - missing.len(), if n_runs - missing.len() == 1 { "is" } else { "are" });
    format!("{n_in} of {n_runs} suggested runs {verb} in; still to come: {runs}.")
}
/// In place of the next runs of a link with an answer alone.
pub const NEXT_NEEDS_FIT: &str =
    "Next runs need a fit with validation on show; a link that holds the answer alone has none.";
/// Where the clipboard cannot be written, and there is nothing to select.
pub const NOT_COPIED: &str = "The browser does not allow copying.";
/// Where the table has no domains.
pub const NO_DOMAINS: &str =
    "Your table has no domain weights, so the answer is a scale: the N and D that a compute budget is best spent on.";
