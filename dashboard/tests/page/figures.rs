//! The numbers on the page are those of the program.

use kai_tcp_server::__private::kill_acceptor;
use kai_tcp_server::{Server, SuspendedPort};
use kai_tcp_server_dashboard::Dashboard;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::browser::Browser;
use crate::servers::{call, guests};

fn data(id: &str) -> String {
    format!("document.getElementById('{id}').getAttribute('value')")
}

/// Waits until a figure on the page is this one.
async fn shows(browser: &Browser, id: &str, figure: impl std::fmt::Display) {
    browser.until(&format!("{} === '{figure}'", data(id))).await;
}

/// Waits until all figures of the page are those of the server, which is at rest.
async fn agrees(browser: &Browser, server: &Server) {
    let info = server.info();
    shows(browser, "connections", info.curr_connections).await;
    shows(browser, "max_processes", info.max_processes).await;
    shows(browser, "accepted", info.accepted).await;
    shows(browser, "calls", info.calls).await;
    shows(browser, "bytes_in", info.bytes_in).await;
    shows(browser, "bytes_out", info.bytes_out).await;
    shows(browser, "restarts", info.restarts).await;
}

/// Waits until the server, which has all that it needs for it, is so far.
async fn until(is_so_far: impl Fn() -> bool) {
    while !is_so_far() {
        tokio::task::yield_now().await;
    }
}

/// Returns the texts of the cells of a table's rows.
async fn rows(browser: &Browser, body: &str) -> Vec<Vec<String>> {
    let script = format!(
        "[...document.getElementById('{body}').rows].map((row) => [...row.cells].map((cell) => cell.querySelector('data')?.value ?? cell.textContent))"
    );
    serde_json::from_value(browser.value(&script).await).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_page_shows_is_what_the_server_counts() {
    let Some(browser) = Browser::open().await else { return };
    let (server, _go) = guests().await;
    let page = Dashboard::new().port(0).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    agrees(&browser, &server).await;

    let mut clients = Vec::new();
    for calls in 1..=3 {
        let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
        for _ in 0..calls {
            call(&mut client, "ping", "pong").await;
        }
        call(&mut client, "say hello", "said").await;
        clients.push(client);
    }
    // A client may have its reply before the server has counted it.
    until(|| server.info().bytes_out == 6 * 5 + 3 * 5).await;
    agrees(&browser, &server).await;
    let info = server.info();
    assert_eq!((info.curr_connections, info.calls), (3, 9));
    let arms = rows(&browser, "arms").await;
    let shown: Vec<_> = arms.iter().map(|row| (row[0].clone(), row[2].clone())).collect();
    let counted: Vec<_> = info
        .arms
        .iter()
        .map(|arm| (arm.name.to_owned(), arm.calls.to_string()))
        .collect();
    assert_eq!(shown, counted);
    // An arm that was called has a time.
    assert!(arms[0][4].ends_with('s') && arms[0][5].ends_with('s'), "{:?}", arms[0]);
    assert_eq!(arms[1][4..6], ["–", "–"]);

    // The list, by calls: the one with the most is the first.
    browser.click("[data-sort=calls]").await;
    browser
        .until("document.querySelector('#list tr td:nth-child(4) data')?.value === '4'")
        .await;
    let list = rows(&browser, "list").await;
    let mut listed = server.connections();
    listed.reverse();
    assert_eq!(list.len(), 3);
    for (row, info) in list.iter().zip(listed) {
        let figures = [info.calls, info.bytes_in, info.bytes_out].map(|figure| figure.to_string());
        assert_eq!(row[0], info.id.to_string());
        assert_eq!(row[1], info.peer_addr.to_string());
        assert_eq!(row[3..6], figures);
    }

    // One that ends is counted by its reason.
    drop(clients.pop());
    until(|| server.info().curr_connections == 2).await;
    agrees(&browser, &server).await;
    browser
        .until("document.getElementById('ended').textContent.includes('closed by the peer')")
        .await;
    server.suspend(SuspendedPort::Kept).unwrap();
    browser
        .until("document.getElementById('state').textContent === 'suspended'")
        .await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_acceptor_appears_as_a_restart() {
    let Some(browser) = Browser::open().await else { return };
    let (server, _go) = guests().await;
    let page = Dashboard::new().port(0).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    shows(&browser, "restarts", 0).await;
    assert!(kill_acceptor(&server, 1));
    shows(&browser, "restarts", 1).await;
    let alarm = browser
        .value("document.getElementById('restarts_card').classList.contains('alarm')")
        .await;
    assert_eq!(alarm, Value::Bool(true));
    browser
        .until("document.getElementById('log').textContent.includes('Guests: 1 restarted')")
        .await;
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_protocol_and_tree_are_the_servers() {
    let Some(browser) = Browser::open().await else { return };
    let (server, _go) = guests().await;
    let page = Dashboard::new().port(0).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    browser
        .until("document.getElementById('options').rows.length > 0")
        .await;
    browser.click("#options_all").await;
    let shown = rows(&browser, "options").await;
    let options = server.options().into_iter().map(|option| {
        let value = option.value.unwrap_or_else(|| "none".to_owned());
        vec![option.name.to_owned(), value, option.source.to_string()]
    });
    assert_eq!(shown, options.collect::<Vec<_>>());
    let protocol = rows(&browser, "protocol").await;
    assert_eq!(protocol[0], ["ping", "ping", "", "no", "Says nothing of it."]);
    assert_eq!(protocol[2][..2], ["say", "say {words..}"]);
    assert_eq!(protocol[3][3], "yes");
    let tree = browser.value("document.getElementById('tree').textContent").await;
    assert!(tree.as_str().unwrap().contains("monitor: 0 connected"), "{tree}");
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_fits_a_phone_and_knows_dark_mode() {
    let Some(browser) = Browser::open().await else { return };
    let (server, _go) = guests().await;
    let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
    call(&mut client, "ping", "pong").await;
    let page = Dashboard::new().port(0).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    let phone = serde_json::json!({"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true});
    browser.devtools("Emulation.setDeviceMetricsOverride", phone).await;
    shows(&browser, "connections", 1).await;
    let fits = browser.value("document.documentElement.scrollWidth <= 360").await;
    assert_eq!(fits, Value::Bool(true));
    let ground = "getComputedStyle(document.body).backgroundColor";
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        let media = serde_json::json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.devtools("Emulation.setEmulatedMedia", media).await;
        grounds.push(browser.value(ground).await);
    }
    assert_ne!(grounds[0], grounds[1]);
    browser.close().await;
}
