//! Every chart: read by pointer and by keys, taken away as files, in words and in numbers.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::{Browser, SOON, in_browser};
use crate::page::{INTERVALS, open_example, optimum, pictures};

/// A bootstrap on two busy cores.
const SLOW: Duration = Duration::from_secs(240);

// Keys as WebDriver names them.
const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";
const LEFT: &str = "\u{E012}";
const RIGHT: &str = "\u{E014}";

/// Goes through all that a chart can do. `stem` is the stem of its files' names, `ticks` texts that its SVG has.
async fn check_chart(page: &Browser, name: &str, stem: &str, ticks: &[&str]) {
    let canvas = format!("[data-test={name}]");
    let figure = format!("document.querySelector('{canvas}').closest('.chart')");
    let readout = format!("{figure}.querySelector('.readout')");
    let shown = format!("return getComputedStyle({readout}).visibility === 'visible'");
    let hidden = format!("return getComputedStyle({readout}).visibility === 'hidden'");
    page.wait_until(&format!("return document.querySelector('{canvas}')?.height > 100"), SOON).await;
    // What is still computed draws it once more.
    let drawn = format!("return {figure}.textContent + document.querySelector('{canvas}').ariaLabel");
    page.wait_until_still(&drawn).await;
    let words = async || text(&page.run(&format!("return {readout}.textContent"), &[]).await);

    // Arrow keys walk; the words change and come back.
    page.type_into(&canvas, RIGHT).await;
    page.wait_until(&shown, SOON).await;
    let first = words().await;
    page.type_into(&canvas, RIGHT).await;
    page.wait_until(&format!("return {readout}.textContent !== {}", json!(first)), SOON).await;
    page.type_into(&canvas, LEFT).await;
    page.wait_until(&format!("return {readout}.textContent === {}", json!(first)), SOON).await;
    assert!(first.chars().any(|c| c.is_ascii_digit()) && !first.contains("NaN"), "{name}: {first}");

    // Enter pins: the pointer passes by and the words stay. Escape closes.
    page.type_into(&canvas, ENTER).await;
    page.wait_until(&format!("return {readout}.classList.contains('pinned')"), SOON).await;
    let place = format!(
        "const [marker, canvas] = [{figure}.querySelector('.chart-marker'), document.querySelector('{canvas}')];
         const [a, b] = [marker.getBoundingClientRect(), canvas.getBoundingClientRect()];
         return [a.left + a.width / 2 - b.left, a.top + a.height / 2 - b.top];"
    );
    let at = page.run(&place, &[]).await;
    let pointer = format!(
        "const canvas = document.querySelector('{canvas}'), box = canvas.getBoundingClientRect();
         canvas.dispatchEvent(new PointerEvent(arguments[0],
             {{ clientX: box.left + arguments[1], clientY: box.top + arguments[2], bubbles: true }}));"
    );
    page.run(&pointer, &[json!("pointermove"), json!(1), json!(1)]).await;
    page.run(&pointer, &[json!("pointerleave"), json!(1), json!(1)]).await;
    assert!(words().await.starts_with(&first), "{name} is pinned");
    page.type_into(&canvas, ESCAPE).await;
    page.wait_until(&hidden, SOON).await;

    // The pointer at the same place reads something there, in a box inside the figure, and lets it go.
    page.run(&pointer, &[json!("pointermove"), at[0].clone(), at[1].clone()]).await;
    page.wait_until(&shown, SOON).await;
    let inside = format!(
        "const [a, b] = [{readout}.getBoundingClientRect(), {figure}.getBoundingClientRect()];
         return a.left >= b.left - 1 && a.right <= b.right + 1 && a.width > 20 && a.bottom <= b.bottom + 1;"
    );
    page.wait_until(&inside, SOON).await;
    page.run(&pointer, &[json!("pointerleave"), at[0].clone(), at[1].clone()]).await;
    page.wait_until(&hidden, SOON).await;

    // A second click closes, even if keys have loosened and pinned in between.
    page.run(&pointer, &[json!("click"), at[0].clone(), at[1].clone()]).await;
    page.wait_until(&format!("return {readout}.classList.contains('pinned')"), SOON).await;
    page.type_into(&canvas, &ENTER.repeat(2)).await;
    page.run(&pointer, &[json!("click"), at[0].clone(), at[1].clone()]).await;
    page.wait_until(&hidden, SOON).await;

    // Words, numbers and files.
    let label = text(&page.run(&format!("return document.querySelector('{canvas}').ariaLabel"), &[]).await);
    assert!(label.len() > 40, "{name}: {label}");
    let help = format!(
        "return document.getElementById(document.querySelector('{canvas}').getAttribute('aria-describedby')).textContent"
    );
    assert!(text(&page.run(&help, &[]).await).contains("arrow keys"), "{name} says how it is read");
    page.click(&format!(".chart:has({canvas}) .chart-numbers summary")).await;
    page.wait_until(&format!("return {figure}.querySelectorAll('tbody tr').length > 0"), SOON).await;
    for save in ["save-svg", "save-png-2", "save-csv"] {
        page.click(&format!(".chart:has({canvas}) [data-test={save}]")).await;
    }
    let svg = String::from_utf8(page.downloaded(&format!("{stem}.svg")).await).expect("UTF-8");
    let parsed = "const svg = new DOMParser().parseFromString(arguments[0], 'image/svg+xml');
        return [svg.querySelector('parsererror')?.textContent ?? '', svg.querySelector('title')?.textContent ?? '',
            ...[...svg.querySelectorAll('text')].map(text => text.textContent.trim())];";
    let parsed = page.run(parsed, &[json!(svg)]).await;
    let parsed: Vec<String> = parsed.as_array().expect("texts").iter().map(text).collect();
    assert_eq!(parsed[0], "", "{name}: the SVG is no XML");
    // The title for programs, and the same to be seen, in as many lines as it needs.
    let line = parsed[2..].iter().find(|text| text.len() >= 8 && parsed[1].starts_with(text.as_str()));
    assert!(line.is_some(), "{name}: {:?} is not above the chart: {parsed:?}", parsed[1]);
    for tick in ticks {
        assert!(parsed.iter().any(|text| text == tick), "{name}: no {tick:?} in {parsed:?}");
    }
    let png = page.downloaded(&format!("{stem}-2x.png")).await;
    let width = u32::from_be_bytes(png[16..20].try_into().expect("four bytes"));
    let expected = page.run(&format!("return document.querySelector('{canvas}').clientWidth * 2"), &[]).await;
    assert!((i64::from(width) - expected.as_i64().expect("a width")).abs() <= 1, "{name}: {width} of {expected}");
    let csv = String::from_utf8(page.downloaded(&format!("{stem}.csv")).await).expect("UTF-8");
    assert!(csv.lines().count() > 1, "{name}: {csv}");
    page.click(&format!(".chart:has({canvas}) .chart-numbers summary")).await;
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_string()
}

/// Reads the charts of the fit and takes them away.
pub async fn read_charts_of_trust(page: &Browser) {
    open_example(page).await;
    optimum(page).await;
    // The first replicates change the charts, and what was pinned in them is let go.
    page.wait_until(INTERVALS, SLOW).await;
    page.wait(Duration::from_millis(500)).await;
    check_chart(page, "chart-observed", "arxiv-loss-observed-against-predicted", &["2", "2.2"]).await;
    check_chart(
        page,
        "chart-loss",
        "arxiv-loss-loss-against-training-tokens-d-curves-at-the-data-s-mean-mixture",
        &["10B", "7B"],
    )
    .await;
    check_chart(page, "chart-residuals", "arxiv-loss-residuals-against-model-size-n", &["1B", "0"]).await;
    page.choose("[data-test=residuals-against]", "the normal distribution").await;
    page.choose("[data-test=chart-along]", "training compute 6 N D").await;
    pictures(page, "charts-trust").await;
    page.click("[data-test=chart-all]").await;
    page.choose("[data-test=chart-along]", "model size N").await;
    page.wait(Duration::from_millis(300)).await;
    check_chart(
        page,
        "chart-loss",
        "all-targets-loss-against-model-size-n-curves-at-the-data-s-mean-mixture",
        &["1B", "arxiv_loss"],
    )
    .await;
    pictures(page, "charts-all-targets").await;
}

#[test]
fn charts_of_trust_are_read_and_taken_away() {
    in_browser(read_charts_of_trust);
}

#[test]
fn charts_of_the_optimum_are_read_and_taken_away() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        // With the validation comes another optimum, and with its ranges and the first replicates the charts change once
        // more: what was pinned in them is let go.
        page.wait_for("on unseen mixtures").await;
        optimum(page).await;
        page.wait_until(INTERVALS, SLOW).await;
        page.wait(Duration::from_millis(500)).await;
        check_chart(page, "chart-parameters", "arxiv-loss-parameters", &["arxiv_loss", "stackexchange"]).await;
        check_chart(page, "chart-mixtures", "mixtures", &["stackexchange", "10 %"]).await;
        check_chart(page, "chart-slices", "loss-through-the-optimum", &["wikipedia", "20 %"]).await;
        for (corner, domain) in [("top", "arxiv"), ("left", "wikipedia"), ("right", "github")] {
            page.choose(&format!("[data-test=corner-{corner}]"), domain).await;
        }
        let label = "return document.querySelector('[data-test=chart-triangle]').ariaLabel\
            .startsWith('What mixtures of arxiv, wikipedia and github')";
        page.wait_until(label, SOON).await;
        check_chart(page, "chart-triangle", "loss-over-arxiv-wikipedia-and-github", &["80 %", "github"]).await;
        // The additive law's optimum is the same at every scale, so that there is nothing to draw.
        page.wait_for("The optimum is the same at every N and D of this path").await;
        assert_eq!(page.run("return document.querySelector('[data-test=chart-path]')", &[]).await, Value::Null);
        for (path, stem, ticks) in [
            ("as a prior gets heavier", "the-optimum-as-a-prior-gets-heavier", ["0.01", "arxiv"]),
            ("for each target alone", "the-optimum-for-each-target-alone", ["arxiv_loss", "wikipedia"]),
        ] {
            page.choose("[data-test=path]", path).await;
            let title = format!(
                "return document.querySelector('[data-test=chart-path]')?.ariaLabel.includes({})",
                json!(if stem.ends_with("alone") { "each target" } else { "λ" })
            );
            page.wait_until(&title, SOON).await;
            page.wait(Duration::from_millis(500)).await;
            check_chart(page, "chart-path", stem, &ticks).await;
            pictures(page, stem).await;
        }
    });
}

#[test]
fn the_optimum_along_the_scale_has_bands() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        page.choose("[data-test=samples]", "multimodal models, 3 domains").await;
        page.wait_for("Fit finished: joint law").await;
        optimum(page).await;
        // Unasked, as it moves.
        page.wait_until(
            "return document.querySelector('[data-test=chart-path]')?.ariaLabel.includes('model size')",
            SOON,
        )
        .await;
        page.paste("[data-test=replicates]", "20").await;
        page.click("[data-test=bootstrap]").await;
        let bands = "return document.querySelector('[data-test=chart-path]')?.ariaLabel.includes('hold 90 %')";
        page.wait_until(bands, SLOW).await;
        page.wait_until(
            "return document.querySelectorAll('[data-test=path-table] small.interval').length === 36",
            SLOW,
        )
        .await;
        check_chart(page, "chart-path", "the-optimum-as-n-and-d-grow", &["100B", "interleaved"]).await;
        pictures(page, "charts-scale").await;
        let band = "return document.querySelector('[data-test=chart-observed]').ariaLabel";
        assert!(text(&page.run(band, &[]).await).contains("Observed against predicted"));
    });
}

#[test]
fn a_link_with_its_runs_has_their_charts() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        page.click("[data-test=with-runs]").await;
        page.click("[data-test=share]").await;
        page.wait_for("Link copied.").await;
        let link = page.clipboard().await;
        page.open(&link[link.find('#').expect("a fragment")..]).await;
        page.wait_for("Its runs are in the link, and in the charts below.").await;
        optimum(page).await;
        let label = "return document.querySelector('[data-test=chart-observed]')?.ariaLabel ?? ''";
        page.wait_until("return !!document.querySelector('[data-test=chart-observed]')?.ariaLabel", SOON).await;
        let label = text(&page.run(label, &[]).await);
        assert!(label.contains("384 fitted and 16 held-out observations"), "{label}");
        check_chart(page, "chart-residuals", "arxiv-loss-residuals-against-model-size-n", &["1B", "held out"]).await;
        // The runs of a link are not the user's to leave out.
        page.type_into("[data-test=chart-observed]", RIGHT).await;
        page.type_into("[data-test=chart-observed]", ENTER).await;
        page.wait_until("return !!document.querySelector('.readout.pinned')", SOON).await;
        assert_eq!(page.run("return document.querySelector('[data-test=point-action]')", &[]).await, Value::Null);
        page.type_into("[data-test=chart-observed]", ESCAPE).await;
        // Nor is there anything that the maker's page could do with the runs and this one not.
        page.paste("[data-test=replicates]", "20").await;
        page.click("[data-test=bootstrap]").await;
        page.wait_until(INTERVALS, SLOW).await;
        pictures(page, "charts-link").await;
    });
}

/// Leaves out an observation where it is seen, and brings it back.
pub async fn leave_out_a_point(page: &Browser) {
    open_example(page).await;
    let canvas = "[data-test=chart-observed]";
    page.wait_until(&format!("return document.querySelector('{canvas}')?.height > 100"), SOON).await;
    page.type_into(canvas, RIGHT).await;
    page.type_into(canvas, ENTER).await;
    page.wait_until("return !!document.querySelector('[data-test=point-action]')", SOON).await;
    page.type_into("[data-test=point-reason]", "diverged").await;
    let line = page.text_of("[data-test=point-action]").await;
    let line = line.strip_prefix("Leave out line ").expect("a line").to_string();
    page.click("[data-test=point-action]").await;
    page.wait_for("399 observations").await;
    page.wait_for("1 line left out by hand").await;
    assert_eq!(page.value_of("[data-test=reason]").await, "diverged");
    // It is a cross now, whose box is still there when the fits are made anew.
    let says = format!("return document.querySelector('{canvas}').ariaLabel.includes('1 left out by hand')");
    page.wait_until(&says, SOON).await;
    page.wait_for("Fit finished").await;
    page.wait(Duration::from_millis(500)).await;
    page.wait_for(&format!("Line {line}, left out")).await;
    page.type_into("[data-test=point-reason]", " at step 3k").await;
    assert_eq!(page.value_of("[data-test=reason]").await, "diverged at step 3k");
    pictures(page, "charts-left-out").await;
    assert_eq!(page.text_of("[data-test=point-action]").await, format!("Bring line {line} back"));
    page.click("[data-test=point-action]").await;
    page.wait_for("400 observations").await;
    page.type_into("[data-test=point-reason]", ESCAPE).await;
    page.wait_until(&format!("return document.activeElement === document.querySelector('{canvas}')"), SOON).await;
}

#[test]
fn a_point_is_left_out_with_a_reason_and_brought_back_where_it_is_seen() {
    in_browser(leave_out_a_point);
}
