//! The example `secure_echo`, with openssl.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kai_tcp_server_tests::{Example, available};

/// A running example whose certificates are its own, and the folder that they are in.
fn start() -> Option<(Example, SocketAddr, PathBuf)> {
    if !available("openssl", &["version"], "apt install openssl") {
        return None;
    }
    let example = Example::run(Example::with_its_feature("secure_echo").arg("0"));
    let line = example.line_with("the certificates are in ");
    let (_, rest) = line.split_once(" are in ").unwrap();
    let folder = PathBuf::from(rest.split(';').next().unwrap());
    let addr = example.addr();
    Some((example, addr, folder))
}

/// Says these lines as `openssl s_client`, and returns what comes back. It trusts those alone whom
/// the example has signed.
fn says(addr: SocketAddr, folder: &Path, lines: &str, arguments: &[&str]) -> String {
    let mut client = Command::new("openssl")
        .args(["s_client", "-quiet", "-verify_quiet", "-verify_return_error"])
        .args([
            "-verify_hostname",
            "localhost",
            "-connect",
            &addr.to_string(),
            "-CAfile",
        ])
        .arg(folder.join("ca.pem"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It stays until the server closes.
    client.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn openssl_is_answered_and_told_who_it_is_by_its_certificate() {
    let Some((example, addr, folder)) = start() else { return };
    let said = says(addr, &folder, "hello\nwhoami\nbye\n", &[]);
    assert_eq!(said, "hello\r\nnobody\r\ncya\r\n");

    let (cert, key) = (folder.join("client.pem"), folder.join("client.key"));
    let shown = ["-cert", cert.to_str().unwrap(), "-key", key.to_str().unwrap()];
    let said = says(addr, &folder, "whoami\nbye\n", &shown);
    assert_eq!(said, "CN=a client\r\ncya\r\n");

    example.signal("TERM");
    let (success, log) = example.wait();
    assert!(success, "{log:?}");
    assert!(!folder.exists(), "it leaves its keys behind");
}

#[test]
fn a_signal_renews_the_certificate() {
    let Some((example, addr, folder)) = start() else { return };
    let certificate = || {
        let shown = Command::new("openssl")
            .args(["s_client", "-connect", &addr.to_string()])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
        let begin = shown.find("-----BEGIN CERTIFICATE").expect("it shows its certificate");
        let end = shown.find("-----END CERTIFICATE").expect("it shows its certificate");
        shown[begin..end].to_owned()
    };
    let first = certificate();
    assert_eq!(certificate(), first);
    example.signal("HUP");
    example.line_with("read its certificates anew");
    assert_ne!(certificate(), first);
    // The same authority has signed it.
    assert_eq!(says(addr, &folder, "bye\n", &[]), "cya\r\n");
}

#[test]
fn the_environment_names_certificates_of_ones_own() {
    let Some((_example, _, folder)) = start() else { return };
    let mut command = Example::with_its_feature("secure_echo");
    command
        .arg("0")
        .env("SECURE_ECHO_TLS_CERT", folder.join("server.pem"))
        .env("SECURE_ECHO_TLS_KEY", folder.join("server.key"));
    let example = Example::run(&mut command);
    let said = says(example.addr(), &folder, "whoami\nbye\n", &[]);
    assert_eq!(said, "nobody\r\ncya\r\n");

    command.env("SECURE_ECHO_TLS_KEY", folder.join("client.key"));
    let (success, log) = Example::run(&mut command).wait();
    let error = log.last().unwrap();
    assert!(
        !success && error.contains("client.key") && error.contains("another certificate"),
        "{error}"
    );
}
