//! The table: cells, lines left out, steps back and forth, and what is there after the page is closed.

use std::time::Duration;

use crate::browser::{Browser, SOON, in_browser};
use crate::page::{fit, open_example, paste, refit};

/// As a driver of browsers names the keys.
const ENTER: &str = "\u{E007}";
const LEFT: &str = "\u{E012}";
const UP: &str = "\u{E013}";
const RIGHT: &str = "\u{E014}";
const DOWN: &str = "\u{E015}";
const CONTROL: &str = "\u{E009}";
const ESCAPE: &str = "\u{E00C}";
const DELETE: &str = "\u{E017}";

const TABLE: &str = "w_a,w_b,N,D,a_loss\n0.5,0.5,100M,1B,3.0\n0.2,0.8,100M,2B,2.9\n0.8,0.2,300M,2B,2.7\n\
    0.3,0.7,300M,3B,2.6\n0.6,0.4,1B,5B,2.4\n0.9,0.1,1B,9B,2.3\n0.5,0.5,1B,3B,2.45\n0.4,0.6,300M,5B,2.55\n";

async fn cell(page: &Browser, row: usize, column: usize) -> String {
    page.text_of(&format!("#cell-{row}-{column}")).await
}

/// Edits cells and a setting by keyboard, and takes each step back.
pub async fn edit_cells_and_go_back(page: &Browser) {
    open_example(page).await;
    paste(page, TABLE, "8 observations").await;
    fit(page, "additive").await;
    assert_eq!(cell(page, 0, 5).await, "3.0");
    // Down, and right to the loss; Enter opens the cell and closes it.
    page.type_into("[data-test=grid]", &format!("{DOWN}{RIGHT}{RIGHT}{RIGHT}{RIGHT}{RIGHT}{ENTER}")).await;
    page.paste("[data-test=cell-input]", "2e1O").await;
    page.type_into("[data-test=cell-input]", ENTER).await;
    page.wait_for("7 observations").await;
    page.wait_for("2e1O").await;
    page.type_into("[data-test=grid]", &format!("{UP}{ENTER}")).await;
    page.paste("[data-test=cell-input]", "2.85").await;
    page.type_into("[data-test=cell-input]", ENTER).await;
    page.wait_for("8 observations").await;
    assert_eq!(cell(page, 1, 5).await, "2.85");
    assert!(page.value_of("[data-test=paste]").await.contains("0.2,0.8,100M,2B,2.85"));

    page.wait(Duration::from_millis(700)).await;
    page.click("[data-test=undo]").await;
    page.wait_for("7 observations").await;
    page.click("[data-test=undo]").await;
    page.wait_for("8 observations").await;
    assert_eq!(cell(page, 1, 5).await, "2.9");
    assert_eq!(page.value_of("[data-test=paste]").await, TABLE);
    page.click("[data-test=redo]").await;
    page.click("[data-test=redo]").await;
    page.wait_until("return document.querySelector('#cell-1-5')?.textContent === '2.85'", SOON).await;
    assert_eq!(page.run("return document.querySelector('[data-test=redo]').disabled", &[]).await, true);

    // Settings and scenario are steps, too; Ctrl+Z anywhere but in a field.
    page.choose("[data-test=law-select]", "Chinchilla").await;
    page.wait(Duration::from_millis(700)).await;
    page.type_into("[data-test=grid]", &format!("{CONTROL}z")).await;
    let law = "return document.querySelector('[data-test=law-select]').value";
    assert_eq!(page.run(law, &[]).await, "additive");
}

#[test]
fn cells_are_edited_by_keyboard_and_every_step_goes_back_and_forth() {
    in_browser(edit_cells_and_go_back);
}

#[test]
fn lines_are_left_out_with_a_reason_and_brought_back() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, TABLE, "8 observations").await;
        fit(page, "additive").await;
        page.type_into("[data-test=grid]", &format!("{DOWN}{LEFT} ")).await;
        page.wait_for("7 observations").await;
        page.wait_for("1 line left out by hand").await;
        page.paste("[data-test=reason][data-line='3']", "diverged").await;
        page.screenshot("data-excluded").await;

        // All of it is there when the page comes back.
        page.wait(Duration::from_millis(700)).await;
        page.open("").await;
        page.wait_for("7 observations").await;
        assert_eq!(page.value_of("[data-test=reason][data-line='3']").await, "diverged");
        fit(page, "additive").await;
        page.click("[data-test=include]").await;
        page.wait_for("8 observations").await;
        page.wait(Duration::from_millis(700)).await;
        page.click("[data-test=undo]").await;
        page.wait_for("7 observations").await;
    });
}

#[test]
fn cells_are_edited_by_finger_by_letters_and_copied() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, TABLE, "8 observations").await;
        // A tap makes the cell active, a second one edits it.
        page.click("#cell-2-5").await;
        let edits = "return document.querySelectorAll('[data-test=cell-input]').length";
        assert_eq!(page.run(edits, &[]).await, 0);
        page.click("#cell-2-5").await;
        page.press(&format!("2.75{ENTER}")).await;
        page.wait_until("return document.querySelector('#cell-2-5').textContent === '2.75'", SOON).await;
        // A letter takes the place of what is there; Escape leaves it as it was.
        page.press("2.5").await;
        assert_eq!(page.value_of("[data-test=cell-input]").await, "2.5");
        page.press(ESCAPE).await;
        page.type_into("[data-test=grid]", &format!("{UP}{CONTROL}c")).await;
        assert_eq!(page.clipboard().await, "2.75");
        assert_eq!(cell(page, 3, 5).await, "2.6");
        page.press(DELETE).await;
        page.wait_for("7 observations").await;
    });
}

#[test]
fn an_issue_leads_to_its_cell_and_is_put_right_by_a_button() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let text = TABLE.replace("1B,3.0\n", "1O00M,3.0\n").replace(",N,D,", ",N,tokns,");
        let more: String = (0..60).map(|i| format!("0.5,0.5,1B,{}B,2.{}5\n", i + 10, 99 - i)).collect();
        paste(
            page,
            &format!("{text}{more}0.5,0.5,3B,x,2.25\n0.5,0.5,3OOM,80B,2.25\n"),
            "\"tokns\" looks like one: use it?",
        )
        .await;
        page.screenshot("data-issues").await;
        // The column gets its role, and with it come the errors in its cells.
        page.click_button("use \"tokns\" as D").await;
        page.wait_for("67 observations").await;
        page.click_button("Use 1000M").await;
        page.wait_for("68 observations").await;
        assert_eq!(cell(page, 0, 4).await, "1000M");
        // From the text the sentence leads to the cell, far below, which then takes the keys.
        page.click("[data-test=view-text]").await;
        page.click("[data-test=issue-place]").await;
        page.wait_until("return document.querySelector('.cell.active')?.textContent === 'x'", SOON).await;
        assert_eq!(page.run("return document.activeElement.dataset.test", &[]).await, "grid");
        page.screenshot("data-issue-place").await;
        page.click_button("Use 300M").await;
        page.wait_for("69 observations").await;

        page.wait(Duration::from_millis(700)).await;
        page.click("[data-test=undo]").await;
        page.wait_for("68 observations").await;
        page.wait_for("\"3OOM\" is not a number").await;
    });
}

#[test]
fn another_experiment_is_chosen_by_its_button() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let mut text = "experiment,params,tokens,loss\n".to_string();
        for (name, n_runs) in [("first", 7), ("second", 5)] {
            for i in 1..=n_runs {
                text += &format!("{name},{i}00M,{}B,{}\n", 2 * i, 3.5 - 0.125 * f64::from(i));
            }
        }
        paste(page, &text, "7 observations").await;
        page.click_button("Use second").await;
        page.wait_for("5 observations").await;
        page.wait(Duration::from_millis(700)).await;
        page.click("[data-test=undo]").await;
        page.wait_for("7 observations").await;
    });
}

/// Steps and storage are written after a pause.
async fn pause(page: &Browser) {
    page.wait(Duration::from_millis(800)).await;
}

#[test]
fn earlier_drafts_are_put_back() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, TABLE, "8 observations").await;
        pause(page).await;
        page.choose("[data-test=samples]", "multimodal models, 3 domains").await;
        page.wait_for("Example (synthetic): multimodal models").await;
        page.choose("[data-test=law-select]", "simple additive").await;
        pause(page).await;

        // What was changed on the sample is there, and so is the table before.
        page.open("").await;
        page.wait_for("Example (synthetic): multimodal models").await;
        assert_eq!(page.value_of("[data-test=law-select]").await, "simple");
        page.click("[data-test=drafts] summary").await;
        page.wait_for("w_a,w_b,N,D,a_loss · 8 lines · law chosen by validation").await;
        page.screenshot("data-drafts").await;
        page.click("[data-test=restore-draft]").await;
        page.wait_for("8 observations").await;
        assert_eq!(page.value_of("[data-test=paste]").await, TABLE);
        page.wait_for("Sample: multimodal models, 3 domains · simple additive law").await;
        pause(page).await;
        page.click("[data-test=undo]").await;
        page.wait_for("Example (synthetic): multimodal models").await;
        page.click("[data-test=redo]").await;
        page.wait_for("8 observations").await;
        pause(page).await;
        let n_drafts = "return document.querySelectorAll('[data-test=forget-draft]').length";
        assert_eq!(page.run(n_drafts, &[]).await, 1);
        page.click("[data-test=forget-draft]").await;
        page.wait_for("None yet.").await;
    });
}

#[test]
fn no_page_destroys_the_draft_of_another_or_one_that_it_cannot_read() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, TABLE, "8 observations").await;
        pause(page).await;
        let newer = "localStorage.setItem('mixlaw.draft.5.5', '2 of another form');
            localStorage.setItem('mixlaw.draft', '{\"version\":9}')";
        page.run(newer, &[]).await;

        page.in_new_tab().await;
        page.open("").await;
        page.wait_for("8 observations").await;
        page.choose("[data-test=law-select]", "Chinchilla").await;
        pause(page).await;
        page.in_new_tab().await;
        page.open("").await;
        page.wait_for("8 observations").await;
        assert_eq!(page.value_of("[data-test=law-select]").await, "chinchilla");
        page.click("[data-test=drafts] summary").await;
        page.wait_for("8 lines · law chosen by validation").await;
        page.wait_for("8 lines · Chinchilla law").await;
        page.wait_for("A draft that this version of the page cannot read").await;
        let unread = "return [localStorage['mixlaw.draft'], localStorage['mixlaw.draft.5.5']]";
        assert_eq!(page.run(unread, &[]).await, serde_json::json!(["{\"version\":9}", "2 of another form"]));
        page.click("[data-test=save-draft]").await;
        assert!(!page.downloaded("draft.txt").await.is_empty());
    });
}

#[test]
fn a_domain_is_given_another_name() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        paste(page, TABLE, "8 observations").await;
        fit(page, "additive").await;
        page.click("[data-test=limits-slot]").await;
        page.paste("[data-test=limit][data-column=max][data-domain=a]", "0.6").await;
        pause(page).await;
        page.click("[data-test=mapping] summary").await;
        page.paste("[data-test=domain-name][data-domain=a]", "web").await;
        page.wait_until("return document.querySelector('[data-test=optimum-weight][data-domain=web]') !== null", SOON)
            .await;
        assert_eq!(page.value_of("[data-test=limit][data-column=max][data-domain=web]").await, "0.6");
        assert!(page.value_of("[data-test=paste]").await.starts_with("w_web,w_b,"));
        page.screenshot("data-renamed").await;
        pause(page).await;
        page.click("[data-test=undo]").await;
        page.wait_until("return document.querySelector('[data-test=optimum-weight][data-domain=a]') !== null", SOON)
            .await;
        assert_eq!(page.value_of("[data-test=limit][data-column=max][data-domain=a]").await, "0.6");
    });
}

#[test]
fn ten_thousand_rows_scroll_and_only_some_are_built() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let rows: String = (0..10_000)
            .map(|i| {
                format!(
                    "0.{},0.{},{}M,{}B,{}\n",
                    10 + i % 80,
                    90 - i % 80,
                    100 + i % 7,
                    1 + i % 9,
                    3.0 - 1e-4 * (i % 97) as f64
                )
            })
            .collect();
        paste(page, &format!("w_a,w_b,N,D,a_loss\n{rows}"), "10,000 observations").await;
        let built = "return document.querySelectorAll('[data-test=grid] [role=row]').length";
        let n_built = page.run(built, &[]).await.as_u64().expect("a number");
        assert!(n_built < 80, "{n_built}");
        page.run("document.querySelector('[data-test=grid]').scrollTop = 26 * 9990", &[]).await;
        page.wait_until("return document.querySelector('#cell-9999-1') !== null", SOON).await;
        assert_eq!(cell(page, 9999, 0).await, "10001");
        page.screenshot("data-10000").await;
    });
}

/// Runs of three domains and one target, as a swarm's two files.
fn swarm() -> [String; 2] {
    let mut mixtures = "run,name,web,code,papers\n".to_string();
    let mut losses = "run,web_loss,code_loss\n".to_string();
    for i in 0..40 {
        let (a, b) = (0.05 + 0.6 * f64::from(i * 7 % 40) / 40.0, 0.05 + 0.2 * f64::from(i * 11 % 40) / 40.0);
        mixtures +=
            &format!("r{i},swarm-{i},{a:.4},{b:.4},{:.4}\n", 1.0 - (a * 1e4).round() / 1e4 - (b * 1e4).round() / 1e4);
        losses += &format!("r{i},{:.5},{:.5}\n", 1.5 + (-2.0 * a).exp(), 1.2 + 0.8 * (-3.0 * b).exp());
    }
    [mixtures, losses]
}

/// From files to a link that another browser opens.
async fn to_a_link(page: &Browser) {
    page.wait_for("Fit finished").await;
    // A link carries the verdict as far as it is known.
    let judged = "return document.querySelectorAll('[data-test=finding]').length === 4
        && document.querySelector('.validating, [data-test=verdict] .stale') === null";
    page.wait_until(judged, Duration::from_secs(120)).await;
    page.click("[data-test=share]").await;
    page.wait_for("Link copied.").await;
    let link = page.clipboard().await;
    let other = page.someone_else().await;
    other.open(&link[link.find('#').expect("a fragment")..]).await;
    other.wait_for("These fits were not redone here").await;
    // Without its runs the link of a process shows the answer as it was computed.
    other.wait_for("Unseen mixtures").await;
}

#[test]
fn a_swarm_in_two_files_becomes_a_link() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let [mixtures, losses] = swarm();
        page.drop_file("h1", "mixtures.csv", &mixtures).await;
        page.wait_for("no column is a loss").await;
        page.drop_file("h1", "losses.csv", &losses).await;
        page.wait_for("two tables joined on \"run\": 40 lines").await;
        page.wait_for("40 observations").await;
        page.choose("[data-test=law-select]", "Ye M4 (log-linear)").await;
        refit(page, "Ye M4 (log-linear)").await;
        page.wait_for("Predicted by the Ye M4 (log-linear) law, validated").await;
        to_a_link(page).await;
        page.screenshot("data-swarm").await;
    });
}

#[test]
fn an_export_of_weights_and_biases_becomes_a_link() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let mut text = "\"Name\",\"config.mix.weights.web\",\"config.mix.weights.code\",\"parameter_count\",\"throughput/total_tokens\",\
            \"throughput/total_gflops\",\"eval/web/loss\",\"eval/web/loss - MIN\",\"_step\"\n"
            .to_string();
        for i in 0..48 {
            let (share, n, d) =
                (0.1 + 0.8 * f64::from(i % 8) / 8.0, [1e8, 3e8, 1e9][i as usize % 3], [2e9, 8e9][i as usize % 2]);
            let loss = 1.4 + 0.5 / (0.3 + share) + 30.0 / f64::powf(n, 0.25) + 80.0 / f64::powf(d, 0.25);
            text += &format!(
                "\"run-{i}\",\"{share:.2}\",\"{:.2}\",\"{n}\",\"{d}\",\"{}\",\"{loss:.6}\",\"{loss:.6}\",\"{}\"\n",
                1.0 - share,
                6.0 * n * d / 1e9,
                100 + i
            );
        }
        page.drop_file("h1", "wandb.csv", &text).await;
        page.wait_for("48 observations").await;
        to_a_link(page).await;
        page.screenshot("data-wandb").await;
    });
}

/// Lines of CSV as rows of cells.
fn cells(csv: &str) -> Vec<Vec<&str>> {
    csv.lines().map(|line| line.split(',').collect()).collect()
}

/// A study of `n` runs as CSV: two domains and their own losses.
fn csv(n: u32) -> String {
    let mut text = "weight_web,weight_code,params,tokens,web_loss,code_loss\n".to_string();
    for i in 1..=n {
        let (web, size) = (f64::from(i) / 32.0, 100 * (1 + i % 3));
        let losses = (3.5 - web - 0.125 * f64::from(i % 3), 2.0 + web - 0.0625 * f64::from(i % 3));
        text += &format!("{web},{},{size}000000,{i}000000000,{},{}\n", 1.0 - web, losses.0, losses.1);
    }
    text
}

/// Every form that the field's tools write is recognised in the page as it is in the library.
#[test]
fn every_form_of_a_table_is_read() {
    let joined = |cells: &[&str], by: &str| cells.join(by);
    let lines = |n: u32, by: &str| cells(&csv(n)).iter().map(|cells| joined(cells, by) + "\n").collect::<String>();
    let markdown = |n: u32| {
        let csv = csv(n);
        let rows: Vec<String> = cells(&csv).iter().map(|cells| format!("| {} |", cells.join(" | "))).collect();
        format!("{}\n|---|---|---|---|---|---|\n{}\n", rows[0], rows[1..].join("\n"))
    };
    let json = |n: u32| -> Vec<String> {
        let csv = csv(n);
        let cells = cells(&csv);
        let object = |row: &Vec<&str>| {
            let pairs: Vec<String> =
                cells[0].iter().zip(row).map(|(name, cell)| format!("\"{name}\": {cell}")).collect();
            format!("{{{}}}", pairs.join(", "))
        };
        cells[1..].iter().map(object).collect()
    };
    let columns = |n: u32| {
        let csv = csv(n);
        let cells = cells(&csv);
        let column = |at: usize| cells[1..].iter().map(|row| row[at]).collect::<Vec<_>>().join(", ");
        let columns: Vec<String> =
            cells[0].iter().enumerate().map(|(at, name)| format!("\"{name}\": [{}]", column(at))).collect();
        format!("{{{}}}", columns.join(", "))
    };
    let long = |n: u32| {
        let mut text = "run,params,tokens,domain,weight,loss\n".to_string();
        for (run, row) in cells(&csv(n))[1..].iter().enumerate() {
            let [web, code, size, tokens, web_loss, code_loss] = row[..] else { panic!("six cells") };
            text +=
                &format!("{run},{size},{tokens},web,{web},{web_loss}\n{run},{size},{tokens},code,{code},{code_loss}\n");
        }
        text
    };
    // Two tables: mixtures with an id, and losses with it.
    let two = |n: u32, id: &str, [weight, loss]: [&dyn Fn(&str) -> String; 2]| {
        let (mut mixtures, mut losses) = (
            format!("{id},{},{}\n", weight("web"), weight("code")),
            format!("{id},{},{}\n", loss("web"), loss("code")),
        );
        for (run, row) in cells(&csv(n))[1..].iter().enumerate() {
            mixtures += &format!("{},{},{}\n", run + 1, row[0], row[1]);
            losses += &format!("{},{},{}\n", run + 1, row[4], row[5]);
        }
        format!("{mixtures}\n{losses}")
    };
    let ye = |n: u32| {
        let line = |i: u32, domain: &str| {
            let web = f64::from(i) / 32.0;
            format!(
                "/mnt/ckpts/Pile100B//70M_{i}-{web}-{}/13000\t/data/pythia-pile.valid.{domain}.bin\t{}\n",
                1.0 - web,
                if domain == "Github" { 3.0 - web } else { 2.0 + web }
            )
        };
        (1..=n).flat_map(|i| [line(i, "Github"), line(i, "Pile-CC")]).collect::<String>()
    };
    let scalebench = |n: u32| {
        csv(n)
            .replace("weight_web,weight_code", "proportion_domain_1,proportion_domain_2")
            .replace("web_loss,code_loss", "loss_domain_1,loss_domain_2")
    };
    let isoflop = |n: u32| {
        let line = |i: u32| {
            format!("scalefit,massive,chinchilla,,a__x,1e10,{i}e8,{}e19,{},False\n", i * 6, 3.5 - 0.0625 * f64::from(i))
        };
        "source,dataset,model,condition,experiment,tokens,params,budget,loss,outlier\n".to_string()
            + &(1..=n).map(line).collect::<String>()
    };
    let epoch = |n: u32| {
        let line =
            |i: u32| format!("154.0{i},140.6,#faebdd,{i}00000000.5,{i}e18,#faebdd,{}\n", 5.0 - 0.125 * f64::from(i));
        "x,y,color,Model Size,Training FLOP,hex_color,loss\n".to_string() + &(1..=n).map(line).collect::<String>()
    };
    let swarm = "mixtures · 2 domains · 2 targets";
    let wide = "mixtures · 2 domains · 2 targets · 3 model sizes, 100M to 300M";
    let forms: Vec<(&str, String, u32, &str)> = vec![
        ("CSV", csv(8), 8, wide),
        ("TSV", lines(9, "\t"), 9, wide),
        ("decimal commas", csv(10).replace(',', ";").replace('.', ","), 10, wide),
        ("Markdown", markdown(11), 11, wide),
        ("JSON", format!("[{}]", json(12).join(",\n")), 12, wide),
        ("JSON lines", json(13).join("\n"), 13, wide),
        ("JSON of columns", columns(14), 14, wide),
        ("long", long(15), 15, wide),
        (
            "RegMix",
            two(16, "index", [&|name| format!("train_{name}"), &|name| format!("metric/{name}_val_loss")]),
            16,
            swarm,
        ),
        ("olmix", two(17, "run", [&|name| name.to_string(), &|name| format!("{name}_bpb")]), 17, swarm),
        ("Ye's paths", ye(18), 18, "18 mixtures · 2 domains · 2 targets"),
        ("ScaleBench", scalebench(19), 19, wide),
        ("isoflop", isoflop(20), 20, "1 target · 20 model sizes, 100M to 2B"),
        ("Epoch", epoch(21), 21, "1 target · 21 model sizes, 100M to 2.1B"),
    ];
    in_browser(async |page: &Browser| {
        open_example(page).await;
        for (form, text, n, says) in forms {
            page.paste("[data-test=paste]", &text).await;
            let counted = format!("{n} observations");
            page.wait_for(&counted).await;
            let text = page.text().await;
            let summary = text.lines().find(|line| line.contains(&counted)).unwrap_or_default();
            assert!(summary.contains(says), "{form}: {summary}");
        }
    });
}
