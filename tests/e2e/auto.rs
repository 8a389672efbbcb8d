//! How the page predicts: chosen by validation or a named law, the verdict on the mixture, and links of both.

use crate::access::check_access_everywhere;
use crate::browser::{Browser, in_browser};
use crate::page::{FIT, fit, open_example, optimum, paste, pictures};

/// A swarm of one scale whose losses have no law's form.
fn swarm() -> String {
    let mut lines = vec!["w_a,w_b,w_c,N,D,a_loss,b_loss".to_string()];
    for i in 0..18_i32 {
        let (a, b) = (f64::from(5 + i * 7 % 18 * 2) / 60.0, f64::from(5 + i * 11 % 18) / 60.0);
        let kink = 0.1 * (a - 0.3).abs() + 0.05 * (7.0 * b).sin();
        let (one, two) = (2.0 + (-2.0 * a).exp() + kink, 1.8 + 0.6 * (-3.0 * b).exp() + 0.5 * kink);
        lines.push(format!("{a:.4},{b:.4},{:.4},1B,20B,{one:.5},{two:.5}", 1.0 - a - b));
    }
    lines.join("\n") + "\n"
}

async fn texts(page: &Browser, name: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(`[data-test=${arguments[0]}]`)].map(one => one.textContent)";
    let found = page.run(script, &[name.into()]).await;
    found.as_array().expect("texts").iter().map(|one| one.as_str().expect("text").to_string()).collect()
}

#[test]
fn a_new_table_is_predicted_by_what_validation_chooses() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, &swarm(), "18 observations").await;
        page.wait_until("return document.querySelector('[data-test=law-select]').value === 'auto'", FIT).await;
        page.wait_until("return document.querySelectorAll('[data-test=finding]').length === 4", FIT).await;
        let predictor = page.text_of("[data-test=predictor]").await;
        assert!(predictor.contains("chosen by validation: of 3 candidates"), "{predictor}");
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
