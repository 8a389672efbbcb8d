//! Runs in several stages, each with a mixture of its own. The laws describe one mixture, so the user says which: that
//! of one stage, or the mean of all by tokens.

use std::collections::{BTreeMap, BTreeSet};

use super::guess::guess_roles;
use super::issue::Cause;
use super::mixture::Stage;
use super::question::{Answer, Question};
use super::roles::{Role, Roles, is_id, key, words};
use super::table::{Row, Table};
use crate::units::{Decimal, Quantity, is_missing, try_number};

/// The answer by which the tokens of a long table count from the start of the run.
const MEAN_OF_SEEN: &str = "mean-of-seen";

/// More stages than this are no stages.
const MOST: usize = 8;

/// Asks which stage counts.
fn which(how: &str, names: &[String], mean: String, seen: bool) -> Question {
    let stage = |stage: &str| vec![Answer::Stage(stage.to_string())];
    let mut choices: Vec<(String, Vec<Answer>)> =
        names.iter().map(|name| (format!("the mixture of \"{name}\""), stage(name))).collect();
    choices.push((mean, stage(Answer::MEAN)));
    if seen {
        choices.push(("the mean of all, tokens counted from the start of the run".to_string(), stage(MEAN_OF_SEEN)));
    }
    Question::new(
        format!("the runs have {} stages, {how}; a law describes runs of one mixture. Which one is it?", names.len()),
        choices,
    )
}

/// The stage that the answers choose.
fn chosen(answers: &[Answer]) -> Option<&str> {
    answers.iter().rev().find_map(|answer| match answer {
        Answer::Stage(stage) => Some(stage.as_str()),
        _ => None,
    })
}

/// What comes of stages: the table of one mixture a run, or a question.
pub(super) enum Staged {
    One(Box<Table>, Cause),
    Ask(Question),
}

/// A wide table's stages, each of them columns of its own.
pub(super) fn of_columns(table: &Table, stages: &[Stage], answers: &[Answer]) -> Staged {
    let names: Vec<String> = stages.iter().map(|stage| stage.name.clone()).collect();
    let tokens: Option<Vec<usize>> = stages.iter().map(|stage| tokens_of(table, stage)).collect();
    let chosen = chosen(answers);
    let one = stages.iter().find(|stage| Some(stage.name.as_str()) == chosen);
    if one.is_none() && chosen != Some(Answer::MEAN) {
        let mean = match tokens {
            Some(_) => "the mean of all, by their tokens".to_string(),
            None => "the mean of all, which count alike".to_string(),
        };
        return Staged::Ask(which(&format!("\"{}\"", names.join("\", \"")), &names, mean, false));
    }
    let of_stages: BTreeSet<usize> = stages.iter().flat_map(|stage| stage.domains.iter().map(|(_, i)| *i)).collect();
    // The tokens of all stages are those of the run, unless the table says those itself.
    let own_tokens: &[usize] = tokens.as_deref().unwrap_or_default();
    let has_d = guess_roles(table).columns(Role::D).any(|d| !own_tokens.contains(&d));
    let adds_d = tokens.is_some() && !has_d;
    let is_kept = |i: &usize| !of_stages.contains(i) && !(adds_d && own_tokens.contains(i));
    let kept: Vec<usize> = (0..table.header().len()).filter(is_kept).collect();
    let domains: Vec<&str> = stages[0].domains.iter().map(|(domain, _)| domain.as_str()).collect();
    let column = |stage: &Stage, domain: &str| {
        let found = stage.domains.iter().find(|(own, _)| key(own) == key(domain));
        found.map(|(_, column)| *column)
    };
    let mut header: Vec<String> = kept.iter().map(|&i| table.header()[i].clone()).collect();
    header.extend(domains.iter().map(|domain| format!("weight_{domain}")));
    if adds_d {
        header.push("tokens".to_string());
    }
    let rows = table.rows().map(|row| {
        let mut cells: Vec<String> = kept.iter().map(|&i| row.cell(i).to_string()).collect();
        let shares: Vec<Option<f64>> = stages
            .iter()
            .enumerate()
            .map(|(i, _)| tokens.as_ref().map_or(Some(1.0), |tokens| count(table, row.cell(tokens[i]))))
            .collect();
        for domain in &domains {
            let of_stages: Vec<&str> =
                stages.iter().map(|stage| column(stage, domain).map_or("", |column| row.cell(column))).collect();
            cells.push(match one {
                Some(one) => column(one, domain).map_or("", |column| row.cell(column)).to_string(),
                None => mean(table, &of_stages, &shares),
            });
        }
        if adds_d {
            let sum: Option<f64> = shares.iter().copied().sum();
            cells.push(sum.map_or(String::new(), |sum| written(table, sum)));
        }
        (row.line(), cells)
    });
    let wide = Table::of_cells(header, rows).in_decimals_of(table);
    let by_tokens = tokens.is_some();
    Staged::One(Box::new(wide), Cause::Staged { names, one: one.map(|one| one.name.clone()), by_tokens })
}

/// The column of a stage's tokens: "phase_0_tokens", "tokens_phase_0".
fn tokens_of(table: &Table, stage: &Stage) -> Option<usize> {
    let (own, taken): (String, BTreeSet<usize>) = (key(&stage.name), stage.domains.iter().map(|(_, i)| *i).collect());
    (0..table.header().len()).find(|i| {
        let name = &table.header()[*i];
        !taken.contains(i) && words(name).any(|word| word.to_lowercase().contains("token")) && key(name).contains(&own)
    })
}

fn count(table: &Table, cell: &str) -> Option<f64> {
    Quantity::Tokens.read(cell, table.layout().decimal).ok()
}

/// The mean of weights; a cell that is no weight stays as it is, so that it is told.
fn mean(table: &Table, cells: &[&str], shares: &[Option<f64>]) -> String {
    let (mut sum, mut of) = (0.0, 0.0);
    for (cell, share) in cells.iter().zip(shares) {
        let (Some(weight), Some(share)) = (try_number(cell, table.layout().decimal), share) else {
            return cell.to_string();
        };
        sum += weight * share;
        of += share;
    }
    written(table, sum / of)
}

/// A number as the table writes its numbers.
fn written(table: &Table, value: f64) -> String {
    let text = value.to_string();
    if table.layout().decimal == Decimal::Comma { text.replace('.', ",") } else { text }
}

/// A long table's stages: a line for each stage of a run, with a column that says which. `None` of any other table, and
/// where a run's mixture is the same in all of its stages.
pub(super) fn of_lines(table: &Table, answers: &[Answer]) -> Option<Staged> {
    const NAMES: [&str; 4] = ["phase", "stage", "segment", "curriculum"];
    const BESIDE: [&str; 8] = ["train", "training", "name", "id", "idx", "data", "mix", "mixture"];
    let header = table.header();
    let is_stage = |name: &String| {
        let name = key(name);
        let rest = NAMES.iter().fold(name.clone(), |rest, own| rest.replacen(own, "", 1));
        rest != name && (rest.is_empty() || BESIDE.contains(&rest.as_str()))
    };
    let stage = header.iter().position(is_stage)?;
    let mut names: Vec<String> = Vec::new();
    for row in table.rows() {
        let name = row.cell(stage);
        if is_missing(name) || names.len() > MOST {
            return None;
        }
        if !names.iter().any(|own| own == name) {
            names.push(name.to_string());
        }
    }
    let roles = guess_roles(table);
    let weights: Vec<usize> = roles.columns(Role::Weight).collect();
    if !(2..=MOST).contains(&names.len()) || weights.is_empty() {
        return None;
    }
    let runs = runs(table, stage, &roles)?;
    let changes = |run: &Vec<Row>| {
        weights.iter().any(|&i| {
            let numbers = run.iter().map(|row| try_number(row.cell(i), table.layout().decimal));
            numbers.clone().any(|number| Some(number) != numbers.clone().next())
        })
    };
    if !runs.iter().any(changes) {
        return None;
    }
    let d = roles.columns(Role::D).next();
    let tokens = |row: &Row| d.and_then(|d| count(table, row.cell(d)));
    // Tokens that are the same in all stages of a run are those of the whole run.
    let differ = |run: &Vec<Row>| run.windows(2).any(|pair| tokens(&pair[0]) != tokens(&pair[1]));
    let grow = |run: &Vec<Row>| run.windows(2).all(|pair| tokens(&pair[0]) < tokens(&pair[1]));
    let by_tokens = d.is_some() && runs.iter().any(differ);
    let may_be_seen = by_tokens && runs.iter().all(grow);
    let chosen = chosen(answers);
    let one = names.iter().find(|name| Some(name.as_str()) == chosen);
    if one.is_none() && !matches!(chosen, Some(Answer::MEAN | MEAN_OF_SEEN)) {
        let mean = match by_tokens {
            true => "the mean of all, by the tokens of each".to_string(),
            false => "the mean of all, which count alike".to_string(),
        };
        let how = format!("\"{}\" in the column \"{}\"", names.join("\", \""), header[stage]);
        return Some(Staged::Ask(which(&how, &names, mean, may_be_seen)));
    }
    let is_seen = chosen == Some(MEAN_OF_SEEN);
    let losses: Vec<usize> = (0..header.len()).filter(|&i| roles.get(i).is_loss()).collect();
    let rows = runs.iter().filter_map(|run| {
        let last = *run.last()?;
        let row = match one {
            Some(name) => *run.iter().find(|row| row.cell(stage) == name)?,
            None => last,
        };
        let mut cells: Vec<String> = (0..header.len()).map(|i| row.cell(i).to_string()).collect();
        // A loss that stands on one of the lines is that of the run.
        for &i in losses.iter().filter(|&&i| is_missing(row.cell(i))) {
            cells[i] = run.iter().rev().map(|row| row.cell(i)).find(|cell| !is_missing(cell)).unwrap_or("").to_string();
        }
        if one.is_none() {
            let mut before = 0.0;
            let shares: Vec<Option<f64>> = run
                .iter()
                .map(|row| match by_tokens {
                    true => tokens(row).map(|tokens| {
                        let own = if is_seen { tokens - before } else { tokens };
                        before = tokens;
                        own
                    }),
                    false => Some(1.0),
                })
                .collect();
            for &i in &weights {
                let own: Vec<&str> = run.iter().map(|row| row.cell(i)).collect();
                cells[i] = mean(table, &own, &shares);
            }
            if let (Some(d), true, false) = (d, by_tokens, is_seen) {
                let sum: Option<f64> = shares.iter().copied().sum();
                cells[d] = sum.map_or(String::new(), |sum| written(table, sum));
            }
        }
        Some((row.line(), cells))
    });
    let rows: Vec<(usize, Vec<String>)> = rows.collect();
    let wide = Table::of_cells(header.to_vec(), rows).in_decimals_of(table);
    Some(Staged::One(Box::new(wide), Cause::Staged { names: names.clone(), one: one.cloned(), by_tokens }))
}

/// The lines of each run: those of one id, or without ids those of the same losses. `None` if a run has a stage twice, or
/// if most have one only.
fn runs<'a>(table: &'a Table, stage: usize, roles: &Roles) -> Option<Vec<Vec<Row<'a>>>> {
    let header = table.header();
    let ids = (0..header.len()).filter(|&i| i != stage && is_id(&header[i]) && roles.get(i) == Role::Ignored);
    let losses: Vec<usize> = (0..header.len()).filter(|&i| roles.get(i).is_loss()).collect();
    let keys = ids.map(|i| vec![i]).chain((!losses.is_empty()).then_some(losses));
    keys.filter_map(|columns| {
        let mut runs: BTreeMap<Vec<&str>, Vec<Row>> = BTreeMap::new();
        for row in table.rows() {
            runs.entry(columns.iter().map(|&i| row.cell(i)).collect()).or_default().push(row);
        }
        let is_sound =
            |run: &Vec<Row>| run.iter().map(|row| row.cell(stage)).collect::<BTreeSet<_>>().len() == run.len();
        let n_several = runs.values().filter(|run| run.len() > 1).count();
        let mut runs: Vec<Vec<Row>> = runs.into_values().collect();
        runs.sort_by_key(|run| run[0].line());
        (runs.iter().all(is_sound) && 2 * n_several >= runs.len()).then_some(runs)
    })
    .next()
}
