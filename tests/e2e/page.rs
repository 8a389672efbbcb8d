//! From a table to a link, and what happens to tables and links that are none.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use crate::browser::{Browser, SOON, in_browser};

/// Fits of the real runs on two busy cores, in a browser.
pub const FIT: Duration = Duration::from_secs(240);
const SMALL_TABLE: &str = "w_a,w_b,N,D,a_loss\n0.5,0.5,100M,1B,3.0\n0.2,0.8,100M,2B,2.9\n0.8,0.2,300M,2B,2.7\n\
    0.3,0.7,300M,3B,2.6\n0.6,0.4,1B,5B,2.4\n0.9,0.1,1B,9B,2.3\n0.5,0.5,1B,3B,2.45\n0.4,0.6,300M,5B,2.55\n";

/// A file of the real runs, or a word on standard error that it is not there.
pub fn data(name: &str) -> Option<String> {
    let folder = env::var_os("MIXLAW_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let text = fs::read_to_string(folder.join(name)).ok();
    if text.is_none() {
        let _ = writeln!(io::stderr(), "browser test SKIPPED: no {name} in {}; set MIXLAW_DATA", folder.display());
    }
    text
}

/// Whether all seven weights of the example have bootstrap intervals.
pub const INTERVALS: &str = "const all = [...document.querySelectorAll('[data-test=interval]')];
    return all.length === 7 && all.every(cell => cell.textContent !== '…')";

/// Opens the example and has it fitted by the additive law alone, so that no validation goes on beside the test. The focus
/// stays where it is.
pub async fn open_example(page: &Browser) {
    page.open("").await;
    page.wait_for_any(&["Fit finished"], Duration::from_secs(120)).await;
    let choose = "const menu = document.querySelector('[data-test=law-select]');
        menu.value = 'additive';
        menu.dispatchEvent(new Event('change', { bubbles: true }));";
    page.run(choose, &[]).await;
    refit(page, "additive").await;
}

/// Puts a text into the table's field and waits until it was read.
pub async fn paste(page: &Browser, text: &str, until: &str) {
    page.paste("[data-test=paste]", text).await;
    page.wait_for(until).await;
}

/// Fits a law and waits for the end.
pub async fn fit(page: &Browser, law: &str) {
    page.choose("[data-test=law-select]", law).await;
    refit(page, law).await;
}

/// Fits the chosen law again and waits for the end.
pub async fn refit(page: &Browser, law: &str) {
    // Another law may be under way by itself.
    page.run("const fit = document.querySelector('[data-test=fit]'); if (!fit.disabled) { fit.click(); }", &[]).await;
    let deadline = Instant::now() + FIT;
    while page.text().await.contains("targets done") {
        assert!(Instant::now() < deadline, "the fit does not end");
        page.wait(Duration::from_millis(100)).await;
    }
    page.wait_for(&format!("Fit finished: {law} law")).await;
}

/// The optimum as "domain weight" lines, once it is there for what is on show.
pub async fn optimum(page: &Browser) -> String {
    page.wait(Duration::from_millis(500)).await;
    page.wait_until(
        "return document.querySelector('[data-test=optimum]') !== null
        && document.querySelector('.stale:not(.answer-card) [data-test=optimum]') === null",
        FIT,
    )
    .await;
    let script = "return [...document.querySelectorAll('[data-test=optimum-weight]')]
        .map(cell => cell.dataset.domain + ' ' + cell.textContent).join('\\n')";
    page.run(script, &[]).await.as_str().expect("weights").to_string()
}

pub fn weight(optimum: &str, domain: &str) -> f64 {
    let line = optimum.lines().find_map(|line| line.strip_prefix(domain)).expect("a domain's weight");
    line.trim().trim_end_matches('%').trim().parse().expect("a number")
}

#[test]
fn the_real_runs_from_table_to_link() {
    let Some(table) = data("slimpajama_paper_split.csv") else { return };
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let loaded = page.requests();
        paste(page, &table, "1,574 observations").await;
        // As the paper fits: all rows alike, and γ as small as it comes.
        page.paste("[data-test=weight-power]", "0").await;
        page.paste("[data-test=gamma-floor]", "0").await;
        fit(page, "additive").await;
        page.click("[data-test=limits-slot]").await;
        page.click("[data-test=inside-data]").await;
        // The paper's optimum is for the mean of its seven domains' own losses.
        page.paste("[data-test=weight][data-target=openhermes_loss]", "0").await;
        let additive = optimum(page).await;
        for (domain, paper) in [
            ("arxiv", 9.6),
            ("book", 9.5),
            ("c4", 25.1),
            ("github", 8.0),
            ("commoncrawl", 12.1),
            ("stackexchange", 17.9),
            ("wikipedia", 17.0),
        ] {
            assert!((weight(&additive, domain) - paper).abs() < 2.5, "{domain}: in the paper {paper} %\n{additive}");
        }
        page.screenshot("slimpajama-additive").await;
        fit(page, "joint").await;
        page.paste("[data-test=scenario-n]", "7B").await;
        page.paste("[data-test=scenario-d]", "150B").await;
        page.wait_for("N is 2.6 times your largest model (2.72B)").await;
        let joint = optimum(page).await;
        assert_ne!(joint, additive);
        page.screenshot("slimpajama-joint").await;
        // A worker that starts later asks for the page's own files once more.
        let new: Vec<String> = page.requests().into_iter().filter(|request| !loaded.contains(request)).collect();
        assert_eq!(new, Vec::<String>::new(), "nothing new is asked of any server once the page is there");

        page.click("[data-test=share]").await;
        page.wait_for("Link copied.").await;
        let link = page.clipboard().await;
        assert_eq!(page.address().await, link);
        let fragment = &link[link.find('#').expect("a fragment")..];
        let other = page.someone_else().await;
        other.open(fragment).await;
        other.wait_for("These fits were not redone here").await;
        assert_eq!(optimum(&other).await, joint);
        assert_eq!(other.value_of("[data-test=scenario-n]").await, "7B");
        other.screenshot("slimpajama-link").await;
        other.click("[data-test=close-link]").await;
        other.wait_for("Example (synthetic): language models").await;
        other.wait_for("Fit finished").await;
    });
}

#[test]
fn steps_beside_a_link_are_the_links_own() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        page.click("[data-test=share]").await;
        page.wait_for("Link copied.").await;
        let link = page.clipboard().await;
        let fragment = &link[link.find('#').expect("a fragment")..];
        paste(page, SMALL_TABLE, "8 observations").await;
        // Sharing has put this fragment there already, and the same once more is no change.
        page.change_fragment("").await;
        page.change_fragment(fragment).await;
        page.wait_for("These fits were not redone here").await;
        let pause = Duration::from_millis(800);
        for n in ["9B", "11B"] {
            page.paste("[data-test=scenario-n]", n).await;
            page.wait(pause).await;
        }
        for n in ["9B", "7B"] {
            page.click("[data-test=undo]").await;
            page.wait(pause).await;
            assert_eq!(page.value_of("[data-test=scenario-n]").await, n);
        }
        let disabled = "return document.querySelector('[data-test=undo]').disabled";
        assert_eq!(page.run(disabled, &[]).await, true);
        page.wait_for("These fits were not redone here").await;
        page.click("[data-test=redo]").await;
        assert_eq!(page.value_of("[data-test=scenario-n]").await, "9B");
        page.click("[data-test=close-link]").await;
        page.wait_for("8 observations").await;
        // The draft's own steps are as they were.
        page.click("[data-test=undo]").await;
        page.wait_for("Example (synthetic): language models").await;
    });
}

#[test]
fn two_laws_and_two_scenarios_stand_side_by_side() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let additive = optimum(page).await;
        page.click("[data-test=keep]").await;
        page.paste("[data-test=scenario-n]", "15B").await;
        fit(page, "joint").await;
        let joint = optimum(page).await;
        page.wait_for("joint law, N = 15B, D = 150B").await;
        page.wait_for("additive law, N = 7B, D = 150B").await;
        let cells = |row: &str| {
            let row = serde_json::json!(row);
            async move {
                let script = "return [...document.querySelector(`[data-row=\"${arguments[0]}\"]`).cells].map(cell => cell.innerText)";
                let cells = page.run(script, &[row]).await;
                cells
                    .as_array()
                    .expect("cells")
                    .iter()
                    .map(|cell| cell.as_str().expect("text").to_string())
                    .collect::<Vec<_>>()
            }
        };
        let (shown, kept) = (weight(&joint, "arxiv"), weight(&additive, "arxiv"));
        let beside = cells("weight of arxiv").await;
        let number = |cell: &str| cell.trim_end_matches(" %").parse::<f64>().expect("a share");
        assert!((number(&beside[1]) - shown).abs() < 0.06 && (number(&beside[2]) - kept).abs() < 0.06, "{beside:?}");
        assert_eq!(cells("N").await[1..3], ["15B", "7B"]);
        assert_eq!(cells("law").await[1..3], ["joint", "additive"]);
        pictures(page, "compared").await;
        let link = page.value_of("[data-test=share-url]").await;
        page.paste("[data-test=other-link]", &link).await;
        page.click("[data-test=with-alike]").await;
        // What the link rounds away is no difference.
        page.wait_for(" alike").await;
        assert_eq!(page.run("return document.querySelector('[data-row=law]')", &[]).await, serde_json::Value::Null);
        page.paste("[data-test=other-link]", "nonsense").await;
        page.wait_for("this is neither a link nor a fit file").await;
    });
}

#[test]
fn the_formula_has_the_names_of_the_table() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let seen = "return document.querySelector('[data-test=formula]').textContent";
        let formula = async |page: &Browser| page.run(seen, &[]).await.as_str().expect("text").to_string();
        assert!(formula(page).await.contains("i∈{arxiv, book, c4"), "{}", formula(page).await);
        let hostile = SMALL_TABLE.replace("w_b", "w_<img src=x onerror=alert(1) ");
        paste(page, &hostile, "8 observations").await;
        page.wait_until("return document.querySelector('[data-test=formula]').textContent.includes('Ca')", SOON).await;
        assert!(formula(page).await.contains("onerror=alert(1)"), "{}", formula(page).await);
        assert_eq!(page.run("return document.querySelectorAll('[data-test=formula] img').length", &[]).await, 0);
        page.screenshot("formula-names").await;
    });
}

#[test]
fn colours_are_chosen_and_paper_is_white() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        let ground = "return getComputedStyle(document.body).backgroundColor";
        let (light, dark) = ("rgb(246, 246, 243)", "rgb(16, 19, 22)");
        page.prefer_dark(false).await;
        assert_eq!(page.run(ground, &[]).await, light);
        page.choose("[data-test=theme]", "☾ Dark").await;
        assert_eq!(page.run(ground, &[]).await, dark);
        // The charts are drawn in the same colours: no pixel of a dark one is nearly white.
        let corner = "const canvas = document.querySelector('canvas');
            return canvas.getContext('2d').getImageData(0, 0, 1, 1).data[0] < 60";
        page.wait_until(corner, SOON).await;
        page.open("").await;
        page.wait_for("Fit finished").await;
        assert_eq!(page.run(ground, &[]).await, dark);
        page.screenshot("theme-dark").await;
        page.prefer_print(true).await;
        page.wait(Duration::from_millis(500)).await;
        assert_eq!(page.run(ground, &[]).await, "rgb(255, 255, 255)");
        let controls = "return [...document.querySelectorAll('button:not(.question, .slot), textarea, [role=grid]')]
            .filter(one => one.getClientRects().length > 0).map(one => one.outerHTML.slice(0, 80))";
        assert_eq!(page.run(controls, &[]).await, serde_json::json!([]));
        page.set_screen(720, 1000, 1.0).await;
        page.wait(Duration::from_millis(500)).await;
        page.screenshot("print").await;
        page.prefer_print(false).await;
        page.prefer_dark(true).await;
        page.choose("[data-test=theme]", "☀ Light").await;
        assert_eq!(page.run(ground, &[]).await, light);
        page.choose("[data-test=theme]", "◐ Auto").await;
        assert_eq!(page.run(ground, &[]).await, dark);
    });
}

/// Runs of one size and one number of tokens, by L = 1.5 + exp(Σ γ_i h_i).
fn single_scale_table() -> String {
    let mut lines = vec!["w_a,w_b,w_c,a_loss".to_string()];
    for a in 0..=5 {
        for b in 0..=5 - a {
            let h = [f64::from(a) / 5.0, f64::from(b) / 5.0, f64::from(5 - a - b) / 5.0];
            let loss = 1.5 + (-0.8 * h[0] + 0.3 * h[1] + 0.1 * h[2]).exp();
            lines.push(format!("{},{},{},{loss:.6}", h[0], h[1], h[2]));
        }
    }
    lines.join("\n") + "\n"
}

/// Pictures of the page as it is, narrow and wide, light and dark.
pub async fn pictures(page: &Browser, name: &str) {
    for (width, height, ratio) in [(390, 844, 2.0), (1440, 900, 1.0)] {
        page.set_screen(width, height, ratio).await;
        for dark in [true, false] {
            page.prefer_dark(dark).await;
            page.screenshot(&format!("{name}-{width}-{}", if dark { "dark" } else { "light" })).await;
        }
    }
}

#[test]
fn other_laws_and_their_options() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        page.choose("[data-test=law-select]", "joint, repetition-aware").await;
        page.wait_for("the tokens in stock of at least one domain").await;
        assert_eq!(page.run("return document.querySelector('[data-test=fit]').disabled", &[]).await, true);
        page.screenshot("law-refused").await;
        page.paste("[data-test=stocks]", "arxiv = 1,5B").await;
        page.wait_for("Tokens in stock of arxiv: ").await;
        page.paste("[data-test=stocks]", "arxiv = 1.5B\nwikipedia = 500M").await;
        refit(page, "joint, repetition-aware").await;
        page.wait_for("tokens in stock: arxiv 1.5B, wikipedia 500M").await;
        assert!(page.text_of("[data-test=scalars]").await.contains('R'));
        pictures(page, "law-repetition").await;

        fit(page, "BiMix (own domain)").await;
        page.wait_for("the losses of training domains only: openhermes_loss is left out").await;
        assert!(!page.text_of("[data-test=results]").await.contains("openhermes_loss"));
        pictures(page, "law-bimix").await;

        // One fit of all targets, which the workers share.
        fit(page, "capacity competition").await;
        page.wait_for("Parameters of all targets, fitted at once").await;
        pictures(page, "law-capacity").await;

        fit(page, "additive").await;
        page.run("document.querySelector('[data-test=options]').open = true", &[]).await;
        page.paste("[data-test=restrictions]", "alpha").await;
        page.wait_for("Restrictions: \"alpha\" is no restriction").await;
        page.paste("[data-test=restrictions]", "alpha = 0.3").await;
        page.wait_for("have changed since this fit").await;
        refit(page, "additive").await;
        page.wait_for("Fitted with alpha = 0.3.").await;
        assert!(page.text_of("[data-test=scalars]").await.contains("0.3 fixed"));
        pictures(page, "law-restricted").await;
        page.click("[data-test=share]").await;
        page.wait_for("Link copied.").await;
        let link = page.clipboard().await;
        let other = page.someone_else().await;
        other.open(&link[link.find('#').expect("a fragment")..]).await;
        other.wait_for("Fitted with alpha = 0.3.").await;

        page.choose("[data-test=law-select]", "Ye M4 (log-linear)").await;
        page.paste("[data-test=restrictions]", "delta = 1").await;
        page.wait_for("the Ye M4 (log-linear) law has no parameter \"delta\"; it has: E, gamma").await;
        page.paste("[data-test=restrictions]", "").await;
        fit(page, "Chinchilla").await;
        page.wait_for("the Chinchilla law does not depend on the mixture").await;
        pictures(page, "law-chinchilla").await;
        fit(page, "full").await;
        page.wait_for("N in 10⁹ parameters, D in 10⁹ tokens").await;
        pictures(page, "law-full").await;

        page.choose("[data-test=law-select]", "Ye M4 (log-linear)").await;
        paste(page, &single_scale_table(), "21 observations").await;
        fit(page, "Ye M4 (log-linear)").await;
        page.wait_for("KKT residual").await;
        assert!(page.text_of("[data-test=scalars]").await.contains("1.5"));
        assert!(!page.text().await.contains("Model size N"), "the law has no N to ask for");
        pictures(page, "law-m4").await;
    });
}

#[test]
fn what_is_no_table_gets_a_sentence_and_the_page_still_works() {
    let half_link = "1.z.fZZbc6IwFMe_C8_iBHIh6Vs";
    let cases = [
        (String::new(), "the text is empty"),
        ("\u{89}PNG\r\n\u{1a}\n\0\0\0\rIHDR\0\0".to_string(), "this is binary data, not text"),
        ("x".repeat(10_000_000), "the first line is one column"),
        ("w_a,w_b,N,D\n0.5,0.5,1B,1B\n".to_string(), "no column is a loss"),
        ("w_a,w_b,N,D,a_loss\n0.5,0.5,100M,1B,3.0\n".to_string(), "1 observation ·"),
        (SMALL_TABLE.replace("0.5,0.5,100M", "0.5,0.5,NaN"), "line 2, column \"N\": the cell is blank"),
        (SMALL_TABLE.replace("0.2,0.8", "1.2,0.8"), "1.2 + 0.8 sum to 2; they must sum to 1"),
    ];
    in_browser(async |page: &Browser| {
        open_example(page).await;
        for (text, sentence) in &cases {
            paste(page, text, sentence).await;
        }
        page.change_fragment(half_link).await;
        page.wait_for("This link cannot be opened: this link is damaged").await;
        page.screenshot("half-link").await;
        page.click("[data-test=close-link]").await;
        paste(page, SMALL_TABLE, "8 observations").await;
        fit(page, "additive").await;
        page.wait_for("the fit can follow any noise").await;
    });
}

#[test]
fn a_fit_can_be_cancelled_and_begun_again() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        page.click("[data-test=options] summary").await;
        page.paste("[data-test=starts]", "5000").await;
        page.choose("[data-test=law-select]", "joint").await;
        page.click("[data-test=fit]").await;
        page.wait_for("Fitting the joint law: 0 of 8 targets done").await;
        page.click("[data-test=cancel]").await;
        page.wait_for("Fit cancelled").await;
        page.paste("[data-test=starts]", "2").await;
        // More than JavaScript's whole numbers hold.
        page.paste("[data-test=seed]", "18446744073709551615").await;
        fit(page, "additive").await;
        // Another law takes the place of a fit under way; the same fit cannot be asked for twice.
        page.paste("[data-test=starts]", "5000").await;
        page.click("[data-test=fit]").await;
        let is_disabled = "return document.querySelector('[data-test=fit]').disabled";
        page.wait_until(is_disabled, SOON).await;
        page.choose("[data-test=law-select]", "simple additive").await;
        page.paste("[data-test=starts]", "2").await;
        page.wait_until(&format!("{is_disabled} === false"), SOON).await;
        fit(page, "simple additive").await;
    });
}

/// Comes back to the draft after a reload.
pub async fn reload_a_draft(page: &Browser) {
    open_example(page).await;
    paste(page, SMALL_TABLE, "8 observations").await;
    page.open("").await;
    page.wait_for("Fit finished").await;
    assert_eq!(page.value_of("[data-test=paste]").await, SMALL_TABLE);
    page.choose("[data-test=samples]", "language models, 7 domains").await;
    page.wait_for("Example (synthetic): language models").await;
    page.click("[data-test=undo]").await;
    page.wait_for("8 observations").await;
}

#[test]
fn the_draft_is_there_after_a_reload() {
    in_browser(reload_a_draft);
}

/// Drops files on the page, and picks one.
pub async fn take_files(page: &Browser) {
    open_example(page).await;
    page.drop_file("h1", "plot.png", "\u{0}\u{1}\u{2}\u{0}").await;
    page.wait_for("plot.png: this is binary data, not text").await;
    page.drop_file("h1", "runs.csv", SMALL_TABLE).await;
    page.wait_for("8 observations").await;
    page.wait_for("Fit finished: ").await;
    let shorter = SMALL_TABLE.trim_end().rsplit_once('\n').expect("lines").0;
    page.pick_file("[data-test=file]", "shorter.csv", shorter).await;
    page.wait_for("7 observations").await;
}

#[test]
fn a_picture_is_refused_and_a_table_is_taken() {
    in_browser(take_files);
}

#[test]
fn every_screen_shows_the_whole_page() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        page.wait_for("KKT residual").await;
        page.click("[data-test=options] summary").await;
        page.click("[data-test=limits-slot]").await;
        page.click("[data-test=add-group]").await;
        for (width, height, ratio) in [(1440, 900, 1.0), (768, 1024, 1.0), (390, 844, 2.0), (320, 640, 2.0)] {
            page.set_screen(width, height, ratio).await;
            for dark in [false, true] {
                page.prefer_dark(dark).await;
                page.wait(Duration::from_millis(300)).await;
                let wider = "const wide = document.documentElement.clientWidth;
                    return [...document.querySelectorAll('body *')]
                        .filter(one => one.getBoundingClientRect().right > wide + 1 && !one.closest('.scroll, .grid, textarea, .formula'))
                        .filter(() => document.documentElement.scrollWidth > wide)
                        .map(one => one.outerHTML.slice(0, 80)).slice(0, 5).join('\\n')";
                assert_eq!(page.run(wider, &[]).await, "", "the page is wider than {width} px");
                page.screenshot(&format!("example-{width}-{}", if dark { "dark" } else { "light" })).await;
            }
        }
    });
}

#[test]
fn a_column_can_be_given_another_role_by_hand() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let table = SMALL_TABLE.replace("a_loss", "final");
        page.paste("[data-test=paste]", &table).await;
        page.wait_for("no column is a loss").await;
        page.choose("[data-test=role][data-column=final]", "loss").await;
        page.wait_for("8 observations").await;
        fit(page, "additive").await;
        page.run("document.querySelector('[data-test=mapping]').open = true", &[]).await;
        page.choose("[data-test=role][data-column=final]", "not used").await;
        page.wait_for("no column is a loss").await;
    });
}
