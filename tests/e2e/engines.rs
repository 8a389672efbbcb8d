//! The same page in two engines: a link made in one shows the same numbers in the other, and so do fits; and what a user
//! does in the one, the other does as well.

use std::sync::Mutex;

use crate::browser::{Browser, in_chromium, in_firefox};
use crate::charts::{leave_out_a_point, read_charts_of_trust};
use crate::data::edit_cells_and_go_back;
use crate::page::{open_example, optimum, reload_a_draft, take_files};
use crate::sliders::drag_and_come_back;

/// What both engines are asked: the errors of the example's fits as the table shows them, its optimum, and its link.
async fn example(page: &Browser) -> [String; 3] {
    open_example(page).await;
    let optimum = optimum(page).await;
    let fits = page.text_of("[data-test=results]").await;
    page.click("[data-test=share]").await;
    page.wait_for("Link copied.").await;
    let link = page.clipboard().await;
    [fits, optimum, link[link.find('#').expect("a fragment")..].to_string()]
}

#[test]
fn two_engines_show_the_same_numbers() {
    let chromium = Mutex::new(None);
    in_chromium(async |page: &Browser| {
        let example = example(page).await;
        *chromium.lock().unwrap() = Some(example);
    });
    let Some([fits, mixture, link]) = chromium.into_inner().unwrap() else { return };
    in_firefox(async |page: &Browser| {
        assert_eq!(example(page).await, [fits.clone(), mixture.clone(), link.clone()]);
        page.open(&link).await;
        page.wait_for("These fits were not redone here").await;
        assert_eq!(optimum(page).await, mixture);
        page.screenshot("link").await;
    });
}

#[test]
fn what_a_user_does_in_one_engine_the_other_does_too() {
    // One after the other in one browser: a second engine is slow to start. Each begins with the draft of the one before.
    in_firefox(async |page: &Browser| {
        drag_and_come_back(page).await;
        read_charts_of_trust(page).await;
        leave_out_a_point(page).await;
        take_files(page).await;
        edit_cells_and_go_back(page).await;
        reload_a_draft(page).await;
    });
}
