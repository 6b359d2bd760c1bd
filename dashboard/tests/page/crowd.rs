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

    // A snapshot a second comes, so the page's thread keeps its pace.
    let paced = browser.value("performance.getEntriesByType('resource').filter((one) => one.name.includes('/connections')).map((one) => one.duration)").await;
    let slowest = paced
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_f64)
        .fold(0.0, f64::max);
    assert!(slowest < 10_000.0, "{slowest} ms");
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.close().await;
}
