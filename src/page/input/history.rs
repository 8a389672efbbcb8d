//! Earlier drafts: how they lie in the browser's storage, and which of them go when there are too many.
//!
//! Each lies under a key of its own, which says when it was begun and which table it began with. A page writes only to
//! the entry that it began itself, and begins another one for another table and after a while, so pages that are open
//! at once keep the work of both. What a newer version wrote is left alone.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD as BASE64;
use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::decompress_to_vec_with_limit;

use crate::order::sort_by_number;
use crate::page::input::draft::{Draft, LONGEST_KEPT_TEXT};
use crate::page::view::tables::counted;

/// Where the only draft lay before there was a history.
pub const OLD_KEY: &str = "mixlaw.draft";
/// What all keys of the history begin with.
pub const PREFIX: &str = "mixlaw.draft.";
/// The key, in what the browser keeps for one tab alone, under which the tab notes its entry.
pub const TAB_KEY: &str = "mixlaw.entry";

/// The key, likewise, under which the tab notes which entry it is opening, until that has gone well.
pub const OPENING_KEY: &str = "mixlaw.opening";

/// Drafts that are kept.
pub const MOST: usize = 20;
/// Characters that they may take together: browsers give a page about five million.
pub const BUDGET: usize = 3_500_000;
/// After so long, in milliseconds, the same work begins another entry.
const LONGEST_ENTRY: u64 = 10 * 60 * 1000;

/// Form of an entry. A newer one is not read, and not dropped either.
const FORM: &str = "1";
/// How hard the packing tries: more takes longer than the tenth that it saves is worth.
const EFFORT: u8 = 1;
/// Most bytes that an entry may unpack to: a text of the longest kind, every letter escaped, and the settings.
const LARGEST: usize = 6 * LONGEST_KEPT_TEXT + 1_000_000;

/// What stands in an entry's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// When it was begun, in milliseconds since 1970.
    pub begun: u64,
    /// Which table it began with: [`Draft::work`].
    pub work: u32,
}

impl Key {
    /// The key in the storage.
    pub fn text(self) -> String {
        format!("{PREFIX}{}.{}", self.begun, self.work)
    }

    /// What a key of the storage says; `None` if it is none of the history's.
    pub fn read(text: &str) -> Option<Self> {
        let (begun, work) = text.strip_prefix(PREFIX)?.split_once('.')?;
        Some(Self { begun: begun.parse().ok()?, work: work.parse().ok()? })
    }

    /// The key to write a draft under that a page began as `self`: the same one unless the draft is of another table,
    /// or the entry is old.
    pub fn next(self, work: u32, now: u64) -> Self {
        let goes_on = self.work == work && now.saturating_sub(self.begun) < LONGEST_ENTRY;
        if goes_on { self } else { Self { begun: now, work } }
    }
}

/// A draft as it lies in the storage.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its key.
    pub key: Key,
    /// When it was last written, in milliseconds since 1970.
    pub saved: u64,
    /// Whether it is a sample as it came.
    pub is_untouched: bool,
    /// The value that is stored: the above and the packed draft.
    pub value: String,
}

impl Entry {
    /// Packs a draft; `None` if its table is too long to keep.
    pub fn new(key: Key, draft: &Draft, saved: u64) -> Option<Self> {
        let is_untouched = draft.is_untouched_sample();
        let packed = BASE64.encode(compress_to_vec(draft.to_stored()?.as_bytes(), EFFORT));
        let kind = if is_untouched { "sample" } else { "draft" };
        Some(Self { key, saved, is_untouched, value: format!("{FORM} {saved} {kind} {packed}") })
    }

    /// Reads what is stored; `None` if it is of another form.
    pub fn read(key: Key, value: String) -> Option<Self> {
        let mut parts = value.splitn(4, ' ');
        let (form, saved, kind, _) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let saved = saved.parse().ok().filter(|_| form == FORM)?;
        Some(Self { key, saved, is_untouched: kind == "sample", value })
    }

    /// The draft; `None` if this version cannot read it.
    pub fn draft(&self) -> Option<Draft> {
        let bytes = decompress_to_vec_with_limit(&BASE64.decode(self.packed()).ok()?, LARGEST).ok()?;
        let draft = Draft::from_stored(std::str::from_utf8(&bytes).ok()?)?;
        Some(Draft { work: self.key.work, ..draft })
    }

    /// Equal for equal drafts.
    fn packed(&self) -> &str {
        self.value.rsplit(' ').next().unwrap_or_default()
    }

    fn length(&self) -> usize {
        self.key.text().len() + self.value.len()
    }
}

/// Which entries go now that `latest` has been written: what says the same, samples as they came, and beyond number and
/// budget first those that the same work has gone beyond, then the oldest.
pub fn surplus(entries: &[Entry], latest: Key) -> Vec<Key> {
    let Some(now) = entries.iter().find(|entry| entry.key == latest) else { return Vec::new() };
    let (mut gone, mut others): (Vec<&Entry>, Vec<&Entry>) = entries
        .iter()
        .filter(|entry| entry.key != latest)
        .partition(|entry| entry.is_untouched || entry.packed() == now.packed());
    while others.len() >= MOST || now.length() + others.iter().map(|entry| entry.length()).sum::<usize>() > BUDGET {
        let Some(next) = first_to_go(&others, latest.work) else { break };
        gone.push(others.swap_remove(next));
    }
    gone.into_iter().map(|entry| entry.key).collect()
}

/// Where the storage is full before its time: the entry to give up for `latest`.
pub fn least_needed(entries: &[Entry], latest: Key) -> Option<Key> {
    let others: Vec<&Entry> = entries.iter().filter(|entry| entry.key != latest).collect();
    first_to_go(&others, latest.work).map(|next| others[next].key)
}

fn first_to_go(others: &[&Entry], present_work: u32) -> Option<usize> {
    let is_beyond = |entry: &Entry| {
        let is_later = |other: &&Entry| other.key.work == entry.key.work && other.saved > entry.saved;
        entry.key.work == present_work || others.iter().any(is_later)
    };
    (0..others.len()).min_by_key(|&i| (!is_beyond(others[i]), others[i].saved))
}

/// An earlier draft as the menu shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    /// The key in the storage.
    pub key: String,
    /// What it is; `None` for one that this version cannot read.
    pub title: Option<String>,
    /// When it was last changed.
    pub when: String,
}

/// The menu's rows, the latest first, without the draft on show; `unread` are the keys of what is of another form.
pub fn earlier(mut entries: Vec<Entry>, unread: Vec<String>, on_show: Option<Key>, now: u64) -> Vec<Earlier> {
    entries.retain(|entry| Some(entry.key) != on_show);
    sort_by_number(&mut entries, |entry| -(entry.saved as f64));
    let rows = entries.iter().map(|entry| Earlier {
        key: entry.key.text(),
        title: entry.draft().map(|draft| draft.title()),
        when: ago(now.saturating_sub(entry.saved)),
    });
    let unread = unread.into_iter().map(|key| Earlier { key, title: None, when: String::new() });
    rows.chain(unread).collect()
}

/// "5 minutes ago", of milliseconds.
fn ago(past: u64) -> String {
    let minutes = past / 60_000;
    match minutes {
        0 => "just now".to_string(),
        1..60 => format!("{} ago", counted(minutes as usize, "minute")),
        60..1440 => format!("{} ago", counted((minutes / 60) as usize, "hour")),
        _ => format!("{} ago", counted((minutes / 1440) as usize, "day")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::draft::tests::draft;
    use super::*;
    use crate::sample::SAMPLES;

    const MINUTE: u64 = 60_000;

    fn entry(begun: u64, work: u32, text: &str, saved: u64) -> Entry {
        Entry::new(Key { begun, work }, &draft(text.into()), saved).unwrap()
    }

    #[test]
    fn an_entry_comes_back() {
        let entry = entry(12, 34, "a,b\n\"ü\",2", 56);
        assert_eq!(entry.key.text(), "mixlaw.draft.12.34");
        assert_eq!(Key::read(&entry.key.text()), Some(entry.key));
        let back = Entry::read(entry.key, entry.value.clone()).unwrap();
        assert_eq!(back, entry);
        assert_eq!(back.draft(), Some(Draft { work: 34, ..draft("a,b\n\"ü\",2".into()) }));
    }

    #[test]
    fn what_is_damaged_or_newer_is_no_draft() {
        let entry = entry(1, 1, "a,b\n1,2", 1);
        let newer = entry.value.replacen('1', "2", 1);
        assert_eq!(Entry::read(entry.key, newer), None);
        let cut = entry.value[..entry.value.len() - 9].to_string();
        assert_eq!(Entry::read(entry.key, cut).unwrap().draft(), None);
        for value in ["", "1", "1 x draft y", "{\"version\":1}"] {
            assert_eq!(Entry::read(entry.key, value.into()), None, "{value}");
        }
        for key in ["mixlaw.draft", "mixlaw.draft.1", "mixlaw.draft.a.b", "other"] {
            assert_eq!(Key::read(key), None, "{key}");
        }
    }

    #[test]
    fn another_table_and_a_long_time_begin_another_entry() {
        let key = Key { begun: 1000, work: 1 };
        assert_eq!(key.next(1, 1000 + 9 * MINUTE), key);
        assert_eq!(key.next(2, 2000), Key { begun: 2000, work: 2 });
        assert_eq!(key.next(1, 1000 + 10 * MINUTE), Key { begun: 1000 + 10 * MINUTE, work: 1 });
        // A clock that was set back is no reason.
        assert_eq!(key.next(1, 0), key);
    }

    #[test]
    fn what_says_the_same_and_samples_as_they_came_go() {
        let latest = entry(9, 9, "a,b", 9);
        let sample = Entry::new(Key { begun: 2, work: 2 }, &Draft::of_sample(&SAMPLES[1], 2), 2).unwrap();
        let entries = [entry(1, 1, "a,b", 1), sample.clone(), entry(3, 3, "c,d", 3), latest.clone()];
        assert_eq!(surplus(&entries, latest.key), [entries[0].key, sample.key]);
        // The sample on show stays.
        assert_eq!(surplus(&entries[1..3], sample.key), []);
    }

    #[test]
    fn of_too_many_the_states_that_work_has_gone_beyond_go_first() {
        let old_work = entry(1, 1, "the work of last week", 1);
        let mut entries: Vec<Entry> = (0..MOST as u64).map(|i| entry(10 + i, 7, &format!("{i}"), 10 + i)).collect();
        let latest = entries[MOST - 1].key;
        entries.push(old_work.clone());
        assert_eq!(surplus(&entries, latest), [Key { begun: 10, work: 7 }]);
        let mut works: Vec<Entry> = (0..=MOST as u64).map(|i| entry(i, i as u32, &format!("{i}"), i)).collect();
        assert_eq!(surplus(&works, works[MOST].key), [Key { begun: 0, work: 0 }]);
        works.pop();
        assert_eq!(surplus(&works, works[MOST - 1].key), []);
        assert_eq!(least_needed(&works, works[0].key), Some(works[1].key));
        assert_eq!(least_needed(&works[..1], works[0].key), None);
    }

    #[test]
    fn the_budget_is_kept() {
        // Hashes of numbers do not pack.
        let mut random = 1_u64;
        let mut long = |_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{random:016x}")
        };
        let texts: Vec<String> = (0..4).map(|_| (0..120_000).map(&mut long).collect()).collect();
        let entries: Vec<Entry> = (0..4).map(|i| entry(i, i as u32, &texts[i as usize], i)).collect();
        assert!(entries.iter().map(Entry::length).sum::<usize>() > BUDGET);
        assert!(entries[2..].iter().map(Entry::length).sum::<usize>() < BUDGET);
        let key = |i: u32| Key { begun: i.into(), work: i };
        assert_eq!(surplus(&entries, key(3)), [key(0), key(1)]);
    }

    #[test]
    fn the_menu_has_the_latest_first_and_what_cannot_be_read_last() {
        let entries = vec![entry(1, 1, "a,b\n1,2", 0), entry(2, 2, "c,d\n1,2", 3 * MINUTE), entry(3, 3, "e", 9)];
        let rows = earlier(entries.clone(), vec![OLD_KEY.into()], Some(entries[2].key), 60 * MINUTE);
        let shown: Vec<(Option<&str>, &str)> =
            rows.iter().map(|row| (row.title.as_deref(), row.when.as_str())).collect();
        let title = |columns: &str| format!("{columns} · 1 line · joint law · 1 left out");
        assert_eq!(
            shown,
            [(Some(title("c,d").as_str()), "57 minutes ago"), (Some(title("a,b").as_str()), "1 hour ago"), (None, "")]
        );
    }

    #[test]
    fn times_are_said_in_words() {
        assert_eq!(
            [0, MINUTE, 130 * MINUTE, 50 * 60 * MINUTE].map(ago),
            ["just now", "1 minute ago", "2 hours ago", "2 days ago"]
        );
    }
}
