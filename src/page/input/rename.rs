//! Another name for a domain: in the table's header, and wherever the user's fields name it.

use crate::import::{Role, Roles, domain_names};
use crate::page::input::scenario::ScenarioInput;
use crate::page::input::settings::Settings;

/// A domain with the column of its weights.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DomainColumn {
    /// Position of the column.
    pub column_idx: usize,
    /// The domain's name: the column's without the word for a weight.
    pub domain: String,
}

/// The domains of a table.
pub fn domain_columns(header: &[String], roles: &Roles) -> Vec<DomainColumn> {
    let columns: Vec<usize> = (0..header.len()).filter(|&i| roles.get(i) == Role::Weight).collect();
    let names = domain_names(columns.iter().map(|&i| header[i].as_str()));
    columns.into_iter().zip(names).map(|(column_idx, domain)| DomainColumn { column_idx, domain }).collect()
}

/// The column's new name, with the word for a weight that it has now. `None` if the name is blank, no other one, or
/// another column's.
pub fn renamed_column(header: &[String], column: &DomainColumn, name: &str) -> Option<String> {
    let (name, before) = (name.trim(), header.get(column.column_idx)?);
    // The word for a weight stands before the domain, or behind it, or nowhere.
    let ends = |edge: Option<char>| !edge.is_some_and(char::is_alphanumeric);
    let ahead = before.strip_suffix(&column.domain).filter(|word| ends(word.chars().next_back()));
    let behind = before.strip_prefix(&column.domain).filter(|word| ends(word.chars().next()));
    let renamed = match (ahead, behind) {
        (Some(word), _) => format!("{word}{name}"),
        (None, Some(word)) => format!("{name}{word}"),
        (None, None) => return None,
    };
    (!name.is_empty() && !header.contains(&renamed)).then_some(renamed)
}

impl ScenarioInput {
    /// Limits and groups of a domain, now under its other name.
    pub fn rename_domain(&mut self, before: &str, after: &str) {
        let names = self.limits.cells.iter_mut().map(|cell| &mut cell.domain);
        let names = names.chain(self.limits.groups.iter_mut().flat_map(|group| &mut group.domains));
        names.filter(|name| *name == before).for_each(|name| *name = after.to_string());
    }
}

impl Settings {
    /// Tokens in stock of a domain, now under its other name.
    pub fn rename_domain(&mut self, before: &str, after: &str) {
        let line = |line: &str| match line.rsplit_once(['=', ':', '\t']) {
            Some((name, _)) if name.trim() == before => line.replacen(before, after, 1),
            _ => line.to_string(),
        };
        self.stocks = self.stocks.split('\n').map(line).collect::<Vec<_>>().join("\n");
    }
}

#[cfg(test)]
mod tests {
    use super::super::limits::{Cell, Column, GroupInput, LimitsInput};
    use super::*;

    fn header(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn a_domain_is_renamed_and_its_column_keeps_its_word() {
        let header = header(&["N", "weight_domain_1", "weight_domain_2", "loss"]);
        let roles = Roles(vec![Role::N, Role::Weight, Role::Weight, Role::Loss]);
        let columns = domain_columns(&header, &roles);
        assert_eq!(columns[1], DomainColumn { column_idx: 2, domain: "domain_2".into() });
        assert_eq!(renamed_column(&header, &columns[1], " web "), Some("weight_web".into()));
        let behind = [String::from("t_weight")];
        let column = DomainColumn { column_idx: 0, domain: "t".into() };
        assert_eq!(renamed_column(&behind, &column, "web"), Some("web_weight".into()));
        for name in ["", "domain_1", "domain_2"] {
            assert_eq!(renamed_column(&header, &columns[1], name), None, "{name}");
        }
    }

    #[test]
    fn fields_follow_the_domain() {
        let cell = |domain: &str| Cell { domain: domain.into(), column: Column::Max, text: "0.5".into() };
        let group = GroupInput { domains: header(&["a", "b"]), ..GroupInput::default() };
        let limits = LimitsInput { cells: vec![cell("a"), cell("ab")], groups: vec![group], ..LimitsInput::default() };
        let mut input = ScenarioInput { limits, ..ScenarioInput::default() };
        input.rename_domain("a", "web");
        assert_eq!(input.limits.cells, [cell("web"), cell("ab")]);
        assert_eq!(input.limits.groups[0].domains, ["web", "b"]);
        let mut settings = Settings { stocks: "a = 1B\nab = 2B\n".into(), ..Settings::default() };
        settings.rename_domain("a", "web");
        assert_eq!(settings.stocks, "web = 1B\nab = 2B\n");
    }
}
