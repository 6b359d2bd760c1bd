//! The listening sockets go along, and no attempt to connect fails.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use kai_tcp_server::{Server, SuspendedPort, start, with};
use kai_tcp_server_tests::replaced::Replaced;
use kai_tcp_server_tests::{Client, Folder, available, eventually, next};
use rustix::process::Signal;
use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinSet;

use crate::chain::{Chain, runs, signal};
use crate::failures::{ONE, one_is_free};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_attempt_to_connect_fails_and_no_call_of_a_new_client_is_lost() {
    let folder = Folder::new();
    let path = folder.path("socket");
    let mut chain = Chain::start(
        &[],
        &[("REPLACED_LISTEN", &format!("127.0.0.1:0, unix:{}", path.display()))],
    );
    let addr = chain.addr().await;
    let file = std::fs::metadata(&path).unwrap().ino();
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let mut clients = JoinSet::new();
    for number in 0..8 {
        let (stop, done, path) = (Arc::clone(&stop), Arc::clone(&done), path.clone());
        clients.spawn(async move {
            while !stop.load(SeqCst) {
                // Each panics if it can't connect, or if no answer comes.
                if number % 4 == 0 {
                    let mut client = Client::at(&path).await;
                    client.send("x\n").await;
                    assert!(client.line().await.starts_with("x 1 "));
                } else {
                    let mut client = Client::connect(addr).await;
                    client.send("x\n").await;
                    assert!(client.line().await.starts_with("x 1 "));
                }
                done.fetch_add(1, SeqCst);
            }
        });
    }
    for _ in 0..5 {
        let before = done.load(SeqCst);
        eventually("clients come and go", || done.load(SeqCst) >= before + 100).await;
        chain.replace().await;
    }
    stop.store(true, SeqCst);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    assert_eq!(
        std::fs::metadata(&path).unwrap().ino(),
        file,
        "it is the same file all the time"
    );
    chain.stop().await;
    assert!(!path.exists(), "the last process has removed the file");
    assert!(std::net::TcpStream::connect(addr).is_err(), "the port is closed");
}

#[tokio::test]
async fn several_servers_with_their_status_ports_go_along() {
    let mut chain = Chain::start(
        &["both"],
        &[
            ("REPLACED_LISTEN", "127.0.0.1:0, 127.0.0.1:0"),
            ("REPLACED_HEALTH", "127.0.0.1:0"),
            ("REPLACED_AGENT_CHECK", "127.0.0.1:0"),
        ],
    );
    chain.addrs(2).await;
    let ports = listening(chain.serving);
    // Each server's port, two listeners more, `health` and `agent_check`.
    assert_eq!(ports.len(), 6, "{ports:?}");
    chain.replace().await;
    let old = chain.first_id();
    eventually("the old process ends", || !runs(old)).await;
    assert_eq!(listening(chain.serving), ports, "the same ports");
    chain.stop().await;
}

/// Returns the ports of TCP at which a process listens.
fn listening(process: u32) -> Vec<u16> {
    let links = std::fs::read_dir(format!("/proc/{process}/fd"))
        .into_iter()
        .flatten()
        .flatten();
    let sockets: Vec<String> = links
        .filter_map(|link| {
            std::fs::read_link(link.path())
                .ok()?
                .into_os_string()
                .into_string()
                .ok()
        })
        .collect();
    let table = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap_or_default();
    let mut ports = Vec::new();
    for line in table.lines().skip(1) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // State 0A is LISTEN.
        if fields[3] == "0A" && sockets.contains(&format!("socket:[{}]", fields[9])) {
            let (_, port) = fields[1].split_once(':').unwrap();
            ports.push(u16::from_str_radix(port, 16).unwrap());
        }
    }
    ports.sort_unstable();
    ports
}

async fn server(options: kai_tcp_server::Options) -> Server {
    start(with(Replaced(None), options)).await.unwrap()
}

#[tokio::test]
async fn what_is_suspended_stays_suspended() {
    let _one = ONE.lock().await;
    one_is_free().await;
    let health: SocketAddr = ([127, 0, 0, 1], 0).into();
    let server = server(Replaced::OPTIONS.health(health)).await;
    server.suspend(SuspendedPort::Kept).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
    command.env("REPLACED_HEALTH", "127.0.0.1:0");
    let new = server.upgrade(command).await.unwrap().pid;
    let addr = server.health_addr().unwrap();
    server.wait().await.unwrap();
    let mut client = Client::connect(addr).await;
    client
        .send("GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
        .await;
    let said = String::from_utf8(client.rest().await).unwrap();
    signal(new, Signal::KILL);
    assert!(said.contains("suspended"), "{said}");
}

#[tokio::test]
async fn sockets_of_systemd_go_along() {
    if !available("systemd-socket-activate", &["--version"], "apt install systemd") {
        return;
    }
    // The tool takes the port, and so the program needs none of its own.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    drop(taken);
    let mut command = Command::new("systemd-socket-activate");
    command
        .args(["-l", &addr.to_string(), "--setenv=REPLACED_LISTEN=systemd:0"])
        .arg("--setenv=FAULT=")
        .arg(env!("CARGO_BIN_EXE_replaced"));
    let mut chain = Chain::run(command);
    eventually("the tool listens", || std::net::TcpStream::connect(addr).is_ok()).await;
    chain.addr().await;
    let mut client = Client::connect(addr).await;
    client.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    for calls in 2..5 {
        chain.replace().await;
        client.call("x\n", format!("x {calls} {}\n", chain.serving)).await;
        let mut another = Client::connect(addr).await;
        another.call("x\n", format!("x 1 {}\n", chain.serving)).await;
    }
    chain.stop().await;
}

#[tokio::test]
async fn systemd_learns_the_new_main_process_and_of_no_stop() {
    let folder = Folder::new();
    let path = folder.path("notify");
    let systemd = UnixDatagram::bind(&path).unwrap();
    let (tell, mut told_of) = unbounded_channel();
    // A process that tells systemd something needn't wait for the test.
    std::thread::spawn(move || {
        let mut message = [0; 512];
        while let Ok(length) = systemd.recv(&mut message) {
            if tell
                .send(String::from_utf8_lossy(&message[..length]).trim_end().to_owned())
                .is_err()
            {
                return;
            }
        }
    });
    let mut chain = Chain::start(
        &[],
        &[("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "100000")],
    );
    chain.addr().await;
    let old = chain.serving;
    chain.replace().await;
    eventually("the old process ends", || !runs(old)).await;
    // Each has fed the watchdog, but only the new one feeds it now.
    let mut told = Vec::new();
    let mut fed = 0;
    while fed < 5 || !told.contains(&format!("MAINPID={}", chain.serving)) {
        match next(&mut told_of).await.unwrap() {
            message if message == "WATCHDOG=1" => fed += 1,
            message => {
                fed = 0;
                told.push(message);
            }
        }
    }
    told.sort_unstable();
    assert_eq!(
        told,
        [format!("MAINPID={}", chain.serving), "READY=1".into(), "READY=1".into()]
    );
    chain.stop().await;
    loop {
        match next(&mut told_of).await.unwrap().as_str() {
            "WATCHDOG=1" => {}
            last => break assert_eq!(last, "STOPPING=1"),
        }
    }
}
