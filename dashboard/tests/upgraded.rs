//! A process that takes over from an old one has its page as soon as the old one leaves the port.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};

use kai_tcp_server_dashboard::{Dashboard, Error};

const ADDR: &str = "KAI_TEST_PAGE";

/// The new process: another run of this program, which says when its page has started.
#[test]
#[ignore = "the other test runs it"]
fn new_process() {
    let addr: SocketAddr = std::env::var(ADDR).unwrap().parse().unwrap();
    let page = Dashboard::new().listen(addr).start().unwrap();
    println!("\nthe page is {}", page.addr());
    // Until the other test has seen enough.
    let _ = std::io::stdin().read(&mut [0]);
}

#[test]
fn a_page_waits_for_the_port_of_the_process_that_is_upgraded() {
    let old = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = old.local_addr().unwrap();
    // A process that nobody upgrades isn't let wait.
    let error = Dashboard::new().listen(addr).start().unwrap_err();
    assert!(matches!(error, Error::Listen(..)), "{error}");

    let mut new = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "new_process", "--ignored", "--nocapture"])
        .env("KAI_TCP_SERVER_UPGRADE", std::process::id().to_string())
        .env(ADDR, addr.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(new.stdout.take().unwrap()).lines();
    let mut started = lines.map(Result::unwrap).filter(|line| line.starts_with("the page is"));
    assert_eq!(started.next(), Some(format!("the page is {addr}")));
    drop(old);
    let mut page = loop {
        if let Ok(page) = TcpStream::connect(addr) {
            break page;
        }
        std::thread::yield_now();
    };
    write!(page, "GET / HTTP/1.1\r\nHost: {addr}\r\n\r\n").unwrap();
    let mut answer = String::new();
    page.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(new.stdin.take());
    assert!(new.wait().unwrap().success());
}
