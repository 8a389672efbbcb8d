//! How the page predicts: chosen by validation or a named law, the verdict on the mixture, and links of both.

use crate::access::check_access_everywhere;
use crate::browser::{Browser, in_browser};
use crate::page::{FIT, fit, open_example, optimum, paste, pictures, weight};

/// Losses that have no law's form, of the first two of three weights.
fn losses(a: f64, b: f64) -> [f64; 2] {
    let kink = 0.1 * (a - 0.3).abs() + 0.05 * (7.0 * b).sin();
    [2.0 + (-2.0 * a).exp() + kink, 1.8 + 0.6 * (-3.0 * b).exp() + 0.5 * kink]
}

/// A swarm of one scale.
fn swarm() -> String {
    let mut lines = vec!["w_a,w_b,w_c,N,D,a_loss,b_loss".to_string()];
    for i in 0..18_i32 {
        let (a, b) = (f64::from(5 + i * 7 % 18 * 2) / 60.0, f64::from(5 + i * 11 % 18) / 60.0);
        let [one, two] = losses(a, b);
        lines.push(format!("{a:.4},{b:.4},{:.4},1B,20B,{one:.5},{two:.5}", 1.0 - a - b));
    }
    lines.join("\n") + "\n"
}

async fn texts(page: &Browser, name: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(`[data-test=${arguments[0]}]`)].map(one => one.textContent)";
    let found = page.run(script, &[name.into()]).await;
    found.as_array().expect("texts").iter().map(|one| one.as_str().expect("text").to_string()).collect()
}

/// While other runs are validated, which takes its time, nothing stays of the path of those before.
#[test]
fn the_path_is_of_the_runs_on_show() {
    const WATCH: &str = "window.hasStale = false;
        setInterval(() => {
            const isNew = document.querySelectorAll('[data-test=optimum-weight]').length === 3;
            if (isNew && document.querySelector('.path').textContent.includes('commoncrawl')) window.hasStale = true;
        }, 20)";
    in_browser(async |page: &Browser| {
        open_example(page).await;
        page.wait_until("return document.querySelector('.path').textContent.includes('commoncrawl')", FIT).await;
        page.run(WATCH, &[]).await;
        paste(page, &swarm(), "18 observations").await;
        page.wait_until("return document.querySelectorAll('[data-test=finding]').length === 4", FIT).await;
        assert_eq!(page.run("return window.hasStale", &[]).await, false);
    });
}

#[test]
fn the_example_and_a_new_table_are_predicted_by_what_validation_chooses() {
    in_browser(async |page: &Browser| {
        page.open("").await;
        page.wait_for_any(&["chosen by validation from 5 candidates"], FIT).await;
        page.wait_until("return document.querySelectorAll('[data-test=finding]').length === 4", FIT).await;
        let findings = texts(page, "finding").await.concat();
        assert!(!findings.contains("only one law"), "{findings}");
        paste(page, &swarm(), "18 observations").await;
        page.wait_until("return document.querySelector('[data-test=law-select]').value === 'auto'", FIT).await;
        page.wait_until("return document.querySelectorAll('[data-test=finding]').length === 4", FIT).await;
        let predictor = page.text_of("[data-test=predictor]").await;
        assert!(predictor.contains("chosen by validation from 3 candidates"), "{predictor}");
        let candidates = texts(page, "candidate").await;
        assert_eq!(candidates.iter().filter(|row| row.contains("predicts")).count(), 1, "{candidates:?}");
        let loss = page.text_of("[data-test=expected-loss]").await;
        assert!(loss.contains("Expected loss") && loss.contains(" to "), "{loss}");
        let gains = texts(page, "gain").await;
        assert!(gains.len() == 2 && gains.iter().all(|gain| gain.contains(" to ")), "{gains:?}");
        assert_eq!(texts(page, "gain-prediction").await.len(), 2);
        let mixture = optimum(page).await;
        pictures(page, "auto").await;
        check_access_everywhere(page, "chosen by validation").await;

        // On paper, whatever section is open: the answer and what it rests on.
        page.click("[data-test=tab-data]").await;
        page.prefer_print(true).await;
        let printed = "return ['[data-test=optimum]', '[data-test=findings]', '[data-test=expected-loss]',
            '[data-test=candidates] table', '[data-test=results]', '#explore', '#data']
            .filter(one => document.querySelector(one).getClientRects().length > 0)";
        let printed = page.run(printed, &[]).await;
        assert_eq!(printed.as_array().expect("selectors").len(), 5, "{printed}");
        page.prefer_print(false).await;
        assert!((1..=2).contains(&page.n_sheets().await));

        // Who opens the link sees the same answer, though the link has no runs.
        page.click("[data-test=share]").await;
        page.wait_for("Link copied.").await;
        let link = page.clipboard().await;
        let other = page.someone_else().await;
        other.open(&link[link.find('#').expect("a fragment")..]).await;
        other.wait_for("These fits were not redone here").await;
        assert_eq!(optimum(&other).await, mixture);
        assert_eq!(texts(&other, "finding").await, texts(page, "finding").await);
        assert_eq!(texts(&other, "gain").await, gains);
        pictures(&other, "auto-link").await;

        // With its runs it computes the same anew.
        page.click("[data-test=with-runs]").await;
        // Another browser has the focus, without which nothing is copied.
        let link = page.value_of("[data-test=share-url]").await;
        let third = page.someone_else().await;
        third.open(&link[link.find('#').expect("a fragment")..]).await;
        third.wait_until("return document.querySelectorAll('[data-test=finding]').length === 4", FIT).await;
        assert_eq!(optimum(&third).await, mixture);
        assert_eq!(texts(&third, "finding").await, texts(page, "finding").await);
    });
}

#[test]
fn a_named_law_is_that_law_and_is_validated() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, &swarm(), "18 observations").await;
        fit(page, "additive").await;
        page.wait_for("Predicted by the additive law, validated on runs it was not fitted to.").await;
        page.wait_until("return document.querySelectorAll('[data-test=finding]').length === 4", FIT).await;
        assert!(page.text_of("[data-test=expected-loss]").await.contains(" to "));
        assert_eq!(texts(page, "candidate").await.len(), 0);
    });
}

/// The table of suggested runs with the losses of the first so many.
fn trained(csv: &str, n_runs: usize) -> String {
    let lines = csv.lines().enumerate().take(1 + n_runs).map(|(i, line)| {
        let cells: Vec<&str> = line.split(',').collect();
        let share = |at: usize| cells[at].parse::<f64>().expect("a weight");
        if i == 0 {
            return line.to_string();
        }
        let [one, two] = losses(share(0), share(1));
        format!("{},{one:.5},{two:.5}", cells[..cells.len() - 2].join(","))
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn suggested_runs_are_added_and_what_they_changed_is_told() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let table: String = swarm().lines().take(13).map(|line| format!("{line}\n")).collect();
        page.paste_anywhere(&table).await;
        page.wait_for("12 observations").await;
        let judged = "return document.querySelectorAll('[data-test=finding]').length === 4";
        page.wait_until(judged, FIT).await;
        let before = optimum(page).await;
        let offered = "return document.querySelector('[data-test=to-add]') !== null";
        assert_eq!(page.run(offered, &[]).await, false, "the sample is not the user's");
        page.click("[data-test=tab-next]").await;
        page.click("[data-test=next]").await;
        page.wait_until("return document.querySelectorAll('[data-test=next-run]').length === 8", FIT).await;
        page.click("[data-test=copy-next]").await;
        page.wait_for("Runs copied").await;

        // A table of its own names and units.
        let batch = trained(&page.clipboard().await, 5);
        page.paste_anywhere(&batch).await;
        page.wait_for("You pasted 5 rows over your 12 rows").await;
        page.click("[data-test=add-rows]").await;
        page.wait_for("17 observations").await;
        page.wait_until("return document.querySelector('[data-test=moved]') !== null", FIT).await;
        assert_eq!(page.run(offered, &[]).await, false, "they are added");
        let moved = page.text_of("[data-test=moved]").await;
        assert!(moved.contains("5 new rows, 5 new mixtures: "), "{moved}");
        assert!(moved.contains("5 of 8 suggested runs are in; still to come: runs 6, 7 and 8."), "{moved}");
        let now = optimum(page).await;
        for at in [&before, &now] {
            assert!(moved.contains(&format!("{:.1} %", weight(at, "a"))), "{moved}");
        }
        check_access_everywhere(page, "new rows").await;
        pictures(page, "moved").await;

        // Another scenario is another question; back at this one, the answer is told again.
        let is_told = "return document.querySelector('[data-test=moved]') !== null";
        page.paste("[data-test=weight]", "3").await;
        optimum(page).await;
        page.wait_until(judged, FIT).await;
        page.wait(std::time::Duration::from_secs(1)).await;
        assert_eq!(page.run(is_told, &[]).await, false, "of another scenario");
        page.click("[data-test=undo]").await;
        page.wait_until(is_told, FIT).await;
        // Without the rows there is nothing to tell.
        while page.text_of("[data-test=study-line]").await.contains("17 rows") {
            page.click("[data-test=undo]").await;
            page.wait(std::time::Duration::from_millis(300)).await;
        }
        page.wait_until("return document.querySelector('[data-test=moved]') === null", FIT).await;
    });
}
