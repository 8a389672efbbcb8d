//! Files that the page gives, and takes back.

use crate::browser::{Browser, in_browser};
use crate::page::{open_example, optimum};

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
