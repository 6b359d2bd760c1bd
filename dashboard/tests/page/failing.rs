//! A request that fails once is made again: the page is whole without a reload.

use kai_tcp_server_dashboard::Dashboard;
use serde_json::json;

use crate::browser::Browser;
use crate::servers::guests_in_memory;

/// Lets the first request to each path fail in this way, before the page's script runs.
fn each_fails_once(way: &str) -> String {
    format!(
        "const whole = window.fetch;
         window.failed = new Set();
         window.fetch = (path, ...more) => {{
           const [plain] = String(path).split('?');
           if (window.failed.has(plain)) {{ return whole(path, ...more); }}
           window.failed.add(plain);
           return {way};
         }};"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_whole_though_each_request_failed_once() {
    for way in [
        "Promise.reject(new TypeError('no answer'))",
        "Promise.resolve(new Response('', { status: 503 }))",
    ] {
        let Some(browser) = Browser::open().await else { return };
        let server = guests_in_memory().await;
        let page = Dashboard::new().port(0).controls("d0f6a9c1b2e84735").start().unwrap();
        let script = json!({"source": each_fails_once(way)});
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", script).await;
        browser
            .goto(&format!("{}#server={}", page.url(), server.number()))
            .await;
        for whole in [
            "document.title.endsWith(' · servers')",
            "document.getElementById('process').textContent.startsWith('process ')",
            "!document.getElementById('controls').hidden",
            "document.getElementById('where').textContent === 'page 1 of 1, 0 in all'",
            "document.querySelectorAll('#tree li').length > 0",
            "!document.getElementById('protocol_part').hidden",
            "document.querySelectorAll('#protocol tr').length === 4",
            "document.querySelectorAll('#options tr').length > 0",
        ] {
            browser.until(whole).await;
        }
        let failed = browser.value("window.failed.size").await;
        assert_eq!(failed, json!(5), "about, connections, tree, protocol, options");
        assert_eq!(browser.console().await, Vec::<String>::new());
        browser.close().await;
        server.stop().await;
    }
}
