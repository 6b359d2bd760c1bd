//! Certificates that change while a server runs: by a reload, by a signal, by themselves.

use std::io::Write as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use kai_tcp_server::{ErrorKind, Server, Tls, start, with};
use kai_tcp_server_tests::{Client, Example, Log, eventually};
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, version};

use super::echo::Echo;
use super::{Pair, Setup, connect, lasting};

fn der(pair: &Pair) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pair.cert.as_bytes()).unwrap()
}

/// Returns the certificate that a new connection is shown.
async fn shown(setup: &Setup, addr: std::net::SocketAddr) -> CertificateDer<'static> {
    let client = connect(addr, "localhost", setup.authority.client()).await.unwrap();
    client.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

/// Writes another certificate into the files of the setup.
fn renew(setup: &Setup) -> CertificateDer<'static> {
    let pair = setup.authority.sign(&["localhost"]);
    setup.folder.write("cert.pem", &pair.cert);
    setup.folder.write("key.pem", &pair.key);
    der(&pair)
}

async fn serve(setup: &Setup) -> Server {
    let options = setup.options(Echo::OPTIONS).max_processes(100);
    start(with(Echo, options)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_is_swapped_a_hundred_times_under_load_drops_no_connection() {
    let setup = Arc::new(Setup::new());
    let server = serve(&setup).await;
    let addr = server.local_addr();
    let over = Arc::new(AtomicBool::new(false));
    let (calls, connects) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut clients = Vec::new();
    for lives in [usize::MAX, usize::MAX, 2, 3] {
        let (setup, over) = (Arc::clone(&setup), Arc::clone(&over));
        let (calls, connects) = (Arc::clone(&calls), Arc::clone(&connects));
        clients.push(tokio::spawn(async move {
            while !over.load(SeqCst) {
                let mut client = setup.connect(addr).await;
                connects.fetch_add(1, SeqCst);
                let mut left = lives;
                while left > 0 && !over.load(SeqCst) {
                    client.call("hello\n", "hello\n").await;
                    calls.fetch_add(1, SeqCst);
                    left -= 1;
                }
                client.call("bye\n", "cya\n").await;
                client.expect_eof().await;
            }
        }));
    }
    for _ in 0..100 {
        let (called, connected) = (calls.load(SeqCst), connects.load(SeqCst));
        let renewed = renew(&setup);
        let changes = server.reload(setup.options(Echo::OPTIONS).max_processes(100)).unwrap();
        assert!(changes.is_empty(), "{changes:?}");
        assert_eq!(shown(&setup, addr).await, renewed);
        eventually("all go on", || {
            calls.load(SeqCst) > called && connects.load(SeqCst) > connected
        })
        .await;
    }
    over.store(true, SeqCst);
    for client in clients {
        client.await.unwrap();
    }
    assert_eq!(server.info().failed_handshakes, 0);
    server.stop().await;
}

#[tokio::test]
async fn a_file_that_cannot_be_used_changes_nothing_and_is_named() {
    let setup = Setup::new();
    let server = serve(&setup).await;
    let before = shown(&setup, server.local_addr()).await;
    let mut open = setup.connect(server.local_addr()).await;
    setup.folder.write("key.pem", "-----BEGIN");
    let options = setup.options(Echo::OPTIONS).recv_timeout(Duration::from_secs(7));
    let error = server.reload(options).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Options);
    assert!(error.to_string().contains(setup.key), "{error}");
    let running = server.options();
    let recv_timeout = running.iter().find(|option| option.name == "recv_timeout").unwrap();
    assert_ne!(recv_timeout.value.as_deref(), Some("7s"), "nothing has changed");
    assert_eq!(shown(&setup, server.local_addr()).await, before);
    open.call("hello\n", "hello\n").await;
    let renewed = renew(&setup);
    server.reload(options).unwrap();
    assert_eq!(shown(&setup, server.local_addr()).await, renewed);
    open.call("hello\n", "hello\n").await;
    server.stop().await;
}

#[tokio::test]
async fn a_reload_may_name_other_files_and_other_protocols() {
    let setup = Setup::new();
    let server = serve(&setup).await;
    let pair = setup.authority.sign(&["localhost"]);
    let cert = setup.folder.write("other.pem", &pair.cert);
    let key = setup.folder.write("other.key", &pair.key);
    let options = Echo::OPTIONS
        .max_processes(100)
        .tls_cert(vec![cert].leak())
        .tls_key(vec![key].leak())
        .tls_alpn(&["echo"]);
    let changes = server.reload(options).unwrap();
    assert!(
        changes.len() == 3 && changes.iter().all(|change| change.applied),
        "{changes:?}"
    );
    assert_eq!(shown(&setup, server.local_addr()).await, der(&pair));
    let mut config = setup.authority.client();
    config.alpn_protocols = vec![b"echo".to_vec()];
    let mut client = Client::over(connect(server.local_addr(), "localhost", config).await.unwrap());
    client.send("tls\n").await;
    assert!(client.line().await.contains("Some(\"echo\")"));
    // The next one reads these.
    setup.folder.write("other.key", "");
    assert!(server.reload(options).is_err());
    server.stop().await;
}

/// As Kubernetes and certbot do it: the names stay, a link on the way leads elsewhere.
#[cfg(unix)]
#[tokio::test]
async fn files_that_are_watched_are_read_anew_when_a_link_leads_elsewhere() {
    use std::os::unix::fs::symlink;

    let setup = Setup::new();
    let log = Log::new();
    let put = |name: &str, pair: &Pair| {
        std::fs::create_dir(setup.folder.path(name)).unwrap();
        setup.folder.write(&format!("{name}/cert.pem"), &pair.cert);
        setup.folder.write(&format!("{name}/key.pem"), &pair.key);
    };
    let swap = |name: &str| {
        symlink(name, setup.folder.path("next")).unwrap();
        std::fs::rename(setup.folder.path("next"), setup.folder.path("live")).unwrap();
    };
    let pairs = [(); 2].map(|()| setup.authority.sign(&["localhost"]));
    put("one", &pairs[0]);
    put("two", &pairs[1]);
    swap("one");
    let cert = lasting(&setup.folder.path("live/cert.pem"));
    let key = lasting(&setup.folder.path("live/key.pem"));
    let options = Echo::OPTIONS
        .tls_cert(vec![cert].leak())
        .tls_key(vec![key].leak())
        .tls_watch(Duration::from_millis(20));
    let server = start(with(Echo, options)).await.unwrap();
    let addr = server.local_addr();
    let mut open = setup.connect(addr).await;
    assert_eq!(shown(&setup, addr).await, der(&pairs[0]));
    let mut reloads = 0;
    let mut is_read = async || {
        reloads += 1;
        eventually("the files are read", || {
            log.text().matches("has read its certificates anew").count() == reloads
        })
        .await;
    };
    swap("two");
    is_read().await;
    assert_eq!(shown(&setup, addr).await, der(&pairs[1]));
    setup.folder.write("two/key.pem", &pairs[0].key);
    let problem = "goes on as it is: tls_key";
    eventually("the mistake is told", || log.text().contains(problem)).await;
    assert_eq!(shown(&setup, addr).await, der(&pairs[1]));
    setup.folder.write("two/cert.pem", &pairs[0].cert);
    is_read().await;
    assert_eq!(shown(&setup, addr).await, der(&pairs[0]));
    open.call("hello\n", "hello\n").await;
    server.stop().await;
}

/// Files that take long to be read, and a reload meanwhile, which names others.
#[cfg(unix)]
#[tokio::test]
async fn files_that_a_reload_names_stay_though_others_were_being_read() {
    let setup = Setup::new();
    let options = setup.options(Echo::OPTIONS).tls_watch(Duration::from_millis(20));
    let server = start(with(Echo, options)).await.unwrap();
    let former = std::fs::read(setup.cert).unwrap();
    let write = |pair: &Pair| {
        let cert = setup.folder.write("other.pem", &pair.cert);
        let key = setup.folder.write("other.key", &pair.key);
        (cert, key)
    };
    let pairs = [(); 2].map(|()| setup.authority.sign(&["localhost"]));
    let (cert, key) = write(&pairs[0]);
    let pipe = setup.folder.path("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::rename(&pipe, setup.cert).unwrap();
    // It opens when the watch reads.
    let path = setup.cert;
    let opened = tokio::task::spawn_blocking(move || std::fs::OpenOptions::new().write(true).open(path));
    let mut pipe = opened.await.unwrap().unwrap();
    let options = Echo::OPTIONS.tls_cert(vec![cert].leak()).tls_key(vec![key].leak());
    server.reload(options).unwrap();
    pipe.write_all(&former).unwrap();
    drop(pipe);
    // The watch reads these when it has done with those.
    write(&pairs[1]);
    timeout(Duration::from_secs(20), async {
        loop {
            let shown = shown(&setup, server.local_addr()).await;
            if shown == der(&pairs[1]) {
                break;
            }
            assert_eq!(shown, der(&pairs[0]), "the former certificate is back");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the files of the reload are watched");
    server.stop().await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_hup_reads_the_files_anew_and_says_what_is_wrong_with_them() {
    let setup = Setup::new();
    let probe = Example::run(Command::new(env!("CARGO_BIN_EXE_run_probe")).args(["tls", setup.cert, setup.key]));
    let addr = probe.addr();
    probe.line_with("reach Echo by `openssl s_client");
    let mut open = setup.connect(addr).await;
    let renewed = renew(&setup);
    probe.signal("HUP");
    probe.line_with("has read its certificates anew");
    assert_eq!(shown(&setup, addr).await, renewed);
    setup.folder.write("cert.pem", "");
    probe.signal("HUP");
    probe.line_with(&format!(
        "goes on as it is: tls_cert {} holds no certificate",
        setup.cert
    ));
    assert_eq!(shown(&setup, addr).await, renewed);
    open.call("hello\n", "hello\n").await;
}

#[tokio::test]
async fn a_configuration_of_the_programs_own_can_be_replaced() {
    let setup = Setup::new();
    let config = |pair: &Pair| {
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&version::TLS13])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![der(pair)],
                PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap(),
            )
            .unwrap()
    };
    let pairs = [(); 2].map(|()| setup.authority.sign(&["localhost"]));
    let tls = Tls::from(config(&pairs[0]));
    let server = start(with(Echo, Echo::OPTIONS).tls(tls.clone())).await.unwrap();
    let addr = server.local_addr();
    assert_eq!(shown(&setup, addr).await, der(&pairs[0]));
    let mut open = setup.connect(addr).await;
    tls.replace(config(&pairs[1]));
    tls.replace(tls.clone());
    assert_eq!(shown(&setup, addr).await, der(&pairs[1]));
    // A reload of options leaves it as it is.
    server.reload(Echo::OPTIONS).unwrap();
    assert_eq!(shown(&setup, addr).await, der(&pairs[1]));
    open.call("hello\n", "hello\n").await;
    server.stop().await;
}
