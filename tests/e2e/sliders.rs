//! Sliders: what follows is shown while they move, and a drag is one step of undo.

use std::time::Duration;

use serde_json::json;

use crate::browser::{Browser, SOON, in_browser};
use crate::page::{open_example, optimum, pictures};

// Keys as WebDriver names them.
const LEFT: &str = "\u{E012}";
const RIGHT: &str = "\u{E014}";

/// Drags a slider over these places, from 0 to 200, and holds it there.
async fn drag(page: &Browser, selector: &str, places: &[u32]) {
    for place in places {
        let script = "const slider = document.querySelector(arguments[0]);
            slider.value = arguments[1];
            slider.dispatchEvent(new Event('input', { bubbles: true }));";
        page.run(script, &[json!(selector), json!(place)]).await;
        page.wait(Duration::from_millis(30)).await;
    }
}

async fn let_go(page: &Browser, selector: &str) {
    let script = "document.querySelector(arguments[0]).dispatchEvent(new Event('change', { bubbles: true }))";
    page.run(script, &[json!(selector)]).await;
    // After this pause it is a step.
    page.wait(Duration::from_millis(800)).await;
}

async fn at(page: &Browser, selector: &str) -> u32 {
    page.value_of(selector).await.parse().expect("a place")
}

/// Drags the slider of N by its thumb and back to where it began, of which not every browser makes a change: what is
/// typed after it is a step of its own all the same.
pub async fn drag_and_come_back(page: &Browser) {
    open_example(page).await;
    optimum(page).await;
    let (slider, field) = ("[data-test=slide-n]", "[data-test=scenario-n]");
    let thumb = "const slider = document.querySelector(arguments[0]);
        slider.scrollIntoView({ block: 'center' });
        const box = slider.getBoundingClientRect(), share = slider.value / slider.max;
        return [box.x + 8 + share * (box.width - 16), box.y + box.height / 2]";
    let thumb = page.run(thumb, &[json!(slider)]).await;
    let [x, y] = [0, 1].map(|at| thumb[at].as_f64().expect("a place"));
    let (from, typed) = (at(page, slider).await, page.value_of(field).await);
    page.drag((x, y), &[60.0, -60.0]).await;
    page.wait(Duration::from_millis(800)).await;
    // A step of the slider is about a pixel wide.
    assert!(at(page, slider).await.abs_diff(from) <= 1, "it is back");
    let dragged = page.value_of(field).await;
    assert_ne!(dragged, typed, "it has moved");
    page.paste(field, "9B").await;
    page.wait(Duration::from_millis(800)).await;
    page.click("[data-test=undo]").await;
    page.wait_until(&format!("return document.querySelector('{field}').value === '{dragged}'"), SOON).await;
    page.click("[data-test=undo]").await;
    page.wait_until(&format!("return document.querySelector('{field}').value === '{typed}'"), SOON).await;
}

#[test]
fn a_slider_of_n_moves_the_answer() {
    in_browser(async |page: &Browser| {
        drag_and_come_back(page).await;
        let (slider, field) = ("[data-test=slide-n]", "[data-test=scenario-n]");
        let mean = "return document.querySelector('[data-test=losses] tfoot').textContent";
        let before = page.run(mean, &[]).await;
        assert_eq!(page.value_of(field).await, "7B");
        drag(page, slider, &[100, 120, 140, 160, 180, 200]).await;
        assert_eq!(page.value_of(field).await, "320B", "a hundred times the largest in the data");
        page.wait_until(
            &format!("return document.querySelector('[data-test=losses] tfoot').textContent !== {before}"),
            SOON,
        )
        .await;
        page.wait_for("N is 100 times your largest model (3.2B)").await;
        let_go(page, slider).await;
        page.click("[data-test=undo]").await;
        page.wait_until(&format!("return document.querySelector('{field}').value === '7B'"), SOON).await;
        // A step by key; and what is typed moves the slider.
        let here = at(page, slider).await;
        page.type_into(slider, RIGHT).await;
        page.wait_until(&format!("return document.querySelector('{field}').value !== '7B'"), SOON).await;
        assert_eq!(at(page, slider).await, here + 1);
        page.paste(field, "200M").await;
        page.wait_until(&format!("return document.querySelector('{slider}').value === '0'"), SOON).await;
        drag(page, "[data-test=slide-d]", &[0]).await;
        assert_eq!(page.value_of("[data-test=scenario-d]").await, "4B");
        let_go(page, "[data-test=slide-d]").await;
        pictures(page, "sliders-scale").await;

        // What goes wrong in one effect, here a text that refuses to change, does not keep others from running.
        page.paste(field, "32B").await;
        page.wait_for("N is 10 times your largest model").await;
        let refuse = "const text = Object.getOwnPropertyDescriptor(Node.prototype, 'nodeValue');
            const refuse = () => { window.refused = true; throw new Error('refused') };
            Object.defineProperty(Node.prototype, 'nodeValue', { ...text, set: refuse });
            window.allow = () => Object.defineProperty(Node.prototype, 'nodeValue', text)";
        page.run(refuse, &[]).await;
        page.paste(field, "64B").await;
        page.wait_until("return window.refused === true", SOON).await;
        page.run("window.allow()", &[]).await;
        assert!(!page.take_console().await.is_empty());
        page.paste(field, "320B").await;
        page.wait_until(&format!("return document.querySelector('{slider}').value === '200'"), SOON).await;
    });
}

#[test]
fn shares_of_a_mixture_are_moved() {
    in_browser(async |page: &Browser| {
        open_example(page).await;
        optimum(page).await;
        page.click("[data-test=mixture-sliders] summary").await;
        let shares = async |page: &Browser| {
            let script = "return [...document.querySelectorAll('[data-test=mixture-sliders] output')]
                .map(one => parseFloat(one.textContent))";
            let shares = page.run(script, &[]).await;
            shares.as_array().expect("shares").iter().map(|share| share.as_f64().expect("a number")).collect::<Vec<_>>()
        };
        let wikipedia = "[data-test=mixture-sliders] div:last-of-type [data-test=slide-share]";
        drag(page, wikipedia, &[60, 200, 100]).await;
        page.wait_for("wikipedia = 50 %").await;
        page.wait_for("Predicted losses: arxiv_loss ").await;
        let moved = shares(page).await;
        // The end of the slider has not made the others forget their proportions.
        assert!((moved.iter().sum::<f64>() - 100.0).abs() < 0.5 && moved[..6].iter().all(|h| (h - 8.3).abs() < 0.1));
        // A second finger on another slider, while this one is held: it goes on from what it finds.
        drag(page, "[data-test=mixture-sliders] div:first-of-type [data-test=slide-share]", &[20, 100]).await;
        page.wait_for("arxiv = 50 %").await;
        let moved = shares(page).await;
        assert!((moved[6] - 27.3).abs() < 0.1 && (moved[1] - 4.5).abs() < 0.1, "{moved:?}");
        let regret = page.text_of("[data-test=slid-losses]").await;
        drag(page, wikipedia, &[40]).await;
        page.wait_until(
            &format!("return document.querySelector('[data-test=slid-losses]').textContent !== {}", json!(regret)),
            SOON,
        )
        .await;
        let_go(page, wikipedia).await;
        pictures(page, "sliders-mixture").await;
        // Keys in a row are one step.
        page.type_into(wikipedia, &LEFT.repeat(3)).await;
        page.wait_for("wikipedia = 18.5 %").await;
        page.wait(Duration::from_millis(800)).await;
        page.click("[data-test=undo]").await;
        page.wait_for("wikipedia = 20 %").await;
        page.click("[data-test=undo]").await;
        page.wait_until("return !document.querySelector('[data-test=slid-losses]').textContent", SOON).await;
    });
}
