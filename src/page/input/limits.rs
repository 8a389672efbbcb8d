//! Limits, prior and the mixture in use, as the user typed them.

use serde::{Deserialize, Serialize};

use crate::import::Table;
use crate::mixture::{GroupLimit, Limits, Prior, WeightLimit};
use crate::units::{
    Decimal, NumberError, Quantity, Tokens, choices, excerpt, is_missing, read_number, write_count_exact,
};

/// What can be said of each domain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Column {
    /// Least weight.
    Min,
    /// Largest weight.
    Max,
    /// Tokens in stock.
    Stock,
    /// Share of the mixture in use.
    Present,
    /// Share of the prior.
    Prior,
}

impl Column {
    /// All, in the order of the table.
    pub const ALL: [Self; 5] = [Self::Min, Self::Max, Self::Stock, Self::Present, Self::Prior];

    /// Its name at the head of a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Min => "min",
            Self::Max => "max",
            Self::Stock => "stock",
            Self::Present => "present",
            Self::Prior => "prior",
        }
    }

    /// What its numbers are, before "of DOMAIN".
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Min => "least weight",
            Self::Max => "largest weight",
            Self::Stock => "tokens in stock",
            Self::Present => "present share",
            Self::Prior => "prior share",
        }
    }

    /// Reads one of its numbers; `None` for a blank.
    ///
    /// # Errors
    /// If it is no number of that kind.
    pub fn read(self, text: &str, decimal: Decimal) -> Result<Option<f64>, NumberError> {
        let quantity = if self == Self::Stock { Quantity::Tokens } else { Quantity::Share };
        if is_missing(text) { Ok(None) } else { quantity.read(text, decimal).map(Some) }
    }

    /// Writes one of its numbers so that reading gives it back.
    fn write(self, value: f64) -> String {
        if self == Self::Stock { write_count_exact(value) } else { value.to_string() }
    }
}

/// A filled cell of the table of domains.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// Its row.
    pub domain: String,
    /// Its column.
    pub column: Column,
    /// What was typed.
    pub text: String,
}

/// Limits of the sum of several domains' weights.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GroupInput {
    /// The domains.
    pub domains: Vec<String>,
    /// Least sum.
    pub min: String,
    /// Largest sum.
    pub max: String,
}

/// What stands in the fields. Domains that the study at hand does not have are kept, but count for nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LimitsInput {
    /// The table of domains.
    pub cells: Vec<Cell>,
    /// How often a token in stock may be seen.
    pub most_epochs: String,
    /// How far a weight may be from the present one.
    pub most_change: String,
    /// λ of the prior.
    pub kl: String,
    /// Groups.
    pub groups: Vec<GroupInput>,
    /// Whether each weight stays within the data's. A draft of before this was the default extrapolates.
    #[serde(default)]
    pub inside_data: bool,
}

impl Default for LimitsInput {
    fn default() -> Self {
        Self {
            cells: Vec::new(),
            most_epochs: String::new(),
            most_change: String::new(),
            kl: String::new(),
            groups: Vec::new(),
            inside_data: true,
        }
    }
}

impl LimitsInput {
    /// The fields that say these limits and this prior.
    pub fn of(limits: &Limits, prior: Option<&Prior>) -> Self {
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let mut input = Self {
            cells: Vec::new(),
            most_epochs: number(limits.most_epochs),
            most_change: number(limits.most_change),
            kl: number(prior.map(|prior| prior.kl).filter(|kl| *kl > 0.0)),
            groups: Vec::new(),
            inside_data: limits.inside_data,
        };
        let mut fill = |domain: &String, column: Column, value: f64| input.set(domain, column, column.write(value));
        for WeightLimit { domain, min, max } in &limits.weights {
            min.iter().for_each(|min| fill(domain, Column::Min, *min));
            max.iter().for_each(|max| fill(domain, Column::Max, *max));
        }
        limits.stocks.iter().for_each(|(domain, tokens)| fill(domain, Column::Stock, tokens.0));
        limits.present.iter().for_each(|(domain, share)| fill(domain, Column::Present, *share));
        prior.iter().flat_map(|prior| &prior.mixture).for_each(|(domain, share)| fill(domain, Column::Prior, *share));
        let group = |limit: &GroupLimit| GroupInput {
            domains: limit.domains.clone(),
            min: number(limit.min),
            max: number(limit.max),
        };
        input.groups = limits.groups.iter().map(group).collect();
        input
    }

    /// What a cell of the table shows.
    pub fn text(&self, domain: &str, column: Column) -> &str {
        let cell = self.cells.iter().find(|cell| cell.column == column && cell.domain == domain);
        cell.map_or("", |cell| &cell.text)
    }

    /// Notes what was typed in a cell.
    pub fn set(&mut self, domain: &str, column: Column, text: String) {
        self.cells.retain(|cell| cell.column != column || cell.domain != domain);
        if !text.is_empty() {
            self.cells.push(Cell { domain: domain.to_string(), column, text });
        }
    }

    /// Adds an empty group.
    pub fn add_group(&mut self) {
        self.groups.push(GroupInput::default());
    }

    /// Empties all fields.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many limits are set, beside that of the runs. The mixture in use and the prior limit nothing by themselves.
    pub fn n_set(&self, domains: &[String]) -> usize {
        let fields = [&self.most_epochs, &self.most_change, &self.kl];
        let limits = |cell: &&Cell| !matches!(cell.column, Column::Present | Column::Prior);
        let is_bounded = |group: &&GroupInput| !is_missing(&group.min) || !is_missing(&group.max);
        self.cells.iter().filter(limits).filter(|cell| domains.contains(&cell.domain)).count()
            + fields.into_iter().filter(|text| !is_missing(text)).count()
            + self.groups.iter().filter(is_bounded).count()
    }

    /// The limits and the prior that the fields say for those domains. λ without a prior draws to uniform.
    ///
    /// # Errors
    /// A sentence about the first field that makes no sense.
    pub fn limits(&self, domains: &[String]) -> Result<(Limits, Option<Prior>), String> {
        let [least, most, stocks, present, prior] = Column::ALL.map(|column| self.column(column, domains));
        let (least, most, prior) = (least?, most?, prior?);
        let of = |given: &[(String, f64)], domain: &String| given.iter().find(|(name, _)| name == domain).map(|g| g.1);
        let weight =
            |domain: &String| WeightLimit { domain: domain.clone(), min: of(&least, domain), max: of(&most, domain) };
        let mut groups = Vec::new();
        for (index, group) in self.groups.iter().enumerate() {
            groups.extend(group.limit(index + 1, domains)?);
        }
        let limits = Limits {
            weights: domains.iter().map(weight).filter(|limit| limit.min.is_some() || limit.max.is_some()).collect(),
            stocks: stocks?.into_iter().map(|(domain, tokens)| (domain, Tokens(tokens))).collect(),
            most_epochs: number("the maximum number of epochs", &self.most_epochs)?,
            groups,
            present: present?,
            most_change: number("the maximum change", &self.most_change)?,
            inside_data: self.inside_data,
        };
        let prior = match number("λ of the prior", &self.kl)? {
            None if prior.is_empty() => None,
            Some(kl) if prior.is_empty() => {
                Some(Prior { mixture: domains.iter().map(|domain| (domain.clone(), 1.0)).collect(), kl })
            }
            kl => Some(Prior { mixture: prior, kl: kl.unwrap_or(0.0) }),
        };
        Ok((limits, prior))
    }

    /// What is easily overlooked, in sentences: fields that limit nothing as long as another one is empty, and a prior
    /// without a share for some domain.
    pub fn hints(&self, domains: &[String]) -> Vec<&'static str> {
        let given =
            |column: Column| self.cells.iter().any(|cell| cell.column == column && domains.contains(&cell.domain));
        let some = |number: Option<f64>| number.is_some_and(|number| number > 0.0);
        let in_prior =
            |domain: &String| some(Column::Prior.read(self.text(domain, Column::Prior), Decimal::Point).ok().flatten());
        let kl = number("", &self.kl).ok().flatten();
        let holds = given(Column::Prior) && some(kl) && !domains.iter().all(in_prior);
        let pairs = [
            (
                given(Column::Stock),
                &self.most_epochs,
                "Set a maximum number of epochs, or token stocks have no effect.",
            ),
            (given(Column::Present), &self.most_change, "Set a maximum change, or the present mixture limits nothing."),
            (given(Column::Prior), &self.kl, "Set λ, or the prior has no effect."),
        ];
        pairs
            .into_iter()
            .filter(|(given, other, _)| *given && is_missing(other))
            .map(|(.., sentence)| sentence)
            .chain(holds.then_some("A domain without a prior share is held at 0 %."))
            .collect()
    }

    /// Fills the columns that a pasted table has, and says how many domains it names.
    ///
    /// # Errors
    /// What in the table makes no sense, and where; the fields stay as they are.
    pub fn fill(&mut self, text: &str, domains: &[String]) -> Result<usize, String> {
        let (table, issues) = Table::parse(text);
        if let Some(issue) = issues.errors().first() {
            return Err(issue.to_string());
        }
        let Some(table) = table else { return Err("this is no table".into()) };
        let names: Vec<String> = table.header().iter().map(|name| name.trim().to_lowercase()).collect();
        let known = || Column::ALL.map(Column::name).join(", ");
        let domain_idx = names
            .iter()
            .position(|name| name == "domain")
            .ok_or_else(|| format!("the columns are {}; one of them must be domain", names.join(", ")))?;
        let mut columns = Vec::new();
        for (index, name) in names.iter().enumerate().filter(|(index, _)| *index != domain_idx) {
            let column = Column::ALL.into_iter().find(|column| column.name() == name);
            let column = column
                .ok_or_else(|| format!("a column is \"{}\"; beside domain there can be: {}", excerpt(name), known()))?;
            if columns.iter().any(|(_, other)| *other == column) {
                return Err(format!("two columns are \"{name}\"; leave one out"));
            }
            columns.push((index, column));
        }
        let decimal = table.layout().decimal;
        let mut filled = Self { cells: self.cells.clone(), ..Self::default() };
        filled.cells.retain(|cell| !columns.iter().any(|(_, column)| *column == cell.column));
        let mut seen: Vec<&str> = Vec::new();
        for row in table.rows() {
            let (line, domain) = (row.line(), row.cell(domain_idx));
            if !domains.iter().any(|known| known == domain) {
                let (seen, known) = (excerpt(domain), choices(domains.iter().map(String::as_str), domain));
                return Err(format!("line {line}: \"{seen}\" is no domain of the fits; those are: {known}"));
            }
            if seen.contains(&domain) {
                return Err(format!("line {line}: {domain} has a line already; leave one out"));
            }
            seen.push(domain);
            for &(index, column) in &columns {
                let text = row.cell(index);
                let value = column
                    .read(text, decimal)
                    .map_err(|error| format!("line {line}, column {}: {error}", column.name()))?;
                let text = match value {
                    None => String::new(),
                    // The fields are read with a decimal point.
                    Some(value) if decimal == Decimal::Comma => column.write(value),
                    Some(_) => text.to_string(),
                };
                filled.set(domain, column, text);
            }
        }
        self.cells = filled.cells;
        Ok(seen.len())
    }

    fn column(&self, column: Column, domains: &[String]) -> Result<Vec<(String, f64)>, String> {
        let mut given = Vec::new();
        for domain in domains {
            let value = column.read(self.text(domain, column), Decimal::Point);
            let value = value.map_err(|error| format!("{} of {domain}: {error}", column.meaning()))?;
            given.extend(value.map(|value| (domain.clone(), value)));
        }
        Ok(given)
    }
}

impl GroupInput {
    /// The limit; none as long as neither end is given.
    fn limit(&self, number_of_group: usize, domains: &[String]) -> Result<Option<GroupLimit>, String> {
        let min = number(&format!("least sum of group {number_of_group}"), &self.min)?;
        let max = number(&format!("largest sum of group {number_of_group}"), &self.max)?;
        let members: Vec<String> = self.domains.iter().filter(|domain| domains.contains(domain)).cloned().collect();
        match (min, max) {
            (None, None) => Ok(None),
            _ if members.is_empty() => Err(format!("group {number_of_group} has no domains; tick some, or remove it")),
            _ => Ok(Some(GroupLimit { domains: members, min, max })),
        }
    }
}

/// The number in a field; `None` for a blank one.
fn number(field: &str, text: &str) -> Result<Option<f64>, String> {
    if is_missing(text) {
        return Ok(None);
    }
    read_number(text, Decimal::Point).map(Some).map_err(|error| format!("{field}: {error}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn domains() -> Vec<String> {
        ["arxiv", "book", "c4"].map(String::from).to_vec()
    }

    fn typed(cells: &[(&str, Column, &str)]) -> LimitsInput {
        let mut input = LimitsInput::default();
        for (domain, column, text) in cells {
            input.set(domain, *column, (*text).to_string());
        }
        input
    }

    fn shares() -> impl Strategy<Value = Vec<(String, f64)>> {
        proptest::collection::vec(proptest::option::of(0.0..1.0), 3)
            .prop_map(|shares| domains().into_iter().zip(shares).filter_map(|(d, share)| Some((d, share?))).collect())
    }

    proptest! {
        #[test]
        fn the_fields_say_the_limits_that_they_show(
            least in shares(), most in shares(), stocks in shares(), present in shares(), prior in shares(),
            epochs in proptest::option::of(0.1..16.0), change in proptest::option::of(0.0..1.0), kl in 0.0..2.0,
            sum in 0.0..1.0,
        ) {
            let of = |given: &[(String, f64)], name: &str| given.iter().find(|(d, _)| d == name).map(|(_, share)| *share);
            let weights = domains().into_iter().map(|domain| {
                WeightLimit { min: of(&least, &domain), max: of(&most, &domain), domain }
            });
            let limits = Limits {
                weights: weights.filter(|limit| limit.min.is_some() || limit.max.is_some()).collect(),
                stocks: stocks.iter().map(|(domain, share)| (domain.clone(), Tokens(1e12 * share + 1.0))).collect(),
                most_epochs: epochs,
                groups: vec![GroupLimit { domains: domains()[1..].to_vec(), min: None, max: Some(sum) }],
                present,
                most_change: change,
                inside_data: sum > 0.5,
            };
            let prior = (!prior.is_empty()).then_some(Prior { mixture: prior, kl });
            let input = LimitsInput::of(&limits, prior.as_ref());
            prop_assert_eq!(input.limits(&domains()), Ok((limits, prior)));
        }
    }

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let input = LimitsInput {
            kl: "0.01".into(),
            most_change: "10 %".into(),
            ..typed(&[
                ("arxiv", Column::Max, "10 %"),
                ("book", Column::Min, "1/8"),
                ("c4", Column::Stock, "28B tokens"),
                ("gone", Column::Max, "?"),
                ("book", Column::Max, "–"),
            ])
        };
        let (limits, prior) = input.limits(&domains()).unwrap();
        let weight = |domain: &str, min, max| WeightLimit { domain: domain.into(), min, max };
        assert_eq!(limits.weights, [weight("arxiv", None, Some(0.1)), weight("book", Some(0.125), None)]);
        assert_eq!(limits.stocks, [("c4".to_string(), Tokens(28e9))]);
        assert_eq!(limits.most_change, Some(0.1));
        assert_eq!(prior.unwrap().mixture.iter().map(|(_, share)| *share).collect::<Vec<_>>(), [1.0; 3]);
    }

    #[test]
    fn a_field_that_makes_no_sense_is_named() {
        let error = |input: LimitsInput| input.limits(&domains()).unwrap_err();
        assert_eq!(
            error(typed(&[("book", Column::Max, "-1")])),
            "largest weight of book: \"-1\" is not possible; a share must be 0 or more"
        );
        assert!(
            error(typed(&[("c4", Column::Stock, "10 %")])).starts_with("tokens in stock of c4: \"10 %\" is a share")
        );
        assert!(
            error(LimitsInput { most_epochs: "four".into(), ..LimitsInput::default() })
                .starts_with("the maximum number of epochs: ")
        );
        let group = |domains: &[&str], max: &str| LimitsInput {
            groups: vec![GroupInput {
                domains: domains.iter().map(ToString::to_string).collect(),
                min: String::new(),
                max: max.into(),
            }],
            ..LimitsInput::default()
        };
        assert!(error(group(&["book"], "x1")).starts_with("largest sum of group 1: "));
        assert_eq!(error(group(&["gone"], "0.5")), "group 1 has no domains; tick some, or remove it");
        assert_eq!(group(&[], "").limits(&domains()).unwrap().0, Limits::default());
    }

    #[test]
    fn what_is_easily_overlooked_is_told() {
        let mut input = typed(&[("arxiv", Column::Stock, "1B"), ("arxiv", Column::Prior, "1")]);
        assert_eq!(input.hints(&domains()).len(), 2);
        input.most_epochs = "4".into();
        assert_eq!(input.hints(&domains()), ["Set λ, or the prior has no effect."]);
        assert_eq!((input.n_set(&domains()), input.n_set(&[])), (2, 1));
        input.kl = "0.1".into();
        assert_eq!(input.hints(&domains()), ["A domain without a prior share is held at 0 %."]);
        assert_eq!(input.hints(&domains()[..1]), [""; 0]);
        input.set("arxiv", Column::Prior, "0".into());
        assert_eq!(input.hints(&domains()[..1]), ["A domain without a prior share is held at 0 %."]);
        input.kl = "0".into();
        assert_eq!(input.hints(&domains()), [""; 0]);
    }

    #[test]
    fn a_pasted_table_fills_its_columns() {
        let mut input = typed(&[("arxiv", Column::Min, "0.05"), ("c4", Column::Max, "0.9")]);
        assert_eq!(input.fill("domain\tMax\tstock\narxiv\t20 %\t28B\nbook\t\t4.5B\n", &domains()), Ok(2));
        let shown = |domain, column| input.text(domain, column);
        assert_eq!((shown("arxiv", Column::Max), shown("arxiv", Column::Stock)), ("20 %", "28B"));
        assert_eq!((shown("arxiv", Column::Min), shown("c4", Column::Max)), ("0.05", ""));
        assert_eq!(input.fill("max;domain;stock\n0,25;c4;4,5B\n0,5;book;", &domains()), Ok(2));
        assert_eq!(input.text("c4", Column::Stock), "4.5B");
        assert_eq!((input.text("c4", Column::Max), input.text("arxiv", Column::Max)), ("0.25", ""));
    }

    #[test]
    fn a_pasted_table_that_makes_no_sense_changes_nothing() {
        let error = |text: &str| {
            let mut input = typed(&[("c4", Column::Max, "0.9")]);
            let before = input.clone();
            let error = input.fill(text, &domains()).unwrap_err();
            assert_eq!(input, before);
            error
        };
        assert_eq!(error("name,max\nc4,1"), "the columns are name, max; one of them must be domain");
        assert_eq!(
            error("domain,share\nc4,1"),
            "a column is \"share\"; beside domain there can be: min, max, stock, present, prior"
        );
        assert_eq!(error("domain,max,max\nc4,1,1"), "two columns are \"max\"; leave one out");
        assert_eq!(error("domain,max\nc5,1"), "line 2: \"c5\" is no domain of the fits; those are: arxiv, book, c4");
        assert_eq!(error("domain,max\nc4,1\nc4,1"), "line 3: c4 has a line already; leave one out");
        assert!(error("domain,max\nc4,much").starts_with("line 2, column max: \"much\" is not a number"));
        assert!(error("domain").contains("the first line is one column"));
    }
}
