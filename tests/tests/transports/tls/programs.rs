//! Programs that speak TLS, against servers as they stand: openssl, gnutls-cli, curl.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

use kai_tcp_server::{start, with};
use kai_tcp_server_tests::available;

use super::Setup;
use super::echo::Echo;

/// Runs a program with this input, which stays open until the program ends.
async fn run(mut command: Command, input: &'static str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    tokio::task::spawn_blocking(move || {
        // One that was refused takes no input.
        let _ = stdin.write_all(input.as_bytes());
        // The server closes at "bye".
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        output
    })
    .await
    .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

fn openssl(to: SocketAddr, args: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command
        .args(["20", "openssl", "s_client", "-connect", &to.to_string()])
        .args(args);
    command
}

#[tokio::test]
async fn openssl_is_served_with_names_protocols_and_certificates() {
    if !available("openssl", &["version"], "install openssl") {
        return;
    }
    let setup = Setup::new();
    let ca = setup.folder.write("ca.pem", &setup.authority.pem);
    let anna = setup.authority.sign(&["anna"]);
    let cert = setup.folder.write("anna.pem", &anna.cert);
    let key = setup.folder.write("anna.key", &anna.key);
    let options = setup.options(Echo::OPTIONS).tls_alpn(&["echo"]).tls_client_ca(ca);
    let server = start(with(Echo, options)).await.unwrap();
    let addr = server.local_addr();
    let known = [
        "-CAfile",
        ca,
        "-verify_return_error",
        "-verify_hostname",
        "localhost",
        "-servername",
        "localhost",
    ];
    for version in ["-tls1_2", "-tls1_3"] {
        let args = [
            &known[..],
            &["-quiet", version, "-alpn", "echo", "-cert", cert, "-key", key],
        ]
        .concat();
        let output = run(openssl(addr, &args), "tls\nbye\n").await;
        let text = text(&output);
        assert!(
            text.contains("Some(\"localhost\") Some(\"echo\") ") && text.contains("\ncya\n"),
            "{text}"
        );
    }
    // Neither without a certificate nor with another protocol.
    for args in [
        &["-quiet"][..],
        &["-quiet", "-cert", cert, "-key", key, "-alpn", "other"],
    ] {
        let output = run(openssl(addr, args), "tls\nbye\n").await;
        let text = text(&output);
        assert!(text.contains("alert") && !text.contains("cya"), "{text}");
    }
    assert_eq!(server.info().failed_handshakes, 2);
    server.stop().await;
}

#[tokio::test]
async fn gnutls_is_served() {
    if !available("gnutls-cli", &["--version"], "install gnutls-bin") {
        return;
    }
    let setup = Setup::new();
    let ca = setup.folder.write("ca.pem", &setup.authority.pem);
    let server = start(with(Echo, setup.options(Echo::OPTIONS))).await.unwrap();
    let port = server.local_addr().port().to_string();
    let mut command = Command::new("timeout");
    command.args(["20", "gnutls-cli", "--x509cafile", ca, "--port", &port, "localhost"]);
    let output = run(command, "tls\nbye\n").await;
    let text = text(&output);
    assert!(text.contains("TLS 1.3") && text.contains("cya"), "{text}");
    assert_eq!(server.info().failed_handshakes, 0);
    server.stop().await;
}

/// Gopher is a line and an answer until the end, which curl takes for whole only with the goodbye
/// of TLS.
#[tokio::test]
async fn curl_is_served_by_gopher() {
    if !available("curl", &["--version"], "install curl") {
        return;
    }
    let setup = Setup::new();
    let ca = setup.folder.write("ca.pem", &setup.authority.pem);
    let options = setup.options(Echo::OPTIONS);
    let server = start(with(super::echo::Gopher, options)).await.unwrap();
    let url = format!("gophers://localhost:{}/1hello", server.local_addr().port());
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "20", "--cacert", ca, &url]);
    let output = run(command, "").await;
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "hello\r\n");
    // A client that speaks HTTP in plain is told nothing, and the server doesn't wait for it.
    let mut plain = Command::new("curl");
    plain.args(["--silent", "--show-error", "--max-time", "20"]);
    plain.arg(format!("http://localhost:{}/", server.local_addr().port()));
    let output = run(plain, "").await;
    assert_eq!(output.status.code(), Some(52), "{}", text(&output));
    server.stop().await;
}
