//! What a pasted table gives to say: each issue with line, column and cell, in the words the user reads.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::assemble::{ROUNDING, SUM_TOLERANCE};
use super::contradictions::kinds_of_runs;
use super::counts::Off;
use super::decode::FileKind;
use super::names::Kind;
use super::question::{Answer, Question};
use super::roles::{Role, key};
use super::table::{MAX_BYTES, MAX_COLUMNS};
use crate::dataset::DatasetError;
use crate::order::sort_by_number;
use crate::units::{NumberError, write_count, write_number};

/// Names that a message lists before it only counts the others.
pub(super) const NAMES_LISTED: usize = 8;

/// Whether something was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// A line, a column or the whole table is left out.
    Error,
    /// Read, but changed or in need of a word.
    Notice,
}

/// One thing to say about the text, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// Line of the text, counted from 1.
    pub line: Option<usize>,
    /// Name of the column.
    pub column: Option<String>,
    /// The cell as it stands in the text, shortened.
    pub cell: Option<String>,
    /// What is the matter.
    pub cause: Cause,
}

/// What is the matter: what was seen, what is right, what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Cause {
    /// Nothing but blanks and comments.
    #[error("the text is empty; paste a table with a line of names and a line per observation")]
    Empty,
    /// More than can be read in a browser's memory.
    #[error(
        "the text has {} MB; up to {} MB can be read, so leave out columns and lines that the fit does not need",
        .bytes.div_ceil(1_000_000), MAX_BYTES / 1_000_000
    )]
    TooLong {
        /// Length of the text.
        bytes: usize,
    },
    /// A picture, a workbook or another binary file.
    #[error("this is {kind}, not text; paste the table itself, or save it as CSV and choose that file")]
    NotText {
        /// What it looks like.
        kind: FileKind,
    },
    /// Bytes that the encoding does not allow.
    #[error("the text is not valid {encoding}; save the table as CSV in UTF-8 and choose it again")]
    Encoding {
        /// UTF-8 or UTF-16.
        encoding: &'static str,
    },
    /// No separator in the first line.
    #[error("the first line is one column, \"{name}\"; separate columns by tabs, commas, semicolons or |")]
    OneColumn {
        /// The line, shortened.
        name: String,
    },
    /// More columns than any study has.
    #[error("the first line has {columns} columns; up to {MAX_COLUMNS} can be read")]
    TooWide {
        /// How many.
        columns: usize,
    },
    /// Names only.
    #[error("these are the names of {columns} columns, but no line follows; add a line per observation")]
    NoRows {
        /// How many.
        columns: usize,
    },
    /// Numbers where the names should be.
    #[error(
        "the first line holds numbers, so the columns have no names; put a line of names above it, or set \
         the roles by hand"
    )]
    NoNames,
    /// A text that is no table of runs.
    #[error("no cell holds a number, so this is no table of runs; it needs one line per run, with its losses")]
    NoTable,
    /// No column has the role of a loss.
    #[error(
        "no column is a loss; the columns are {}; {}name one like \"web_loss\", or set its role by hand{}",
        Names(.columns), Higher(.scores),
        if *.has_mixtures { "; if the losses of these mixtures are a table of their own, give both" } else { "" }
    )]
    NoLoss {
        /// The names of all columns.
        columns: Vec<String>,
        /// Those of which higher is better.
        scores: Vec<String>,
        /// Whether the table has mixtures: a swarm's losses may be a table of their own.
        has_mixtures: bool,
    },
    /// A name that an earlier column has.
    #[error(
        "columns {} and {} both have this name, so column {} is left out; give each its own name",
        .first + 1, .second + 1, .second + 1
    )]
    SameName {
        /// Index of the column that is used.
        first: usize,
        /// Index of the column that is left out.
        second: usize,
    },
    /// A role that only one column can have.
    #[error("\"{first}\" is already {role}, so this column is left out; set the role of one of them by hand")]
    SameRole {
        /// The column that is used.
        first: String,
        /// The role.
        role: Role,
    },
    /// Roles set by hand for another table.
    #[error("the roles given do not fit this table ({seen} for {expected} columns), so they were guessed again")]
    RolesOfOtherTable {
        /// Roles given.
        seen: usize,
        /// Columns in the table.
        expected: usize,
    },
    /// More cells than names.
    #[error(
        "{seen} cells, but the first line names {expected} columns; remove the surplus, or quote a cell \
         that holds a separator"
    )]
    TooManyCells {
        /// Cells up to the last that is not blank.
        seen: usize,
        /// Columns in the table.
        expected: usize,
    },
    /// A quotation mark that opens a cell and is never closed.
    #[error("a quotation mark opens a cell and is not closed; close or remove it")]
    UnclosedQuote,
    /// A cell that is not the number it should be.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// A blank where a number is needed.
    #[error("the cell is blank; {}", .role.if_blank())]
    Blank {
        /// Role of the column.
        role: Role,
    },
    /// Weights that are no mixture.
    #[error(
        "the line's weights {weights} sum to {}; they must sum to 1 ({} to {} is rescaled) or, in percent, to 100",
        write_number(*.sum, 4), 1.0 - SUM_TOLERANCE, 1.0 + SUM_TOLERANCE
    )]
    WeightSum {
        /// The cells, shortened: "0.9 + 0.6 + 0.5".
        weights: String,
        /// Their sum.
        sum: f64,
    },
    /// Several numbers in the cell of a loss.
    #[error("this is more than one loss; give each a column of its own")]
    SeveralLosses,
    /// N or D computed from FLOPs and out of range.
    #[error(
        "taken for FLOPs, it gives {role} = {}, which no run has; if it is counted in something else, such as hours, give \
         it the role \"not used\"",
        write_count(*.value, 3)
    )]
    Derived {
        /// N or D.
        role: Role,
        /// What comes out.
        value: f64,
    },
    /// An N or a D that no run has.
    #[error(
        "read as {}, which no run has; {} to {} can be read",
        Counted(*.role, *.value), if *.role == Role::N { "100" } else { "1000" }, if *.role == Role::N { "1e16" } else { "1e18" }
    )]
    Implausible {
        /// N or D.
        role: Role,
        /// What was read.
        value: f64,
    },
    /// A run that diverged.
    #[error("the loss is infinite, as that of a run that diverged: it is left out")]
    InfiniteLoss,
    /// A loss that no model has.
    #[error("a loss of {} is not possible: 1e-6 to 1e6 can be read", write_number(*.loss, 3))]
    ImplausibleLoss {
        /// What was read.
        loss: f64,
    },
    /// A split that is neither.
    #[error("\"{text}\" is neither fit nor holdout; write one of the two")]
    SplitWord {
        /// The cell, shortened.
        text: String,
    },
    /// A loss column without a loss.
    #[error("the loss is blank on every line, so the column is left out")]
    NoLosses,
    /// Every line has an issue.
    #[error("no observation is left: each of the {lines} lines has an issue")]
    NothingLeft {
        /// Lines below the names.
        lines: usize,
    },
    /// All losses left are blank.
    #[error("no line that could be read has a loss")]
    NoLossLeft,
    /// A rule of [`Dataset`](crate::dataset::Dataset) that no issue above tells.
    #[error(transparent)]
    Dataset(#[from] DatasetError),

    /// Weights that were near enough to 1.
    #[error(
        "the weights of {} {} and were rescaled to 1; farthest off is line {line}, with {}",
        Part(*.rows, *.of),
        if (*.sum - 1.0).abs() > SUM_TOLERANCE + 1e-9 { "are relative" } else { "summed to nearly 1" },
        told_from(*.sum, 1.0)
    )]
    Rescaled {
        /// How many.
        rows: usize,
        /// Of how many.
        of: usize,
        /// Line of the largest change.
        line: usize,
        /// Its sum.
        sum: f64,
    },
    /// Weights that sum to nearly 100.
    #[error(
        "the weights of {} are in percent and were rescaled to 1{}",
        Part(*.rows, *.of), FarthestFrom100(*.line, *.sum)
    )]
    Percent {
        /// How many.
        rows: usize,
        /// Of how many.
        of: usize,
        /// Line of the largest change.
        line: usize,
        /// Its sum.
        sum: f64,
    },
    /// Weights that are parts of another whole.
    #[error("the weights of {} are parts of {} and were rescaled to 1", Part(*.rows, *.of), write_number(*.parts, 6))]
    Parts {
        /// How many.
        rows: usize,
        /// Of how many.
        of: usize,
        /// What they sum to.
        parts: f64,
    },
    /// Domains as lines.
    #[error(
        "the numbers of each of {} sum to the whole downwards: these columns are mixtures and the lines are domains; give a \
         line for each run and a column for each domain",
        Names(.columns)
    )]
    MixturesDownward {
        /// The columns.
        columns: Vec<String>,
    },
    /// Columns that would be a mixture if they summed to 1.
    #[error(
        "{} sum to {}, and no name says that they are weights: not used; weights sum to 1, or in percent to 100, and \
         tokens are called so, as in \"tokens_web\"",
        Names(.columns),
        if *.least == *.most { format!("{} on every line", write_number(*.least, 4)) } else {
            format!("{} to {}", write_number(*.least, 4), write_number(*.most, 4))
        }
    )]
    OtherSums {
        /// The columns.
        columns: Vec<String>,
        /// The least sum.
        least: f64,
        /// The largest.
        most: f64,
    },
    /// Words that may say a mixture.
    #[error(
        "\"{}\" may hold mixtures, but \"{cell}\" is not read as one: not used; give each domain a column of its weight, or \
         write them like \"web 70, code 30\"",
        crate::units::excerpt(.column)
    )]
    UnreadMixture {
        /// The column.
        column: String,
        /// The first such cell, shortened.
        cell: String,
    },
    /// Columns of check marks.
    #[error(
        "{} hold marks and no numbers: not used; if they say what a run was trained on, give the shares in their place",
        Names(.columns)
    )]
    Marks {
        /// The columns.
        columns: Vec<String>,
    },
    /// Repetitions of domains whose tokens are not known.
    #[error(
        "{} say how often each domain was repeated, and not its weight: not used; give each domain's tokens too, as in \
         \"tokens_web\", or its share",
        Names(.columns)
    )]
    FactorsAlone {
        /// The columns.
        columns: Vec<String>,
    },
    /// Losses that are not there.
    #[error("the loss is blank on {}; its fit leaves them out", Part(*.rows, *.of))]
    BlankLosses {
        /// How many.
        rows: usize,
        /// Of how many.
        of: usize,
    },
    /// Weights that are not there and not needed.
    #[error("a weight is blank on {}, whose others sum to 1: read as 0", Part(*.rows, *.of))]
    BlankWeights {
        /// How many.
        rows: usize,
        /// Of how many.
        of: usize,
    },
    /// Splits that are not there.
    #[error("the split is blank on {}; they are fitted on", Part(*.rows, *.of))]
    BlankSplits {
        /// How many.
        rows: usize,
        /// Of how many.
        of: usize,
    },
    /// A column of N, D, C or split with nothing in it.
    #[error("blank on every line, so it is read as if there were no such column")]
    BlankColumn,
    /// Lines that begin with #.
    #[error("comment lines were skipped: {lines}, the first is line {first}")]
    Comments {
        /// How many.
        lines: usize,
        /// The first of them.
        first: usize,
    },
    /// Lines that begin with # above blocks of runs.
    #[error("{lines} comment lines, the first is line {first}, are read as titles of the lines below them")]
    CommentTitles {
        /// How many.
        lines: usize,
        /// The first of them.
        first: usize,
    },
    /// C is given with both N and D, or with neither.
    #[error("compute C is not used: it serves where one of model size and tokens is given and the other is not")]
    FlopsUnused,
    /// N or D computed from C.
    #[error("{role} is computed from it, by C = 6·N·D")]
    FromFlops {
        /// N or D.
        role: Role,
    },
    /// A header such as "params (B)".
    #[error("numbers without a unit of their own are counted in {scale}, as the name says")]
    HeaderScale {
        /// Such as "B".
        scale: &'static str,
    },
    /// A number that is none in the unit of its column.
    #[error(
        "read as {}, in the unit that the column's name states, and no run has that many; write the unit in the cell",
        Counted(*.role, *.value)
    )]
    BeyondScale {
        /// N or D.
        role: Role,
        /// What was read.
        value: f64,
    },
    /// A header such as "params (B)" above numbers that are not.
    #[error("its name says {scale}, but its numbers are too large for that: they are read as plain numbers")]
    NotInHeaderScale {
        /// Such as "B".
        scale: &'static str,
    },
    /// N or D too large for any run.
    #[error(
        "read as {}, more than there has ever been{}{}",
        Counted(*.role, *.value), And(*.others), DidYouMean(.suggestion)
    )]
    LargeCount {
        /// N or D.
        role: Role,
        /// What was read.
        value: f64,
        /// Further lines of the column where it is so.
        others: usize,
        /// What may have been meant.
        suggestion: Option<String>,
    },
    /// Losses that measure different things.
    #[error(
        "the losses measure different things, and all of them are targets that count alike: {}; give those that should \
         not be minimised the role \"not used\"",
        Kinds(.kinds)
    )]
    MixedLosses {
        /// What is measured, and the columns.
        kinds: Vec<(&'static str, Vec<String>)>,
    },
    /// Two columns that may be N or D.
    #[error("taken for {role}, and not {}{}; give the one that is meant the role by hand", Names(.others), Why(*.kind))]
    Rivals {
        /// N or D.
        role: Role,
        /// What the column counts.
        kind: Kind,
        /// The other columns.
        others: Vec<String>,
    },
    /// A column whose name is nearly one that is known.
    #[error("not used; did you mean \"{name}\"? Give it the role \"{role}\", or correct its name")]
    NearName {
        /// The name.
        name: String,
        /// The role that it would have.
        role: Role,
    },
    /// What tells the size or the length of a run in another unit.
    #[error(
        "the study has no {role}; {} in {}, but not in {}",
        if *.role == Role::N { "a model's size stands" } else { "how much was trained on stands" },
        Names(.columns),
        if *.role == Role::N { "parameters: give a column of these" } else {
            "tokens: give a column of these, or what makes tokens of it, such as \"global_batch_size\" and \"seq_len\""
        }
    )]
    OtherUnit {
        /// N or D.
        role: Role,
        /// The columns.
        columns: Vec<String>,
    },
    /// A column of words that is called as N or D is.
    #[error("called as {role} is, but no cell of it is a number: not used")]
    NoNumbers {
        /// N or D.
        role: Role,
    },
    /// Tokens that the corpus holds.
    #[error(
        "the tokens that the corpus holds are not used: the laws that count repeated tokens need a stock for each domain; \
         give it with the limits of the mixture, or as --stock"
    )]
    UniqueTokens,
    /// Columns about losses.
    #[error("no targets, by their names or numbers: {}; give one the role \"loss\" to fit it", Names(.columns))]
    NoTargets {
        /// The columns.
        columns: Vec<String>,
    },
    /// Two columns with the same losses.
    #[error("the same numbers as \"{first}\"{} on every line, so the two are one target", Times(*.factor))]
    SameTarget {
        /// The column that is used.
        first: String,
        /// What its numbers are multiplied by.
        factor: f64,
    },
    /// Only the best of lines that contradict each other.
    #[error("of lines of the same N, D and mixture only the best is used: {rows} line{} left out", Plural(*.rows))]
    KeptBest {
        /// Lines that are left out.
        rows: usize,
    },
    /// Only lines with a cell.
    #[error("only the {rows} line{} with \"{cell}\" in \"{column}\" {} used", Plural(*.rows), if *.rows == 1 { "is" } else { "are" })]
    Filtered {
        /// The column.
        column: String,
        /// The cell.
        cell: String,
        /// Lines that are left.
        rows: usize,
    },
    /// An answer to what the table does not ask.
    #[error("{option} says nothing of this table: {why}")]
    NoSuchAnswer {
        /// The answer as an option.
        option: String,
        /// Why.
        why: String,
    },
    /// Lines of the same N, D and mixture with other losses.
    #[error("{seen}{}", DiffersIn(.column))]
    Contradiction {
        /// Which lines, and by how much.
        seen: String,
        /// The column that tells the reason.
        column: Option<String>,
        /// Its values, if they are few.
        values: Vec<String>,
    },
    /// Lines that only what is no N or D of theirs tells apart.
    #[error("{seen}; they fall as \"{column}\" grows: if it says {}, give a column of {role}", if *.role == Role::N { "how large the models are" } else { "how much was trained on" })]
    Uncounted {
        /// Which lines, and by how much.
        seen: String,
        /// N or D.
        role: Role,
        /// The column.
        column: String,
    },
    /// Words of a column that split the losses.
    #[error("{}; all of them are used", kinds_of_runs(.column, .values, *.difference))]
    KindsOfRuns {
        /// The column.
        column: String,
        /// Its words.
        values: Vec<String>,
        /// By what share of the loss, if they have sizes in common.
        difference: Option<f64>,
    },
    /// Two studies, one below the other.
    #[error(
        "from line {line} on the losses are about {} % away from those above at the same mixture, and no column says why: \
         are these runs of two kinds, such as of two sizes? Give each line its size, or fit them apart",
        write_number(100.0 * *.difference, 2)
    )]
    Stacked {
        /// The line on which the second begins.
        line: usize,
        /// By what share of the loss they differ.
        difference: f64,
    },
    /// Runs in several stages.
    #[error("{}", StagedAs(.names, .one, *.by_tokens))]
    Staged {
        /// The stages' names.
        names: Vec<String>,
        /// The one that was chosen; the mean of all without it.
        one: Option<String>,
        /// Whether the mean is one by tokens.
        by_tokens: bool,
    },
    /// A chart of W&B.
    #[error(
        "this is the export of a chart of Weights & Biases: curves over steps, without sizes, tokens and mixtures of the \
         runs; export the table of runs instead, with these as columns"
    )]
    Chart,
    /// Losses by the place of their names.
    #[error(
        "{} taken for losses, since {} called one; set the role of what is none by hand",
        Are(.columns), if *.has_training { "only that of the training is" } else { "no column is" }
    )]
    UnwordedLosses {
        /// The columns.
        columns: Vec<String>,
        /// Whether a loss in training is called one.
        has_training: bool,
    },
    /// A target that is the logarithm of a perplexity.
    #[error(
        "the logarithm of a perplexity is already a loss, in the unit of that logarithm: it is fitted as it stands"
    )]
    LogPerplexity,
    /// A target of which more seems to be better.
    #[error(
        "it rises with N and D in {rising} of {of} pairs of runs, as no loss does; if higher is better, set its role to \
         \"not used\""
    )]
    Rises {
        /// Pairs on which it rises.
        rising: usize,
        /// Of how many.
        of: usize,
    },
    /// Notes that a run is not to be used.
    #[error("\"{column}\" says \"{cell}\"{}: the run is used all the same; leave it out if it does not belong", And(*.others))]
    Remark {
        /// The column.
        column: String,
        /// The first of these cells, shortened.
        cell: String,
        /// Further such lines.
        others: usize,
    },
    /// Fewer tokens than parameters, or far more.
    #[error("D is {} times N or {} on every line: is the unit of one of them wrong?", write_number(*.ratio, 2), if *.ratio < 1.0 { "less" } else { "more" })]
    OddRatio {
        /// The D / N nearest to 1.
        ratio: f64,
    },
    /// Other columns that make another D.
    #[error("{what} is {} D, which is {of_d}{}", Factor(*.off), Where(*.off))]
    OtherTokens {
        /// What makes it of which columns.
        what: String,
        /// The column of D.
        of_d: String,
        /// How far it is from D, and where.
        off: Off,
    },
    /// Tokens beside several epochs.
    #[error(
        "taken for all that was trained on, though \"{column}\" goes up to {}: if it counts the tokens of one epoch, give D \
         as their product",
        write_number(*.most, 3)
    )]
    OneEpoch {
        /// The column of epochs.
        column: String,
        /// The most.
        most: f64,
    },
    /// A target that is the mean of others.
    #[error(
        "the mean of the other losses on every line, so each of them counts twice; set its role to \"not used\" to fit only its parts"
    )]
    MeanOfLosses,
    /// A target that is a perplexity.
    #[error("a perplexity: its natural logarithm is the loss")]
    FromPerplexity,
    /// Runs that only their losses tell apart.
    #[error(
        "no weights, no N and no D were found, so the fit is one number for each target and nothing can be predicted from \
         it; give the columns that hold them their roles, or give the table that has them too"
    )]
    NothingVaries,
    /// A printed table lacks columns.
    #[error("some columns were not printed, and so are missing: print all of them, or write the table as CSV")]
    ColumnsUnprinted,
    /// A printed table lacks lines.
    #[error(
        "the table was printed with {shown} of its {}rows: the others are not here; write it as CSV to have all",
        .of.map_or(String::new(), |of| format!("{of} "))
    )]
    RowsUnprinted {
        /// How many it has.
        shown: usize,
        /// How many there are, if it says so.
        of: Option<usize>,
    },
    /// Columns that are computed from others.
    #[error("{what}")]
    Made {
        /// What was made from what.
        what: String,
    },
    /// Runs that are struck out.
    #[error("{lines} line{} struck out, the first is line {first}: skipped", Plural(*.lines))]
    Struck {
        /// How many.
        lines: usize,
        /// The first of them.
        first: usize,
    },
    /// Runs that no one trained.
    #[error(
        "{lines} line{} of predictions or goals, going by {}, the first is line {first}: skipped; rename what was in fact trained",
        Plural(*.lines), if *.lines == 1 { "its name" } else { "their names" }
    )]
    Predictions {
        /// How many.
        lines: usize,
        /// The first of them.
        first: usize,
    },
    /// Titles between the runs.
    #[error("{lines} lines of one cell, the first is line {first}, are read as titles of the lines below them")]
    Titles {
        /// How many.
        lines: usize,
        /// The first of them.
        first: usize,
    },
    /// Means over the runs.
    #[error("{lines} line{} of means, sums or ends over the runs, the first is line {first}: skipped", Plural(*.lines))]
    Summaries {
        /// How many.
        lines: usize,
        /// The first of them.
        first: usize,
    },
    /// A table whose columns are runs.
    #[error("its columns are the runs and its lines what is known of them, so it is read turned")]
    Turned,
    /// Losses by size and tokens.
    #[error(
        "its columns are called by sizes: each of its {rows} losses is read as one at that {}, with {} from the first column",
        if *.is_of_tokens { "number of tokens" } else { "model size" },
        if *.is_of_tokens { "N" } else { "D" }
    )]
    BySize {
        /// How many.
        rows: usize,
        /// Whether the sizes are numbers of tokens.
        is_of_tokens: bool,
    },
    /// Losses by size and step.
    #[error(
        "this looks like losses by step (\"{column}\") and by size, but how many tokens a step has is not said: write the tokens seen \
         in the place of the steps, and call the column \"tokens\""
    )]
    StepsBySize {
        /// The first column.
        column: String,
    },
    /// Names on two lines.
    #[error("line {line} is read as a second line of names, below those of the first")]
    TwoHeaders {
        /// The second line.
        line: usize,
    },
    /// Cells that are blank since they are as the one above.
    #[error("blank cells of {} are read as the one above them", Names(.columns))]
    AsAbove {
        /// The columns.
        columns: Vec<String>,
    },
    /// Cells that hold more than a number.
    #[error(
        "{} read without what is written beside the number, such as \"{cell}\" on line {line} as {read}",
        Cells(*.cells)
    )]
    Decorated {
        /// How many.
        cells: usize,
        /// The line of the first.
        line: usize,
        /// As it stands, shortened.
        cell: String,
        /// What is read.
        read: String,
    },
    /// Text around a Markdown table.
    #[error("{lines} line{} around the table, the first is line {first}: skipped", Plural(*.lines))]
    Around {
        /// How many.
        lines: usize,
        /// The first of them.
        first: usize,
    },
    /// A text that begins as JSON does, and is none.
    #[error("this begins as JSON does, but cannot be read as such: {what}")]
    Json {
        /// The reader's words.
        what: String,
    },
    /// A line of JSON that is cut.
    #[error("this line is no whole JSON value, so it is left out: {what}")]
    CutLine {
        /// The reader's words.
        what: String,
    },
    /// JSON without anything that might be a run.
    #[error(
        "this JSON holds no runs; write a list of objects, or one object a line, each with its sizes, weights and losses: \
         {{\"params\": \"70M\", \"tokens\": \"2B\", \"web\": 0.9, \"code\": 0.1, \"loss\": 3.2}}"
    )]
    NoRuns,
    /// A line among those of Ye et al. that is none.
    #[error("a path of a checkpoint, a file and a loss are expected, with tabs or blanks between them")]
    YeLine,
    /// Checkpoints without a mixture in their path.
    #[error("{lines} line{} of checkpoints without a mixture in their path, left out", Plural(*.lines))]
    YeBase {
        /// How many.
        lines: usize,
    },
    /// The form of Ye et al.
    #[error(
        "read as paths of checkpoints in the form of Ye et al. 2024: {runs} observation{}, D at 1,048,576 tokens a step{}; \
         the file does not name its {domains} domains, so they are numbered in its order",
        Plural(*.runs), if *.sizes { ", N without embeddings" } else { "; not every path says its size, so there is no N" }
    )]
    Ye {
        /// Observations.
        runs: usize,
        /// Domains.
        domains: usize,
        /// Whether every path says its model's size.
        sizes: bool,
    },
    /// Runs of several mixtures and one loss.
    #[error(
        "runs such as \"{}\" have several mixtures in one table and one loss in the other, so that it cannot be said which \
         mixture gave the loss: {lines} lines left out",
        crate::units::excerpt(.name)
    )]
    TwoMixtures {
        /// The first of the runs.
        name: String,
        /// Lines left out.
        lines: usize,
    },
    /// Two tables became one.
    #[error(
        "two tables joined on {}{}: {rows} line{}{}{}",
        Keys(.keys), Order(*.by_order), Plural(*.rows), Alone(*.alone), OtherNumbers(.other_numbers)
    )]
    Joined {
        /// The column of each that says which lines belong together.
        keys: [String; 2],
        /// Lines of the joined table.
        rows: usize,
        /// Lines of each without a partner.
        alone: [usize; 2],
        /// Where the two count from, if they count from different numbers and were joined in their order.
        by_order: Option<(u64, u64)>,
        /// Columns that both have with different cells; those of the first are used.
        other_numbers: Vec<String>,
    },
    /// Runs of different mixtures and the very same losses.
    #[error(
        "{rows} line{} with the same losses as one of another mixture or size, such as lines {first} and {second}: were \
         losses copied, or joined to runs that they are not of?",
        Plural(*.rows)
    )]
    SameLosses {
        /// How many.
        rows: usize,
        /// A line.
        first: usize,
        /// The one with its losses.
        second: usize,
    },
    /// Two tables with nothing to join them on.
    #[error(
        "the text holds two tables, but no column of both says which lines belong together: {} and {}; only the {} is \
         used; give both a column such as \"run\"{}",
        Names(.first), Names(.second), if *.is_second_used { "second" } else { "first" }, SameColumn(.near)
    )]
    NoJoin {
        /// Names of the first.
        first: Vec<String>,
        /// Names of the second.
        second: Vec<String>,
        /// Whether the second is used: where it has losses of runs, and the first has none.
        is_second_used: bool,
        /// A column of each whose names are nearly the same.
        near: Option<[String; 2]>,
    },
    /// The long form.
    #[error(
        "the table is long, a line for each \"{column}\": its {lines} lines were put together into {rows}{}",
        WithoutColumns(.dropped)
    )]
    Widened {
        /// The column that says which.
        column: String,
        /// Lines before.
        lines: usize,
        /// And after.
        rows: usize,
        /// Columns that differ from line to line of one observation.
        dropped: Vec<String>,
    },
    /// Several experiments in one table.
    #[error(
        "the table holds several experiments; \"{chosen}\" with {rows} lines is used; choose another with \
         --experiment, or in the page with its button: {}",
        Names(.others)
    )]
    Experiments {
        /// The one used.
        chosen: String,
        /// Its lines.
        rows: usize,
        /// The others.
        others: Vec<String>,
    },
    /// None of the experiments has the name asked for.
    #[error(
        "no experiment is called \"{seen}\"; {}",
        .known.as_ref().map_or("the table has no column \"experiment\"".to_string(), |known| format!("the table has: {known}"))
    )]
    NoExperiment {
        /// The name.
        seen: String,
        /// Those that the table has, and the one that may have been meant.
        known: Option<String>,
    },
    /// Lines marked as outliers.
    #[error("{rows} line{} marked as outlier, left out", Plural(*.rows))]
    Outliers {
        /// How many.
        rows: usize,
    },
    /// A perplexity.
    #[error("this looks like perplexity; give it the role \"perplexity\" to fit its logarithm, the loss in nats")]
    Perplexity,
    /// Accuracies in a column of perplexities or losses.
    #[error("no number is above 1, as of an accuracy: there higher is better, and a loss is needed")]
    LikeScores,
    /// A score that is to be fitted as a loss.
    #[error("by its name a score, of which higher is better: a law describes a loss, and the optimum minimises it")]
    ScoreAsLoss,
    /// Losses far from the others.
    #[error(
        "{} far from the others, half of which are from {} to {}: kept; leave {} out if {} wrong",
        OddLosses(.odd, *.others), write_number(*.low, 4), write_number(*.high, 4),
        if .odd.len() + *.others == 1 { "it" } else { "them" }, if .odd.len() + *.others == 1 { "it is" } else { "they are" }
    )]
    OddLosses {
        /// The first lines, and their losses.
        odd: Vec<(usize, f64)>,
        /// How many there are besides.
        others: usize,
        /// The lower quartile.
        low: f64,
        /// The upper one.
        high: f64,
    },
    /// What pandas' `describe` prints.
    #[error(
        "this is a summary of a table, its counts, means and spreads, and not the runs{}",
        if *.is_alone { "; give the table itself, a line per run" } else { ": skipped" }
    )]
    SummaryTable {
        /// Whether there is no other table.
        is_alone: bool,
    },
    /// A line that the others contradict.
    #[error("line {line}: {why}")]
    OddLine {
        /// The line.
        line: usize,
        /// What is odd.
        why: String,
    },
    /// Bits per byte.
    #[error("{} in bits per byte: read them where this page says nats per token", Are(.columns))]
    BitsPerByte {
        /// The columns.
        columns: Vec<String>,
    },
    /// Rounded losses.
    #[error("no loss has more than two decimals; a spreadsheet copies what it shows, so show more and copy again")]
    FewDigits,
    /// The same line twice.
    #[error("{rows} line{} with the same numbers as one before, such as lines {first} and {second}: they count twice", Plural(*.rows))]
    Duplicates {
        /// How many.
        rows: usize,
        /// The first of them.
        first: usize,
        /// Its copy.
        second: usize,
    },
    /// Checkpoints next to each other.
    #[error(
        "{rows} checkpoint{} within 0.2 % of the tokens of the one before, such as lines {first} and {second}: nearly the \
         same number counts twice",
        Plural(*.rows)
    )]
    NearDuplicates {
        /// How many.
        rows: usize,
        /// The first of them.
        first: usize,
        /// The one after.
        second: usize,
    },
    /// Mixtures on a line.
    #[error(
        "the mixtures vary in {free} of {of} directions: the weights of {} follow from each other, so their effects cannot \
         be told apart",
        Names(.domains)
    )]
    Collinear {
        /// The domains that take part.
        domains: Vec<String>,
        /// Directions in which the mixtures vary.
        free: usize,
        /// Directions that there are.
        of: usize,
    },
}

impl Cause {
    /// Whether something is left out because of it.
    pub fn severity(&self) -> Severity {
        match self {
            Cause::NoNames
            | Cause::RolesOfOtherTable { .. }
            | Cause::Rescaled { .. }
            | Cause::Percent { .. }
            | Cause::Parts { .. }
            | Cause::BlankLosses { .. }
            | Cause::BlankSplits { .. }
            | Cause::BlankColumn
            | Cause::Comments { .. }
            | Cause::CommentTitles { .. }
            | Cause::FlopsUnused
            | Cause::FromFlops { .. }
            | Cause::HeaderScale { .. }
            | Cause::NotInHeaderScale { .. }
            | Cause::LogPerplexity
            | Cause::Rises { .. }
            | Cause::MeanOfLosses
            | Cause::Remark { .. }
            | Cause::OddRatio { .. }
            | Cause::OtherTokens { .. }
            | Cause::OneEpoch { .. }
            | Cause::Struck { .. }
            | Cause::Predictions { .. }
            | Cause::YeBase { .. }
            | Cause::Ye { .. }
            | Cause::Joined { .. }
            | Cause::Widened { .. }
            | Cause::Experiments { .. }
            | Cause::Outliers { .. }
            | Cause::Perplexity
            | Cause::BitsPerByte { .. }
            | Cause::FewDigits
            | Cause::Duplicates { .. }
            | Cause::NearDuplicates { .. }
            | Cause::Collinear { .. }
            | Cause::LargeCount { .. }
            | Cause::MixedLosses { .. }
            | Cause::Rivals { .. }
            | Cause::Decorated { .. }
            | Cause::Turned
            | Cause::Titles { .. }
            | Cause::Summaries { .. }
            | Cause::SameLosses { .. }
            | Cause::BySize { .. }
            | Cause::BlankWeights { .. }
            | Cause::Made { .. }
            | Cause::ColumnsUnprinted
            | Cause::RowsUnprinted { .. }
            | Cause::NothingVaries
            | Cause::OtherSums { .. }
            | Cause::UnreadMixture { .. }
            | Cause::Marks { .. }
            | Cause::FactorsAlone { .. }
            | Cause::UnwordedLosses { .. }
            | Cause::FromPerplexity
            | Cause::TwoHeaders { .. }
            | Cause::AsAbove { .. }
            | Cause::NearName { .. }
            | Cause::UniqueTokens
            | Cause::OtherUnit { .. }
            | Cause::NoNumbers { .. }
            | Cause::NoTargets { .. }
            | Cause::Staged { .. }
            | Cause::Stacked { .. }
            | Cause::LikeScores
            | Cause::ScoreAsLoss
            | Cause::OddLosses { .. }
            | Cause::OddLine { .. }
            | Cause::SummaryTable { is_alone: false }
            | Cause::KeptBest { .. }
            | Cause::Filtered { .. }
            | Cause::Contradiction { .. }
            | Cause::Uncounted { .. }
            | Cause::KindsOfRuns { .. }
            | Cause::SameTarget { .. }
            | Cause::Around { .. } => Severity::Notice,
            _ => Severity::Error,
        }
    }

    /// Whether a reader of the fit must know it: losses that may not be comparable, numbers that may not be what they
    /// were taken for, and what cannot be told from the runs.
    pub fn is_warning(&self) -> bool {
        matches!(
            self,
            Cause::LargeCount { .. }
                | Cause::NotInHeaderScale { .. }
                | Cause::Rises { .. }
                | Cause::Remark { .. }
                | Cause::OddRatio { .. }
                | Cause::OtherTokens { .. }
                | Cause::OneEpoch { .. }
                | Cause::TwoMixtures { .. }
                | Cause::MixedLosses { .. }
                | Cause::OtherUnit { .. }
                | Cause::NearName { .. }
                | Cause::Collinear { .. }
                | Cause::Staged { .. }
                | Cause::Stacked { .. }
                | Cause::ScoreAsLoss
                | Cause::OddLosses { .. }
                | Cause::OddLine { .. }
                | Cause::ColumnsUnprinted
                | Cause::RowsUnprinted { .. }
                | Cause::KeptBest { .. }
                | Cause::Filtered { .. }
                | Cause::Contradiction { .. }
                | Cause::Uncounted { .. }
                | Cause::KindsOfRuns { .. }
                | Cause::Duplicates { .. }
                | Cause::SameLosses { .. }
                | Cause::NothingVaries
                | Cause::OtherSums { .. }
                | Cause::UnreadMixture { .. }
                | Cause::FactorsAlone { .. }
        )
    }

    /// The issue of this cause with the text as a whole.
    pub(super) fn of_text(self) -> Issue {
        Issue { line: None, column: None, cell: None, cause: self }
    }

    /// The issue of this cause with a line.
    pub(super) fn at_line(self, line: usize) -> Issue {
        Issue { line: Some(line), ..self.of_text() }
    }

    /// The issue of this cause with a column.
    pub(super) fn in_column(self, column: &str) -> Issue {
        Issue { column: Some(column.to_string()), ..self.of_text() }
    }
}

impl Issue {
    /// Whether something is left out because of it.
    pub fn severity(&self) -> Severity {
        self.cause.severity()
    }
}

/// A way to put an issue right without typing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fix {
    /// Write this into the cell.
    Cell(String),
    /// Give the column this role.
    Role(Role),
    /// Keep the lines of this experiment only.
    Experiment(String),
    /// Say this of the table.
    Answer(Answer),
}

/// As a button shows it.
impl fmt::Display for Fix {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Fix::Cell(text) => write!(f, "Use {}", crate::units::excerpt(text)),
            Fix::Role(role) => write!(f, "Use as {role}"),
            Fix::Experiment(name) => write!(f, "Use {}", crate::units::excerpt(name)),
            Fix::Answer(Answer::KeepBest) => f.write_str("Keep the best of each"),
            Fix::Answer(Answer::Filter(column, cell)) => {
                write!(f, "Only {} = {}", crate::units::excerpt(column), crate::units::excerpt(cell))
            }
            Fix::Answer(answer) => write!(f, "{answer}"),
        }
    }
}

impl Issue {
    /// What would put it right: where the cause offers it, or asks which of two readings is meant.
    pub fn fixes(&self) -> Vec<Fix> {
        match &self.cause {
            Cause::Number(NumberError::NotANumber { suggestion: Some(text), .. })
            | Cause::LargeCount { suggestion: Some(text), .. } => vec![Fix::Cell(text.clone())],
            Cause::Number(NumberError::Ambiguous { thousands, decimals, .. }) => {
                vec![Fix::Cell(thousands.clone()), Fix::Cell(decimals.clone())]
            }
            Cause::NearName { role, .. } => vec![Fix::Role(*role)],
            Cause::Perplexity => vec![Fix::Role(Role::Perplexity)],
            Cause::Contradiction { column, values, .. } => {
                let filter = |value: &String| Some(Fix::Answer(Answer::Filter(column.clone()?, value.clone())));
                [Fix::Answer(Answer::KeepBest)].into_iter().chain(values.iter().filter_map(filter)).collect()
            }
            Cause::Experiments { others, .. } => {
                others.iter().take(NAMES_LISTED).map(|name| Fix::Experiment(name.clone())).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match (self.line, &self.column) {
            (Some(line), Some(column)) => write!(f, "line {line}, column \"{}\": ", crate::units::excerpt(column))?,
            (Some(line), None) => write!(f, "line {line}: ")?,
            (None, Some(column)) => write!(f, "column \"{}\": ", crate::units::excerpt(column))?,
            (None, None) => {}
        }
        write!(f, "{}", self.cause)
    }
}

/// All issues of a text: every one counted, the first [`Issues::KEPT`] errors kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Issues {
    errors: Vec<Issue>,
    notices: Vec<Issue>,
    n_errors: usize,
    n_notices: usize,
    questions: Vec<Question>,
}

impl Issues {
    /// How many errors, and how many notices, are kept in memory: more than anyone reads.
    pub const KEPT: usize = 1000;

    /// The first errors, in the order of the text.
    pub fn errors(&self) -> &[Issue] {
        &self.errors
    }

    /// The first notices.
    pub fn notices(&self) -> &[Issue] {
        &self.notices
    }

    /// How many errors there are, kept or not.
    pub fn n_errors(&self) -> usize {
        self.n_errors
    }

    /// How many notices there are, kept or not.
    pub fn n_notices(&self) -> usize {
        self.n_notices
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.n_errors + self.n_notices == 0
    }

    /// The kept errors, then the kept notices.
    pub fn iter(&self) -> impl Iterator<Item = &Issue> {
        self.errors.iter().chain(&self.notices)
    }

    /// At most so many errors and so many notices as sentences, each list with a last one that counts the rest.
    pub fn sentences(&self, limit: usize) -> Vec<String> {
        let mut sentences = Vec::new();
        for (issues, n, what) in [(&self.errors, self.n_errors, "errors"), (&self.notices, self.n_notices, "notices")] {
            let n_shown = issues.len().min(limit);
            sentences.extend(issues[..n_shown].iter().map(Issue::to_string));
            if n > n_shown {
                sentences.push(format!("and {} more {what}", n - n_shown));
            }
        }
        sentences
    }

    pub(super) fn push(&mut self, issue: Issue) {
        let (issues, n) = match issue.severity() {
            Severity::Error => (&mut self.errors, &mut self.n_errors),
            Severity::Notice => (&mut self.notices, &mut self.n_notices),
        };
        *n += 1;
        if issues.len() < Self::KEPT {
            issues.push(issue);
        }
    }

    /// Asks the user something; of the same question the first is kept.
    pub(super) fn ask(&mut self, question: Question) {
        if !self.questions.contains(&question) {
            self.questions.push(question);
        }
    }

    /// The questions asked so far.
    pub(super) fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Takes the questions asked so far.
    pub(super) fn take_questions(&mut self) -> Vec<Question> {
        std::mem::take(&mut self.questions)
    }

    /// Adds those of a later step; the lists stay in the order of the text, what has no line first.
    pub(super) fn append(&mut self, other: Issues) {
        self.n_errors += other.n_errors;
        self.n_notices += other.n_notices;
        other.questions.into_iter().for_each(|question| self.ask(question));
        for (issues, others) in [(&mut self.errors, other.errors), (&mut self.notices, other.notices)] {
            issues.extend(others);
            sort_by_number(issues, |issue| issue.line.map_or(-1.0, |line| line as f64));
            issues.truncate(Self::KEPT);
        }
    }

    /// The same, so many lines further down.
    pub(super) fn shifted(mut self, n_lines: usize) -> Self {
        for issue in self.errors.iter_mut().chain(&mut self.notices) {
            issue.line = issue.line.map(|line| line + n_lines);
        }
        self
    }

    /// Adds the one that explains why there is no study; it is kept and comes first.
    pub(super) fn push_first(&mut self, issue: Issue) {
        self.n_errors += 1;
        self.errors.insert(0, issue);
        self.errors.truncate(Self::KEPT);
    }
}

/// "a", "b" and 3 more.
struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, name) in self.0.iter().take(NAMES_LISTED).enumerate() {
            write!(f, "{}\"{}\"", if i == 0 { "" } else { ", " }, crate::units::excerpt(name))?;
        }
        match self.0.len().saturating_sub(NAMES_LISTED) {
            0 => Ok(()),
            n => write!(f, " and {n} more"),
        }
    }
}

/// " times 1.443", if the numbers are not the very same.
struct Times(f64);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.0 == 1.0 { Ok(()) } else { write!(f, " times {}", write_number(self.0, 4)) }
    }
}

/// What two tables both have with different cells.
struct OtherNumbers<'a>(&'a [String]);

impl fmt::Display for OtherNumbers<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            [] => Ok(()),
            columns => {
                write!(f, "; of {}, which both have with different cells, the first table's are used", Names(columns))
            }
        }
    }
}

/// The s of more than one.
struct Plural(usize);

impl fmt::Display for Plural {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(if self.0 == 1 { "" } else { "s" })
    }
}

/// "run", or "mix_id" with "mixture".
struct Keys<'a>(&'a [String; 2]);

impl fmt::Display for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let [first, second] = self.0.each_ref().map(|name| crate::units::excerpt(name));
        if key(&first) == key(&second) { write!(f, "\"{first}\"") } else { write!(f, "\"{first}\" with \"{second}\"") }
    }
}

/// Names that may be meant for one.
struct SameColumn<'a>(&'a Option<[String; 2]>);

impl fmt::Display for SameColumn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            Some([first, second]) => write!(f, "; did you mean one by \"{first}\" and \"{second}\"?"),
            None => Ok(()),
        }
    }
}

/// " on this and 3 more lines".
struct And(usize);

impl fmt::Display for And {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            n => write!(f, ", here and on {n} line{} more", Plural(n)),
        }
    }
}

/// "0.25 to 4 times".
struct Factor(Off);

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let number = |factor: f64| write_number(factor, 2);
        match self.0 {
            Off::Everywhere(least, most) if number(least) != number(most) => {
                write!(f, "{} to {} times", number(least), number(most))
            }
            Off::Everywhere(factor, _) | Off::Single { factor, .. } => write!(f, "{} times", number(factor)),
        }
    }
}

/// Where one count is not what others make of it, and what to do.
struct Where(Off);

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            Off::Everywhere(..) => f.write_str(": one of these columns does not count what its name says"),
            Off::Single { line, others: 0, .. } => write!(f, ", on line {line} alone: one of its cells is wrong"),
            Off::Single { line, others, .. } => {
                write!(f, ", on line {line} and on {others} more line{}: some of these cells are wrong", Plural(others))
            }
        }
    }
}

/// "; did you mean 2e9?".
struct DidYouMean<'a>(&'a Option<String>);

impl fmt::Display for DidYouMean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |text| write!(f, "; did you mean {text}?"))
    }
}

/// "bits per byte ("a", "b"), training loss ("c")".
struct Kinds<'a>(&'a [(&'static str, Vec<String>)]);

impl fmt::Display for Kinds<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        for (i, (kind, columns)) in self.0.iter().enumerate() {
            write!(f, "{}{kind} ({})", if i == 0 { "" } else { ", " }, Names(columns))?;
        }
        Ok(())
    }
}

/// How two tables were joined that count from different numbers.
struct Order(Option<(u64, u64)>);

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            Some((first, second)) => {
                write!(f, " in their order, since one counts from {first} and the other from {second}")
            }
            None => Ok(()),
        }
    }
}

/// What stands for the mixtures of several stages.
struct StagedAs<'a>(&'a [String], &'a Option<String>, bool);

impl fmt::Display for StagedAs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let stages = format!("the runs have {} stages ({})", self.0.len(), Names(self.0));
        match (self.1, self.2) {
            (Some(one), _) => write!(f, "{stages}: the mixture of \"{one}\" stands for the whole run"),
            (None, true) => write!(f, "{stages}: the mean of their mixtures by tokens stands for the whole run"),
            (None, false) => write!(
                f,
                "{stages}: the mean of their mixtures stands for the whole run; no column says how many tokens each has, \
                 so all count alike"
            ),
        }
    }
}

/// The column that tells the reason.
struct DiffersIn<'a>(&'a Option<String>);

impl fmt::Display for DiffersIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            Some(column) => write!(
                f,
                "; \"{}\" differs: keep the best of each (--keep-best), or choose one value (--filter)",
                crate::units::excerpt(column)
            ),
            None => {
                f.write_str("; no column says why: keep the best of each (--keep-best), or leave out what is wrong")
            }
        }
    }
}

/// Scores among the columns.
struct Higher<'a>(&'a [String]);

impl fmt::Display for Higher<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0.len() {
            0 => Ok(()),
            1 => write!(f, "of {} higher is better, but a law describes a loss; ", Names(self.0)),
            _ => write!(f, "{} are scores, of which higher is better, but a law describes a loss; ", Names(self.0)),
        }
    }
}

/// "line 7: 59 is", "line 7: 59, line 9: 61 and 3 more are".
struct OddLosses<'a>(&'a [(usize, f64)], usize);

impl fmt::Display for OddLosses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let listed: Vec<String> =
            self.0.iter().map(|(line, loss)| format!("{} (line {line})", write_number(*loss, 4))).collect();
        f.write_str(&listed.join(", "))?;
        match self.1 {
            0 if listed.len() == 1 => f.write_str(" is"),
            0 => f.write_str(" are"),
            n => write!(f, " and {n} more are"),
        }
    }
}

/// Columns that are not kept.
struct WithoutColumns<'a>(&'a [String]);

impl fmt::Display for WithoutColumns<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.0.is_empty() {
            Ok(())
        } else {
            write!(f, "; not used, as they differ between these: {}", Names(self.0))
        }
    }
}

/// Lines without a partner.
struct Alone([usize; 2]);

impl fmt::Display for Alone {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.0 {
            [0, 0] => Ok(()),
            [first, second] => {
                write!(f, "; without a partner and left out: {first} of the one and {second} of the other")
            }
        }
    }
}

/// "a", "b" are.
struct Are<'a>(&'a [String]);

impl fmt::Display for Are<'_> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", Names(self.0), if self.0.len() == 1 { "is" } else { "are" })
    }
}

/// Why of two counts this one is taken.
struct Why(Kind);

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::WithoutEmbeddings => ", since the laws count parameters without embeddings",
            Kind::Active => ", since compute goes with the active parameters",
            Kind::Plain | Kind::Total | Kind::Budget => "",
        })
    }
}

/// "1 cell is".
struct Cells(usize);

impl fmt::Display for Cells {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.0 == 1 { f.write_str("1 cell is") } else { write!(f, "{} cells are", self.0) }
    }
}

/// "2 of 10 observations".
struct Part(usize, usize);

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} of {} observation{}", self.0, self.1, if self.1 == 1 { "" } else { "s" })
    }
}

/// Where weights in percent are farthest from summing to 100, if they are not all right but for the last digits.
struct FarthestFrom100(usize, f64);

impl fmt::Display for FarthestFrom100 {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if (self.1 / 100.0 - 1.0).abs() <= ROUNDING {
            return Ok(());
        }
        write!(f, "; farthest from 100 is line {}, with {}", self.0, told_from(self.1, 100.0))
    }
}

/// A number with as many digits as it takes to see that it is not the other one.
fn told_from(number: f64, other: f64) -> String {
    const DIGITS: std::ops::RangeInclusive<usize> = 4..=17;
    let mut texts = DIGITS.map(|digits| write_number(number, digits));
    texts.find(|text| *text != write_number(other, 4)).unwrap_or_else(|| number.to_string())
}

/// "1.3 parameters".
struct Counted(Role, f64);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", write_number(self.1, 6), if self.0 == Role::N { "parameters" } else { "tokens" })
    }
}
