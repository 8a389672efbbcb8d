//! The page for everyone: by keyboard alone, with a screen reader, and after a crash.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::browser::{Browser, in_browser, in_chromium};
use crate::page::{open_example, optimum, paste, weight};

const SLOW: Duration = Duration::from_secs(120);

// Keys as WebDriver names them.
const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const SPACE: &str = " ";
const DOWN: &str = "\u{E015}";
const LEFT: &str = "\u{E012}";
const RIGHT: &str = "\u{E014}";
const CONTROL: &str = "\u{E009}";

/// What axe finds on the page as it is that would keep people from using it.
async fn check_access(page: &Browser, state: &str) {
    let axe = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/axe/node_modules/axe-core/axe.min.js");
    let axe = fs::read_to_string(&axe).expect("axe-core, which scripts/setup.sh installs");
    page.run(&axe, &[]).await;
    let start = "window.axeFound = null;
        axe.run(document, { resultTypes: ['violations'] }).then(result => {
            window.axeFound = result.violations
                .filter(found => ['serious', 'critical'].includes(found.impact))
                .map(found => found.id + ': ' + found.nodes.map(node => node.html.slice(0, 200)).join(' | '));
        })";
    page.run(start, &[]).await;
    page.wait_until("return window.axeFound !== null", SLOW).await;
    let found = page.run("return window.axeFound", &[]).await;
    assert_eq!(found, json!([]), "{state}");
}

/// The same in light and dark, narrow and wide.
pub async fn check_access_everywhere(page: &Browser, state: &str) {
    for dark in [true, false] {
        page.prefer_dark(dark).await;
        for (width, height) in [(320, 640), (1440, 900)] {
            page.set_screen(width, height, 1.0).await;
            page.wait(Duration::from_millis(300)).await;
            check_access(page, &format!("{state}, {width}, dark: {dark}")).await;
        }
    }
}

const OPEN_ALL: &str = "document.querySelectorAll('details').forEach(details => details.open = true)";

#[test]
fn nothing_serious_keeps_anyone_out() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        check_access(page, "fitted").await;
        page.choose("[data-test=path]", "as N and D grow").await;
        page.run(OPEN_ALL, &[]).await;
        check_access_everywhere(page, "all open").await;
        page.paste("[data-test=replicates]", "20").await;
        page.click("[data-test=bootstrap]").await;
        page.wait_until(
            "return document.querySelector('[data-test=bootstrap-status]').textContent === '20 replicates'",
            SLOW,
        )
        .await;
        page.wait(Duration::from_millis(600)).await;
        check_access_everywhere(page, "bootstrapped").await;

        page.click("[data-test=share]").await;
        page.wait_for("Link copied.").await;
        let link = page.clipboard().await;
        page.open(&link[link.find('#').expect("a fragment")..]).await;
        page.wait_for("These fits were not redone here").await;
        optimum(page).await;
        page.run(OPEN_ALL, &[]).await;
        check_access_everywhere(page, "a link").await;
        page.open("#v1.broken").await;
        page.wait_for("This link cannot be opened").await;
        check_access_everywhere(page, "a broken link").await;
        paste(page, "a,b\n1,2\n", "No study").await;
        page.run(OPEN_ALL, &[]).await;
        check_access_everywhere(page, "no study").await;
    });
}

/// Presses Tab until the focus is there; every stop on the way must show that it has the focus.
async fn tab_to(page: &Browser, selector: &str) {
    for _ in 0..150 {
        page.press(TAB).await;
        let shown = "const at = document.activeElement, style = getComputedStyle(at);
            return at === document.body || style.outlineStyle !== 'none' || style.boxShadow !== 'none'
                || [at.outerHTML.slice(0, 200)];";
        assert_eq!(page.run(shown, &[]).await, true, "no sign of the focus");
        if page.run("return document.activeElement.matches(arguments[0])", &[json!(selector)]).await == true {
            return;
        }
    }
    panic!("{selector} is not reached by Tab");
}

#[test]
fn from_a_sample_to_a_link_by_keyboard_alone() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        // A menu is chosen from by typing its words.
        tab_to(page, "[data-test=samples]").await;
        page.press("mult").await;
        page.press(ENTER).await;
        page.wait_for("multimodal models, 3 domains. Paste").await;
        page.wait_for("Fit finished: joint law").await;
        // Tabs are walked by arrows.
        tab_to(page, "[data-test=tab-explore]").await;
        page.press(&RIGHT.repeat(3)).await;
        page.wait_until("return !document.querySelector('#data').hidden", SLOW).await;
        tab_to(page, "[data-test=law-select]").await;
        page.press("simple").await;
        tab_to(page, "[data-test=fit]").await;
        page.press(ENTER).await;
        page.wait_for("Fit finished: simple additive law").await;
        tab_to(page, "[data-test=tab-data]").await;
        page.press(&LEFT.repeat(2)).await;
        page.wait_until("return !document.querySelector('#evidence').hidden", SLOW).await;
        tab_to(page, "[data-test=chart-observed]").await;
        page.press(DOWN).await;
        let readout = "return [...document.querySelectorAll('#evidence .readout')]
            .some(readout => getComputedStyle(readout).visibility === 'visible')";
        page.wait_until(readout, SLOW).await;
        tab_to(page, "[data-test=scenario-n]").await;
        page.press(&format!("{CONTROL}a")).await;
        page.press("8B").await;
        assert_eq!(page.value_of("[data-test=scenario-n]").await, "8B");
        tab_to(page, "[data-test=limits-slot]").await;
        page.press(SPACE).await;
        tab_to(page, "[data-test=limit][data-column=max]").await;
        page.press("40 %").await;
        page.wait_for("1 limit").await;
        optimum(page).await;
        tab_to(page, "[data-test=share-now]").await;
        page.press(ENTER).await;
        page.wait_for("Link copied.").await;
    });
}

#[test]
fn work_outlives_a_crash() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let table = "w_a,w_b,N,D,a_loss\n0.5,0.5,100M,1B,3.0\n0.2,0.8,100M,2B,2.9\n0.8,0.2,300M,2B,2.7\n\
            0.3,0.7,300M,3B,2.6\n0.6,0.4,1B,5B,2.4\n0.9,0.1,1B,9B,2.3\n0.5,0.5,1B,3B,2.45\n0.4,0.6,300M,5B,2.55\n";
        paste(page, table, "8 observations").await;
        page.choose("[data-test=law-select]", "simple additive").await;
        page.wait_for("simple additive").await;
        // What was typed is kept while it is typed, not when the page ends, for a crash does not say that it comes.
        page.wait(Duration::from_millis(900)).await;
        page.in_new_tab().await;
        page.open("").await;
        page.wait_for("8 observations").await;
        assert_eq!(page.value_of("[data-test=law-select]").await, "simple");
        assert_eq!(page.value_of("[data-test=paste]").await, table);
    });
}

#[test]
fn a_question_mark_lists_the_keys() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        let is_open = "return document.querySelector('[data-test=shortcuts]').open";
        // Where letters are typed, it is one of them.
        page.type_into("[data-test=scenario-n]", "?").await;
        assert_eq!(page.run(is_open, &[]).await, false, "typed into a field");
        page.click("[data-test=undo]").await;
        page.run("document.activeElement.blur()", &[]).await;
        page.press("?").await;
        page.wait_until(is_open, SLOW).await;
        let said = page.text_of("[data-test=shortcuts]").await;
        assert!(["Ctrl+Z", "Escape", "Undo", "Edit the cell"].iter().all(|one| said.contains(one)), "{said}");
        check_access_everywhere(page, "shortcuts").await;
        page.press("\u{E00C}").await;
        page.wait_until("return !document.querySelector('[data-test=shortcuts]').open", SLOW).await;
        page.click("[data-test=open-shortcuts]").await;
        page.wait_until(is_open, SLOW).await;
    });
}

/// Without its own colours a bar must still stand out from what it is on.
#[test]
fn bars_are_seen_where_the_system_forces_its_colours() {
    in_chromium(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        page.wait_until("return document.querySelector('.bar .near') !== null", SLOW).await;
        page.force_colours(true).await;
        let alike = "const ground = getComputedStyle(document.body).backgroundColor;
            return ['.bar .weight', '.bar .near', '.legend .weight', '.views [aria-pressed=true]']
                .filter(one => getComputedStyle(document.querySelector(one)).backgroundColor === ground)";
        assert_eq!(page.run(alike, &[]).await, json!([]));
        page.screenshot("forced-colours").await;
    });
}

#[test]
fn the_answer_stays_in_sight_and_covers_no_focus() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let answer = optimum(page).await;
        page.set_screen(1440, 900, 1.0).await;
        let is_shown = "return document.querySelector('[data-test=compact]') !== null";
        assert_eq!(page.run(is_shown, &[]).await, false, "the answer itself is in sight");
        page.click("[data-test=tab-evidence]").await;
        page.run("document.querySelector('[data-test=tab-evidence]').focus()", &[]).await;
        page.run("scrollTo(0, document.documentElement.scrollHeight)", &[]).await;
        page.wait_until(is_shown, SLOW).await;
        page.wait_until("return document.querySelectorAll('[data-test=compact] .dots i').length === 4", SLOW).await;
        let line = page.text_of("[data-test=compact]").await;
        let mut weights: Vec<(&str, f64)> = answer
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, _)| (name, weight(&answer, name)))
            .collect();
        weights.sort_by(|a, b| b.1.total_cmp(&a.1));
        assert!(line.starts_with(&format!("{} {:.0} %", weights[0].0, weights[0].1)), "{line}");
        assert!(line.contains("loss ") && line.contains('●'), "{line}");
        // Back through what has been passed: nothing that has the focus lies under the line.
        page.run("document.querySelector('[data-test=open-shortcuts]').focus()", &[]).await;
        for _ in 0..40 {
            page.press(&format!("\u{E008}{TAB}")).await;
            let is_seen = "const at = document.activeElement, bar = document.querySelector('[data-test=compact]');
                if (!bar || at.closest('.tabs-bar')) return true;
                return at.getBoundingClientRect().bottom > bar.getBoundingClientRect().bottom || at.outerHTML.slice(0, 200)";
            assert_eq!(page.run(is_seen, &[]).await, true);
        }
        page.run("scrollTo(0, 0)", &[]).await;
        page.wait_until("return document.querySelector('[data-test=compact]') === null", SLOW).await;
        page.set_screen(320, 640, 1.0).await;
        page.run("scrollTo(0, document.documentElement.scrollHeight)", &[]).await;
        page.wait_until(is_shown, SLOW).await;
        check_access_everywhere(page, "the answer in a line").await;
    });
}
