//! Where the rows of a table lie outside the runs that a study's fits are of, and what of them the fits do not look at:
//! a sentence for each group of rows, not for each row.

use super::FittedStudy;
use crate::dataset::Observation;
use crate::units::{write_count, write_number};

/// An N or D within this factor of the data's is in the data, and a weight within this of its range.
const SAME_SCALE: f64 = 1.01;
const SAME_SHARE: f64 = 5e-4;
/// More runs of lines than anyone reads are counted.
const MOST_SPANS: usize = 5;

/// What to know of predictions of these observations; `order` gives the fits' domains among the observations' weights.
pub fn beyond(study: &FittedStudy, order: &[usize], observations: &[Observation]) -> Vec<String> {
    let data = &study.summary;
    let mut sentences = Vec::new();
    let sizes = data.sizes.first().zip(data.sizes.last()).map(|(least, most)| (least.0, most.0));
    let tokens = data.token_range.map(|(least, most)| (least.0, most.0));
    let has = |n: bool| study.fits.iter().filter(move |fit| if n { fit.shape.n_term } else { fit.shape.d_term });
    for (what, of_n, range, runs) in [("N", true, sizes, "models"), ("D", false, tokens, "runs")] {
        let value = |row: &Observation| if of_n { row.n.map(|n| n.0) } else { row.d.map(|d| d.0) };
        let given: Vec<(usize, f64)> = observations.iter().filter_map(|row| Some((row.line, value(row)?))).collect();
        let count = |value: f64| write_count(value, 3);
        let ends = |rows: &[(usize, f64)]| {
            let (low, high) = rows.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), (_, v)| (l.min(*v), h.max(*v)));
            if low == high {
                format!("{what} = {}", count(low))
            } else {
                format!("{what} = {} to {}", count(low), count(high))
            }
        };
        let with_term = has(of_n).count();
        if with_term < study.fits.len() && !given.is_empty() {
            let without: Vec<&str> = study
                .fits
                .iter()
                .filter(|fit| !if of_n { fit.shape.n_term } else { fit.shape.d_term })
                .flat_map(|fit| fit.targets.iter().map(String::as_str))
                .collect();
            let of = if with_term == 0 { String::new() } else { format!(" of {}", without.join(", ")) };
            let at = match range {
                Some((least, most)) if least == most => format!("; all runs have {what} = {}", count(least)),
                _ => String::new(),
            };
            // At the runs' own scale nothing is lost.
            let differs = |(_, v): &(usize, f64)| {
                range.is_none_or(|(least, most)| *v > most * SAME_SCALE || v * SAME_SCALE < least)
            };
            if given.iter().any(differs) {
                sentences.push(format!("the fit{of} has no {what} term, so {} does not count{at}", ends(&given)));
            }
        }
        let Some((least, most)) = range.filter(|_| with_term > 0) else { continue };
        let above: Vec<(usize, f64)> = given.iter().copied().filter(|(_, v)| *v > most * SAME_SCALE).collect();
        let below: Vec<(usize, f64)> = given.iter().copied().filter(|(_, v)| v * SAME_SCALE < least).collect();
        for (rows, side, edge) in [(above, "largest", most), (below, "smallest", least)] {
            if !rows.is_empty() {
                sentences.push(format!(
                    "extrapolated in {what}: {} ({}); the {side} of the {runs} fitted has {}",
                    lines(rows.iter().map(|(line, _)| *line)),
                    ends(&rows),
                    count(edge)
                ));
            }
        }
    }
    let outside = |row: &Observation, i: usize| {
        let (low, high) = data.weight_ranges[i];
        let h = row.mixture[order[i]];
        h < low - SAME_SHARE || h > high + SAME_SHARE
    };
    let rows: Vec<&Observation> = observations.iter().filter(|row| (0..order.len()).any(|i| outside(row, i))).collect();
    if !rows.is_empty() {
        let percent = |share: f64| format!("{} %", write_number(100.0 * share, 3));
        let ranges: Vec<String> = (0..order.len())
            .filter(|&i| rows.iter().any(|row| outside(row, i)))
            .map(|i| {
                let (low, high) = data.weight_ranges[i];
                let name = &study.domains[i];
                if high - low < SAME_SHARE {
                    format!("{name}: all {}", percent(low))
                } else {
                    format!("{name}: {} to {}", percent(low), percent(high))
                }
            })
            .collect();
        sentences.push(format!(
            "extrapolated in the mixture: {}; the runs fitted have {}",
            lines(rows.iter().map(|row| row.line)),
            ranges.join(", ")
        ));
    }
    sentences
}

/// "line 3", "lines 2 to 9, 12".
fn lines(lines: impl Iterator<Item = usize>) -> String {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut n = 0;
    for line in lines {
        n += 1;
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == line => *last = line,
            _ => spans.push((line, line)),
        }
    }
    let span =
        |(first, last): &(usize, usize)| if first == last { first.to_string() } else { format!("{first} to {last}") };
    if let [(first, last)] = spans[..]
        && first == last
    {
        return format!("line {first}");
    }
    if spans.len() > MOST_SPANS {
        return format!("{n} lines from {} on", spans[0].0);
    }
    format!("lines {}", spans.iter().map(span).collect::<Vec<_>>().join(", "))
}
