//! How sure the optimum is: intervals as they arrive, ranges, gains, paths.

use std::time::Duration;

use crate::browser::{Browser, in_browser};
use crate::page::{INTERVALS, fit, open_example, optimum, paste, pictures};

/// A few dozen refits of all targets on two busy cores.
const SLOW: Duration = Duration::from_secs(120);

async fn cells(page: &Browser, name: &str) -> Vec<String> {
    let script = "return [...document.querySelectorAll(`[data-test=${arguments[0]}]`)].map(cell => cell.textContent)";
    let cells = page.run(script, &[name.into()]).await;
    cells.as_array().expect("cells").iter().map(|cell| cell.as_str().expect("text").to_string()).collect()
}

/// "3.1 to 9.4 %" as two numbers.
fn range(text: &str) -> (f64, f64) {
    let (low, high) = text.trim_end_matches(" %").split_once(" to ").unwrap_or_else(|| panic!("no range: {text}"));
    (low.parse().expect("a number"), high.parse().expect("a number"))
}

#[test]
fn ranges_intervals_and_gains_stand_beside_the_mixture() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        page.choose("[data-test=law-select]", "additive").await;
        fit(page, "additive").await;
        optimum(page).await;
        page.wait_until("return document.querySelector('[data-test=near]')?.textContent.includes('…') === false", SLOW)
            .await;
        let weights = cells(page, "optimum-weight").await;
        let near = cells(page, "near").await;
        assert_eq!((near.len(), weights.len()), (7, 7));
        for (weight, near) in weights.iter().zip(&near) {
            let (weight, (low, high)) = (weight.trim_end_matches(" %").parse::<f64>().expect("a number"), range(near));
            assert!(low <= weight && weight <= high && high - low < 60.0, "{weight} {near}");
        }

        // The first replicates are made unasked.
        page.wait_until(
            "return document.querySelector('[data-test=bootstrap-status]')?.textContent === '50 replicates'",
            SLOW,
        )
        .await;
        page.wait_until(INTERVALS, SLOW).await;
        page.paste("[data-test=replicates]", "40").await;
        page.click("[data-test=bootstrap]").await;
        // Intervals show before the last replicate is there, and the page stays usable.
        page.wait_for("of 40 replicates").await;
        page.wait_until(
            "return document.querySelector('[data-test=bootstrap-status]')?.textContent === '40 replicates'",
            SLOW,
        )
        .await;
        page.wait_until(INTERVALS, SLOW).await;
        for interval in cells(page, "interval").await {
            let (low, high) = range(&interval);
            assert!((0.0..=100.0).contains(&low) && low <= high, "{interval}");
        }
        let parameters = page.text_of("[data-test=parameters]").await;
        assert!(parameters.contains(" to "), "{parameters}");
        assert!(page.text_of("[data-test=losses]").await.contains(" to "));
        assert!(page.text_of("[data-test=results]").await.contains(" to "), "the error held out has an interval");

        // The optimum itself, typed in, gains nothing that could be detected.
        let text: Vec<String> = weights.iter().map(|weight| weight.trim_end_matches(" %").to_string()).collect();
        page.paste("[data-test=compare]", &text.join(", ")).await;
        page.click("[data-test=add-compared]").await;
        page.wait_for("no detectable gain").await;
        let compared = page.text_of("[data-test=compared]").await;
        assert!(compared.contains("uniform") && compared.contains("mean of the data"), "{compared}");
        pictures(page, "certainty").await;
        page.paste("[data-test=compare]", "paper = 1").await;
        page.click("[data-test=add-compared]").await;
        page.wait_for("which is no domain of the fits").await;

        // Another scenario: the replicates are not fitted anew, their optima are. No interval of the optimum before ever
        // stands beside the new loss.
        let watch = "window.losses = {};
            const look = () => {
                const mean = document.querySelector('[data-test=losses] tfoot .strong');
                const interval = mean?.querySelector('.interval')?.textContent;
                if (interval) (losses[interval] ??= new Set()).add(mean.firstChild.textContent);
            };
            look();
            new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })";
        page.run(watch, &[]).await;
        page.paste("[data-test=scenario-n]", "20B").await;
        page.wait(Duration::from_millis(500)).await;
        optimum(page).await;
        page.wait_until(INTERVALS, SLOW).await;
        assert_eq!(page.text_of("[data-test=bootstrap-status]").await, "40 replicates");
        page.wait_until("return Object.keys(losses).length > 1", SLOW).await;
        let beside = page.run("return Object.values(losses).map(all => all.size)", &[]).await;
        assert!(beside.as_array().expect("numbers").iter().all(|all| *all == 1), "{beside}");
    });
}

#[test]
fn the_optimum_is_followed_along_paths() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        for (path, rows, says) in [
            ("as N and D grow", 12, "∞, ∞"),
            ("as a prior gets heavier", 14, "λ, nats"),
            ("for each target alone", 8, "wikipedia_loss"),
            ("against the targets' weights", 0, "not every weighted target is a domain's own loss"),
        ] {
            page.choose("[data-test=path]", path).await;
            page.wait_until(
                &format!(
                    "return document.querySelectorAll('[data-test=path-table] tbody tr').length === {rows} \
                 && document.querySelector('.path').textContent.includes(`{says}`)"
                ),
                SLOW,
            )
            .await;
            pictures(page, &format!("path-{rows}")).await;
        }
        page.paste("[data-test=weight][data-target=openhermes_loss]", "0").await;
        // Many optima, one after another.
        page.wait_for_any(&["Jensen–Shannon distance between the targets' weights and the optimum"], SLOW).await;
        page.choose("[data-test=path]", "as N and D grow").await;
        page.wait_for("The optimum is the same at every N and D of this path").await;
        page.paste("[data-test=grow-d]", "-1").await;
        page.wait_for("the growth of D is -1; it must be a positive number").await;
    });
}

/// A table of one mixture cannot be drawn anew, and says so.
#[test]
fn a_bootstrap_without_mixtures_says_why() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let rows = ["0.5,0.5,100M,1B,3.0", "0.2,0.8,100M,2B,2.9", "0.5,0.5,300M,2B,2.7", "0.2,0.8,300M,3B,2.6"];
        paste(page, &format!("w_a,w_b,N,D,a_loss\n{}\n", rows.join("\n")), "4 observations").await;
        fit(page, "additive").await;
        optimum(page).await;
        page.click("[data-test=bootstrap]").await;
        page.wait_for("the bootstrap resamples mixtures, and the rows fitted have only 2; it needs at least 3").await;
        page.paste("[data-test=replicates]", "many").await;
        page.click("[data-test=bootstrap]").await;
        page.wait_for("\"many\" is no number of replicates").await;
    });
}
