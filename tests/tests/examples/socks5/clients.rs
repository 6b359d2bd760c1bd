//! Programs that know SOCKS5.

use std::process::{Output, Stdio};

use kai_tcp_server_tests::{Folder, Random, available, within};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::*;

fn curl_is_here() -> bool {
    available("curl", &["--version"], "apt-get install curl")
}

/// Runs curl with these words.
async fn curl(words: &[&str]) -> Output {
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--max-time", "60"])
        .args(words);
    // No proxy of the machine's, and none for this machine either.
    command.env_remove("no_proxy").env_remove("NO_PROXY");
    let output = command.output().await.expect("curl runs");
    eprintln!("curl {words:?}: {}", text(&output.stderr));
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Bytes that don't repeat.
fn megabytes(mebibytes: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    (0..mebibytes << 20).map(|_| random.byte()).collect()
}

/// A web server at a listener: GET gets `page`, and PUT gets back what it sent.
fn web(listener: TcpListener, page: Vec<u8>) -> JoinSet<()> {
    let page = std::sync::Arc::new(page);
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            let page = std::sync::Arc::clone(&page);
            connections.spawn(async move { serve(stream, &page).await.unwrap_or_default() });
        }
    });
    server
}

async fn serve(stream: TcpStream, page: &[u8]) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut line, mut length, mut put) = (String::new(), 0, false);
    while {
        line.clear();
        stream.read_line(&mut line).await?
    } > 2
    {
        put |= line.starts_with("PUT ");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let body = if put { &body } else { page };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}

#[tokio::test]
async fn curl_gets_and_puts_some_megabytes_unchanged() {
    if !curl_is_here() {
        return;
    }
    let (example, proxy) = start();
    let (listener, target) = listen(LOCALHOST).await;
    let (page, upload) = (megabytes(8, 1), megabytes(8, 2));
    let _web = web(listener, page.clone());
    let folder = Folder::new();
    let file = folder.path("upload").display().to_string();
    std::fs::write(&file, &upload).expect("there is space");
    let (proxy, port) = (proxy.to_string(), target.port());
    // The proxy looks `localhost` up, and tries its addresses until one answers.
    for (way, host) in [
        ("--socks5", "127.0.0.1"),
        ("--socks5-hostname", "127.0.0.1"),
        ("--socks5-hostname", "localhost"),
    ] {
        let url = format!("http://{host}:{port}/");
        let got = curl(&[way, &proxy, &url]).await;
        assert!(got.status.success() && got.stdout == page, "{} bytes", got.stdout.len());
        let put = curl(&[way, &proxy, "--upload-file", &file, &url]).await;
        assert!(
            put.status.success() && put.stdout == upload,
            "{} bytes",
            put.stdout.len()
        );
        // One line a connection, with what has passed: a page, and its request and head.
        for megabytes in [8 << 20, 16 << 20] {
            let line = example.line_with(&format!(" to {host}:{port}: both sides ended; "));
            let bytes: u64 = line.split([';', ',']).filter_map(bytes_in).sum();
            assert!((megabytes..megabytes + 1000).contains(&bytes), "{line}");
        }
    }
}

/// Reads ` 79 bytes up`.
fn bytes_in(part: &str) -> Option<u64> {
    part.trim().split_once(" bytes ")?.0.parse().ok()
}

#[tokio::test]
async fn curl_reaches_a_target_by_ipv6() {
    if !curl_is_here() {
        return;
    }
    if TcpListener::bind((LOCALHOST_V6, 0)).await.is_err() {
        eprintln!("SKIPPED: needs IPv6");
        return;
    }
    let (_example, proxy) = start();
    let (listener, target) = listen(LOCALHOST_V6).await;
    let page = megabytes(1, 3);
    let _web = web(listener, page.clone());
    for way in ["--socks5", "--socks5-hostname"] {
        let got = curl(&[way, &proxy.to_string(), &format!("http://{target}/")]).await;
        assert!(got.status.success() && got.stdout == page, "{} bytes", got.stdout.len());
    }
}

#[tokio::test]
async fn curl_is_told_why_it_gets_no_connection() {
    if !curl_is_here() {
        return;
    }
    let (example, proxy) = start();
    let (_taken, refusing) = refusing();
    let unknown = "x".repeat(64);
    for (host, code, line) in [
        (refusing.to_string(), 5, "connection refused"),
        ("10.0.0.1".to_owned(), 2, "not allowed"),
        ("255.255.255.255".to_owned(), 3, "network unreachable"),
        // No label is so long, so nobody is asked for it.
        (unknown, 4, "host unreachable"),
    ] {
        let failed = curl(&["--socks5-hostname", &proxy.to_string(), &format!("http://{host}/")]).await;
        let said = text(&failed.stderr);
        assert_eq!(failed.status.code(), Some(97), "{host}: {said}");
        assert!(said.contains(&format!("({code})")), "{host}: {said}");
        example.line_with(&format!(": {line}; 0 bytes up, 0 bytes down"));
    }
}

#[tokio::test]
async fn curl_logs_in() {
    if !curl_is_here() {
        return;
    }
    let (example, proxy) = start_under(&[("PROXY_USER", "anna:se:same")]);
    let (listener, target) = listen(LOCALHOST).await;
    let _web = web(listener, b"welcome".to_vec());
    let (proxy, url) = (proxy.to_string(), format!("http://{target}/"));
    let got = curl(&["--socks5", &proxy, "--proxy-user", "anna:se:same", &url]).await;
    assert_eq!((text(&got.stdout), got.status.code()), ("welcome".to_owned(), Some(0)));
    for wrong in ["anna:sesame", "bob:se:same"] {
        let failed = curl(&["--socks5", &proxy, "--proxy-user", wrong, &url]).await;
        let said = text(&failed.stderr);
        assert_eq!(failed.status.code(), Some(97), "{said}");
        assert!(said.contains("rejected"), "{said}");
        example.line_with(": wrong name or password; ");
    }
    let failed = curl(&["--socks5", &proxy, &url]).await;
    assert_eq!(failed.status.code(), Some(97), "{}", text(&failed.stderr));
    example.line_with(": no method of authentication suits; ");
}

#[tokio::test]
async fn netcat_ends_its_side_and_still_gets_an_answer() {
    if !available("nc", &["-h"], "apt-get install netcat-openbsd") {
        return;
    }
    let (_example, proxy) = start();
    let (listener, target) = listen(LOCALHOST).await;
    let (proxy, port) = (proxy.to_string(), target.port().to_string());
    let mut nc = Command::new("nc")
        .args(["-N", "-X", "5", "-x", &proxy, "127.0.0.1", &port])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("nc runs");
    let mut stdin = nc.stdin.take().expect("it is piped");
    stdin.write_all(b"how much?").await.expect("nc reads");
    drop(stdin);
    let (mut server, _) = Client::accept(&listener).await;
    assert_eq!(server.rest().await, b"how much?");
    server.send("five").await;
    server.half_close().await;
    let output = within("nc ends", nc.wait_with_output()).await.expect("it ran");
    assert_eq!(
        (text(&output.stdout), output.status.code()),
        ("five".to_owned(), Some(0))
    );
}
