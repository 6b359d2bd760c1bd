//! The controls work for whoever has the token, and for nobody else.

use kai_tcp_server::{ServerState, SuspendedPort};
use kai_tcp_server_dashboard::Dashboard;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::browser::Browser;
use crate::servers::{call, guests};

const TOKEN: &str = "d0f6a9c1b2e84735";

async fn told(browser: &Browser, answer: &str) {
    browser
        .until(&format!("document.getElementById('told').textContent === '{answer}'"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_right_token_controls_a_server_and_a_wrong_one_doesnt() {
    let Some(browser) = Browser::open().await else { return };
    let (server, _go) = guests().await;
    let page = Dashboard::new().port(0).controls(TOKEN).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    browser.until("!document.getElementById('controls').hidden").await;

    for wrong in ["", "d0f6a9c1b2e84736"] {
        browser.fill("token", wrong).await;
        browser.click("#suspend").await;
        told(&browser, "the token is missing or wrong").await;
        assert_eq!(server.info().state, ServerState::Listening);
        browser.value("document.getElementById('told').textContent = ''").await;
    }

    browser.fill("token", TOKEN).await;
    browser.click("#suspend").await;
    told(&browser, "done").await;
    assert_eq!(server.info().state, ServerState::Suspended(SuspendedPort::Kept));
    browser.click("#release").await;
    browser
        .until("document.getElementById('state').textContent === 'suspended, port released'")
        .await;
    browser.click("#resume").await;
    browser
        .until("document.getElementById('state').textContent === 'listening'")
        .await;
    assert_eq!(server.info().state, ServerState::Listening);

    browser.fill("most", "7").await;
    browser.click("#set_most").await;
    browser
        .until("document.getElementById('max_processes').getAttribute('value') === '7'")
        .await;
    assert_eq!(server.info().max_processes, 7);
    browser.fill("most", "0").await;
    browser.click("#set_most").await;
    browser
        .until("document.getElementById('told').textContent.includes('max_processes')")
        .await;
    assert_eq!(server.info().max_processes, 7);

    // A server whose port was bound anew serves, and one of its connections is closed.
    let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
    call(&mut client, "ping", "pong").await;
    browser.until("document.querySelector('#list button')").await;
    browser.click("#list button").await;
    browser.until("!document.getElementById('kick').hidden").await;
    browser.click("#kick").await;
    browser
        .until("document.getElementById('kick_told').textContent === 'done'")
        .await;
    assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_without_a_token_has_no_controls() {
    let Some(browser) = Browser::open().await else { return };
    let (server, _go) = guests().await;
    let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
    call(&mut client, "ping", "pong").await;
    let page = Dashboard::new().port(0).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    browser.until("document.querySelector('#list button')").await;
    browser.click("#list button").await;
    browser
        .until("document.getElementById('session').textContent !== ''")
        .await;
    let shown = "[document.getElementById('controls'), document.getElementById('kick')].some((one) => !one.hidden)";
    assert_eq!(browser.value(shown).await, Value::Bool(false));
    browser.close().await;
}
