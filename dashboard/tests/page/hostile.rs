//! The bytes of a peer are shown as they are, and are never markup.

use kai_tcp_server::{start, with};
use kai_tcp_server_dashboard::Dashboard;
use serde_json::Value;

use crate::browser::Browser;
use crate::servers::{Guests, call, caller, guests_in_memory};

const EVIL: &str = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>";

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_session_is_text() {
    let Some(browser) = Browser::open().await else { return };
    let server = guests_in_memory().await;
    let mut peer = caller(&server).await;
    call(&mut peer, &format!("say {EVIL}\u{202e}\u{7}"), "said").await;
    let page = Dashboard::new().port(0).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    browser.until("document.querySelector('#list button')").await;
    browser.click("#list button").await;
    browser
        .until("document.getElementById('session').textContent !== ''")
        .await;
    let shown = browser.value("document.getElementById('session').textContent").await;
    let shown = shown.as_str().unwrap();
    assert!(shown.contains(EVIL), "{shown}");
    assert!(!shown.contains(['\u{202e}', '\u{7}']), "{shown}");
    is_unharmed(&browser).await;
    browser.close().await;
}

/// Names are the program's, which may make them of what it was told.
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_name_is_text() {
    let Some(browser) = Browser::open().await else { return };
    let guests = Guests::of_nobody();
    let server = start(with(guests, Guests::OPTIONS.in_memory().name(EVIL)))
        .await
        .unwrap();
    let page = Dashboard::new().port(0).start().unwrap();
    browser
        .goto(&format!("{}#server={}", page.url(), server.number()))
        .await;
    browser
        .until("document.getElementById('name').textContent !== ''")
        .await;
    let shown = browser.value("document.getElementById('name').textContent").await;
    assert_eq!(shown, Value::from(EVIL));
    is_unharmed(&browser).await;
    browser.close().await;
}

async fn is_unharmed(browser: &Browser) {
    let made = browser
        .value("document.querySelectorAll('main img, dialog img, main script, dialog script').length")
        .await;
    assert_eq!(made, Value::from(0));
    let title = browser.value("document.title").await;
    assert!(!title.as_str().unwrap().contains("owned"), "{title}");
    assert_eq!(browser.console().await, Vec::<String>::new());
}

/// The browser keeps scripts from making markup, whatever a later change of the page does.
#[tokio::test(flavor = "multi_thread")]
async fn the_browser_refuses_markup_and_foreign_resources() {
    let Some(browser) = Browser::open().await else { return };
    let page = Dashboard::new().port(0).start().unwrap();
    browser.goto(&page.url()).await;
    browser
        .until("document.getElementById('live').dataset.state === 'live'")
        .await;
    assert_eq!(browser.console().await, Vec::<String>::new());
    let refused = "(() => { try { document.body.innerHTML = '<b>x</b>'; return false } catch { return true } })()";
    assert_eq!(browser.value(refused).await, Value::Bool(true));
    let inline = "(() => { const script = document.createElement('script'); try { script.textContent = 'document.title = 1'; } catch { return true } document.body.append(script); return document.title !== '1' })()";
    assert_eq!(browser.value(inline).await, Value::Bool(true));
    // The console would have said so.
    assert!(
        browser
            .console()
            .await
            .iter()
            .any(|line| line.contains("Content Security Policy") || line.contains("TrustedHTML"))
    );
    browser.close().await;
}
