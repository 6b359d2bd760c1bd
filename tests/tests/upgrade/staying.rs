//! The connections that stay in the old process, and what makes them.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use kai_tcp_server::{Action, CloseReason, Frozen, start, tcp_server, with};
use kai_tcp_server_tests::Client;
use kai_tcp_server_tests::replaced::{Carrying, FAULT, Replaced};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_util::codec::{Decoder, Encoder, LinesCodec};

use crate::carried::{New, carrying, connect, connection, taken_over, upgrade};
use crate::chain::runs;
use crate::failures::{ONE, one_is_free};

#[tokio::test]
async fn what_can_not_go_along_stays_within_shutdown() {
    let _one = ONE.lock().await;
    for stays in [
        "freeze newer\n",
        "freeze refused\n",
        "freeze panics\n",
        "fill 17000000\n",
    ] {
        let server = carrying(Carrying::OPTIONS.shutdown(Duration::from_millis(300))).await;
        let mut client = connect(&server).await;
        client
            .call(stays, format!("{} ok\n", stays.split(' ').next().unwrap()))
            .await;
        let mut another = connect(&server).await;
        another.call("say x\n", "say ok\n").await;
        let new = New::of(&server).await;
        taken_over(&mut another, &new).await;
        client.expect_eof().await;
        server.wait().await.unwrap();
        assert_eq!(Carrying::closed(), [CloseReason::Stopped], "{stays}");
        another.call("pid\n", format!("{}\n", new.0)).await;
    }
}

/// Splits lines, and remembers nothing.
#[derive(Default)]
struct Lines;

impl Decoder for Lines {
    type Item = String;
    type Error = std::io::Error;

    fn decode(&mut self, bytes: &mut BytesMut) -> std::io::Result<Option<String>> {
        let end = bytes.iter().position(|byte| *byte == b'\n');
        Ok(end.map(|end| String::from_utf8_lossy(&bytes.split_to(end + 1)).trim_end().to_owned()))
    }
}

impl Encoder<String> for Lines {
    type Error = std::io::Error;

    fn encode(&mut self, line: String, bytes: &mut BytesMut) -> std::io::Result<()> {
        bytes.extend_from_slice(line.as_bytes());
        bytes.extend_from_slice(b"\n");
        Ok(())
    }
}

/// Servers by codecs. Their new process is `Replaced`, whose name they have.
struct Forgetful;
struct Remembering;

#[tcp_server(port = 0, packet = Lines, name = "Replaced", shutdown = "300ms")]
impl Forgetful {
    fn handle_call(&self, line: String) -> Action {
        reply(line)
    }

    fn freeze(&self) -> Frozen {
        Frozen::new(1, 6_u64.to_be_bytes())
    }

    fn thaw(&self, _: Frozen) {}
}

#[tcp_server(port = 0, packet = LinesCodec, name = "Replaced", shutdown = "2s")]
impl Remembering {
    fn handle_call(&self, line: String) -> Action {
        reply(line)
    }

    fn freeze(&self) -> Frozen {
        Frozen::new(1, 6_u64.to_be_bytes())
    }

    fn thaw(&self, _: Frozen) {}
}

#[tokio::test]
async fn a_codec_goes_along_that_remembers_nothing_and_another_one_stays() {
    let _one = ONE.lock().await;
    let server = start(Forgetful).await.unwrap();
    let mut client = connect(&server).await;
    client.call("a\n", "a\n").await;
    let new = New(upgrade(&server, Command::new(env!("CARGO_BIN_EXE_replaced"))).await.pid);
    // The mode of a server with a codec is `line`, so the new one's frames have their line ends.
    client.call("b\n", format!("b\n 7 {}", new.0)).await;
    server.wait().await.unwrap();

    let server = start(Remembering).await.unwrap();
    let mut client = connect(&server).await;
    client.call("a\n", "a\n").await;
    let upgraded = upgrade(&server, Command::new(env!("CARGO_BIN_EXE_replaced"))).await;
    let _new = New(upgraded.pid);
    client.call("b\n", "b\n").await;
    client.expect_eof().await;
    server.wait().await.unwrap();
    assert_eq!((upgraded.connections, upgraded.waiting), (0, 0));
}

#[tokio::test]
async fn a_connection_of_tls_stays_within_shutdown() {
    let _one = ONE.lock().await;
    let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = CertificateDer::from(signed.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(vec![certificate.clone()], key).unwrap();
    let options = Replaced::OPTIONS.shutdown(Duration::from_secs(2));
    let server = start(with(Replaced(None), options).tls(config)).await.unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trusting = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let name = "localhost".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(trusting))
        .connect(name, stream)
        .await
        .unwrap();
    let mut client = Client::over(stream);
    let old = std::process::id();
    client.call("x\n", format!("x 1 {old}\n")).await;
    let upgraded = upgrade(&server, Command::new(env!("CARGO_BIN_EXE_replaced"))).await;
    let _new = New(upgraded.pid);
    assert_eq!(upgraded.connections, 0);
    client.call("x\n", format!("x 2 {old}\n")).await;
    client.expect_eof().await;
    server.wait().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_is_closed_while_it_freezes_is_gone_from_both() {
    let _one = ONE.lock().await;
    let server = carrying(Carrying::OPTIONS).await;
    let mut client = connect(&server).await;
    client.call("freeze forever\n", "freeze ok\n").await;
    let id = connection(&server).id;
    let new = New::of(&server).await;
    assert!(server.close(id));
    client.expect_gone().await;
    server.wait().await.unwrap();
    assert_eq!(Carrying::closed(), [CloseReason::Kicked]);
    assert!(runs(new.0));
}

#[tokio::test]
async fn a_session_that_hangs_while_it_freezes_goes_on_after_an_upgrade_that_failed() {
    let _one = ONE.lock().await;
    let options = Carrying::OPTIONS.upgrade_timeout(Duration::from_secs(2));
    let server = carrying(options).await;
    let mut hangs = connect(&server).await;
    hangs.call("freeze forever\n", "freeze ok\n").await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
    command.arg("carrying").env(FAULT, "deaf");
    one_is_free().await;
    server.upgrade(command).await.unwrap_err();
    hangs.call("pid\n", format!("{}\n", std::process::id())).await;
    server.stop().await;
}

#[tokio::test]
async fn a_connection_whose_session_the_new_program_can_not_read_is_served_by_the_old_one() {
    let _one = ONE.lock().await;
    let server = start(with(Replaced(None), Replaced::OPTIONS.shutdown(Duration::from_secs(2))))
        .await
        .unwrap();
    let mut client = connect(&server).await;
    client.call("x\n", format!("x 1 {}\n", std::process::id())).await;
    let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
    command.env(FAULT, "reads-no-session");
    let upgraded = upgrade(&server, command).await;
    let _new = New(upgraded.pid);
    assert_eq!(upgraded.connections, 0);
    client.call("x\n", format!("x 2 {}\n", std::process::id())).await;
    client.expect_eof().await;
    server.wait().await.unwrap();
}

#[tokio::test]
async fn sessions_that_panic_or_never_end_while_they_are_read_stay() {
    let _one = ONE.lock().await;
    for fault in ["panics", "reads-forever"] {
        let server = start(with(Replaced(None), Replaced::OPTIONS.shutdown(Duration::from_secs(2))))
            .await
            .unwrap();
        let mut client = connect(&server).await;
        client.call("x\n", format!("x 1 {}\n", std::process::id())).await;
        let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
        command.env(FAULT, fault);
        let upgraded = upgrade(&server, command).await;
        let new = New(upgraded.pid);
        client.call("x\n", format!("x 2 {}\n", std::process::id())).await;
        let mut another = connect(&server).await;
        another.call("x\n", format!("x 1 {}\n", new.0)).await;
        client.expect_eof().await;
        server.wait().await.unwrap();
    }
}

#[tokio::test]
async fn a_dozen_sessions_that_are_never_read_stay_and_the_others_go_over() {
    let _one = ONE.lock().await;
    let server = start(with(Replaced(None), Replaced::OPTIONS.shutdown(Duration::from_secs(2))))
        .await
        .unwrap();
    let old = std::process::id();
    let mut clients = Vec::new();
    for _ in 0..20 {
        let mut client = connect(&server).await;
        client.call("x\n", format!("x 1 {old}\n")).await;
        clients.push(client);
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
    command.env(FAULT, "reads-forever-up-to:12");
    // One after the other they would take longer than `upgrade_timeout`.
    let upgraded = upgrade(&server, command).await;
    let new = New(upgraded.pid);
    assert_eq!((upgraded.connections, upgraded.waiting), (8, 0));
    let mut by_the_old_one = 0;
    for client in &mut clients {
        client.send("x\n").await;
        let line = client.line().await;
        if line == format!("x 2 {old}\n") {
            by_the_old_one += 1;
        } else {
            assert_eq!(line, format!("x 2 {}\n", new.0));
        }
    }
    assert_eq!(by_the_old_one, 12);
    server.wait().await.unwrap();
}
