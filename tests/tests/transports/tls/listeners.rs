//! Several listeners of one server, of which some speak TLS, by files of their own.

use kai_tcp_server::{ErrorKind, start, with};
use kai_tcp_server_tests::Client;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use super::echo::Echo;
use super::{Authority, Setup, connect};

#[tokio::test]
async fn each_listener_speaks_tls_as_its_words_say_and_all_are_reloaded() {
    let setup = Setup::new();
    let pair = setup.authority.sign(&["localhost"]);
    let (cert, key) = (
        setup.folder.write("own.pem", &pair.cert),
        setup.folder.write("own.key", &pair.key),
    );
    let listen = vec![
        "127.0.0.1:0 tls",
        &*format!("127.0.0.1:0 tls cert={cert} key={key} alpn=own").leak(),
        "127.0.0.1:0",
        "127.0.0.1:0 tls alpn=other",
        "127.0.0.1:0 starttls",
    ];
    let options = setup.options(Echo::OPTIONS).tls_alpn(&["echo"]).listen(listen.leak());
    let server = start(with(Echo, options)).await.unwrap();
    let addrs: Vec<_> = server
        .local_addrs()
        .iter()
        .filter_map(kai_tcp_server::LocalAddr::socket_addr)
        .collect();
    assert_eq!(addrs.len(), 6);
    let shown = async |place: usize, alpn: &str| {
        let mut config = setup.authority.client();
        config.alpn_protocols = vec![alpn.as_bytes().to_vec()];
        let mut stream = connect(addrs[place], "localhost", config).await.unwrap();
        Client::over(&mut stream).call("hello\n", "hello\n").await;
        stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
    };
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let servers = der(&std::fs::read_to_string(setup.cert).unwrap());
    assert_eq!(shown(0, "echo").await, servers);
    assert_eq!(shown(1, "echo").await, servers);
    assert_eq!(shown(2, "own").await, der(&pair.cert));
    assert_eq!(shown(4, "other").await, servers);
    for plain in [3, 5] {
        Client::connect(addrs[plain]).await.call("tls\n", "plain\n").await;
    }
    // One file that can't be used changes nothing anywhere.
    let others = [(); 2].map(|()| setup.authority.sign(&["localhost"]));
    setup.folder.write("cert.pem", &others[0].cert);
    setup.folder.write("key.pem", &others[0].key);
    setup.folder.write("own.pem", "");
    let error = server.reload(options).unwrap_err();
    assert!(error.to_string().contains(cert), "{error}");
    assert_eq!(shown(0, "echo").await, servers);
    setup.folder.write("own.pem", &others[1].cert);
    setup.folder.write("own.key", &others[1].key);
    server.reload(options).unwrap();
    for (place, alpn, pair) in [(0, "echo", 0), (1, "echo", 0), (2, "own", 1), (4, "other", 0)] {
        assert_eq!(shown(place, alpn).await, der(&others[pair].cert), "{place}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_listener_without_any_certificate_is_a_mistake_when_starting() {
    let options = Echo::OPTIONS.listen(&["127.0.0.1:0 tls"]);
    let error = start(with(Echo, options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Options, "{error}");
}

#[tokio::test]
async fn a_listener_asks_for_certificates_of_its_own_clients() {
    let (setup, others) = (Setup::new(), Authority::new());
    let ca = setup.folder.write("ca.pem", &setup.authority.pem);
    let own_ca = setup.folder.write("own_ca.pem", &others.pem);
    let listen = vec![
        &*format!("127.0.0.1:0 tls client_ca={own_ca}").leak(),
        &*format!("127.0.0.1:0 tls client_ca={own_ca} client_optional").leak(),
    ];
    let options = setup.options(Echo::OPTIONS).tls_client_ca(ca).tls_client_optional(true);
    let server = start(with(Echo, options.listen(listen.leak()))).await.unwrap();
    let addrs: Vec<_> = server
        .local_addrs()
        .iter()
        .filter_map(kai_tcp_server::LocalAddr::socket_addr)
        .collect();
    let is_served = async |place: usize, shows: Option<&Authority>| {
        let config = match shows {
            Some(authority) => setup.authority.client_with(&authority.sign(&["anna"])),
            None => setup.authority.client(),
        };
        let Ok(mut stream) = connect(addrs[place], "localhost", config).await else {
            return false;
        };
        // In TLS 1.3 a client learns only afterwards that it is refused.
        let mut byte = [0];
        stream.write_all(b"hello\n").await.is_ok() && stream.read_exact(&mut byte).await.is_ok()
    };
    // The port, a listener with an authority of its own, and one that takes others, too.
    for (place, served) in [
        (0, [true, true, false]),
        (1, [false, false, true]),
        (2, [true, false, true]),
    ] {
        for (shows, served) in [None, Some(&setup.authority), Some(&others)].into_iter().zip(served) {
            assert_eq!(is_served(place, shows).await, served, "{place} {}", shows.is_some());
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn beside_a_configuration_of_the_programs_own_a_listener_has_all_its_words_or_none() {
    let setup = Setup::new();
    let pair = setup.authority.sign(&["localhost"]);
    let (cert, key) = (
        setup.folder.write("own.pem", &pair.cert),
        setup.folder.write("own.key", &pair.key),
    );
    let own = vec![&*format!("127.0.0.1:0 tls cert={cert} key={key}").leak()];
    let server = with(Echo, Echo::OPTIONS.listen(own.leak())).tls(setup.tls());
    let server = start(server).await.unwrap();
    let addrs = server.local_addrs();
    let der = |pem: &[u8]| CertificateDer::from_pem_slice(pem).unwrap();
    let expected = [der(&std::fs::read(setup.cert).unwrap()), der(pair.cert.as_bytes())];
    for (addr, expected) in addrs.iter().zip(expected) {
        let addr = addr.socket_addr().unwrap();
        let client = connect(addr, "localhost", setup.authority.client()).await.unwrap();
        assert_eq!(client.get_ref().1.peer_certificates().unwrap()[0], expected);
    }
    server.stop().await;
    let words = with(Echo, Echo::OPTIONS.listen(&["127.0.0.1:0 tls alpn=own"])).tls(setup.tls());
    let error = start(words).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Options, "{error}");
}
