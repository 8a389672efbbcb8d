//! Limits, budgets and aims: typed or pasted, respected by the mixture, told in words, kept in drafts and links.

use std::time::Duration;

use crate::browser::{Browser, SOON, in_browser};
use crate::page::{FIT, data, fit, open_example, optimum, paste, pictures, weight};

/// Losses by L = 1.8 + 0.3/(h_a^0.5 + 0.6 h_b^0.5) + 0.5/N^0.3 + 2/D^0.4, N and D in 10⁹.
fn table() -> String {
    let mut lines = vec!["w_a,w_b,N,D,a_loss".to_string()];
    for step in 1..8 {
        for (n, d) in [(0.1_f64, 2.0_f64), (0.3, 8.0), (1.0, 20.0), (0.3, 2.0), (1.0, 8.0)] {
            let a = f64::from(step) / 8.0;
            let loss = 1.8 + 0.3 / (a.sqrt() + 0.6 * (1.0 - a).sqrt()) + 0.5 / n.powf(0.3) + 2.0 / d.powf(0.4);
            lines.push(format!("{a},{},{n}B,{d}B,{loss:.6}", 1.0 - a));
        }
    }
    lines.join("\n") + "\n"
}

fn limit(domain: &str, column: &str) -> String {
    format!("[data-test=limit][data-domain={domain}][data-column={column}]")
}

async fn unfold(page: &Browser, name: &str) {
    page.run("document.querySelector(`[data-test=${arguments[0]}]`).open = true", &[name.into()]).await;
}

#[test]
fn limits_hold_the_mixture_and_have_a_price() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let free = optimum(page).await;
        assert!(page.text().await.contains("close to the runs"));
        page.click("[data-test=limits-slot]").await;
        page.paste(&limit("wikipedia", "max"), "5 %").await;
        page.wait_for("wikipedia at most 5 %: raising wikipedia by 1 point would lower the loss by").await;
        page.paste(&limit("arxiv", "stock"), "200M").await;
        page.wait_for("Set a maximum number of epochs, or token stocks have no effect.").await;
        page.paste("[data-test=most-epochs]", "4").await;
        page.paste("[data-test=scenario-d]", "20B").await;
        page.wait_for("one more epoch of arxiv would lower the loss by").await;
        page.wait_for("3 limits").await;
        let held = optimum(page).await;
        assert!(weight(&free, "wikipedia") > 5.0 && weight(&free, "arxiv") > 4.0, "{free}");
        assert_eq!((weight(&held, "wikipedia"), weight(&held, "arxiv")), (5.0, 4.0), "{held}");
        pictures(page, "limits").await;

        // What cannot be read or cannot be is told by name.
        page.paste(&limit("book", "min"), "many").await;
        page.wait_for("least weight of book: \"many\" is not a number").await;
        let field = format!("return document.querySelector('{}').getAttribute('aria-invalid')", limit("book", "min"));
        assert_eq!(page.run(&field, &[]).await, "true");
        page.paste(&limit("book", "min"), "50 %").await;
        page.paste(&limit("c4", "min"), "60 %").await;
        page.wait_for("no mixture can meet all of these: ").await;
        let error = page.text_of("[data-test=optimum-error]").await;
        assert!(error.contains(": book at least 50 %; c4 at least 60 % (together"), "{error}");
        assert!(!page.text().await.contains("What moving away from the optimum costs"), "a picture of no optimum");
        page.screenshot("limits-infeasible").await;
        page.click("[data-test=clear-limits]").await;
        page.wait_for("close to the runs").await;
        unfold(page, "limits-paste-fold").await;
        page.paste("[data-test=limits-paste]", "domain;min;stock\nbook;0,3;\nc4;;3B\n").await;
        page.wait_for("Filled the fields of 2 domains.").await;
        page.wait_for("book at least 30 %: lowering book by 1 point").await;
        assert_eq!(page.value_of(&limit("c4", "stock")).await, "3B");
        // Lines pasted here are no new study.
        let paste = "const dataTransfer = new DataTransfer();
            dataTransfer.setData('text/plain', 'domain;min\\nbook;0,3');
            const event = new ClipboardEvent('paste', { clipboardData: dataTransfer, bubbles: true, cancelable: true });
            return document.querySelector('[data-test=limits-paste]').dispatchEvent(event)";
        assert_eq!(page.run(paste, &[]).await, true, "the page keeps its hands off");
        page.paste("[data-test=limits-paste]", "domain;min\nbock;0,3\n").await;
        page.wait_for("line 2: \"bock\" is no domain of the fits; those are: arxiv, book").await;
        page.screenshot("limits-paste").await;
    });
}

#[test]
fn groups_prior_and_the_worst_target() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        page.wait_for("KKT residual").await;
        page.click("[data-test=limits-slot]").await;
        page.click("[data-test=add-group]").await;
        page.paste("[data-test=group-max]", "0.05").await;
        page.wait_for("group 1 has no domains; tick some, or remove it").await;
        page.click("[data-test=group-domain][data-domain=arxiv]").await;
        page.click("[data-test=group-domain][data-domain=github]").await;
        page.wait_for("arxiv + github together at most 5 %: raising arxiv + github together by 1 point").await;
        page.choose("[data-test=aim]", "worst-case regret over targets").await;
        page.wait_for("Every target is within 0.").await;
        page.paste("[data-test=prior-kl]", "0.05").await;
        page.wait_for("With the prior's part, every target is within 0.").await;
        pictures(page, "limits-group").await;
        page.click("[data-test=remove-group]").await;
        page.wait_for("1 limit").await;

        // An optimum that is on its way when a field makes no sense any more does not come in place of the error.
        optimum(page).await;
        let slowly = "const post = Worker.prototype.postMessage;
            Worker.prototype.postMessage = function (...all) { setTimeout(() => post.apply(this, all), 1000) };";
        page.run(slowly, &[]).await;
        page.paste("[data-test=scenario-n]", "8B").await;
        page.wait(Duration::from_millis(400)).await;
        page.paste("[data-test=scenario-n]", "many").await;
        page.wait_for("model size N: \"many\" is not a number").await;
        page.wait(Duration::from_secs(3)).await;
        assert!(page.text_of("[data-test=optimum-error]").await.contains("many"));
    });
}

#[test]
fn a_compute_finds_n_and_d() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, &table(), "35 observations").await;
        fit(page, "additive").await;
        page.choose("[data-test=budget]", "FLOPs given, find N and D").await;
        assert_eq!(page.value_of("[data-test=scenario-flops]").await, "1.2e20");
        page.paste("[data-test=scenario-flops]", "1e21").await;
        page.wait_for("Best within 1e21 FLOPs: N = ").await;
        assert!(!page.text().await.contains("Tokens D"), "nothing to ask for but the compute");
        page.paste("[data-test=scenario-flops]", "1e21 tokens").await;
        page.wait_for("compute: \"1e21 tokens\" is a number of tokens").await;
        page.choose("[data-test=budget]", "N given, find D from the stocks").await;
        page.wait_for("D cannot be found from the stocks").await;
        page.paste("[data-test=limits-paste]", "domain,stock\na,10B\nb,20B\n").await;
        page.paste("[data-test=most-epochs]", "2").await;
        page.wait_for("Best number of tokens that the stocks allow: D = 60B.").await;
        page.screenshot("limits-stocks").await;
    });
}

#[test]
fn limits_survive_a_reload_and_a_link() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, &table(), "35 observations").await;
        fit(page, "additive").await;
        page.click("[data-test=limits-slot]").await;
        page.paste(&limit("a", "max"), "1/4").await;
        page.paste(&limit("b", "stock"), "4.5B").await;
        page.paste("[data-test=most-epochs]", "5").await;
        page.wait_for("a at most 25 %").await;
        let held = optimum(page).await;
        assert_eq!(weight(&held, "a"), 25.0);
        page.open("").await;
        page.wait_for("a at most 25 %").await;
        assert_eq!(page.value_of(&limit("a", "max")).await, "1/4");
        assert_eq!(optimum(page).await, held);
        page.click("[data-test=share]").await;
        page.wait_for("Link copied.").await;
        let link = page.clipboard().await;
        let other = page.someone_else().await;
        other.open(&link[link.find('#').expect("a fragment")..]).await;
        other.wait_for("a at most 25 %").await;
        assert_eq!(other.value_of(&limit("a", "max")).await, "0.25");
        assert_eq!(other.value_of(&limit("b", "stock")).await, "4.5B");
        assert_eq!(other.value_of("[data-test=most-epochs]").await, "5");
        assert_eq!(optimum(&other).await, held);
    });
}

/// Sets a limit on the real runs, and gives the optimum that keeps to it.
async fn held(page: &Browser, fields: &[(&str, &str)]) -> String {
    page.run("document.querySelector('[data-test=clear-limits]').click()", &[]).await;
    page.wait_for("close to the runs").await;
    for (field, text) in fields {
        page.paste(field, text).await;
    }
    if !fields.is_empty() {
        let plural = if fields.len() == 1 { "" } else { "s" };
        page.wait_for(&format!("{} limit{plural}", fields.len())).await;
    }
    optimum(page).await
}

#[test]
fn every_limit_and_every_path_on_the_real_runs() {
    let Some(table) = data("slimpajama_paper_split.csv") else { return };
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, &table, "1,574 observations").await;
        fit(page, "additive").await;
        let free = optimum(page).await;
        page.click("[data-test=limits-slot]").await;

        // Each limit by itself.
        let domain = |domain: &str, column: &str| limit(domain, column);
        let least = held(page, &[(&domain("github", "min"), "15 %")]).await;
        assert!(weight(&free, "github") < 14.0 && weight(&least, "github") == 15.0, "{free}\n{least}");
        let most = held(page, &[(&domain("c4", "max"), "12 %")]).await;
        assert!(weight(&free, "c4") > 13.0 && weight(&most, "c4") == 12.0, "{free}\n{most}");
        let fixed = held(page, &[(&domain("book", "min"), "0.3"), (&domain("book", "max"), "0.3")]).await;
        assert_eq!(weight(&fixed, "book"), 30.0);
        page.paste("[data-test=scenario-d]", "20B").await;
        let stocks = held(page, &[(&domain("wikipedia", "stock"), "250M"), ("[data-test=most-epochs]", "4")]).await;
        assert_eq!(weight(&stocks, "wikipedia"), 5.0);
        page.wait_for("one more epoch of wikipedia would lower the loss by").await;
        let near = [
            (&*domain("c4", "present"), "60 %"),
            (&*domain("book", "present"), "40 %"),
            ("[data-test=most-change]", "10 %"),
        ];
        // So near to a mixture that no run is near to, the runs must be left.
        held(page, &[]).await;
        page.click("[data-test=inside-data]").await;
        for (field, text) in near {
            page.paste(field, text).await;
        }
        page.wait_for("1 limit").await;
        let near = optimum(page).await;
        for (name, present) in [("arxiv", 0.0), ("book", 40.0), ("c4", 60.0), ("wikipedia", 0.0)] {
            assert!((weight(&near, name) - present).abs() <= 10.01, "{name}\n{near}");
        }
        held(page, &[]).await;
        page.click("[data-test=add-group]").await;
        page.paste("[data-test=group-max]", "10 %").await;
        page.click("[data-test=group-domain][data-domain=arxiv]").await;
        page.click("[data-test=group-domain][data-domain=github]").await;
        page.wait_for("arxiv + github together at most 10 %: raising arxiv + github together by 1 point").await;
        let group = optimum(page).await;
        assert!((weight(&group, "arxiv") + weight(&group, "github") - 10.0).abs() < 0.11, "{group}");

        // A prior, from none to so much that the mixture is nearly the prior.
        let prior = held(page, &[("[data-test=prior-kl]", "0.05")]).await;
        assert_ne!(prior, free);
        page.choose("[data-test=path]", "as a prior gets heavier").await;
        page.wait_until("return document.querySelectorAll('[data-test=path-table] tbody tr').length === 14", FIT).await;
        let last = page.text_of("[data-test=path-table] tbody tr:last-child").await;
        let weights: Vec<f64> = last.split(' ').filter_map(|word| word.parse().ok()).collect();
        assert!(weights[1..8].iter().all(|weight| (weight - 100.0 / 7.0).abs() < 2.0), "uniform: {last}");
        held(page, &[]).await;

        // The worst target instead of the mean, and N and D from the compute.
        page.choose("[data-test=aim]", "worst-case regret over targets").await;
        page.wait_for("Every target is within 0.").await;
        assert_ne!(optimum(page).await, free);
        page.choose("[data-test=aim]", "the weighted mean loss").await;
        page.choose("[data-test=budget]", "FLOPs given, find N and D").await;
        page.paste("[data-test=scenario-flops]", "1e21").await;
        page.wait_for("Best within 1e21 FLOPs: N = ").await;
        page.choose("[data-test=budget]", "N and D given").await;
        page.paste("[data-test=scenario-d]", "100B").await;
        assert_eq!(optimum(page).await, free, "all limits are gone");

        // The other paths, and the ranges beside the optimum.
        page.choose("[data-test=path]", "as N and D grow").await;
        page.wait_for("The optimum is the same at every N and D of this path").await;
        page.choose("[data-test=path]", "for each target alone").await;
        let drawn = "return document.querySelector('[data-test=chart-path]')?.ariaLabel.includes('each target')";
        page.wait_until(drawn, FIT).await;
        page.paste("[data-test=weight][data-target=openhermes_loss]", "0").await;
        page.choose("[data-test=path]", "against the targets' weights").await;
        page.wait_for_any(&["Jensen–Shannon distance between the targets' weights and the optimum"], FIT).await;
        let best = optimum(page).await;
        page.wait_until("return document.querySelector('[data-test=near]')?.textContent.includes('…') === false", FIT)
            .await;
        let ranges =
            "return [...document.querySelectorAll('[data-test=optimum] tbody tr:has([data-test=near])')].map(row =>
            [row.querySelector('[data-test=optimum-weight]'), row.querySelector('[data-test=near]')]
                .flatMap(cell => cell.textContent.match(/[0-9.]+/g).map(Number)))";
        for range in page.run(ranges, &[]).await.as_array().expect("rows") {
            let at = |i: usize| range[i].as_f64().expect("a number");
            assert!(at(1) <= at(0) && at(0) <= at(2) && at(1) < at(2), "{range}\n{best}");
        }
        pictures(page, "slimpajama-limits").await;
    });
}

/// Twenty domains, of which each run has a few.
fn many_domains() -> String {
    let head: Vec<String> = (0..20).map(|i| format!("w_part{i:02}")).collect();
    let mut lines = vec![format!("{},a_loss", head.join(","))];
    for run in 0..30_usize {
        let parts: Vec<f64> = (0..20).map(|i| 1.0 + ((run * 7 + i * 11) % 13) as f64).collect();
        let sum: f64 = parts.iter().sum();
        let loss = 2.0 + parts.iter().enumerate().map(|(i, part)| 0.02 * i as f64 * part / sum).sum::<f64>();
        let cells: Vec<String> = parts.iter().map(|part| format!("{:.5}", part / sum)).collect();
        lines.push(format!("{},{loss:.5}", cells.join(",")));
    }
    lines.join("\n") + "\n"
}

#[test]
fn one_of_many_domains_is_looked_for_by_its_name() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let field = "return document.querySelector('[data-test=find-domain]') !== null";
        assert_eq!(page.run(field, &[]).await, false, "seven are few");
        paste(page, &many_domains(), "20 domains").await;
        fit(page, "linear").await;
        page.wait_until(field, FIT).await;
        let all = optimum(page).await;
        page.type_into("[data-test=find-domain]", "ART1").await;
        let listed = "return [...document.querySelectorAll('[data-test=optimum] [data-test=optimum-weight]')]
            .map(cell => cell.dataset.domain).sort().join()";
        let ten = (10..20).map(|i| format!("part{i}")).collect::<Vec<_>>().join(",");
        page.wait_until(&format!("{listed} === '{ten}'"), SOON).await;
        page.wait_for("10 of 20").await;
        page.paste("[data-test=find-domain]", "").await;
        page.wait_until(&format!("{listed} !== '{ten}'"), SOON).await;
        assert_eq!(optimum(page).await, all);

        page.click("[data-test=limits-slot]").await;
        page.type_into("[data-test=find-limit]", "part03").await;
        let rows = "return [...document.querySelectorAll('[data-test=domain-limits] tbody tr')]
            .filter(row => row.getClientRects().length > 0).map(row => row.cells[0].textContent).join()";
        page.wait_until(&format!("{rows} === 'part03'"), SOON).await;
    });
}
