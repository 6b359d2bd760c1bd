//! Sockets that systemd passes, by its own tool in the place of systemd.

#![cfg(target_os = "linux")]

use std::net::SocketAddr;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;

use kai_tcp_server_tests::{Client, Example, Folder, available, eventually};
use tokio::net::{TcpStream, UnixStream};

const PROBE: &str = env!("CARGO_BIN_EXE_listen_probe");

fn is_installed() -> bool {
    available("systemd-socket-activate", &["--version"], "apt install systemd")
}

/// Starts the probe as soon as somebody connects.
fn activate(args: &[&str], listen: &str) -> Example {
    Example::run(
        Command::new("systemd-socket-activate")
            .args(args)
            .arg(format!("--setenv=PROBE_LISTEN={listen}"))
            .arg(PROBE),
    )
}

/// Waits until the tool listens.
async fn at(path: &Path) -> Client<UnixStream> {
    eventually("the tool listens", || {
        std::os::unix::net::UnixStream::connect(path).is_ok()
    })
    .await;
    Client::at(path).await
}

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
}

async fn at_port(addr: SocketAddr) -> Client {
    eventually("the tool listens", || std::net::TcpStream::connect(addr).is_ok()).await;
    Client::over(TcpStream::connect(addr).await.unwrap())
}

#[tokio::test]
async fn a_socket_is_had_by_its_number() {
    if !is_installed() {
        return;
    }
    let addr = free();
    let probe = activate(&["-l", &addr.to_string()], "systemd:0");
    let mut client = at_port(addr).await;
    client.call("where\n", format!("{addr} of {addr}\n")).await;
    client.send("flags\n").await;
    let flags = client.line().await;
    let flags = u32::from_str_radix(flags.trim(), 8).unwrap();
    assert_ne!(flags & 0o2_000_000, 0, "no child process gets it: {flags:o}");
    probe.signal("TERM");
    assert!(probe.wait().0);
}

#[tokio::test]
async fn sockets_are_had_by_their_names_and_all_of_one_name_at_once() {
    if !is_installed() {
        return;
    }
    let folder = Folder::new();
    let path = |name| folder.path(name).display().to_string();
    let args = [
        "-l",
        &path("a"),
        "-l",
        &path("b"),
        "-l",
        &path("c"),
        "-l",
        &path("d"),
        "--fdname=web:admin:web:other",
    ];
    let _probe = activate(&args, "systemd:web, systemd:admin");
    let all = ["a", "c", "b"].map(|name| folder.unix(name)).join(", ");
    for name in ["a", "b", "c"] {
        let mut client = at(&folder.path(name)).await;
        client
            .call("where\n", format!("{} of {all}\n", folder.unix(name)))
            .await;
        client.send("who\n").await;
        assert!(client.line().await.starts_with("unix uid="));
    }
}

#[tokio::test]
async fn sockets_of_systemd_stand_beside_others() {
    if !is_installed() {
        return;
    }
    let folder = Folder::new();
    let (passed, own) = (folder.path("passed"), folder.path("own"));
    let listen = format!("systemd:0, {} mode=600", folder.unix("own"));
    let probe = activate(&["-l", &passed.display().to_string()], &listen);
    let mut client = at(&passed).await;
    client.call("hello\n", "hello\n").await;
    Client::at(&own).await.call("hello\n", "hello\n").await;
    drop(client);
    probe.signal("TERM");
    assert!(probe.wait().0);
    assert!(!own.exists() && passed.exists(), "each removes what it has made");
}

/// What the probe ends with, once somebody has come.
async fn fails(args: &[&str], listen: &str, come: impl Fn() -> bool) -> String {
    let probe = activate(args, listen);
    eventually("somebody comes", come).await;
    probe.line_with("Error: ")
}

#[tokio::test]
async fn what_is_missing_is_told_with_what_was_passed() {
    if !is_installed() {
        return;
    }
    let folder = Folder::new();
    let path = folder.path("e");
    let args = ["-l", &path.display().to_string(), "--fdname=web"];
    let come = || std::os::unix::net::UnixStream::connect(&path).is_ok();
    let error = fails(&args, "systemd:wbe", come).await;
    let passed = format!("isn't among what systemd has passed: 0 is web ({})", folder.unix("e"));
    assert!(error.contains(&format!("systemd:wbe {passed}")), "{error}");
    std::fs::remove_file(&path).unwrap();
    let error = fails(&args, "systemd:1", come).await;
    assert!(error.contains(&format!("systemd:1 {passed}")), "{error}");
}

#[tokio::test]
async fn without_systemd_it_is_told_how_to_try() {
    let alone = |listen: &str| {
        let probe = Example::run(Command::new(PROBE).env("PROBE_LISTEN", listen));
        probe.line_with("Error: ")
    };
    let error = alone("systemd:web");
    assert!(
        error.contains("systemd:web isn't there, as systemd has passed no socket"),
        "{error}"
    );
    assert!(
        error.contains("systemd-socket-activate -l 127.0.0.1:10000 --fdname=web PROGRAM"),
        "{error}"
    );
    let error = alone("systemd:0");
    assert!(
        error.contains("systemd-socket-activate -l 127.0.0.1:10000 PROGRAM"),
        "{error}"
    );
}

#[tokio::test]
async fn a_socket_of_another_type_is_refused() {
    if !is_installed() {
        return;
    }
    let folder = Folder::new();
    let path = folder.path("e");
    let place = path.display().to_string();
    let come = || {
        let client = UnixDatagram::unbound().unwrap();
        client.send_to(b"a", &path).is_ok()
    };
    let error = fails(&["-d", "-l", &place], "systemd:0", come).await;
    assert!(
        error.contains("systemd:0, number 0 of what systemd has passed, is a datagram socket"),
        "{error}"
    );
    assert!(error.contains("ListenStream="), "{error}");
    std::fs::remove_file(&path).unwrap();
    let come = || {
        let client = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::SEQPACKET, None).unwrap();
        client.connect(&socket2::SockAddr::unix(&path).unwrap()).is_ok()
    };
    let error = fails(&["--seqpacket", "-l", &place], "systemd:0", come).await;
    assert!(error.contains("is a socket of another type"), "{error}");
}

#[tokio::test]
async fn a_connection_of_accept_yes_is_refused_with_the_way_out() {
    if !is_installed() {
        return;
    }
    let addr = free();
    let error = fails(&["--accept", "-l", &addr.to_string()], "systemd:0", || {
        std::net::TcpStream::connect(addr).is_ok()
    })
    .await;
    assert!(
        error.contains("systemd:0, number 0 of what systemd has passed, is a connection"),
        "{error}"
    );
    assert!(error.contains("`Accept=no`"), "{error}");
}

/// The program itself says how many descriptors were passed, as an environment that is wrong would.
#[tokio::test]
async fn an_environment_that_is_wrong_is_no_crash() {
    for (fds, said) in [
        ("3", "systemd:2, number 2 of what systemd has passed, is no socket"),
        ("4000000000", "LISTEN_FDS is more than the 1024 sockets"),
        ("many", "malformed socket activation environment"),
    ] {
        let script = format!("LISTEN_PID=$$ LISTEN_FDS={fds} PROBE_LISTEN=systemd:2 exec {PROBE}");
        let probe = Example::run(Command::new("sh").args(["-c", &script]));
        let error = probe.line_with("Error: ");
        assert!(error.contains(said), "{fds}: {error}");
    }
}
