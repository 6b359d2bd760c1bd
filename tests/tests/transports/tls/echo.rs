//! A server that speaks TLS, to clients of rustls.

use kai_tcp_server::{Action, Socket, TlsVersion, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use super::Setup;

pub(crate) struct Echo;

#[tcp_server(port = 0, packet = line(lf))]
impl Echo {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match (data, socket.tls()) {
            (b"tls", Some(tls)) => reply(format_args!(
                "{} {} {:?} {:?} {}",
                tls.version(),
                tls.cipher_suite(),
                tls.server_name(),
                tls.alpn().map(|alpn| String::from_utf8_lossy(alpn).into_owned()),
                tls.client_certificates().len()
            )),
            (b"tls", None) => reply("plain"),
            (b"who", tls) => reply(format_args!(
                "{} {} {}",
                socket.peer_addr(),
                socket.proxy().is_some(),
                tls.is_some()
            )),
            (b"bye", _) => close("cya"),
            _ => reply(data),
        }
    }
}

#[tokio::test]
async fn what_a_client_sends_by_tls_is_echoed_by_tls() {
    let setup = Setup::new();
    let server = start(with(Echo, setup.options(Echo::OPTIONS))).await.unwrap();
    let mut client = setup.connect(server.local_addr()).await;
    client.call("hello\n", "hello\n").await;
    client.call("bye\n", "cya\n").await;
    client.expect_eof().await;
    let info = server.info();
    assert_eq!((info.calls, info.failed_handshakes), (2, 0));
    assert_eq!((info.bytes_in, info.bytes_out), (10, 10));
    server.stop().await;
}

#[tokio::test]
async fn a_socket_tells_what_the_handshake_agreed_on() {
    let setup = Setup::new();
    let options = setup.options(Echo::OPTIONS).tls_alpn(&["echo", "other"]);
    let server = start(with(Echo, options)).await.unwrap();
    let versions = [(&TLS12, TlsVersion::Tls12), (&TLS13, TlsVersion::Tls13)];
    for (version, told) in versions {
        let mut config = tokio_rustls::rustls::ClientConfig::builder_with_provider(std::sync::Arc::new(
            tokio_rustls::rustls::crypto::ring::default_provider(),
        ))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(setup.authority.roots())
        .with_no_client_auth();
        config.alpn_protocols = vec![b"unknown".to_vec(), b"other".to_vec()];
        let mut client = Client::over(super::connect(server.local_addr(), "localhost", config).await.unwrap());
        client.send("tls\n").await;
        let line = client.line().await;
        assert!(line.starts_with(&told.to_string()), "{line}");
        assert!(line.contains("TLS") && line.contains("AES"), "{line}");
        assert!(line.ends_with("Some(\"localhost\") Some(\"other\") 0\n"), "{line}");
    }
    server.stop().await;
}

/// Answers a line with what it says, and closes.
pub(crate) struct Gopher;

#[tcp_server(port = 0, packet = line(crlf))]
impl Gopher {
    fn handle_call(&self, data: &[u8]) -> Action {
        close(data)
    }
}
