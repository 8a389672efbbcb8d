//! Runs to train: the next ones of a study, and a study before its first run.

use std::time::Duration;

use crate::browser::{Browser, in_browser};
use crate::page::{FIT, open_example, optimum, pictures};

/// A batch or a plan on two busy cores.
const SLOW: Duration = Duration::from_secs(120);

async fn wait_for_rows(page: &Browser, name: &str, n: usize) {
    page.wait_until(&format!("return document.querySelectorAll('[data-test={name}]').length === {n}"), SLOW).await;
}

#[test]
fn next_runs_have_reasons_and_are_copied_as_a_table() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        page.wait_until("return document.querySelector('[data-test=next]')?.disabled === false", SLOW).await;
        page.paste("[data-test=next-runs]", "none").await;
        page.click("[data-test=next]").await;
        page.wait_for("runs: \"none\" is no whole number").await;
        page.paste("[data-test=next-runs]", "0").await;
        page.click("[data-test=next]").await;
        let no_run = "return (document.querySelector('[data-test=next-error]')?.textContent ?? 'none').includes('none') === false";
        page.wait_until(no_run, SLOW).await;
        page.paste("[data-test=next-runs]", "3").await;
        page.click("[data-test=next]").await;
        wait_for_rows(page, "next-run", 3).await;
        assert!(page.text_of("[data-test=next-sentence]").await.contains("nats"));
        let reasons = "return [...document.querySelectorAll('[data-test=next-run] .reason')]
            .every(reason => reason.textContent.length > 20)";
        assert_eq!(page.run(reasons, &[]).await, true);
        page.click("[data-test=copy-next]").await;
        page.wait_for("Runs copied").await;
        let copied = page.clipboard().await;
        let lines: Vec<&str> = copied.lines().collect();
        assert_eq!(lines.len(), 4, "{copied}");
        assert!(lines[0].contains("arxiv_loss") && lines[0].contains("wikipedia"), "{copied}");
        pictures(page, "next-runs").await;
    });
}

/// Planned, trained (by a law that only the trainer knows), pasted, and answered.
#[test]
fn a_study_is_planned_and_comes_back_with_its_losses() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        // A verdict that comes while a button is pressed moves it.
        page.wait_until("return document.querySelectorAll('[data-test=finding]').length === 4", FIT).await;
        page.click("[data-test=plan] summary").await;
        page.click("[data-test=plan-ask]").await;
        page.wait_for("at least 2 domains").await;
        page.paste("[data-test=plan-domains]", "web, code, books").await;
        page.click("[data-test=plan-ask]").await;
        page.wait_for("needs the model sizes").await;
        page.paste("[data-test=plan-sizes]", "100M, 300M").await;
        page.paste("[data-test=plan-losses]", "loss").await;
        page.paste("[data-test=plan-limits]", "domain,max\ncode,30 %").await;
        page.paste("[data-test=plan-runs]", "20").await;
        page.click("[data-test=plan-ask]").await;
        wait_for_rows(page, "planned-run", 20).await;
        let said = page.text_of("[data-test=planned]").await;
        assert!(said.contains("FLOPs") && said.contains("GPU"), "{said}");
        pictures(page, "plan").await;
        // A picture of the whole page takes its scroll bar away, and what is pressed moves when it comes back.
        page.run("document.querySelector('[data-test=plan-csv]').click()", &[]).await;
        let csv = String::from_utf8(page.downloaded("study.csv").await).expect("UTF-8");
        let mut lines = csv.lines();
        let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
        let at = |name: &str| header.iter().position(|cell| *cell == name).unwrap_or_else(|| panic!("{name}: {csv}"));
        let (columns, n, d, loss) =
            (["weight_web", "weight_code", "weight_books"].map(at), at("model_size"), at("n_tokens"), at("loss"));
        let mut filled = header.join(",");
        for line in lines {
            let mut cells: Vec<String> = line.split(',').map(str::to_string).collect();
            let number = |at: usize| -> f64 { cells[at].parse().unwrap_or_else(|_| panic!("{line}")) };
            let h = columns.map(number);
            assert!(h[1] <= 0.3 + 1e-6, "the limit is kept: {line}");
            let mixed = 0.6 * h[0].powf(0.5) + 0.5 * h[1].powf(0.4) + 0.3 * h[2].powf(0.6);
            let value = 1.5 + 1.0 / mixed + 250.0 * number(n).powf(-0.35) + 400.0 * number(d).powf(-0.35);
            cells[loss] = format!("{value:.4}");
            filled.push_str(&format!("\n{}", cells.join(",")));
        }
        page.paste("[data-test=paste]", &filled).await;
        page.wait_for("20 rows").await;
        page.wait_for("3 domains").await;
        page.wait_for("Fit finished").await;
        optimum(page).await;
    });
}
