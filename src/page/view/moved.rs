//! What new rows changed: the answer before and after, of one scenario and one set of settings.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::answer::{Expected, loss};
use super::tables::{counted, percent};
use crate::chart::short_names;
use crate::dataset::{Dataset, Observation};
use crate::design::{Batch, Run};
use crate::fit::Interval;
use crate::mixture::{Finding, Grade, Scenario};
use crate::order::sort_by_number;
use crate::page::run::fits::{FitKey, StudyData};
use crate::page::same::Same;
use crate::predict::FittedStudy;
use crate::units::write_nats;
use crate::wording::page as text;

/// A complete answer, with all that it was made of.
#[derive(Clone)]
pub struct Snapshot {
    /// The fits, validated.
    pub study: Same<FittedStudy>,
    /// The rows that were fitted.
    pub data: Same<StudyData>,
    /// The law that was asked for, or the choice among them.
    pub choice: &'static str,
    /// The settings.
    pub key: FitKey,
    /// What was asked.
    pub scenario: Scenario,
    /// The mixture to train on.
    pub mixture: Vec<f64>,
    /// Its loss.
    pub loss: f64,
    /// The 90 % prediction interval of that.
    pub interval: Option<Interval>,
    /// The verdict.
    pub findings: Vec<Finding>,
}

/// So many answers are remembered.
const MOST: usize = 8;
/// More changes of weights are no summary.
const MOST_WEIGHTS: usize = 5;
/// A smaller change of a weight is none: it is not seen in the weights as they are written.
const LEAST_MOVE: f64 = 5e-4;
/// How far a run's weights may be from those that were suggested: they are rounded on the way.
const SAME_WEIGHT: f64 = 5e-3;
/// The same of N and D, as a share: models come in sizes of their own.
const SAME_SCALE: f64 = 0.05;

/// Remembers an answer in place of the one of the same rows, settings and scenario, if there is one.
pub fn remember(past: &mut Vec<Snapshot>, now: Snapshot) {
    past.retain(|before| !(before.is_asked_as(&now) && before.data == now.data));
    past.push(now);
    if past.len() > MOST {
        past.remove(0);
    }
}

impl Snapshot {
    /// Whether only rows may tell the two apart.
    fn is_asked_as(&self, other: &Snapshot) -> bool {
        let is_key = |a: &FitKey, b: &FitKey| (&a.config, &a.stocks, &a.targets) == (&b.config, &b.stocks, &b.targets);
        self.choice == other.choice && is_key(&self.key, &other.key) && self.scenario == other.scenario
    }
}

/// The answer to the most of the rows before new ones came: of the same question, and all of its rows are among those
/// of now.
pub fn before<'a>(past: &'a [Snapshot], now: &Snapshot) -> Option<&'a Snapshot> {
    let is_before = |one: &&Snapshot| one.is_asked_as(now) && !added(&one.data.dataset, &now.data.dataset).is_empty();
    past.iter().filter(is_before).max_by_key(|one| one.data.dataset.observations().len())
}

/// Whether two studies have a row in common: then one is no addition to the other.
pub fn have_common_row(a: &Dataset, b: &Dataset) -> bool {
    let known: HashSet<u64> = a.observations().iter().map(digest).collect();
    b.observations().iter().any(|row| known.contains(&digest(row)))
}

/// The rows that are new; none if any of before is not there any more, or domains or targets are others.
fn added<'a>(before: &Dataset, now: &'a Dataset) -> Vec<&'a Observation> {
    let n_new = now.observations().len().saturating_sub(before.observations().len());
    if n_new == 0 || before.domains() != now.domains() || before.targets() != now.targets() {
        return Vec::new();
    }
    let mut known: HashMap<u64, usize> = HashMap::new();
    before.observations().iter().for_each(|row| *known.entry(digest(row)).or_default() += 1);
    let is_new = |row: &&Observation| match known.get_mut(&digest(row)) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    let new: Vec<&Observation> = now.observations().iter().filter(is_new).collect();
    // More are new than came, if some of before are gone.
    if new.len() == n_new { new } else { Vec::new() }
}

/// A number for a row's contents, wherever it stands.
fn digest(row: &Observation) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.n.map(|n| n.0.to_bits()).hash(&mut hasher);
    row.d.map(|d| d.0.to_bits()).hash(&mut hasher);
    row.mixture.iter().for_each(|h| h.to_bits().hash(&mut hasher));
    row.losses.iter().for_each(|loss| loss.map(|loss| loss.0.to_bits()).hash(&mut hasher));
    row.weight.to_bits().hash(&mut hasher);
    (row.split as u8).hash(&mut hasher);
    hasher.finish()
}

/// What new rows changed, as the page shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Moved {
    /// How many rows came, and how far the mixture moved.
    pub sentence: String,
    /// The weights that moved most: domain, before, now, change in points.
    pub weights: Vec<(String, [String; 3])>,
    /// The expected loss before and now.
    pub losses: [Expected; 2],
    /// Its change, in nats.
    pub loss_change: String,
    /// The verdict's questions whose grades are others now, with those before and now.
    pub grades: Vec<(String, [Grade; 2])>,
    /// Which of the suggested runs are in.
    pub runs: Option<String>,
}

/// Holds the answer of now against the one before the new rows; `batch` is what was suggested then.
pub fn moved(before: &Snapshot, now: &Snapshot, batch: Option<&Batch>) -> Moved {
    let (data, data_before) = (&now.data.dataset, &before.data.dataset);
    let new = added(data_before, data);
    let bits = |mixture: &Vec<f64>| mixture.iter().map(|h| h.to_bits()).collect::<Vec<_>>();
    let known: HashSet<Vec<u64>> = data_before.design().mixtures().iter().map(bits).collect();
    let n_mixtures = data.design().mixtures().iter().filter(|mixture| !known.contains(&bits(mixture))).count();
    let names = short_names(data.domains());
    let mut moves: Vec<(usize, f64)> =
        before.mixture.iter().zip(&now.mixture).map(|(before, now)| now - before).enumerate().collect();
    let share = 0.5 * moves.iter().map(|(_, by)| by.abs()).sum::<f64>();
    sort_by_number(&mut moves, |(_, by)| -by.abs());
    let weights = moves.iter().filter(|(_, by)| by.abs() >= LEAST_MOVE).take(MOST_WEIGHTS).map(|&(domain_idx, by)| {
        let cells = [percent(before.mixture[domain_idx]), percent(now.mixture[domain_idx]), signed(by, points)];
        (names[domain_idx].clone(), cells)
    });
    let grade = |finding: &Finding| {
        let of_now = now.findings.iter().find(|one| one.question == finding.question)?;
        let grades = [finding.grade, of_now.grade];
        (grades[0] != grades[1]).then(|| (finding.question.clone(), grades))
    };
    Moved {
        sentence: text::moved_sentence(
            &counted(new.len(), "new row"),
            &counted(n_mixtures, "new mixture"),
            (share >= LEAST_MOVE).then(|| percent(share)).as_deref(),
        ),
        weights: weights.collect(),
        losses: [before, now].map(|one| loss(one.loss, one.interval)),
        loss_change: signed(now.loss - before.loss, write_nats),
        grades: before.findings.iter().filter_map(grade).collect(),
        runs: batch.filter(|batch| batch.domains == data.domains()).map(|batch| runs_in(&batch.runs, &new)),
    }
}

fn points(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}

/// With a plus, or a minus that is one; what is written as zero has neither.
fn signed(value: f64, write: impl Fn(f64) -> String) -> String {
    let text = write(value.abs());
    match value {
        _ if !text.contains(|digit| ('1'..='9').contains(&digit)) => text,
        ..0.0 => format!("\u{2212}{text}"),
        _ => format!("+{text}"),
    }
}

/// Which of the suggested runs are among the new rows; each row answers one of them.
fn runs_in(runs: &[Run], new: &[&Observation]) -> String {
    let mut used = vec![false; new.len()];
    let mut is_in = |run: &Run| {
        let found = (0..new.len()).find(|&i| !used[i] && is_run(run, new[i]));
        found.inspect(|&i| used[i] = true).is_some()
    };
    let missing: Vec<usize> = (1..).zip(runs).filter(|(_, run)| !is_in(run)).map(|(number, _)| number).collect();
    text::suggested_sentence(runs.len(), &missing)
}

fn is_run(run: &Run, row: &Observation) -> bool {
    let near = |wanted: Option<f64>, seen: Option<f64>| match wanted.zip(seen) {
        Some((wanted, seen)) => (seen / wanted - 1.0).abs() <= SAME_SCALE,
        None => true,
    };
    let weights = run.mixture.iter().zip(&row.mixture).all(|(a, b)| (a - b).abs() <= SAME_WEIGHT);
    weights && near(run.n.map(|n| n.0), row.n.map(|n| n.0)) && near(run.d.map(|d| d.0), row.d.map(|d| d.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::design::{Origin, Settles};
    use crate::import::import;
    use crate::mixture::Finding;
    use crate::page::run::fits::tests::{data, fits};
    use crate::units::{Params, Tokens};

    const HEAD: &str = "w_a,w_b,n,d,a_loss\n";
    const ROWS: [&str; 4] =
        ["0.5,0.5,100M,1B,3.0\n", "0.2,0.8,100M,2B,2.9\n", "0.8,0.2,300M,2B,2.7\n", "0.3,0.7,300M,3B,2.6\n"];

    fn study(rows: &[&str]) -> Same<StudyData> {
        let text = format!("{HEAD}{}", rows.concat());
        Same::new(StudyData::new(1, import(&text, None).dataset.expect("a study")))
    }

    fn snapshot(rows: &[&str]) -> Snapshot {
        let fits = fits();
        let finding =
            |question: &str| Finding { question: question.into(), grade: Grade::Green, sentence: String::new() };
        Snapshot {
            study: fits.study.clone(),
            data: study(rows),
            choice: fits.choice,
            key: fits.key.clone(),
            scenario: Scenario::new(Params(1e9), Tokens(2e10)),
            mixture: vec![0.25, 0.75],
            loss: 2.5,
            interval: None,
            findings: vec![finding("Support"), finding("Unseen mixtures")],
        }
    }

    #[test]
    fn only_rows_that_came_to_the_others_are_new() {
        let new = |before: &[&str], now: &[&str]| {
            let (before, now) = (study(before), study(now));
            added(&before.dataset, &now.dataset).iter().map(|row| row.line).collect::<Vec<_>>()
        };
        assert_eq!(new(&ROWS[..2], &ROWS), [4, 5]);
        assert_eq!(new(&[ROWS[2], ROWS[0]], &ROWS), [3, 5], "in any order");
        assert_eq!(new(&ROWS[..2], &[ROWS[0], ROWS[1], ROWS[0]]), [4], "the same run once more is a new one");
        assert_eq!(new(&ROWS, &ROWS), [0; 0]);
        assert_eq!(new(&ROWS, &ROWS[..3]), [0; 0]);
        assert_eq!(new(&[ROWS[0], "0.2,0.8,100M,2B,2.8\n"], &ROWS), [0; 0], "a loss was changed");
        assert!(added(&study(&ROWS).dataset, &data().dataset).is_empty(), "another target");
        assert!(have_common_row(&study(&ROWS[..2]).dataset, &study(&ROWS[1..]).dataset));
        assert!(!have_common_row(&study(&ROWS[..2]).dataset, &study(&ROWS[2..]).dataset));
    }

    #[test]
    fn an_answer_is_held_against_the_same_question_only() {
        let (before, now) = (snapshot(&ROWS[..2]), snapshot(&ROWS));
        let is_found = |change: fn(&mut Snapshot)| {
            let mut now = now.clone();
            change(&mut now);
            super::before(std::slice::from_ref(&before), &now).is_some()
        };
        assert!(is_found(|_| {}));
        assert!(is_found(|now| now.key.data_version = 7), "another reading of the table is no other setting");
        assert!(!is_found(|now| now.scenario.n = Params(2e9)));
        assert!(!is_found(|now| now.choice = "auto"));
        assert!(!is_found(|now| now.key.config.seed = 9));
        assert!(!is_found(|now| now.key.targets.push("b_loss".into())));
        assert!(!is_found(|now| now.data = study(&ROWS[..2])));
    }

    #[test]
    fn the_answer_to_most_of_the_rows_is_the_one_before() {
        let mut past = Vec::new();
        for n in [2, 3, 4] {
            remember(&mut past, snapshot(&ROWS[..n]));
        }
        let found = super::before(&past, &past[2]).expect("an answer before");
        assert_eq!(found.data.dataset.observations().len(), 3);
        // The new rows may have had an answer of their own, which was the last.
        let [new, whole] = [snapshot(&ROWS[2..]), snapshot(&ROWS)];
        let both = [snapshot(&ROWS[..3]), new];
        let found = super::before(&both, &whole).expect("an answer before");
        assert_eq!(found.data.dataset.observations().len(), 3);
        // Of the rows, settings and scenario that are there already, only the last answer.
        let again = past[1].clone();
        remember(&mut past, again);
        assert_eq!(past.iter().map(|one| one.data.dataset.observations().len()).collect::<Vec<_>>(), [2, 4, 3]);
        (0..20).for_each(|_| remember(&mut past, snapshot(&ROWS)));
        assert_eq!(past.len(), MOST);
    }

    fn run(mixture: [f64; 2], n: f64, d: f64) -> Run {
        Run {
            mixture: mixture.to_vec(),
            n: Some(Params(n)),
            d: Some(Tokens(d)),
            flops: None,
            origin: Origin::Spread,
            settles: Settles { choice: 0.0, gain: 0.0, loss: 0.0 },
            reason: String::new(),
        }
    }

    #[test]
    fn what_moved_is_told_in_points_and_grades() {
        let before = snapshot(&ROWS[..2]);
        let mut now = snapshot(&ROWS);
        now.mixture = vec![0.303, 0.699];
        now.loss = 2.4875;
        now.findings[1].grade = Grade::Amber;
        let told = moved(&before, &now, None);
        assert_eq!(told.sentence, "2 new rows, 2 new mixtures: 5.2 % of the tokens now go to other domains.");
        let weights = |name: &str, cells: [&str; 3]| (name.to_string(), cells.map(String::from));
        assert_eq!(
            told.weights,
            [weights("a", ["25.0 %", "30.3 %", "+5.3"]), weights("b", ["75.0 %", "69.9 %", "\u{2212}5.1"])]
        );
        assert_eq!((told.losses[1].value.as_str(), told.loss_change.as_str()), ("2.4875", "\u{2212}0.0125"));
        assert_eq!(told.grades, [("Unseen mixtures".to_string(), [Grade::Green, Grade::Amber])]);
        let still = moved(&before, &Snapshot { mixture: vec![0.2501, 0.7499], loss: 2.50001, ..now }, None);
        assert_eq!((still.weights.len(), still.loss_change.as_str()), (0, "0.0000"));
        assert_eq!(still.sentence, "2 new rows, 2 new mixtures: the mixture stays as it was.");
    }

    #[test]
    fn suggested_runs_are_found_again_though_they_were_rounded() {
        let (before, now) = (study(&ROWS[..2]), study(&ROWS));
        let new = added(&before.dataset, &now.dataset);
        let first = run([0.8021, 0.1979], 3.08e8, 2e9);
        assert_eq!(runs_in(&[first.clone(), run([0.3, 0.7], 3e8, 3e9)], &new), "All 2 suggested runs are in.");
        assert_eq!(
            runs_in(&[run([0.3, 0.7], 3e8, 6e9), first.clone(), run([0.7, 0.3], 3e8, 2e9), first], &new),
            "1 of 4 suggested runs is in; still to come: runs 1, 3 and 4.",
            "other tokens, another mixture, and a repeat that was trained once"
        );
        assert_eq!(runs_in(&[run([0.5, 0.5], 3e8, 3e9)], &new), "The suggested run is not among them.");
    }
}
