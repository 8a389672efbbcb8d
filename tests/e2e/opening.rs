//! From an address to a page that works.

use std::time::Duration;

use crate::browser::{Browser, SOON, in_browser};

#[test]
fn page_opens_below_any_path_and_its_example_is_fitted() {
    in_browser(async |page: &Browser| {
        page.open("").await;
        page.wait_for("Fit finished").await;
        page.screenshot("opening").await;
    });
}

#[test]
fn nothing_is_requested_once_the_example_is_fitted() {
    in_browser(async |page: &Browser| {
        page.open("").await;
        page.wait_for("Fit finished").await;
        let loaded = page.requests();
        page.wait(Duration::from_millis(500)).await;
        assert_eq!(page.requests(), loaded);
    });
}

#[test]
fn page_that_cannot_start_says_so_and_offers_to_reload() {
    in_browser(async |page: &Browser| {
        page.break_files("_bg.wasm");
        page.open("").await;
        page.wait_for("Mixlaw could not start").await;
        page.screenshot("cannot-start").await;
        assert!(!page.take_console().await.is_empty());
        page.mend_files();
        page.click("#boot-status button").await;
        page.wait_for("Fit finished").await;
    });
}

#[test]
fn the_page_may_not_send_anything_anywhere() {
    in_browser(async |page: &Browser| {
        page.open("").await;
        page.wait_for("Fit finished").await;
        let script = "window.refused = [];
            document.addEventListener('securitypolicyviolation', event => refused.push(event.effectiveDirective));
            fetch('http://example.org/?data').catch(() => {});
            new Image().src = 'http://example.org/?data'";
        page.run(script, &[]).await;
        page.wait_until("return ['connect-src', 'img-src'].every(one => refused.includes(one))", SOON).await;
        page.take_console().await;
    });
}
