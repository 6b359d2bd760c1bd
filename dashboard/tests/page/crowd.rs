//! Ten thousand connections don't stall the page.

use kai_tcp_server_dashboard::Dashboard;
use serde_json::Value;

use crate::browser::Browser;
use crate::servers::{call, caller, guests_in_memory};

const CROWD: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_ten_thousand_connections_is_a_page() {
    let Some(browser) = Browser::open().await else { return };
    let server = guests_in_memory().await;
    let mut crowd = Vec::with_capacity(CROWD);
    for _ in 0..CROWD {
        crowd.push(caller(&server).await);
    }
    let page = Dashboard::new().port(0).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    browser
        .until("document.getElementById('connections').getAttribute('value') === '10000'")
        .await;
    browser
        .until("document.querySelectorAll('#list tr').length === 50")
        .await;
    let shown = browser.value("document.getElementById('where').textContent").await;
    assert_eq!(shown, Value::from("page 1 of 200, 10,000 in all"));
    // The tree is cut, and says so.
    browser
        .until("document.getElementById('tree').textContent.includes(' more')")
        .await;
    let nodes = browser.value("document.querySelectorAll('#tree li').length").await;
    assert!(nodes.as_u64().unwrap() < 200, "{nodes}");

    // Calls go on, and the page follows them: the busiest is found among all.
    for _ in 0..5 {
        call(&mut crowd[7_777], "ping", "pong").await;
    }
    browser.click("[data-sort=calls]").await;
    let busiest = server.connections()[7_777].id;
    browser
        .until(&format!(
            "document.querySelector('#list tr td').textContent === '{busiest}'"
        ))
        .await;
    browser.click("#next").await;
    browser
        .until("document.getElementById('where').textContent.startsWith('page 2 of')")
        .await;
    let calls = server.info().calls;
    browser
        .until(&format!(
            "document.getElementById('calls').getAttribute('value') === '{calls}'"
        ))
        .await;

    // A snapshot a second comes, and the page asks for its connections at each: neither its thread
    // nor the browser's is blocked. The medians count, as a busy machine delays one of them.
    browser.value("performance.clearResourceTimings()").await;
    let refreshes = "performance.getEntriesByType('resource').filter((one) => one.name.includes('/connections'))";
    browser.until(&format!("{refreshes}.length > 5")).await;
    let apart = "map((one, place, all) => one.startTime - all[place - 1]?.startTime).slice(1)";
    let apart = median(&browser, &format!("{refreshes}.{apart}")).await;
    let took = median(&browser, &format!("{refreshes}.map((one) => one.duration)")).await;
    assert!(apart < 2000.0 && took < 1000.0, "{apart} ms apart, each took {took} ms");
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.close().await;
}

/// Returns the median of the numbers that an expression of the page's script is.
async fn median(browser: &Browser, expression: &str) -> f64 {
    let mut numbers: Vec<f64> = serde_json::from_value(browser.value(expression).await).unwrap();
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
