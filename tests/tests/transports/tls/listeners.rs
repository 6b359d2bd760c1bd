//! Several listeners of one server, of which some speak TLS, by files of their own.

use kai_tcp_server::{ErrorKind, start, with};
use kai_tcp_server_tests::Client;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;

use super::echo::Echo;
use super::{Setup, connect};

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
