//! How long the page takes, told and never judged: machines differ. `make bench-page` runs it.

use std::io::{self, Write as _};
use std::time::Instant;

use crate::browser::{Browser, in_chromium};
use crate::page::{FIT, data, fit, open_example, optimum, paste};

/// Remembers when the page could be used, and each task that kept it from answering for 50 ms or more.
const WATCH: &str = "
    window.longTasks = [];
    new PerformanceObserver(list => longTasks.push(...list.getEntries().map(task => [task.startTime, task.duration])))
        .observe({ type: 'longtask', buffered: true });
    new MutationObserver((_, self) => {
        if (!document.querySelector('[data-test=paste]')) return;
        window.usableAfter = performance.now();
        self.disconnect();
    }).observe(document, { childList: true, subtree: true });";

/// The longest task since the last call, in milliseconds, and how many there were.
async fn long_tasks(page: &Browser) -> String {
    let taken = page.run("return longTasks.splice(0).map(task => Math.round(task[1]))", &[]).await;
    let durations: Vec<u64> =
        taken.as_array().expect("a list").iter().filter_map(|duration| duration.as_u64()).collect();
    match durations.iter().max() {
        None => "no task of 50 ms or more".to_string(),
        Some(longest) => format!("{} tasks of 50 ms or more, the longest {longest} ms", durations.len()),
    }
}

#[test]
#[ignore = "a measurement, not a test: make bench-page"]
fn how_long_the_page_takes() {
    let Some(table) = data("slimpajama_paper_split.csv") else { return };
    let say = |text: String| writeln!(io::stderr(), "{text}").expect("standard error");
    in_chromium(async |page: &Browser| {
        page.run_first(WATCH).await;
        for visit in ["first", "second"] {
            open_example(page).await;
            let usable = page.run("return usableAfter", &[]).await.as_f64().unwrap_or(f64::NAN);
            say(format!(
                "{visit} visit: usable after {usable:.0} ms; until the sample is fitted {}",
                long_tasks(page).await
            ));
        }
        let started = Instant::now();
        paste(page, &table, "1,574 observations").await;
        say(format!(
            "SlimPajama runs: read after {:.2} s; {}",
            started.elapsed().as_secs_f64(),
            long_tasks(page).await
        ));
        for law in ["additive", "joint"] {
            let started = Instant::now();
            fit(page, law).await;
            let fitted = started.elapsed().as_secs_f64();
            optimum(page).await;
            say(format!("{law}, 8 targets: {fitted:.1} s; {}", long_tasks(page).await));
        }
        fit(page, "additive").await;
        optimum(page).await;
        long_tasks(page).await;
        page.paste("[data-test=replicates]", "200").await;
        let started = Instant::now();
        page.click("[data-test=bootstrap]").await;
        page.wait_until(
            "return document.querySelector('[data-test=bootstrap-status]')?.textContent === '200 replicates'",
            FIT,
        )
        .await;
        let taken = started.elapsed().as_secs_f64();
        say(format!("200 replicates of the additive law through to h*: {taken:.1} s; {}", long_tasks(page).await));
    });
}
