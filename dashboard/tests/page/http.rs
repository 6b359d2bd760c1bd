//! The page over HTTP: who may ask, what is answered, and what is bounded. No browser is needed.

use std::net::SocketAddr;

use kai_tcp_server::{ServerState, start, with};
use kai_tcp_server_dashboard::{Dashboard, Error, Page};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::servers::{Guests, call, caller, guests, guests_in_memory};

const TOKEN: &str = "d0f6a9c1b2e84735";

fn open() -> Page {
    Dashboard::new().port(0).start().unwrap()
}

/// Sends a request as it is, and returns the whole answer.
async fn ask(to: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

fn request(method: &str, path: &str, host: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n")
}

async fn get(page: &Page, path: &str) -> String {
    ask(page.addr(), &request("GET", path, &page.addr().to_string(), "")).await
}

async fn post(page: &Page, path: &str, headers: &str, body: &str) -> String {
    let length = format!("Content-Length: {}\r\n{headers}", body.len());
    let head = request("POST", path, &page.addr().to_string(), &length);
    ask(page.addr(), &(head + body)).await
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or(answer)
}

#[tokio::test]
async fn every_answer_holds_the_browser_to_the_page_itself() {
    let page = open();
    for path in [
        "/",
        "/page.js",
        "/page.css",
        "/icon.svg",
        "/api/about",
        "/nothing",
        "/api/servers/0/tree",
    ] {
        let answer = get(&page, path).await;
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'\r\n",
            "x-content-type-options: nosniff\r\n",
            "referrer-policy: no-referrer\r\n",
            "cache-control: no-store\r\n",
        ] {
            assert!(answer.contains(header), "{path}: {answer}");
        }
        assert!(!answer.to_ascii_lowercase().contains("access-control-"), "{answer}");
    }
}

#[tokio::test]
async fn names_of_other_sites_are_refused() {
    let page = open();
    let port = page.addr().port();
    for host in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
    ] {
        assert_eq!(
            status(&ask(page.addr(), &request("GET", "/", &host, "")).await),
            "200",
            "{host}"
        );
    }
    for host in [
        format!("evil.example:{port}"),
        "localhost:1".to_owned(),
        "evil.example".to_owned(),
    ] {
        for path in ["/", "/api/events", "/api/about"] {
            assert_eq!(
                status(&ask(page.addr(), &request("GET", path, &host, "")).await),
                "421",
                "{host} {path}"
            );
        }
    }
    let named = Dashboard::new().port(0).host("dash.example").start().unwrap();
    assert_eq!(
        status(&ask(named.addr(), &request("GET", "/", "dash.example", "")).await),
        "200"
    );
}

#[tokio::test]
async fn pages_of_other_sites_see_nothing() {
    let page = open();
    let host = page.addr().to_string();
    for path in ["/api/events", "/api/about", "/api/servers/1/connections"] {
        let answer = ask(
            page.addr(),
            &request("GET", path, &host, "Sec-Fetch-Site: cross-site\r\n"),
        )
        .await;
        assert_eq!(status(&answer), "403", "{path}");
    }
    // A link may lead to the page itself.
    let linked = ask(
        page.addr(),
        &request("GET", "/", &host, "Sec-Fetch-Site: cross-site\r\n"),
    )
    .await;
    assert_eq!(status(&linked), "200");
}

#[tokio::test]
async fn a_page_without_a_token_has_no_path_that_changes_anything() {
    let page = open();
    let (server, _go) = guests().await;
    let number = server.number();
    for path in ["suspend", "resume", "max_processes", "connections/1/close"] {
        let path = format!("/api/servers/{number}/{path}");
        let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
        assert_eq!(status(&post(&page, &path, &bearer, "{}").await), "404", "{path}");
        assert_eq!(status(&get(&page, &path).await), "404", "{path}");
    }
    for path in ["/", "/api/about", "/api/events"] {
        assert_eq!(status(&post(&page, path, "", "").await), "405", "{path}");
    }
    assert_eq!(server.info().state, ServerState::Listening);
}

#[tokio::test]
async fn a_control_needs_the_token_in_its_header_and_the_page_as_its_origin() {
    let page = Dashboard::new().port(0).controls(TOKEN).start().unwrap();
    let (server, _go) = guests().await;
    let path = format!("/api/servers/{}/suspend", server.number());
    let bearer = format!("Authorization: Bearer {TOKEN}\r\n");
    assert_eq!(status(&get(&page, &path).await), "405");
    for (headers, expected) in [
        (String::new(), "401"),
        (format!("Authorization: Basic {TOKEN}\r\n"), "401"),
        (format!("Cookie: token={TOKEN}\r\n"), "401"),
        (format!("Origin: http://evil.example\r\n{bearer}"), "403"),
        (format!("Origin: null\r\n{bearer}"), "403"),
        (format!("Sec-Fetch-Site: same-site\r\n{bearer}"), "403"),
    ] {
        assert_eq!(status(&post(&page, &path, &headers, "{}").await), expected, "{headers}");
        assert_eq!(server.info().state, ServerState::Listening, "{headers}");
    }
    let origin = format!("Origin: http://{}\r\n{bearer}", page.addr());
    assert_eq!(status(&post(&page, &path, &origin, "{}").await), "200");
    assert_ne!(server.info().state, ServerState::Listening);
    // Paths that are too long, or of no server.
    assert_eq!(status(&post(&page, &path, &bearer, &"x".repeat(2000)).await), "413");
    assert_eq!(
        status(&post(&page, "/api/servers/0/suspend", &bearer, "{}").await),
        "404"
    );
}

#[tokio::test]
async fn wrong_tokens_are_limited() {
    let page = Dashboard::new().port(0).controls(TOKEN).start().unwrap();
    let path = "/api/servers/0/suspend";
    for _ in 0..5 {
        assert_eq!(
            status(&post(&page, path, "Authorization: Bearer wrong\r\n", "{}").await),
            "401"
        );
    }
    let right = format!("Authorization: Bearer {TOKEN}\r\n");
    assert_eq!(status(&post(&page, path, &right, "{}").await), "429");
}

#[tokio::test]
async fn a_page_that_would_be_open_by_mistake_doesnt_start() {
    for weak in ["", "secret"] {
        let error = Dashboard::new().port(0).controls(weak).start().unwrap_err();
        assert!(matches!(error, Error::WeakToken { .. }), "{error}");
    }
    let everywhere: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let error = Dashboard::new().listen(everywhere).start().unwrap_err();
    assert!(matches!(error, Error::NotLoopback(_)), "{error}");
    let page = Dashboard::new().beyond_loopback(everywhere).start().unwrap();
    assert!(page.addr().ip().is_unspecified());
    let taken = Dashboard::new().port(page.addr().port()).start().unwrap_err();
    assert!(matches!(taken, Error::Listen(..)), "{taken}");
}

/// Reads events until one is about this server as expected.
async fn event(stream: &mut BufReader<TcpStream>, wanted: impl Fn(&serde_json::Value) -> bool) {
    let mut line = String::new();
    loop {
        line.clear();
        assert_ne!(stream.read_line(&mut line).await.unwrap(), 0, "the stream ended");
        let Some(data) = line.strip_prefix("data: ") else {
            continue;
        };
        let event: serde_json::Value = serde_json::from_str(data).unwrap();
        if event["servers"].as_array().unwrap().iter().any(&wanted) {
            return;
        }
    }
}

async fn events(page: &Page) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(page.addr()).await.unwrap();
    let request = request("GET", "/api/events", &page.addr().to_string(), "");
    stream.write_all(request.as_bytes()).await.unwrap();
    BufReader::new(stream)
}

#[tokio::test]
async fn the_stream_tells_of_servers_that_start_change_and_end() {
    let page = open();
    let mut stream = events(&page).await;
    let server = guests_in_memory().await;
    let number = server.number();
    event(&mut stream, |one| one["number"] == number && one["calls"] == 0).await;
    let mut client = caller(&server).await;
    call(&mut client, "ping", "pong").await;
    event(&mut stream, |one| {
        one["number"] == number && one["calls"] == 2 && one["connections"] == 1
    })
    .await;
    server.stop().await;
    let later = guests_in_memory().await;
    event(&mut stream, |one| one["number"] == later.number()).await;
}

#[tokio::test]
async fn the_stream_has_a_limit_of_viewers() {
    let page = open();
    let mut viewers = Vec::new();
    for _ in 0..16 {
        let mut viewer = events(&page).await;
        let mut line = String::new();
        viewer.read_line(&mut line).await.unwrap();
        assert_eq!(status(&line), "200");
        viewers.push(viewer);
    }
    assert_eq!(status(&get(&page, "/api/events").await), "503");
    // Others are still answered.
    assert_eq!(status(&get(&page, "/").await), "200");
}

/// A client that never ends its request is cut, so it holds its place for no longer than that.
#[tokio::test]
async fn slow_clients_are_cut() {
    let page = open();
    let mut slow = TcpStream::connect(page.addr()).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").await.unwrap();
    let mut rest = Vec::new();
    // Either way of an end is one.
    let _ = slow.read_to_end(&mut rest).await;
    let mut silent = TcpStream::connect(page.addr()).await.unwrap();
    let _ = silent.read_to_end(&mut rest).await;
}

#[tokio::test]
async fn a_head_without_an_end_is_refused() {
    let page = open();
    let mut stream = TcpStream::connect(page.addr()).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(64 * 1024));
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
}

#[tokio::test]
async fn a_busy_connection_says_so_and_is_not_waited_for() {
    let page = open();
    let (server, go) = guests().await;
    let mut client = TcpStream::connect(server.local_addr()).await.unwrap();
    call(&mut client, "ping", "pong").await;
    let id = server.connections()[0].id.to_string();
    let path = format!(
        "/api/servers/{}/connections/{}",
        server.number(),
        id.trim_start_matches('#')
    );
    assert!(get(&page, &path).await.contains("\"kind\":\"session\""));
    client.write_all(b"wait\n").await.unwrap();
    while server.info().calls < 2 {
        tokio::task::yield_now().await;
    }
    assert!(get(&page, &path).await.contains("\"kind\":\"busy\""));
    go.add_permits(1);
}

#[tokio::test]
async fn a_page_that_is_stopped_frees_its_port_and_its_viewers() {
    let page = open();
    let mut viewer = events(&page).await;
    viewer.read_line(&mut String::new()).await.unwrap();
    page.stop().await;
    let mut rest = Vec::new();
    let _ = viewer.read_to_end(&mut rest).await;
    let again = Dashboard::new().listen(page.addr()).start().unwrap();
    assert_eq!(again.addr(), page.addr());
    again.stop().await;
    again.stop().await;
}

#[tokio::test]
async fn odd_requests_are_answered_and_harm_nothing() {
    let page = open();
    let server = start(with(Guests::of_nobody(), Guests::OPTIONS.in_memory()))
        .await
        .unwrap();
    let number = server.number();
    for (path, expected) in [
        ("/../Cargo.toml".to_owned(), "404"),
        ("/api/servers/x/tree".to_owned(), "404"),
        ("/api/servers/18446744073709551616/tree".to_owned(), "404"),
        (
            format!("/api/servers/{number}/connections?page=99999999999999999999&sort=x&ascending=%00"),
            "200",
        ),
        (
            format!("/api/servers/{number}/connections?page=18446744073709551615"),
            "200",
        ),
        (format!("/api/servers/{number}/connections/-1"), "404"),
        (format!("/api/servers/{number}/a/b/c/d/e/f"), "404"),
    ] {
        assert_eq!(status(&get(&page, &path).await), expected, "{path}");
    }
}
