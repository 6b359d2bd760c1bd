//! HAProxy in front of a server.

#![cfg(unix)]

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use kai_tcp_server::{PeerAddr, ProxyAddr, Refused};
use kai_tcp_server_tests::{Client, available, eventually};

use super::{Echo, OPTIONAL, blocks, is_served, play};

pub(crate) fn is_there() -> bool {
    available("haproxy", &["-v"], "the Debian package haproxy")
}

/// A running HAProxy. Dropping it kills the process.
pub(crate) struct HaProxy {
    child: Child,
    /// The address at which it listens.
    pub(crate) addr: SocketAddr,
    config_file: PathBuf,
}

impl Drop for HaProxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_file(&self.config_file);
    }
}

/// Starts HAProxy in front of a server, with these words in its line `bind`, and in its line
/// `server`.
pub(crate) fn start(server: SocketAddr, bind: &str, words: &str) -> HaProxy {
    // It takes over the socket that it finds as its standard input.
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
    let addr = listener.local_addr().expect("it is bound");
    let config = format!(
        "defaults\n    mode tcp\n    timeout connect 10s\n    timeout client 60s\n    timeout server 60s\n\
         listen front\n    unique-id-format id-%cp\n    bind fd@0 {bind}\n    server echo {server} {words}\n"
    );
    let config_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("haproxy-{}.cfg", addr.port()));
    fs::write(&config_file, config).expect("the folder is there");
    let child = Command::new("haproxy")
        .arg("-db")
        .arg("-f")
        .arg(&config_file)
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .spawn()
        .expect("it starts");
    HaProxy {
        child,
        addr,
        config_file,
    }
}

#[tokio::test]
async fn the_peer_is_the_client_of_haproxy() {
    if !is_there() {
        return;
    }
    for (words, version) in [("send-proxy", 1), ("send-proxy-v2", 2)] {
        for options in [Echo::OPTIONS, OPTIONAL] {
            let mut play = play(options.max_per_ip(5)).await;
            let proxy = start(play.addr(), "", words);
            let mut clients = Vec::new();
            for _ in 0..5 {
                let mut client = Client::connect(proxy.addr).await;
                client.call("who\n", format!("{}\n", client.local_addr())).await;
                is_served(&mut client).await;
                let (peer, info) = play.connected().await;
                assert_eq!(peer, PeerAddr::Ip(client.local_addr()));
                let info = info.expect("HAProxy sends a header");
                assert_eq!((info.version(), info.is_local()), (version, false));
                assert_eq!(info.destination(), Some(&ProxyAddr::Ip(proxy.addr)));
                assert_ne!(*info.proxy_addr(), peer);
                clients.push(client);
            }
            // All of them come from one address.
            Client::connect(proxy.addr).await.expect_gone().await;
            assert_eq!(play.server.info().refused.per_ip, 1);
        }
    }
}

#[tokio::test]
async fn what_else_haproxy_knows_is_there() {
    if !is_there() {
        return;
    }
    let mut play = play(Echo::OPTIONS).await;
    let proxy = start(play.addr(), "", "send-proxy-v2 proxy-v2-options crc32c,unique-id,ssl");
    let mut client = Client::connect(proxy.addr).await;
    is_served(&mut client).await;
    let (_, info) = play.connected().await;
    let info = info.expect("HAProxy sends a header");
    let id = format!("id-{}", client.local_addr().port());
    assert_eq!(info.unique_id(), Some(id.as_bytes()));
    assert!(info.tls().is_none());
    assert_eq!(info.alpn(), None);
}

#[tokio::test]
async fn what_haproxy_knows_of_the_clients_tls_is_there() {
    if !is_there() || !available("openssl", &["version"], "the Debian package openssl") {
        return;
    }
    let mut play = play(Echo::OPTIONS).await;
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let name = |what: &str| folder.join(format!("haproxy-tls-{what}.pem"));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
        ])
        .arg("-keyout")
        .arg(name("key"))
        .arg("-out")
        .arg(name("cert"))
        .stderr(Stdio::null())
        .status();
    assert!(made.expect("openssl runs").success());
    let both = [name("cert"), name("key")]
        .map(|file| fs::read(file).expect("it was written"))
        .concat();
    fs::write(name("both"), both).expect("the folder is there");
    let bind = format!("ssl crt {} alpn echo", name("both").display());
    let words = "send-proxy-v2 proxy-v2-options crc32c,authority,ssl,cert-cn,ssl-cipher,cert-key,cert-sig";
    let proxy = start(play.addr(), &bind, words);
    let mut client = Command::new("openssl")
        .args([
            "s_client",
            "-quiet",
            "-tls1_3",
            "-servername",
            "echo.example",
            "-alpn",
            "echo",
            "-connect",
        ])
        .arg(proxy.addr.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("openssl runs");
    let (_, info) = play.connected().await;
    let info = info.expect("HAProxy sends a header");
    assert_eq!(info.alpn(), Some(&b"echo"[..]));
    assert_eq!(info.authority(), Some("echo.example"));
    let tls = info.tls().expect("the client uses TLS");
    assert_eq!(tls.version(), Some("TLSv1.3"));
    assert!(tls.cipher().is_some_and(|cipher| cipher.starts_with("TLS_")));
    assert_eq!(tls.key_algorithm(), Some("RSA2048"));
    assert_eq!(tls.signature_algorithm(), Some("RSA-SHA256"));
    assert!(!tls.has_certificate() && !tls.is_verified());
    assert_eq!(tls.common_name(), None);
    client.kill().expect("it runs");
    client.wait().expect("it runs");
}

#[tokio::test]
async fn haproxys_own_checks_are_let_in_by_the_limits_for_clients() {
    if !is_there() {
        return;
    }
    for (words, version) in [("send-proxy check inter 20", 1), ("send-proxy-v2 check inter 20", 2)] {
        let options = Echo::OPTIONS.max_per_ip(1).allow(blocks(&["192.0.2.0/24"]));
        let mut play = play(options).await;
        let proxy = start(play.addr(), "", words);
        for _ in 0..5 {
            let (peer, info) = play.connected().await;
            let info = info.expect("HAProxy sends a header");
            assert_eq!((info.version(), info.is_local()), (version, true));
            assert!(matches!(peer, PeerAddr::Proxy(_)), "{peer}");
            play.closed().await;
        }
        assert_eq!(play.server.info().refused, Refused::default());
        // A client is another matter.
        let _client = Client::connect(proxy.addr).await;
        eventually("it is refused", || play.server.info().refused.denied == 1).await;
    }
}
