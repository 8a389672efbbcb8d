//! Columns that other columns give: what is nested in cells, weights from tokens or from run names, N from the names of
//! models, D from steps or from tokens per parameter. Only what the table does not have itself is made.

use std::collections::HashSet;

use super::{json, numbered};
use crate::import::guess::{guess_roles, is_known, is_unique_tokens, scaled};
use crate::import::issue::{Cause, Issues};
use crate::import::mixture::{is_stage, is_text};
use crate::import::names::{self, words};
use crate::import::recipe::{is_of_training, is_recipe, may_be_recipe};
use crate::import::roles::{Role, Roles, is_id, is_listed, is_weight_word};
use crate::import::table::{MAX_COLUMNS, Table};
use crate::units::{Decimal, Flops, Params, is_missing, try_number, write_count, write_number};

/// Tokens per parameter that "Chinchilla-optimal" stands for (Hoffmann et al. 2022, arXiv:2203.15556).
const CHINCHILLA: f64 = 20.0;

/// The table with the columns that can be made.
pub(super) fn with_made(table: Table, issues: &mut Issues) -> Table {
    let mut table = numbered::by_name(unnested(table, issues), issues);
    let steps: [fn(&Table, &Roles) -> Option<Made>; 16] = [
        compute_of_days,
        weights_of_tokens,
        weights_of_ratios,
        weights_in_names,
        weights_of_quotient,
        weights_in_two_scales,
        weights_of_logarithms,
        the_rest,
        of_logarithms,
        sizes_and_tokens,
        active_sizes,
        sizes_in_names,
        sizes_of_ratio,
        tokens,
        // Once D is known, those in the names of runs, and the tokens that sum to it.
        sizes_in_names,
        weights_of_tokens,
    ];
    let mut roles = guess_roles(&table);
    for step in steps {
        if let Some(made) = step(&table, &roles) {
            issues.push(Cause::Made { what: made.what }.of_text());
            table = with_numbers(&table, made.columns).made_of(made.of);
            roles = guess_roles(&table);
        }
    }
    table
}

/// The table with these columns, whose numbers are written with a point, in the decimals that the table has.
fn with_numbers(table: &Table, mut columns: Vec<(String, Vec<String>)>) -> Table {
    if table.layout().decimal == Decimal::Comma {
        let cells = columns.iter_mut().flat_map(|(_, cells)| cells);
        for cell in cells.filter(|cell| cell.parse::<f64>().is_ok()) {
            *cell = cell.replace('.', ",");
        }
    }
    table.with_columns(&columns)
}

/// New columns, a cell for each line, the columns that they were made of, and what there is to say of them.
struct Made {
    columns: Vec<(String, Vec<String>)>,
    of: Vec<usize>,
    what: String,
}

fn has(roles: &Roles, role: Role) -> bool {
    roles.columns(role).next().is_some()
}

/// The numbers of a column, if each of its lines has one.
fn numbers(table: &Table, i: usize) -> Option<Vec<f64>> {
    let read = scaled(table, i);
    table.rows().map(|row| read(row.cell(i))).collect()
}

/// The table with a column for each entry of a dict or a list in its cells: {"web": 0.9, "code": 0.1}, web:0.9,code:0.1.
fn unnested(table: Table, issues: &mut Issues) -> Table {
    type Entries = Vec<(String, String)>;
    let within = |cell: &str| match cell.starts_with(['{', '[']) {
        true => json::cells_within(cell),
        false => pairs(cell).or_else(|| blend(cell)),
    };
    let may_be = |cell: &str| cell.starts_with(['{', '[']) || cell.contains([':', '=']) || blend(cell).is_some();
    let nested = |i: usize| -> Option<Vec<Entries>> {
        let mut n = 0;
        let cells = table.rows().map(|row| match row.cell(i) {
            cell if is_missing(cell) => Some(Vec::new()),
            cell if !may_be(cell) => None,
            cell => {
                n += 1;
                within(cell)
            }
        });
        let cells: Vec<Entries> = cells.collect::<Option<_>>()?;
        (n > 0).then_some(cells)
    };
    let found: Vec<(usize, Vec<Entries>)> =
        (0..table.header().len()).filter_map(|i| nested(i).map(|cells| (i, cells))).collect();
    if found.is_empty() {
        return table;
    }
    let mut columns: Vec<(String, Vec<String>)> = Vec::new();
    let mut place = std::collections::HashMap::new();
    for (i, cells) in &found {
        for (row_idx, (name, cell)) in
            cells.iter().enumerate().flat_map(|(row, of)| of.iter().map(move |one| (row, one)))
        {
            let name = format!("{}.{name}", table.header()[*i]);
            let at = *place.entry(name.clone()).or_insert_with(|| {
                columns.push((name, vec![String::new(); table.n_rows()]));
                columns.len() - 1
            });
            columns[at].1[row_idx].clone_from(cell);
            if columns.len() > MAX_COLUMNS || columns.len() * table.n_rows() > MOST_CELLS {
                return table;
            }
        }
    }
    let names: Vec<String> = found.iter().map(|(i, _)| format!("\"{}\"", table.header()[*i])).collect();
    let what = format!("what is nested in {} is read as {} columns", names.join(", "), columns.len());
    issues.push(Cause::Made { what }.of_text());
    let replaced: HashSet<usize> = found.iter().map(|(i, _)| *i).collect();
    let kept: Vec<usize> = (0..table.header().len()).filter(|i| !replaced.contains(i)).collect();
    let header = kept.iter().map(|&i| table.header()[i].clone()).collect();
    let rows = table.rows().map(|row| (row.line(), kept.iter().map(|&i| row.cell(i).to_string()).collect()));
    with_numbers(&Table::of_cells(header, rows).in_decimals_of(&table), columns)
}

/// Cells that nested ones may become.
const MOST_CELLS: usize = 5_000_000;

/// Longer cells are no list of weights.
const LONGEST: usize = 2000;

/// The entries of "web:0.9, code:0.1" or "web=90% code=10%": at least two names, each with a number.
fn pairs(cell: &str) -> Option<Vec<(String, String)>> {
    if cell.len() > LONGEST || !cell.contains([':', '=']) {
        return None;
    }
    let parts = cell.split([',', ';', ' ', '|', '+']).map(str::trim).filter(|part| !part.is_empty());
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut open: Option<String> = None;
    for part in parts {
        let (name, number) = match (open.take(), part.split_once([':', '='])) {
            (Some(name), None) => (name, part),
            (None, Some((name, ""))) => {
                open = Some(name.to_string());
                continue;
            }
            (None, Some((name, number))) => (name.to_string(), number),
            _ => return None,
        };
        let is_name = name.starts_with(|c: char| c.is_alphabetic());
        try_number(number, Decimal::Point).filter(|_| is_name)?;
        pairs.push((name, number.to_string()));
    }
    (pairs.len() > 1 && open.is_none()).then_some(pairs)
}

/// The entries of "0.4 /data/web_text_document 0.6 /data/code_text_document": numbers, each with a path behind it.
fn blend(cell: &str) -> Option<Vec<(String, String)>> {
    let is_one =
        cell.starts_with(|c: char| c.is_ascii_digit() || c == '.') && cell.contains('/') && cell.len() <= LONGEST;
    let words: Vec<&str> = cell.split([' ', ',']).filter(|word| is_one && !word.is_empty()).collect();
    let pairs: Option<Vec<(&str, &str)>> = words
        .chunks(2)
        .map(|pair| match pair {
            [number, path] if number.parse::<f64>().is_ok() && path.contains(char::is_alphabetic) => {
                Some((path.rsplit('/').next().unwrap_or(path), *number))
            }
            _ => None,
        })
        .collect();
    let pairs = pairs.filter(|pairs| pairs.len() > 1)?;
    // What all names end in says nothing of the domains.
    let shared = |end: &str| pairs.iter().all(|(name, _)| name.len() > end.len() && name.ends_with(end));
    let ends = pairs[0].0.match_indices(['_', '.']).map(|(at, _)| &pairs[0].0[at..]);
    let end = ends.into_iter().find(|end| shared(end)).unwrap_or_default();
    let name = |name: &str| name[..name.len() - end.len()].replace('.', "_");
    Some(pairs.iter().map(|(own, number)| (name(own), number.to_string())).collect())
}

/// A column of weights for each column of tokens of a domain. What a run would draw from stocks by factors is weights
/// too.
fn weights_of_tokens(table: &Table, roles: &Roles) -> Option<Made> {
    if has(roles, Role::Weight) {
        return None;
    }
    let mut tokens = by_domain(table, &["tokens", "token", "toks", "tok", "ntokens"]);
    let factors = by_domain(
        table,
        &["upsample", "upsampling", "factor", "factors", "repeat", "repeats", "epochs", "oversample", "repetitions"],
    );
    // Beside factors, stocks need no word for tokens.
    if tokens.is_empty() && !factors.is_empty() {
        tokens = by_domain(table, &["pool", "pools", "stock", "stocks", "available", "size", "corpus", "unique"]);
    }
    let of_role = |role| roles.columns(role).next().and_then(|i| numbers(table, i));
    let of_compute = || {
        let (c, n) = (of_role(Role::Flops)?, of_role(Role::N)?);
        Some(c.into_iter().zip(n).map(|(c, n)| Flops(c).tokens(Params(n)).0).collect())
    };
    let d: Option<Vec<f64>> = of_role(Role::D).or_else(of_compute);
    let stocks: Vec<usize> = tokens.iter().map(|own| own.column).collect();
    let of_factors = varies(&factors) && !varies(&tokens) && factors.len() > 1;
    let (set, of) = if of_factors {
        let stock = |name: &str| tokens.iter().find(|own| own.name == name).map(|own| &own.numbers);
        let product = |factor: &OfDomain| {
            let numbers = factor.numbers.iter().zip(stock(&factor.name)?).map(|(factor, stock)| factor * stock);
            Some(OfDomain { numbers: numbers.collect(), ..factor.clone() })
        };
        (factors.iter().map(product).collect::<Option<ByDomain>>()?, "of each domain's stock times its factor")
    } else if let Some(bare) = Some(without_total(tokens, d.as_deref())).filter(|set| varies(set) && set.len() > 1) {
        (bare, "of the tokens of each domain")
    } else {
        (bare_tokens(table, roles, d.as_deref())?, "of their numbers, taken for tokens")
    };
    let sums = sums_of(&set);
    // A line with nothing of any domain, as of a baseline, has no mixture.
    let has_mixture = |sum: f64| sum > 0.0;
    if sums.iter().any(|sum| !sum.is_finite()) || !sums.iter().any(|sum| has_mixture(*sum)) {
        return None;
    }
    let cell = |value: f64, sum: f64| if has_mixture(sum) { value.to_string() } else { String::new() };
    // Of a D that is more, so that what is missing to it shows in the weights.
    let wholes = d.as_deref().filter(|d| !of_factors && is_part_of(&sums, d)).unwrap_or(&sums);
    let mut columns: Vec<(String, Vec<String>)> = set
        .iter()
        .map(|OfDomain { name, numbers, .. }| {
            let of_wholes = numbers.iter().zip(&sums).zip(wholes);
            let weights = of_wholes.map(|((number, sum), whole)| cell(number / whole, *sum));
            (format!("weight_{name}"), weights.collect())
        })
        .collect();
    let mut what = format!("the weights of {} are the shares {of}", listed(set.iter().map(|own| own.name.as_str())));
    if !has(roles, Role::D) && !has(roles, Role::Flops) {
        columns.push(("tokens".into(), sums.iter().map(|sum| cell(*sum, *sum)).collect()));
        what += ", and D is their sum";
    }
    if let Some(row) =
        d.as_deref().filter(|_| !of_factors).and_then(|d| (!are_same(&sums, d)).then(|| farthest(&sums, d)))
    {
        what += &format!(
            "; these sum to {} on line {}, but D is {}",
            write_count(sums[row], 4),
            table.row(row).line(),
            write_count(d.map_or(0.0, |d| d[row]), 4)
        );
    }
    let stocks = stocks.into_iter().filter(|_| of_factors);
    Some(Made { columns, of: set.iter().map(|own| own.column).chain(stocks).collect(), what })
}

/// The numbers of one domain, from one column.
#[derive(Clone)]
struct OfDomain {
    name: String,
    column: usize,
    numbers: Vec<f64>,
}

type ByDomain = Vec<OfDomain>;

/// Whether the numbers differ between lines that have some.
fn varies(set: &[OfDomain]) -> bool {
    let sums = sums_of(set);
    let rows: Vec<usize> = (0..sums.len()).filter(|&row| sums[row] > 0.0).collect();
    set.iter().any(|own| rows.iter().any(|&row| own.numbers[row] != own.numbers[rows[0]]))
}

fn sums_of(set: &[OfDomain]) -> Vec<f64> {
    let n_rows = set.first().map_or(0, |own| own.numbers.len());
    (0..n_rows).map(|row| set.iter().map(|own| own.numbers[row]).sum()).collect()
}

/// By what each of the first numbers must be multiplied to be the second one, if 1, a thousand, a million or a billion does
/// for all but rounding, and how far it is from that.
fn scale_between(first: &[f64], second: &[f64]) -> Option<(f64, f64)> {
    /// Of tokens in billions with two decimals.
    const ROUNDING: f64 = 0.01;
    let pairs = || first.iter().zip(second).filter(|(a, _)| **a > 0.0);
    let off = |scale: f64| pairs().map(|(a, b)| (a * scale / b - 1.0).abs()).fold(0.0, f64::max);
    pairs().next()?;
    [1.0, 1e3, 1e6, 1e9].into_iter().map(|scale| (scale, off(scale))).find(|(_, off)| *off <= ROUNDING)
}

/// Whether the first numbers are the second ones but for rounding and the unit.
pub(super) fn are_same(first: &[f64], second: &[f64]) -> bool {
    scale_between(first, second).is_some()
}

/// Whether the first numbers are a large part of the second ones, and on several rows not all of them.
fn is_part_of(first: &[f64], second: &[f64]) -> bool {
    /// Less is counted in something else.
    const LEAST: f64 = 0.2;
    const ALL: [f64; 2] = [0.97, 1.03];
    let shares = || first.iter().zip(second).filter(|(a, _)| **a > 0.0).map(|(a, b)| a / b);
    shares().all(|share| (LEAST..=ALL[1]).contains(&share)) && shares().filter(|share| *share < ALL[0]).count() > 1
}

/// The row on which two columns differ most.
fn farthest(first: &[f64], second: &[f64]) -> usize {
    let ratio = |row: &usize| (first[*row] / second[*row]).ln().abs();
    (0..first.len()).filter(|&row| first[row] > 0.0).max_by(|a, b| ratio(a).total_cmp(&ratio(b))).unwrap_or_default()
}

/// The domains without one that is the sum of the others, or that alone keeps their sum from being D.
fn without_total(set: ByDomain, d: Option<&[f64]>) -> ByDomain {
    let is_d = |set: &[OfDomain]| d.is_some_and(|d| are_same(&sums_of(set), d));
    if set.len() < 3 || is_d(&set) {
        return set;
    }
    let without = |i: usize| [&set[..i], &set[i + 1..]].concat();
    let is_total = |i: &usize| {
        let others = without(*i);
        is_d(&others) || are_same(&sums_of(&others), &set[*i].numbers)
    };
    (0..set.len()).find(is_total).map(without).unwrap_or(set)
}

/// The tokens by domain in columns side by side whose names say nothing: those that sum to D; or, where there is none,
/// numbers of millions, which only the user can say that they are.
fn bare_tokens(table: &Table, roles: &Roles, d: Option<&[f64]>) -> Option<ByDomain> {
    const LEAST: f64 = 1e6;
    let header = table.header();
    let candidate = |i: usize| {
        let name = &header[i];
        let is_other = || is_recipe(name) || is_id(name) || is_known(name) || names::is_ratio(name) || is_of_else(name);
        if roles.get(i) != Role::Ignored || is_other() {
            return None;
        }
        let numbers = numbers_or_none(table, i)?;
        let plain = names::scale_of(name).map_or(name.clone(), |(plain, _)| plain);
        let may_be = |number: &f64| *number >= 0.0 && (d.is_some() || *number == 0.0 || *number >= LEAST);
        numbers.iter().all(may_be).then(|| OfDomain { name: plain.trim().to_string(), column: i, numbers })
    };
    let mut stretches: Vec<ByDomain> = vec![Vec::new()];
    for i in 0..header.len() {
        match candidate(i) {
            Some(own) => stretches.last_mut()?.push(own),
            None => stretches.push(Vec::new()),
        }
    }
    stretches.retain(|set| (2..=MOST_IN_NAMES).contains(&set.len()));
    // What is never a thousandth of the tokens may be anything that stands beside them.
    const PART: f64 = 1e-3;
    let are_mixtures = |set: &[OfDomain]| {
        let sums = sums_of(set);
        let is_part = |numbers: &[f64]| numbers.iter().zip(&sums).any(|(number, sum)| *number >= PART * sum);
        varies(set)
            && set.iter().all(|own| is_part(&own.numbers))
            && set.iter().map(|own| &own.name).collect::<HashSet<_>>().len() == set.len()
    };
    let windows = |set: &ByDomain| -> Vec<ByDomain> {
        let all = (2..=set.len()).rev().flat_map(|length| set.windows(length));
        all.filter(|set| are_mixtures(set)).map(<[_]>::to_vec).collect()
    };
    let Some(d) = d else {
        let own = |set: ByDomain| Some(without_total(set, None)).filter(|set| are_mixtures(set));
        return stretches.into_iter().find_map(own);
    };
    // Shares sum to one number as well, and that may be the D of all runs.
    if d.iter().all(|own| *own == d[0]) {
        stretches.retain(|set| set.iter().any(|own| own.numbers.iter().any(|number| *number >= LEAST)));
    }
    // The nearest to D, and the longest of these: small numbers that stand beside them hardly change a sum.
    const SAME: f64 = 1e-4;
    let off = |set: &ByDomain| scale_between(&sums_of(set), d).map(|(_, off)| (off / SAME) as usize);
    let found = stretches.iter().flat_map(windows).filter_map(|set| Some((off(&set)?, set)));
    let found = found.min_by_key(|(off, set)| (*off, std::cmp::Reverse(set.len())));
    found.filter(|_| table.n_rows() > 1).map(|(_, set)| set)
}

/// Whether a name is that of another large number than of tokens.
fn is_of_else(name: &str) -> bool {
    const OTHERS: &str = "unique uniq stock available throughput n d size model budget bytes byte docs documents doc samples \
         sequences examples flops flop params param parameters time timestamp created started ended at date chars \
         words per s";
    words(name).iter().any(|word| is_listed(word, OTHERS))
}

/// The numbers by domain of columns that are called by one of these words and something else: "tokens_web",
/// "web (B tokens)"; none of stocks in name or of what is measured.
fn by_domain(table: &Table, kinds: &[&str]) -> ByDomain {
    const OTHERS: &str = "log log10 log2 ln lg per unique uniq val valid validation eval test second sec step batch vocab max seq \
         scored total loss gpu warmup sum train";
    const SILENT: [&str; 8] = ["n", "num", "of", "stock", "available", "factor", "seen", "trained"];
    let found = (0..table.header().len()).filter_map(|i| {
        let name = &table.header()[i];
        let plain = names::scale_of(name).map_or(name.clone(), |(plain, _)| plain);
        let words = words(&plain);
        let is_kind = |word: &String| kinds.contains(&word.as_str());
        if !words.iter().any(is_kind)
            || words.iter().any(|word| is_listed(word, OTHERS))
            || names::count(name).is_some()
            || names::is_ratio(name)
        {
            return None;
        }
        let rest: Vec<&str> = words
            .iter()
            .filter(|word| !is_kind(word) && !SILENT.contains(&word.as_str()))
            .map(String::as_str)
            .collect();
        if rest.is_empty() || !table.rows().any(|row| try_number(row.cell(i), table.layout().decimal).is_some()) {
            return None;
        }
        Some((rest.join("_"), i))
    });
    // One that cannot be read would be missing in all shares.
    let own = |(name, column)| Some(OfDomain { name, column, numbers: numbers_or_none(table, column)? });
    let found = found.map(own).collect::<Option<ByDomain>>().unwrap_or_default();
    let names: HashSet<&String> = found.iter().map(|own| &own.name).collect();
    let may_be = found.iter().all(|own| own.numbers.iter().all(|number| *number >= 0.0));
    if names.len() == found.len() && may_be && table.n_rows() > 0 { found } else { Vec::new() }
}

/// The numbers of a column whose blanks say that nothing of the domain was trained on.
fn numbers_or_none(table: &Table, i: usize) -> Option<Vec<f64>> {
    let read = scaled(table, i);
    table.rows().map(|row| if is_missing(row.cell(i)) { Some(0.0) } else { read(row.cell(i)) }).collect()
}

/// Weights that the runs have in their names: "mix_web0.23_code0.77", "web-70-code-30".
fn weights_in_names(table: &Table, roles: &Roles) -> Option<Made> {
    if has(roles, Role::Weight) || table.n_rows() == 0 {
        return None;
    }
    let decimal = table.layout().decimal;
    roles.columns(Role::Ignored).find_map(|i| {
        let mut names: Vec<String> = Vec::new();
        let mut rows = Vec::new();
        for row in table.rows() {
            let cell = row.cell(i);
            if cell.len() > LONGEST || try_number(cell, decimal).is_some() {
                return None;
            }
            let own = if is_missing(cell) { Some(Vec::new()) } else { mixture_in(cell) };
            for (name, _) in own.iter().flatten() {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            if names.len() > MOST_IN_NAMES {
                return None;
            }
            rows.push(own);
        }
        if rows.iter().any(Option::is_none)
            && let Some(numbered) = numbered_in_names(table, i)
        {
            names = numbered[0].iter().map(|(name, _)| name.clone()).collect();
            rows = numbered.into_iter().map(Some).collect();
        }
        // The same domains may sum to less than the whole in the names of other runs.
        let short = |cell: &str| {
            let own: Vec<_> = pairs_in(cell).into_iter().filter(|(name, _)| names.contains(name)).collect();
            let whole = if own.iter().any(|(_, number)| *number > 1.0) { 100.0 } else { 1.0 };
            let own: Vec<_> = own.into_iter().map(|(name, number)| (name, number / whole)).collect();
            (own.len() > 1).then_some(own)
        };
        // Beside these "web only" is all of one.
        let alone = |cell: &str| {
            let word = |word: &&str| !["only", "pure", "all", "100%"].contains(&word.to_lowercase().as_str());
            let own: Vec<&str> = cell.split_whitespace().filter(word).collect();
            let own = own.join(" ");
            names.iter().find(|name| name.eq_ignore_ascii_case(&own)).map(|name| vec![(name.clone(), 1.0)])
        };
        // "40% web, 70% code, 30% math" is no mixture of two.
        let is_whole = |cell: &str, own: &Vec<(String, f64)>| {
            let is_in = |name: &String| !names.contains(name) || own.iter().any(|(other, _)| other == name);
            pairs_in(cell).iter().all(|(name, number)| *number == 0.0 || is_in(name))
        };
        let rows = table.rows().zip(rows).map(|(row, own)| {
            let own = own.filter(|own| own.is_empty() || is_whole(row.cell(i), own));
            own.or_else(|| short(row.cell(i))).or_else(|| alone(row.cell(i)))
        });
        let rows: Vec<Vec<(String, f64)>> = rows.collect::<Option<_>>()?;
        if names.len() < 2 {
            return None;
        }
        let weight = |row: &Vec<(String, f64)>, name: &String| match row.iter().find(|(own, _)| own == name) {
            // A run without a name has no mixture.
            None if row.is_empty() => String::new(),
            None => "0".to_string(),
            Some((_, weight)) => weight.to_string(),
        };
        let columns =
            names.iter().map(|name| (format!("weight_{name}"), rows.iter().map(|row| weight(row, name)).collect()));
        let what = format!(
            "the weights of {} are read from the names in \"{}\", such as \"{}\"",
            listed(names.iter().map(String::as_str)),
            table.header()[i],
            crate::units::excerpt(table.rows().map(|row| row.cell(i)).find(|cell| !is_missing(cell))?)
        );
        Some(Made { columns: columns.collect(), of: vec![i], what })
    })
}

/// The mixtures in names whose domains end in digits: "q10.2_q20.8" is 0.2 of "q1" and 0.8 of "q2", and so is "q120_q280".
/// As read, the same domains on each line sum to no more than the whole.
fn numbered_in_names(table: &Table, i: usize) -> Option<Vec<Vec<(String, f64)>>> {
    const ROUNDING: f64 = 0.015;
    /// A domain's name and its number, of "q10.2" or "q120".
    fn part(text: &str) -> Option<(&str, &str)> {
        let at = text.find(|c: char| c.is_ascii_digit()).filter(|at| *at > 0)?;
        let (name, number) = text.split_at(at);
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        (is_number && name.chars().all(char::is_alphabetic)).then_some((name, number))
    }
    let of_row = |cell: &str| -> Option<Vec<(String, f64)>> {
        let segments: Vec<&str> = cell.split(['_', '-', ' ', ',', '+', '=', ':']).collect();
        // "d1-0.2" has the number behind the name.
        let behind = |at: usize| segments.get(at + 1)?.parse::<f64>().ok();
        if segments.iter().enumerate().any(|(at, segment)| part(segment).is_some() && behind(at).is_some()) {
            let pairs = segments.iter().enumerate().filter(|(_, segment)| part(segment).is_some());
            let own: Vec<(String, f64)> =
                pairs.map(|(at, segment)| Some((segment.to_string(), behind(at)?))).collect::<Option<_>>()?;
            let sum: f64 = own.iter().map(|(_, number)| number).sum();
            let whole = [1.0, 100.0].into_iter().find(|whole| (sum / whole - 1.0).abs() < ROUNDING)?;
            return (own.len() > 1).then(|| own.into_iter().map(|(name, number)| (name, number / whole)).collect());
        }
        let parts: Vec<(&str, &str)> = segments.iter().filter_map(|segment| part(segment)).collect();
        let has_points = parts.iter().any(|(_, number)| number.contains('.'));
        let own = |&(name, number): &(&str, &str)| {
            // The digit before the point, or all but the first digit.
            let at = match number.find('.') {
                Some(at) => at.checked_sub(1)?,
                None if has_points => return None,
                None => 1,
            };
            let (end, weight) = number.split_at(at);
            Some((format!("{name}{end}"), weight.parse::<f64>().ok()? / if has_points { 1.0 } else { 100.0 }))
        };
        let own: Vec<(String, f64)> = parts.iter().map(own).collect::<Option<_>>()?;
        let sum: f64 = own.iter().map(|(_, weight)| weight).sum();
        // Whole numbers are believed only if they are a whole.
        let is_mixture = if has_points { sum <= 1.0 + ROUNDING } else { (sum - 1.0).abs() < ROUNDING };
        (own.len() > 1 && is_mixture).then_some(own)
    };
    let rows: Vec<Vec<(String, f64)>> = table.rows().map(|row| of_row(row.cell(i))).collect::<Option<_>>()?;
    let names = |row: &[(String, f64)]| row.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let first = names(rows.first()?);
    let are_different = first.iter().collect::<HashSet<_>>().len() == first.len();
    let are_same = rows.iter().all(|row| names(row) == first);
    (are_different && are_same && rows.iter().any(|row| *row != rows[0])).then_some(rows)
}

/// Weights as a ratio: 90/10 in a column called "web/code", 70:20:10 in one called "mix (web:code:math)". Without names
/// in the header the domains are numbered.
fn weights_of_ratios(table: &Table, roles: &Roles) -> Option<Made> {
    if has(roles, Role::Weight) || table.n_rows() == 0 {
        return None;
    }
    let decimal = table.layout().decimal;
    // The mixtures of several stages, each a column: "stage-1 web/code".
    let of_stages = roles.columns(Role::Ignored).filter_map(|i| {
        let (stage, names) = table.header()[i].rsplit_once(' ').filter(|(stage, _)| is_stage(stage))?;
        let shares: Vec<Vec<f64>> =
            table.rows().map(|row| Some(ratio(row.cell(i), decimal)?.0)).collect::<Option<_>>()?;
        let names =
            names_of_ratio(names, shares[0].len()).filter(|names| shares.iter().all(|own| own.len() == names.len()))?;
        let column = |(at, name): (usize, &String)| {
            (format!("{stage}/{name}"), shares.iter().map(|own| own[at].to_string()).collect::<Vec<_>>())
        };
        Some((i, names.iter().enumerate().map(column).collect::<Vec<_>>()))
    });
    let of_stages: Vec<_> = of_stages.collect();
    if of_stages.len() > 1 {
        let listed = listed(of_stages.iter().map(|(i, _)| table.header()[*i].as_str()));
        let of = of_stages.iter().map(|(i, _)| *i).collect();
        let columns = of_stages.into_iter().flat_map(|(_, columns)| columns).collect();
        return Some(Made { columns, of, what: format!("{listed} are read as the weights of each stage") });
    }
    roles.columns(Role::Ignored).find_map(|i| {
        let header = &table.header()[i];
        // "train/val" and "warmup/stable/decay" are shares of something else.
        if is_recipe(header) || header.split(RATIO).any(|name| is_recipe(name.trim())) {
            return None;
        }
        // Of domains that are named the parts may sum to anything, which is asked about with the weights.
        let are_domains = || words(header).iter().any(|word| is_weight_word(word) || is_text(word));
        let parts = |cell: &str| ratio_parts(cell, decimal).filter(|_| are_domains()).map(|parts| (parts, 0.0));
        let read = |as_parts: bool| {
            let own = |cell: &str| if as_parts { parts(cell) } else { ratio(cell, decimal) };
            let own = |cell: &str| if is_missing(cell) { Some(None) } else { own(cell).map(Some) };
            table.rows().map(|row| own(row.cell(i))).collect::<Option<Vec<Option<(Vec<f64>, f64)>>>>()
        };
        let whole = read(false);
        let are_parts = whole.is_none();
        let cells = whole.or_else(|| read(true))?;
        let rows = || cells.iter().flatten();
        let n = rows().next()?.0.len();
        let is_mixture = rows().all(|(shares, _)| shares.len() == n);
        let named = names_of_ratio(header, n).filter(|_| is_mixture);
        // Without names two parts are a mixture only if they sum as weights do: "7:3" may be a score.
        let is_whole = || rows().all(|(_, whole)| *whole != 10.0);
        let is_called_so = words(header).iter().any(|word| is_weight_word(word)) || names::is_place(header);
        let names = match named {
            Some(names) => names,
            None if is_mixture && is_called_so && (n > 2 || is_whole()) && !are_parts => {
                (1..=n).map(|at| format!("domain{at}")).collect()
            }
            None => return None,
        };
        let columns = names.iter().enumerate().map(|(at, name)| {
            let share =
                |cell: &Option<(Vec<f64>, f64)>| cell.as_ref().map_or(String::new(), |own| own.0[at].to_string());
            (format!("weight_{name}"), cells.iter().map(share).collect())
        });
        let what = format!("\"{header}\" is read as the weights of {}", listed(names.iter().map(String::as_str)));
        Some(Made { columns: columns.collect(), of: vec![i], what })
    })
}

/// The shares of a ratio such as 70/20/10, and what its parts sum to: 1, 10 or 100.
pub(in crate::import) fn ratio(cell: &str, decimal: Decimal) -> Option<(Vec<f64>, f64)> {
    /// Parts of a few digits sum to the whole but for this.
    const LAST_DIGITS: f64 = 0.015;
    let parts = ratio_parts(cell, decimal)?;
    let sum: f64 = parts.iter().sum();
    let whole = [1.0, 10.0, 100.0].into_iter().find(|whole| (sum / whole - 1.0).abs() < LAST_DIGITS)?;
    Some((parts.iter().map(|part| part / sum).collect(), whole))
}

/// The parts of a ratio, whatever they sum to.
pub(in crate::import) fn ratio_parts(cell: &str, decimal: Decimal) -> Option<Vec<f64>> {
    let separator = RATIO.into_iter().find(|separator| cell.contains(*separator)).filter(|_| cell.len() <= LONGEST)?;
    // A point parts decimals here even where others have a comma.
    let number = |part: &str| try_number(part, decimal).or_else(|| part.trim().parse().ok());
    let parts: Vec<f64> = cell.split(separator).map(number).collect::<Option<Vec<_>>>()?;
    (parts.len() > 1 && parts.iter().all(|part| *part >= 0.0)).then_some(parts)
}

/// What stands between the parts of a ratio.
const RATIO: [char; 4] = [':', '/', '–', '-'];

/// The names that a header has for the parts of a ratio: "web/code/math", "mix (web:code:math)", "web:code ratio".
fn names_of_ratio(header: &str, n: usize) -> Option<Vec<String>> {
    let inner = header.split_once(['(', '[']).map(|(_, inner)| inner.trim_end_matches([')', ']', '%', ' ']));
    [inner, Some(header)].into_iter().flatten().find_map(|text| {
        let own = |part: &str| -> String {
            let is_own = |word: &&str| !is_weight_word(&word.to_lowercase()) && *word != "%";
            let own: Vec<&str> = part.split_whitespace().filter(is_own).collect();
            if own.is_empty() { part.trim().to_string() } else { own.join(" ") }
        };
        // "fineweb:stack-v2" has one mark between names, and another in one.
        [':', '/', ',', '|', '+', '&', '–', '-'].into_iter().find_map(|mark| {
            let names: Vec<String> = text.split(mark).map(own).collect();
            let are_different = names.iter().collect::<HashSet<_>>().len() == n;
            (names.len() == n && are_different && names.iter().all(|name| !name.is_empty())).then_some(names)
        })
    })
}

/// N and D of their logarithms. "log" is to the base 10 as long as that gives a number that is one: the natural
/// logarithm of 70M is 18.
fn of_logarithms(table: &Table, roles: &Roles) -> Option<Made> {
    const LARGEST: [f64; 2] = [14.0, 15.0];
    const LOGS: [&str; 5] = ["log10", "lg", "log2", "ln", "log"];
    let power = |base: &str, number: f64| match base {
        "e" => libm::exp(number),
        "2" => libm::exp2(number),
        _ => libm::exp10(number),
    };
    let made = [(Role::N, "params", "n"), (Role::D, "tokens", "d")].iter().zip(LARGEST).filter_map(
        |((role, name, symbol), largest)| {
            let logarithm = |i: usize| {
                let mut words = words(&table.header()[i]);
                // "tokens (log10)".
                if words.len() > 1 && words.last().is_some_and(|last| LOGS.contains(&last.as_str())) {
                    words.rotate_right(1);
                }
                let (first, rest) = words.split_first()?;
                let rest = rest.join("_");
                let is_own = rest == *symbol || names::count(&rest).is_some_and(|count| count.role == *role);
                let base = match first.as_str() {
                    "log10" | "lg" => Some("10"),
                    "log2" => Some("2"),
                    "ln" => Some("e"),
                    "log" => None,
                    _ => return None,
                };
                let numbers = numbers(table, i).filter(|_| is_own)?;
                let is_natural = numbers.iter().any(|number| *number > largest);
                Some((i, base.unwrap_or(if is_natural { "e" } else { "10" }), numbers))
            };
            let (i, base, numbers) = (0..table.header().len()).filter(|_| !has(roles, *role)).find_map(logarithm)?;
            let powers = numbers.iter().map(|number| power(base, *number).to_string()).collect();
            Some(((format!("{base} to the power of \"{}\"", table.header()[i]), i), (name.to_string(), powers)))
        },
    );
    let (used, columns): (Vec<(String, usize)>, Vec<_>) = made.unzip();
    (!columns.is_empty()).then(|| Made {
        what: columns
            .iter()
            .zip(&used)
            .map(|((name, _), (used, _))| format!("{} = {used}", if name == "params" { "N" } else { "D" }))
            .collect::<Vec<_>>()
            .join(", "),
        of: used.iter().map(|(_, i)| *i).collect(),
        columns,
    })
}

/// FLOPs of petaFLOP/s-days.
fn compute_of_days(table: &Table, roles: &Roles) -> Option<Made> {
    const OF_ONE: f64 = 1e15 * 86_400.0;
    const NAMES: [&str; 8] = [
        "pf days",
        "pfdays",
        "pf day",
        "petaflop days",
        "petaflop s days",
        "petaflops days",
        "pflop s days",
        "pflops days",
    ];
    let is_it = |&i: &usize| NAMES.contains(&words(&table.header()[i]).join(" ").as_str());
    let i = roles.columns(Role::Ignored).find(is_it).filter(|_| !has(roles, Role::Flops))?;
    let flops = numbers(table, i)?.iter().map(|days| (days * OF_ONE).to_string()).collect();
    let what = format!("\"{}\" is read as so many times {OF_ONE:e} FLOPs", table.header()[i]);
    Some(Made { columns: vec![("flops".into(), flops)], of: vec![i], what })
}

/// Weights of their logarithms, known by what these sum to as powers, or of logits, known by their names.
fn weights_of_logarithms(table: &Table, roles: &Roles) -> Option<Made> {
    const ROUNDING: f64 = 0.015;
    if has(roles, Role::Weight) || table.n_rows() < 2 {
        return None;
    }
    let is_logit = |name: &str| words(name).iter().any(|word| matches!(word.as_str(), "logit" | "logits"));
    let numbers_of = |i: usize| {
        let name = &table.header()[i];
        let first = table.row(0).cell(i);
        let is_below_one = || first.starts_with(['-', '−']) || first == "0";
        let may_be = roles.get(i) == Role::Ignored && !is_recipe(name) && !is_id(name) && !is_known(name);
        (may_be && (is_logit(name) || is_below_one())).then(|| numbers(table, i)).flatten()
    };
    let columns: Vec<Option<Vec<f64>>> = (0..table.header().len()).map(numbers_of).collect();
    let is_part =
        |i: usize| columns[i].as_ref().is_some_and(|own| own.iter().all(|x| *x <= 0.0) || is_logit(&table.header()[i]));
    let mut stretches: Vec<Vec<usize>> = vec![Vec::new()];
    for i in 0..columns.len() {
        match is_part(i) {
            true => stretches.last_mut()?.push(i),
            false => stretches.push(Vec::new()),
        }
    }
    let set = stretches.into_iter().find(|set| {
        let varies = set.iter().filter_map(|&i| columns[i].as_ref()).any(|own| own.iter().any(|x| *x != own[0]));
        set.len() > 1 && varies && set.len() <= MOST_IN_NAMES
    })?;
    let own: Vec<&Vec<f64>> = set.iter().filter_map(|&i| columns[i].as_ref()).collect();
    let sums: Vec<f64> = (0..table.n_rows()).map(|row| own.iter().map(|own| libm::exp(own[row])).sum()).collect();
    let is_whole = sums.iter().all(|sum| (sum - 1.0).abs() <= ROUNDING);
    if !is_whole && !set.iter().all(|&i| is_logit(&table.header()[i])) {
        return None;
    }
    let columns = set.iter().zip(own).map(|(&i, own)| {
        let is_own =
            |word: &String| !matches!(word.as_str(), "log" | "ln" | "logit" | "logits") && !is_weight_word(word);
        let name = words(&table.header()[i]).into_iter().filter(is_own).collect::<Vec<_>>().join("_");
        (format!("weight_{name}"), own.iter().zip(&sums).map(|(x, sum)| (libm::exp(*x) / sum).to_string()).collect())
    });
    let listed = listed(set.iter().map(|&i| table.header()[i].as_str()));
    let what = match is_whole {
        true => format!("{listed} are read as the logarithms of the weights: as powers of e they sum to 1"),
        false => format!("{listed} are read as logits: the weights are their softmax"),
    };
    Some(Made { columns: columns.collect(), of: set, what })
}

/// Domains that a run's name may list.
const MOST_IN_NAMES: usize = 40;

/// The mixture in a run's name: words with a number behind each, at least two, that sum to 1 or 100. Other words and
/// numbers may stand around.
pub(super) fn mixture_in(name: &str) -> Option<Vec<(String, f64)>> {
    // "2B tokens: 70% web + 30% code" says something else first.
    let behind = || name.split_once(": ").and_then(|(_, list)| counted(list));
    if let Some(counted) = counted(name).or_else(behind).or_else(|| named_ratio(name)) {
        return Some(counted);
    }
    let pairs = pairs_in(name);
    let n = pairs.len();
    // Sums up to each pair, so that a stretch's sum is a difference of two.
    let mut upto = vec![0.0];
    upto.extend(pairs.iter().scan(0.0, |sum, (_, number)| {
        *sum += number;
        Some(*sum)
    }));
    let sums = |whole: f64, tolerance: f64| {
        // The longest stretch of pairs that is a whole: a seed or a size may stand beside it.
        (2..=n).rev().find_map(|length| {
            let is_whole = |start: &usize| ((upto[start + length] - upto[*start]) / whole - 1.0).abs() < tolerance;
            let start = (0..=n - length).find(is_whole)?;
            let stretch = &pairs[start..start + length];
            let different = stretch.iter().map(|(name, _)| name).collect::<HashSet<_>>().len() == length;
            different.then(|| stretch.iter().map(|(name, number)| (name.clone(), number / whole)).collect())
        })
    };
    if n > MOST_IN_NAMES {
        None
    } else {
        [1e-6, 0.015].into_iter().find_map(|tolerance| sums(1.0, tolerance).or_else(|| sums(100.0, tolerance)))
    }
}

/// The words of a name that have a number behind or before each.
fn pairs_in(name: &str) -> Vec<(String, f64)> {
    // In "40% web, 70% code" the number behind "web" is that of "code".
    let list = name.split(BETWEEN_PARTS).map(numbered).collect::<Option<Vec<_>>>();
    if let Some(list) = list.filter(|list| list.len() > 1) {
        return list;
    }
    let segments = name.split(['_', '-', '/', ',', ' ', '+', '=', ':']).filter(|segment| !segment.is_empty());
    let mut pairs: Vec<(String, f64)> = Vec::new();
    let mut word: Option<&str> = None;
    for segment in segments {
        let letters = segment.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(segment.len());
        // "30web" as well as "web30".
        let behind = segment.find(|c: char| c.is_alphabetic()).filter(|_| letters == 0);
        let (own, number) = match behind.map(|at| segment.split_at(at)) {
            // "70m" is a size.
            Some((_, "m" | "M" | "b" | "B")) => {
                word = None;
                continue;
            }
            Some((number, own)) if own != "p" && own.chars().all(char::is_alphabetic) => (own, number),
            _ => segment.split_at(letters),
        };
        // "0p25" is how a number is written where no point may stand.
        let number = number.trim_end_matches(['%']).replace('p', ".");
        match (own.is_empty(), number.parse::<f64>()) {
            (false, Ok(number)) => pairs.push((own.to_string(), number)),
            (true, Ok(number)) => pairs.extend(word.map(|word| (word.to_string(), number))),
            _ => {}
        }
        word = (number.is_empty()).then_some(own);
    }
    pairs
}

/// The mixture in "web:code=90:10" or "web/code 90/10".
fn named_ratio(cell: &str) -> Option<Vec<(String, f64)>> {
    let (names, parts) = cell.trim().trim_end_matches('%').split_once(['=', ' '])?;
    let (shares, _) = ratio(parts.trim_start_matches(['=', ' ']), Decimal::Point)?;
    let names = names_of_ratio(names.trim_end_matches(':'), shares.len())?;
    let are_words = names.iter().all(|name| name.starts_with(|c: char| c.is_alphabetic()));
    are_words.then(|| names.into_iter().zip(shares).collect())
}

/// What parts a list of those.
const BETWEEN_PARTS: [char; 5] = [',', ';', '+', '|', '/'];

/// A name and its number, in "62.4% code" or "cc_head 20".
fn numbered(part: &str) -> Option<(String, f64)> {
    let part = part.trim();
    // "code 25" as well, as long as a separator parts these.
    let is_behind = part.starts_with(|c: char| c.is_alphabetic());
    let (number, name) = match is_behind {
        true => part.rsplit_once([' ', ':', '=']).map(|(name, number)| (number, name.trim()))?,
        false => part.split_once(' ')?,
    };
    let is_name = name.starts_with(|c: char| c.is_alphabetic());
    Some((name.trim().to_string(), try_number(number, Decimal::Point).filter(|_| is_name)?))
}

/// The mixture in "62.4% code, 25% science, 12.6% wiki" or "cc_head 20 / cc_tail 80": numbers with a name beside each that
/// sum to 1 or 100.
fn counted(cell: &str) -> Option<Vec<(String, f64)>> {
    let all: Vec<&str> = cell.split(BETWEEN_PARTS).collect();
    // What else is said of the run may stand before them: words, or numbers too large for a share.
    let is_else = |part: &&str| match numbered(part) {
        Some((_, number)) => number > 100.0,
        None => !part.contains(|c: char| c.is_ascii_digit()),
    };
    let most = all.iter().take_while(|part| is_else(part)).count();
    (0..=most).find_map(|start| {
        let parts: Vec<(String, f64)> = all[start..].iter().copied().map(numbered).collect::<Option<_>>()?;
        let (sum, names): (f64, HashSet<&String>) =
            (parts.iter().map(|(_, number)| number).sum(), parts.iter().map(|(name, _)| name).collect());
        let whole = [1.0, 100.0].into_iter().find(|whole| (sum / whole - 1.0).abs() < 0.015)?;
        // "web=0.01_code=0.99" is no part.
        let are_names = parts.iter().all(|(name, _)| !name.contains(['=', ':']));
        let is_mixture = parts.iter().all(|(_, number)| *number >= 0.0) && names.len() == parts.len();
        (is_mixture && are_names).then(|| parts.iter().map(|(name, number)| (name.clone(), number / whole)).collect())
    })
}

/// The two that a name says one number is the ratio of: "code-to-web ratio", "code/web", "code per web".
pub(in crate::import) fn quotient(name: &str) -> Option<[String; 2]> {
    const RATIOS: [&str; 6] = ["ratio", "ratios", "odds", "of", "the", "mix"];
    const BETWEEN: [&str; 4] = ["to", "per", "over", "vs"];
    let words = words(&name.replace(['/', ':'], " to "));
    let is_named = words.iter().any(|word| RATIOS[..3].contains(&word.as_str()));
    let words: Vec<String> = words.into_iter().filter(|word| !RATIOS.contains(&word.as_str())).collect();
    let at = words.iter().position(|word| BETWEEN.contains(&word.as_str()))?;
    let (above, below) = (&words[..at], &words[at + 1..]);
    let is_other = |word: &String| BETWEEN.contains(&word.as_str()) || is_recipe(word) || names::count(word).is_some();
    let are_texts = |words: &[String]| words.iter().any(|word| is_text(word));
    if above.is_empty() || below.is_empty() || above.iter().chain(below).any(is_other) {
        return None;
    }
    let is_it = are_texts(above) && are_texts(below) || is_named && (are_texts(above) || are_texts(below));
    is_it.then(|| [above.join("_"), below.join("_")])
}

/// Weights of two domains of their ratio, as one number.
fn weights_of_quotient(table: &Table, roles: &Roles) -> Option<Made> {
    let has_loss = roles.0.iter().any(|role| role.is_loss());
    if has(roles, Role::Weight) || !has_loss {
        return None;
    }
    let mut candidates =
        roles.columns(Role::Ignored).filter_map(|i| Some((i, quotient(&table.header()[i])?, numbers(table, i)?)));
    let ((i, [above, below], ratios), None) = (candidates.next()?, candidates.next()) else { return None };
    let first = *ratios.first().filter(|first| ratios.iter().any(|ratio| ratio != *first))?;
    if !ratios.iter().all(|ratio| *ratio >= 0.0) {
        return None;
    }
    let what = format!(
        "\"{}\" is read as the ratio of \"{above}\" to \"{below}\": {} is {} of the one and {} of the other",
        table.header()[i],
        write_number(first, 3),
        write_number(first / (1.0 + first), 3),
        write_number(1.0 / (1.0 + first), 3)
    );
    let cells = |share: &dyn Fn(f64) -> f64| ratios.iter().map(|ratio| share(*ratio).to_string()).collect();
    let columns = vec![
        (format!("weight_{above}"), cells(&|ratio| ratio / (1.0 + ratio))),
        (format!("weight_{below}"), cells(&|ratio| 1.0 / (1.0 + ratio))),
    ];
    Some(Made { columns, of: vec![i], what })
}

/// Weights of which some are in percent by their names, and the others are not.
fn weights_in_two_scales(table: &Table, roles: &Roles) -> Option<Made> {
    const ROUNDING: f64 = 0.011;
    const MOST: usize = 40;
    if has(roles, Role::Weight) {
        return None;
    }
    let is_percent = |i: usize| is_percent(&table.header()[i]);
    let candidate = |i: usize| -> Option<(usize, Vec<f64>)> {
        let name = &table.header()[i];
        let most = if is_percent(i) { 100.0 } else { 1.0 };
        let is_other = is_recipe(name) || is_id(name) || is_known(name) || names::is_ratio(name);
        let numbers = numbers(table, i).filter(|_| !is_other)?;
        numbers.iter().all(|number| (0.0..=most).contains(number)).then_some((i, numbers))
    };
    let set: Vec<(usize, Vec<f64>)> = roles.columns(Role::Ignored).filter_map(candidate).take(MOST + 1).collect();
    let whole = |i: usize| if is_percent(i) { 100.0 } else { 1.0 };
    let n_percent = set.iter().filter(|(i, numbers)| is_percent(*i) && numbers.iter().any(|x| *x > 1.0)).count();
    let sum = |row: usize| set.iter().map(|(i, numbers)| numbers[row] / whole(*i)).sum::<f64>();
    if n_percent == 0 || n_percent == set.len() || set.len() > MOST || table.n_rows() < 2 {
        return None;
    }
    if !(0..table.n_rows()).all(|row| (sum(row) - 1.0).abs() <= ROUNDING) {
        return None;
    }
    let plain = |i: usize| {
        let words = words(&table.header()[i]).into_iter();
        words.filter(|word| !is_weight_word(word) && word != "percent").collect::<Vec<_>>().join("_")
    };
    let columns = set.iter().map(|(i, numbers)| {
        (format!("weight_{}", plain(*i)), numbers.iter().map(|x| (x / whole(*i)).to_string()).collect())
    });
    let names =
        |is: bool| set.iter().filter(move |(i, _)| is_percent(*i) == is).map(|(i, _)| table.header()[*i].as_str());
    let what = format!(
        "the weights {} are in percent and {} are not; read so, they sum to 1",
        listed(names(true)),
        listed(names(false))
    );
    Some(Made { columns: columns.collect(), of: set.iter().map(|(i, _)| *i).collect(), what })
}

/// Whether a name says that its column is in percent.
fn is_percent(name: &str) -> bool {
    name.contains('%') || words(name).iter().any(|word| matches!(word.as_str(), "pct" | "percent"))
}

/// One share of two domains: the rest is the other one's.
fn the_rest(table: &Table, roles: &Roles) -> Option<Made> {
    if has(roles, Role::Weight) {
        return None;
    }
    const OTHERS: &str = "value drop norm max min mean learning rate expansion aspect compression active expert chinchilla tokens \
         token params param win error grad";
    let may_be = |i: &usize| {
        let words = words(&table.header()[*i]);
        // "h" and "p" say it only before a name: "p_general", and not "time (h)".
        let named = |word: &String| is_weight_word(word) && !matches!(word.as_str(), "mix" | "mixture");
        let rest: Vec<&String> = words.iter().filter(|word| !named(word)).collect();
        let is_first = |word: &String| words.first() == Some(word);
        (words.iter().any(|word| named(word) && (word.len() > 1 || is_first(word))) || table.header()[*i].contains('%'))
            && !rest.is_empty()
            && (!may_be_recipe(&table.header()[*i]) || rest.iter().any(|word| is_text(word)))
            && !rest.iter().any(|word| is_listed(word, OTHERS) || is_of_training(word))
    };
    let mut candidates = roles.columns(Role::Ignored).filter(may_be);
    let (Some(i), None) = (candidates.next(), candidates.next()) else { return None };
    let numbers = numbers(table, i)?;
    let largest = numbers.iter().copied().fold(0.0, f64::max);
    let whole = if largest > 1.0 { 100.0 } else { 1.0 };
    // Numbers a little above 1 are percents only if their name says so.
    const LEAST_PERCENT: f64 = 10.0;
    let is_percent = is_percent(&table.header()[i]);
    let varies =
        numbers.iter().any(|number| *number != numbers[0]) && (whole == 1.0 || is_percent || largest > LEAST_PERCENT);
    let has_loss = roles.0.iter().any(|role| role.is_loss());
    if !varies || !numbers.iter().all(|number| (0.0..=whole).contains(number)) || !has_loss {
        return None;
    }
    let (of_weights, own): (Vec<String>, Vec<String>) =
        words(&table.header()[i]).into_iter().partition(|word| is_weight_word(word));
    let own = if own.is_empty() { of_weights.join("_") } else { own.join("_") };
    let cells = |share: &dyn Fn(f64) -> f64| numbers.iter().map(|number| share(number / whole).to_string()).collect();
    let columns = vec![
        (format!("weight_{own}"), cells(&|share| share)),
        (format!("weight_not_{own}"), cells(&|share| 1.0 - share)),
    ];
    let what = format!(
        "\"{}\" is the share of one of two domains; the rest of the mixture is called \"not_{own}\"",
        table.header()[i]
    );
    Some(Made { columns, of: vec![i], what })
}

/// N and D where one cell holds both: "1B / 25B tok", "1.4B_100BT", "25B" beside "1B" below "N/D". Of two numbers with no
/// word for either the user says whether they are these.
fn sizes_and_tokens(table: &Table, roles: &Roles) -> Option<Made> {
    const OTHERS: [&str; 6] = ["batch", "vocab", "seq", "context", "layers", "notes"];
    let is_both = |&i: &usize| {
        both_in_name(&table.header()[i]).is_some()
            && !table.rows().any(|row| try_number(row.cell(i), table.layout().decimal).is_some())
    };
    let has = |role| roles.columns(role).any(|i| !is_both(&i));
    if has(Role::D) || has(Role::Flops) || table.n_rows() == 0 {
        return None;
    }
    (0..table.header().len()).filter(|i| roles.get(*i) == Role::Ignored || is_both(i)).find_map(|i| {
        let name = &table.header()[i];
        let words = words(name);
        if is_recipe(name) || words.iter().any(|word| OTHERS.contains(&word.as_str())) {
            return None;
        }
        let of_header = both_in_name(name);
        let mut is_told = true;
        let mut both = |cell: &str| -> Option<[Option<f64>; 2]> {
            let found = quantities(cell);
            let of = |role| found.iter().find(|(_, own)| *own == Some(role)).map(|(number, _)| *number);
            let other = || found.iter().find(|(_, own)| own.is_none()).map(|(number, _)| *number);
            match (&found[..], of(Role::N), of(Role::D), of_header) {
                ([_], None, Some(d), _) => Some([None, Some(d)]),
                ([_, _], Some(n), Some(d), _) => Some([Some(n), Some(d)]),
                ([_, _], None, Some(d), _) => Some([other(), Some(d)]),
                ([_, _], Some(n), None, _) => Some([Some(n), other()]),
                ([(first, _), (second, _)], None, None, Some([Role::N, Role::D])) => {
                    Some([Some(*first), Some(*second)])
                }
                ([(first, _), (second, _)], None, None, Some([Role::D, Role::N])) => {
                    Some([Some(*second), Some(*first)])
                }
                ([(first, _), (second, _)], None, None, None) => {
                    is_told = false;
                    Some([Some(*first), Some(*second)])
                }
                _ => None,
            }
        };
        let pairs: Vec<[Option<f64>; 2]> = table.rows().map(|row| both(row.cell(i))).collect::<Option<_>>()?;
        let column = |which: usize| {
            pairs.iter().map(|pair| pair[which].map(|number| number.to_string())).collect::<Option<Vec<String>>>()
        };
        let n = column(0).filter(|_| !has(Role::N));
        // Two numbers in a name may be anything if one of them is known.
        if !is_told && (has(Role::N) || is_of_two_sizes(table, i)) {
            return None;
        }
        let (mark, cell) = (if is_told { "" } else { UNSURE }, table.row(0).cell(i));
        let (mut columns, mut what) = (Vec::new(), Vec::new());
        for (name, symbol, cells) in [("params", "N", n), ("tokens", "D", column(1))] {
            if let Some(cells) = cells {
                what.push(format!("{symbol} {}", write_count(cells[0].parse().ok()?, 4)));
                columns.push((format!("{name}{mark}"), cells));
            }
        }
        let verb = if is_told { "is read as" } else { "may hold" };
        let what = format!("\"{}\" in \"{name}\" {verb} {}", crate::units::excerpt(cell), what.join(" and "));
        columns.iter().any(|(name, _)| name.starts_with("tokens")).then_some(Made { columns, of: vec![i], what })
    })
}

/// Which of N and D stands first in the cells of a column, if its name says it: "Size / Tokens".
fn both_in_name(name: &str) -> Option<[Role; 2]> {
    let parts: Vec<&str> = name.split(['/', '(', '@', ',', '+', '&']).map(str::trim).collect();
    let role_of = |part: &str| match part.trim_end_matches(')') {
        "N" | "size" | "Size" | "model" | "Model" => Some(Role::N),
        "D" | "data" => Some(Role::D),
        part => names::count(part).map(|count| count.role),
    };
    match &parts[..] {
        [first, second] => Some([role_of(first)?, role_of(second)?]),
        _ => None,
    }
}

/// Behind the name of a column that was made of what may be something else.
pub(in crate::import) const UNSURE: &str = "?";

/// Whether a column says that the second of two sizes is that of the active parameters.
fn is_of_two_sizes(table: &Table, i: usize) -> bool {
    let is_active = |text: &str| {
        words(text).iter().any(|word| word.starts_with("activ") || word == "moe" || active_of(word).is_some())
    };
    is_active(&table.header()[i]) || table.rows().any(|row| is_active(row.cell(i)))
}

/// The numbers of a million or more in a cell that are counted in M, B or T, each with what a word beside it says that it is.
fn quantities(cell: &str) -> Vec<(f64, Option<Role>)> {
    const OF_N: [&str; 8] = ["p", "params", "param", "parameters", "n", "size", "model", "sized"];
    const OF_D: [&str; 8] = ["t", "tok", "toks", "token", "tokens", "d", "data", "trained"];
    let role_of = |word: &str| match word {
        word if OF_N.contains(&word) => Some(Role::N),
        word if OF_D.contains(&word) => Some(Role::D),
        _ => None,
    };
    if cell.len() > LONGEST {
        return Vec::new();
    }
    let lower = cell.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric() && c != '.').map(|part| part.trim_matches('.'));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let (mut found, mut before, mut at) = (Vec::new(), None, 0);
    while let Some(part) = parts.get(at) {
        at += 1;
        let letters = part.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(part.len());
        let (number, mut unit) = part.split_at(letters);
        if number.is_empty() {
            before = role_of(part);
            continue;
        }
        // "25 B tokens".
        if unit.is_empty() && parts.get(at).is_some_and(|next| matches!(*next, "m" | "b" | "t" | "bt")) {
            unit = parts[at];
            at += 1;
        }
        let scale = match unit.chars().next() {
            Some('m') => 1e6,
            Some('b') => 1e9,
            Some('t') => 1e12,
            _ => {
                before = None;
                continue;
            }
        };
        let role = match &unit[1..] {
            "" => match parts.get(at).and_then(|next| role_of(next)) {
                Some(role) => {
                    at += 1;
                    Some(role)
                }
                None => before,
            },
            word => match role_of(word) {
                Some(role) => Some(role),
                None => continue,
            },
        };
        before = None;
        found.extend(number.parse::<f64>().ok().filter(|number| *number > 0.0).map(|number| (number * scale, role)));
    }
    found
}

/// The sizes that are active where cells hold two: "140M / 62M active", "30B-A3B", "560M/70M" below "total/active".
/// The compute goes with the lesser one.
fn active_sizes(table: &Table, _: &Roles) -> Option<Made> {
    let says_so = |text: &str| {
        let words = words(text);
        let is_active = |word: &String| word.starts_with("activ") || active_of(word).is_some();
        words.iter().any(is_active)
    };
    (0..table.header().len()).find_map(|i| {
        let name = &table.header()[i];
        names::count(name).filter(|count| count.role == Role::N).or_else(|| {
            // "Params (total/active)" is no name of one count.
            let plain = name.split(['(', '[']).next().unwrap_or_default();
            names::count(plain).filter(|count| count.role == Role::N)
        })?;
        let mut pairs = table.rows().filter_map(|row| Some((row.cell(i), two_sizes(row.cell(i))?)));
        let (cell, [total, active]) = pairs.next()?;
        if !says_so(name) && !table.rows().any(|row| says_so(row.cell(i))) {
            return None;
        }
        let cells = table.rows().map(|row| match two_sizes(row.cell(i)) {
            Some([_, active]) => active.to_string(),
            None => row.cell(i).to_string(),
        });
        let what = format!(
            "of \"{}\" in \"{name}\", which holds {} in all, the {} that are active are N",
            crate::units::excerpt(cell),
            write_count(total, 4),
            write_count(active, 4)
        );
        Some(Made { columns: vec![("active_params".into(), cells.collect())], of: vec![i], what })
    })
}

/// The size in "A3B".
fn active_of(word: &str) -> Option<f64> {
    word.strip_prefix(['a', 'A']).and_then(size_in)
}

/// The two sizes in a cell, the larger first.
fn two_sizes(cell: &str) -> Option<[f64; 2]> {
    if cell.len() > LONGEST {
        return None;
    }
    let mut text = String::with_capacity(cell.len());
    for c in cell.chars() {
        // "62 M" is one size.
        if matches!(c, 'M' | 'B' | 'T')
            && text.ends_with(' ')
            && text.trim_end().ends_with(|c: char| c.is_ascii_digit())
        {
            text.truncate(text.trim_end().len());
        }
        text.push(c);
    }
    let mut sizes = text
        .split(|c: char| !c.is_alphanumeric() && c != '.')
        .filter_map(|part| size_in(part).or_else(|| active_of(part)));
    let (first, second, None) = (sizes.next()?, sizes.next()?, sizes.next()) else { return None };
    Some([first.max(second), first.min(second)])
}

/// Sizes in names of models: "pythia-70m", "model-12M".
fn sizes_in_names(table: &Table, roles: &Roles) -> Option<Made> {
    if has(roles, Role::N) || table.n_rows() == 0 || (has(roles, Role::Flops) && has(roles, Role::D)) {
        return None;
    }
    const MODELS: [&str; 9] =
        ["model", "models", "arch", "architecture", "size", "config", "configuration", "variant", "scale"];
    const RUNS: [&str; 6] = ["run", "name", "id", "experiment", "exp", "job"];
    roles.columns(Role::Ignored).find_map(|i| {
        let words = words(&names::english(&table.header()[i]));
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        // In the name of a run it may as well be the tokens that are counted in billions, unless they are known.
        let in_millions = || table.rows().all(|row| row.cell(i).contains(['M', 'm']));
        let are_no_tokens = || {
            let d = roles.columns(Role::D).next().and_then(|i| numbers(table, i));
            let is_size = |(cell, d): (&str, &f64)| size_in(cell).is_some_and(|size| size != *d);
            d.is_some_and(|d| table.rows().map(|row| row.cell(i)).zip(&d).all(is_size))
        };
        if !has(&MODELS) && !(has(&RUNS) && (in_millions() || are_no_tokens()))
            || has(&["batch", "tokens", "data", "dataset", "vocab"])
        {
            return None;
        }
        let sizes: Vec<f64> = table.rows().map(|row| size_in(row.cell(i))).collect::<Option<_>>()?;
        let what = format!(
            "N is read from the names in \"{}\": \"{}\" is {}",
            table.header()[i],
            crate::units::excerpt(table.row(0).cell(i)),
            write_count(sizes[0], 6)
        );
        Some(Made { columns: vec![("params".into(), sizes.iter().map(f64::to_string).collect())], of: vec![i], what })
    })
}

/// The one size in a name: a number with M or B that nothing but separators touches, from 1M to 1T.
pub(super) fn size_in(name: &str) -> Option<f64> {
    if name.len() > LONGEST {
        return None;
    }
    // What stands in brackets says more of the same: "70M (19M non-emb)".
    if let Some(size) = name.split_once(['(', '[']).and_then(|(before, _)| size_in(before)) {
        return Some(size);
    }
    let segments = name.split(|c: char| !c.is_alphanumeric() && c != '.');
    let size = |segment: &str| {
        let segment = segment.trim_matches('.');
        let number = segment.strip_suffix(['M', 'm', 'B', 'b'])?;
        let is_number =
            number.starts_with(|c: char| c.is_ascii_digit()) && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let size = try_number(segment, Decimal::Point).filter(|_| is_number)?;
        (1e6..=1e12).contains(&size).then_some(size)
    };
    let mut sizes = segments.clone().filter_map(size);
    let (Some(only), None) = (sizes.next(), sizes.next()) else { return None };
    // Of "30B-A3B" the active ones: the compute goes with them.
    Some(segments.filter_map(|segment| size(segment.strip_prefix(['a', 'A'])?)).next().unwrap_or(only))
}

/// The numbers of a column whose cells all are written as "20x", or "5xC".
fn multiples(table: &Table, i: usize, mark: &str) -> Option<Vec<f64>> {
    let decimal = table.layout().decimal;
    let number = |cell: &str| try_number(cell.replace('×', "x").strip_suffix(mark)?, decimal);
    table.rows().map(|row| number(row.cell(i))).collect()
}

/// N from D and tokens per parameter.
fn sizes_of_ratio(table: &Table, roles: &Roles) -> Option<Made> {
    let d = roles.columns(Role::D).next().filter(|_| !has(roles, Role::N))?;
    let header = table.header();
    let i = (0..header.len()).find(|&i| PER_PARAM.contains(&words(&header[i]).join(" ").as_str()))?;
    /// Ratios of a few digits give one size so nearly.
    const ROUNDING: f64 = 1.02;
    let mut sizes: Vec<f64> = numbers(table, d)?.iter().zip(numbers(table, i)?).map(|(d, ratio)| d / ratio).collect();
    let (least, most) = sizes.iter().fold((f64::INFINITY, 0.0f64), |(least, most), n| (least.min(*n), most.max(*n)));
    if most < ROUNDING * least {
        sizes.fill(most);
    }
    let is_usual = |size: &f64| (1e3..=1e15).contains(size);
    sizes.iter().all(is_usual).then(|| Made {
        columns: vec![("params".into(), sizes.iter().map(f64::to_string).collect())],
        of: vec![d, i],
        what: format!("N = \"{}\" / \"{}\"", header[d], header[i]),
    })
}

/// Names of tokens per parameter, as words.
const PER_PARAM: [&str; 20] = [
    "tok param",
    "toks param",
    "tok per param",
    "tokens per param",
    "tokens per parameter",
    "d n",
    "tokens params",
    "tpp",
    "d over n",
    "token param ratio",
    "tokens to params",
    "token multiplier",
    "tokens parameter",
    "token parameter ratio",
    "tokens params ratio",
    "tokens per n",
    "token per parameter",
    "tokens to parameters",
    "toks per param",
    "tokens param",
];

/// D of what the table has instead, the likeliest way.
fn tokens(table: &Table, roles: &Roles) -> Option<Made> {
    let d = roles.columns(Role::D).next();
    // A data set's tokens are D only if it was seen once.
    let dataset = d.filter(|&i| is_dataset(&table.header()[i]));
    if d != dataset || table.n_rows() == 0 || (has(roles, Role::Flops) && has(roles, Role::N)) {
        return None;
    }
    let is_usual = |value: &f64| (1e6..=1e15).contains(value);
    let mut ways = ways_to_tokens(table, roles, dataset).into_iter();
    ways.find(|way| way.values.iter().all(is_usual)).map(|way| Made {
        columns: vec![("tokens".into(), way.values.iter().map(f64::to_string).collect())],
        of: way.of,
        what: format!("D = {}", way.what),
    })
}

/// Whether a name of tokens says that they are those of a data set.
fn is_dataset(name: &str) -> bool {
    words(name).iter().any(|word| ["dataset", "corpus", "data"].contains(&word.as_str()))
}

/// What D is by columns that are no D: on each line of the table, from which columns, and how.
pub(in crate::import) struct Way {
    pub values: Vec<f64>,
    pub of: Vec<usize>,
    pub what: String,
}

/// D by steps, batch and sequence, by samples and sequence, by epochs of a data set, or by tokens per parameter and N. Of
/// a table whose D is called that of a data set, by its epochs alone.
pub(in crate::import) fn ways_to_tokens(table: &Table, roles: &Roles, dataset: Option<usize>) -> Vec<Way> {
    let words_of: Vec<String> = table
        .header()
        .iter()
        .map(|name| words(&names::scale_of(name).map_or(name.clone(), |(plain, _)| plain)).join(" "))
        .collect();
    let last = |i: usize| words(names::last_segment(&table.header()[i])).join(" ");
    let find = |list: &[&str]| {
        list.iter().find_map(|own| {
            let is_it = |i: &usize| words_of[*i] == *own || last(*i) == *own;
            (0..words_of.len())
                .find(is_it)
                .and_then(|i| Some((i, numbers(table, i).or_else(|| multiples(table, i, "x"))?)))
        })
    };
    let name = |i: usize| format!("\"{}\"", table.header()[i]);
    let product = |factors: Vec<(usize, Vec<f64>)>| {
        let values = (0..table.n_rows()).map(|row| factors.iter().map(|(_, numbers)| numbers[row]).product());
        let of: Vec<usize> = factors.iter().map(|(i, _)| *i).collect();
        let what = of.iter().map(|&i| name(i)).collect::<Vec<_>>().join(" × ");
        (values.collect(), of, what)
    };
    let of_epochs = || {
        let epochs =
            find(&["epochs", "epoch", "n epochs", "num epochs", "num train epochs", "train epochs", "passes"])?;
        let find = |is: &dyn Fn(&str) -> bool| (0..words_of.len()).find(|&i| is(&table.header()[i]));
        let stock = match find(&is_unique_tokens) {
            Some(_) if dataset.is_some() => return None,
            stock => stock
                .or(dataset)
                .or_else(|| find(&|name| names::kind(name) == names::Kind::Budget && is_dataset(name)))?,
        };
        let is_seen_once = epochs.1.iter().all(|epochs| *epochs == 1.0);
        (!is_seen_once).then_some(product(vec![epochs, (stock, numbers(table, stock)?)]))
    };
    // "tokens/GPU" and "gpus", "tokens_per_iter" and "iters".
    let of_parts = || {
        const BESIDE: [&str; 10] =
            ["n", "num", "number", "of", "total", "max", "train", "training", "optimizer", "global"];
        (0..words_of.len()).find_map(|each| {
            let parts = part_of_tokens(&table.header()[each])?;
            let is_part = |word: &str| parts.contains(&word) || word == "count";
            let is_count = |i: &usize| {
                let mut words = words_of[*i].split(' ').filter(|word| !BESIDE.contains(word)).peekable();
                words.peek().is_some() && words.all(is_part)
            };
            // Of a batch there may be as many as of steps, or its size.
            let count = (0..words_of.len()).filter(|i| !words_of[*i].contains("batch")).find(is_count)?;
            Some(product(vec![(count, numbers(table, count)?), (each, numbers(table, each)?)]))
        })
    };
    let sequence = || {
        find(&[
            "seq len",
            "sequence length",
            "seq length",
            "seqlen",
            "context length",
            "context len",
            "ctx len",
            "ctx",
            "context",
            "max seq len",
            "block size",
            "n ctx",
            "max length",
            "seq",
            "max sequence length",
            "context window",
            "ctx length",
            "tokens per sample",
            "tokens per sequence",
            "tokens per example",
        ])
    };
    let of_samples = || {
        let samples = find(&[
            "samples",
            "n samples",
            "num samples",
            "samples seen",
            "train samples",
            "training samples",
            "consumed samples",
            "consumed train samples",
            "total samples",
            "sequences",
            "n sequences",
            "sequences seen",
            "train sequences",
        ])?;
        Some(product(vec![samples, sequence()?]))
    };
    let of_steps = || {
        let steps = find(&[
            "steps",
            "step",
            "n steps",
            "num steps",
            "train steps",
            "training steps",
            "global step",
            "iters",
            "iterations",
            "max steps",
            "num train steps",
            "total steps",
            "updates",
            "n iters",
            "train iters",
            "iteration",
            "iter",
            "optimizer steps",
        ])?;
        let per_step = find(&["batch tokens", "batch size tokens", "tokens batch", "global batch tokens"]);
        if let Some(per_step) = per_step {
            return Some(product(vec![steps, per_step]));
        }
        let whole = find(&["global batch size", "total batch size", "gbs", "effective batch size", "train batch size"]);
        let accumulated = find(&[
            "grad accum",
            "grad accum steps",
            "gradient accumulation",
            "gradient accumulation steps",
            "grad acc",
            "accum",
        ]);
        let devices = find(&[
            "n gpus",
            "num gpus",
            "gpus",
            "n devices",
            "num devices",
            "devices",
            "world size",
            "dp",
            "dp size",
            "data parallel size",
        ]);
        let part = || {
            find(&[
                "micro batch size",
                "micro batch",
                "mbs",
                "device batch size",
                "per device batch size",
                "per device train batch size",
                "batch size per gpu",
                "batch size per device",
            ])
        };
        let plain = || find(&["batch size", "batch", "bs", "bsz", "batch size seqs", "batch size sequences"]);
        let several =
            |factor: &Option<(usize, Vec<f64>)>| factor.as_ref().is_some_and(|(_, n)| n.iter().any(|n| *n != 1.0));
        let mut factors = vec![steps];
        if let Some(whole) = whole {
            factors.push(whole);
        } else if let Some(part) = part() {
            factors.push(part);
            factors.extend(accumulated);
            factors.push(devices?);
        } else if several(&accumulated) || several(&devices) {
            // That of one device, or of all? Nothing says so.
            return None;
        } else {
            factors.push(plain()?);
        }
        let (place, lengths) = sequence()?;
        // A batch of so many is counted in tokens already.
        const LARGEST_BATCH: f64 = 65_536.0;
        let batch = &factors[1].1;
        let is_of_tokens = factors.len() == 2
            && batch.iter().zip(&lengths).all(|(batch, length)| *batch >= LARGEST_BATCH && batch % length == 0.0);
        if !is_of_tokens {
            factors.push((place, lengths));
        }
        Some(product(factors))
    };
    let of_sizes = || {
        let n = roles.columns(Role::N).next()?;
        let sizes = numbers(table, n)?;
        let per_param = find(&PER_PARAM);
        if let Some(per_param) = per_param {
            return Some(product(vec![per_param, (n, sizes)]));
        }
        let named = find(&[
            "chinchilla multiple",
            "chinchilla multiplier",
            "chinchilla ratio",
            "x chinchilla",
            "chinchilla",
            "times chinchilla",
            "chinchilla factor",
            "x c",
            "cx",
            "chin",
            "chinchilla optimal multiple",
        ]);
        // "5xC" says it by itself.
        let written = || (0..words_of.len()).find_map(|i| Some((i, multiples(table, i, "xC")?)));
        let (i, multiple) = named.or_else(written)?;
        let values = multiple.iter().zip(&sizes).map(|(multiple, n)| CHINCHILLA * multiple * n).collect();
        Some((
            values,
            vec![i, n],
            format!(
                "{} × {CHINCHILLA} × {}, with {CHINCHILLA} tokens per parameter as Chinchilla's multiple of 1",
                name(i),
                name(n)
            ),
        ))
    };
    type Found = Option<(Vec<f64>, Vec<usize>, String)>;
    let ways: [&dyn Fn() -> Found; 5] = [&of_epochs, &of_parts, &of_steps, &of_samples, &of_sizes];
    let n_ways = if dataset.is_some() { 1 } else { ways.len() };
    ways[..n_ways].iter().filter_map(|way| way()).map(|(values, of, what)| Way { values, of, what }).collect()
}

/// The words for one thing that tokens may be counted by, of which another column may say how many there were.
const PARTS: [&[&str]; 6] = [
    &["step", "steps", "iter", "iters", "iteration", "iterations", "update", "updates", "batch", "batches"],
    &["gpu", "gpus", "device", "devices", "tpu", "tpus", "chip", "chips", "worker", "workers", "rank", "ranks"],
    &["node", "nodes", "host", "hosts"],
    &["epoch", "epochs", "pass", "passes"],
    &["sample", "samples", "sequence", "sequences", "example", "examples"],
    &["doc", "docs", "document", "documents"],
];

/// The words for the parts of which a name says how many tokens each has: "tokens/GPU", "tokens_per_step".
pub(in crate::import) fn part_of_tokens(name: &str) -> Option<&'static [&'static str]> {
    let plain = names::scale_of(name).map_or(name.to_string(), |(plain, _)| plain);
    let words = words(&plain.replace('/', " per "));
    let at = words.iter().position(|word| word == "per")?;
    let is_token = |word: &String| ["token", "tokens", "tok", "toks"].contains(&word.as_str());
    let [part] = &words[at + 1..] else { return None };
    let of = PARTS.into_iter().find(|of| of.contains(&part.as_str()))?;
    words[..at].iter().any(is_token).then_some(of)
}

pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const LISTED: usize = 8;
    let names: Vec<String> = names.map(|name| format!("\"{}\"", crate::units::excerpt(name))).collect();
    match names.len().saturating_sub(LISTED) {
        0 => names.join(", "),
        n => format!("{} and {n} more", names[..LISTED].join(", ")),
    }
}
