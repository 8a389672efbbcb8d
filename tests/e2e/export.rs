//! Files that the page gives, and takes back.

use crate::browser::{Browser, in_browser};
use crate::page::{FIT, open_example, optimum};

async fn file(page: &Browser, button: &str, name: &str) -> String {
    page.click(&format!("[data-test=download-{button}]")).await;
    String::from_utf8(page.downloaded(name).await).expect("text")
}

#[test]
fn files_are_saved_and_a_project_is_opened_again() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let before = optimum(page).await;
        let python = file(page, "python", "law.py").await;
        assert!(python.contains("import numpy") && python.contains("def loss("), "{python}");
        let latex = file(page, "latex", "law.tex").await;
        assert!(latex.contains("\\begin{tabular}") && latex.contains("\\frac"), "{latex}");
        let project = file(page, "project", "project.json").await;
        let other = page.someone_else().await;
        open_example(&other).await;
        other.choose("[data-test=samples]", "multimodal models, 3 domains").await;
        other.wait_for("Fit finished: joint law").await;
        other.drop_file("h1", "project.json", &project).await;
        other.wait_for("400 observations").await;
        other.wait_for("arxiv_loss").await;
        assert_eq!(optimum(&other).await, before);
    });
}

#[test]
fn a_picture_of_a_chart_opens_the_answer_that_it_shows() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        let answer = optimum(page).await;
        page.wait_until("return document.querySelectorAll('[data-test=finding]').length === 4", FIT).await;
        let chart = ".chart:has([data-test=chart-mixtures])";
        page.click(&format!("{chart} .chart-numbers summary")).await;
        page.click(&format!("{chart} [data-test=save-png-1]")).await;
        let stem = "mixtures";
        let picture = page.downloaded(&format!("{stem}.png")).await;

        let other = page.someone_else().await;
        open_example(&other).await;
        other.choose("[data-test=samples]", "multimodal models, 3 domains").await;
        other.wait_for("Fit finished: joint law").await;
        other.click("[data-test=tab-data]").await;
        // What is cut off is a picture without a link, and nothing is opened.
        other.pick_file("[data-test=file]", "cut.png", &picture[..picture.len().min(100)]).await;
        other.wait_for("cut.png: this is a PNG picture, not text").await;
        other.pick_file("[data-test=file]", "chart.png", &picture).await;
        other.wait_for("These fits were not redone here").await;
        assert_eq!(optimum(&other).await, answer);
    });
}
