//! What a pasted table gives to say: each issue with line, column and cell, in the words the user reads.

use std::fmt;

use super::decode::FileKind;
use super::roles::Role;
use super::table::{MAX_BYTES, MAX_COLUMNS};
use super::wide::SUM_TOLERANCE;
use crate::dataset::DatasetError;
use crate::units::{NumberError, write_count, write_number};

/// Names that a message lists before it only counts the others.
const NAMES_LISTED: usize = 8;

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
    /// No column has the role of a loss.
    #[error(
        "no column is a loss; the columns are {}; name one like \"web_loss\", or set its role by hand",
        Names(.columns)
    )]
    NoLoss {
        /// The names of all columns.
        columns: Vec<String>,
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
    #[error("the roles given do not fit this table ({seen} for {expected} columns), so they were guessed anew")]
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
    /// N or D computed from FLOPs and out of range.
    #[error("compute and the other number give {role} = {}, which is out of range", write_count(*.value, 3))]
    Derived {
        /// N or D.
        role: Role,
        /// What comes out.
        value: f64,
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
        "the weights of {} summed to nearly 1 and were rescaled to 1; farthest off is line {line}, with {}",
        Part(*.rows, *.of), write_number(*.sum, 4)
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
        "the weights of {} are in percent and were rescaled to 1; farthest from 100 is line {line}, with {}",
        Part(*.rows, *.of), write_number(*.sum, 4)
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
    /// Losses that are not there.
    #[error("the loss is blank on {}; its fit leaves them out", Part(*.rows, *.of))]
    BlankLosses {
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
    #[error("lines that begin with # were skipped: {lines}, the first is line {first}")]
    Comments {
        /// How many.
        lines: usize,
        /// The first of them.
        first: usize,
    },
    /// Columns without a role.
    #[error("not used: {}; set a role by hand to use one", Names(.columns))]
    Unused {
        /// Their names.
        columns: Vec<String>,
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
    /// N or D too small for any run.
    #[error(
        "the largest value is {}, read as {}; if it is in billions, write {}B",
        write_number(*.largest, 6), Counted(*.role, *.largest), write_number(*.largest, 6)
    )]
    SmallCount {
        /// N or D.
        role: Role,
        /// The largest value of the column.
        largest: f64,
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
            | Cause::BlankLosses { .. }
            | Cause::BlankSplits { .. }
            | Cause::BlankColumn
            | Cause::Comments { .. }
            | Cause::Unused { .. }
            | Cause::FlopsUnused
            | Cause::FromFlops { .. }
            | Cause::HeaderScale { .. }
            | Cause::SmallCount { .. } => Severity::Notice,
            _ => Severity::Error,
        }
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

    /// Adds those of a later step; the lists stay in the order of the text, what has no line first.
    pub(super) fn append(&mut self, other: Issues) {
        self.n_errors += other.n_errors;
        self.n_notices += other.n_notices;
        for (issues, others) in [(&mut self.errors, other.errors), (&mut self.notices, other.notices)] {
            issues.extend(others);
            issues.sort_by_key(|issue| issue.line);
            issues.truncate(Self::KEPT);
        }
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

/// "2 of 10 observations".
struct Part(usize, usize);

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} of {} observation{}", self.0, self.1, if self.1 == 1 { "" } else { "s" })
    }
}

/// "1.3 parameters".
struct Counted(Role, f64);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} {}", write_number(self.1, 6), if self.0 == Role::N { "parameters" } else { "tokens" })
    }
}
