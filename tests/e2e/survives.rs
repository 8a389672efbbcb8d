//! What must not happen however things go wrong: another study's answer on show, a page that freezes or waits for ever.

use std::time::Duration;

use crate::browser::{Browser, SOON, in_browser, in_chromium};
use crate::page::{open_example, optimum, paste};

const TABLE: &str = "w_a,w_b,N,D,a_loss\n0.5,0.5,100M,1B,3.0\n0.2,0.8,100M,2B,2.9\n0.8,0.2,300M,2B,2.7\n\
    0.3,0.7,300M,3B,2.6\n0.6,0.4,1B,5B,2.4\n0.9,0.1,1B,9B,2.3\n0.5,0.5,1B,3B,2.45\n0.4,0.6,300M,5B,2.55\n";

const NOTHING_TO_SHARE: &str = "return document.querySelector('[data-test=share-url]') === null
    && document.querySelector('[data-test=results]') === null && document.querySelector('[data-test=optimum]') === null";

/// The sample's answer once stood under a table that could not be fitted, and could be copied as its link.
#[test]
fn data_that_cannot_be_fitted_show_and_share_no_answer_and_a_role_set_by_hand_fits_them() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        paste(page, &TABLE.replace("a_loss", "z"), "There is no study to fit").await;
        page.wait_until(NOTHING_TO_SHARE, SOON).await;
        assert!(page.text().await.contains("Nothing fitted yet."));
        page.choose("[data-test=role][data-column=z]", "loss").await;
        page.wait_for("Fit finished: additive law, 1 target").await;
        assert!(optimum(page).await.lines().any(|line| line.starts_with("a ")));
        // The menu is gone; who used it by keyboard is not sent back to the top of the page.
        let focus = "return document.getElementById('answer').contains(document.activeElement)";
        page.wait_until(focus, SOON).await;
    });
}

/// Its keys once reached for rows that a shorter table does not have.
#[test]
fn keys_in_the_grid_stay_within_a_table_that_got_shorter() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let page_down = "\u{E00F}".repeat(12);
        page.type_into("[data-test=grid]", &format!("{page_down}\u{E014}\u{E014}")).await;
        paste(page, TABLE, "8 observations").await;
        page.type_into("[data-test=grid]", "\u{E009}c").await;
        page.type_into("[data-test=grid]", "\u{E007}").await;
        page.paste("[data-test=cell-input]", "0.7").await;
        page.type_into("[data-test=cell-input]", "\u{E007}").await;
        page.wait_until("return document.querySelector('#cell-7-2')?.textContent === '0.7'", SOON).await;
    });
}

/// Workers come from what the page has loaded: the server may be gone, or hold another version.
#[test]
fn a_fit_can_be_cancelled_and_made_again_when_the_server_is_gone() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        page.break_files("");
        page.run("document.querySelector('[data-test=options]').open = true", &[]).await;
        page.paste("[data-test=starts]", "10000").await;
        page.click("[data-test=fit]").await;
        page.wait_for("targets done").await;
        page.click("[data-test=cancel]").await;
        page.wait_for("Fit cancelled").await;
        page.paste("[data-test=starts]", "2").await;
        page.click("[data-test=fit]").await;
        page.wait_for("Fit finished: additive law").await;
        page.mend_files();
    });
}

#[test]
fn workers_that_never_begin_are_given_up_with_a_sentence() {
    in_chromium(async |page: &Browser| {
        page.run_first("window.Worker = class extends EventTarget { postMessage() {} terminate() {} }").await;
        page.open("").await;
        page.wait_for("the browser does not start the page's workers").await;
    });
}

/// A worker that the browser ends, as when memory runs out, says nothing.
#[test]
fn a_worker_that_is_gone_is_noticed() {
    in_chromium(async |page: &Browser| {
        page.run_first(
            "const Real = Worker;
             window.Worker = class extends Real {
                 postMessage(message) {
                     super.postMessage(message);
                     if (!message.program) super.terminate();
                 }
             }",
        )
        .await;
        page.open("").await;
        page.wait_for("the calculation stopped unexpectedly").await;
    });
}

/// The column of the ranges would say for ever that they are still to come.
#[test]
fn ranges_that_a_worker_did_not_live_to_tell_are_no_longer_awaited() {
    in_chromium(async |page: &Browser| {
        page.run_first(
            "const Real = Worker;
             const plain = (key, value) => value instanceof Map ? [...value]
                 : typeof value === 'bigint' || value instanceof Uint8Array ? 0 : value;
             window.Worker = class extends Real {
                 postMessage(message) {
                     super.postMessage(message);
                     if (!message.program && JSON.stringify(message, plain).includes('\"Near\"')) super.terminate();
                 }
             }",
        )
        .await;
        page.open("").await;
        page.wait_for("The ranges of weights near the best loss are not known").await;
        page.wait_until("return !document.querySelector('[data-test=near]')", SOON).await;
        assert_eq!(page.run("return !!document.querySelector('[data-test=optimum-weight]')", &[]).await, true);
    });
}

/// Whatever stopped the page last time would stop it again.
#[test]
fn a_draft_that_stopped_the_page_is_opened_on_demand_only() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, TABLE, "8 observations").await;
        page.wait_for("Fit finished: additive law, 1 target").await;
        page.wait(Duration::from_secs(4)).await;
        assert_eq!(page.run("return sessionStorage.getItem('mixlaw.opening')", &[]).await, serde_json::Value::Null);
        // As a page that froze or panicked leaves it: nothing takes the note back.
        page.run(
            "Storage.prototype.removeItem = () => {};
             sessionStorage.setItem('mixlaw.opening', sessionStorage.getItem('mixlaw.entry'))",
            &[],
        )
        .await;
        page.open("").await;
        page.wait_for("so it was not opened again").await;
        page.wait_for("Fit finished").await;
        page.click("[data-test=open-anyway]").await;
        page.wait_for("8 observations").await;
        assert!(!page.text().await.contains("so it was not opened again"));
    });
}
