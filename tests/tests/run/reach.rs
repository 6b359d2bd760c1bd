//! The words of the log on how to reach a server: the command that works, or nothing where nobody
//! can type the protocol.

use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::process::Command;

use kai_tcp_server_tests::{Example, Folder, available};
use rcgen::generate_simple_self_signed;

/// Starts a server, and returns where it listens and the command that its log names. The server
/// behind it is announced later.
fn reached(name: &str, variables: &[(&str, &str)]) -> (Example, String, Option<String>) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_reach_probe"));
    let probe = Example::run(program.arg(name).envs(variables.iter().copied()));
    let listens = probe.line_with(&format!("{name} listens on "));
    let (_, addr) = listens.split_once(" listens on ").expect("it says where");
    let addr = addr.split([' ', ',']).next().expect("an address").to_owned();
    let line = probe.line_with(" reach ");
    let of_this = line.contains(&format!("reach {name} by "));
    let way = of_this.then(|| {
        line.split('`')
            .nth(1)
            .expect("a command stands between backticks")
            .to_owned()
    });
    (probe, addr, way)
}

fn port(addr: &str) -> u16 {
    addr.parse::<SocketAddr>().expect("an address").port()
}

#[test]
fn the_command_is_right_for_the_packet_mode() {
    for (name, command) in [
        ("Echo", "nc -C 127.0.0.1 PORT"),
        ("Lines", "nc 127.0.0.1 PORT"),
        ("Strict", "nc -C 127.0.0.1 PORT"),
        ("Raw", "nc 127.0.0.1 PORT"),
        ("Web", "curl http://127.0.0.1:PORT/"),
        // The mode of the initial state.
        ("Phases", "nc -C 127.0.0.1 PORT"),
    ] {
        let (_probe, addr, way) = reached(name, &[]);
        assert_eq!(way, Some(command.replace("PORT", &port(&addr).to_string())), "{name}");
    }
}

#[test]
fn nothing_is_said_where_nobody_can_type_the_protocol() {
    for name in ["Ended", "Bits", "Long", "Items"] {
        let (_probe, _, way) = reached(name, &[]);
        assert_eq!(way, None, "{name}");
    }
    // Connections without a header are closed.
    let behind = [
        ("REACH_PROXY_PROTOCOL", "required"),
        ("REACH_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let (_probe, _, way) = reached("Lines", &behind);
    assert_eq!(way, None);
}

#[test]
fn the_command_is_right_for_the_listener() {
    let folder = Folder::new();
    let path = folder.path("lines.sock").display().to_string();
    let unix = format!("unix:{path}");
    let (_probe, _, way) = reached("Lines", &[("REACH_PORT", "none"), ("REACH_LISTEN", &unix)]);
    assert_eq!(way, Some(format!("nc -U {path}")));

    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        let (_probe, addr, way) = reached("Web", &[("REACH_IP", "::1")]);
        assert_eq!(way, Some(format!("curl http://[::1]:{}/", port(&addr))));
    }

    let pair = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate is made");
    let (cert, key) = (folder.path("cert.pem"), folder.path("key.pem"));
    std::fs::write(&cert, pair.cert.pem()).expect("it is written");
    std::fs::write(&key, pair.signing_key.serialize_pem()).expect("it is written");
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let by_port = [("REACH_TLS_CERT", cert.as_str()), ("REACH_TLS_KEY", &key)];
    let (_probe, addr, way) = reached("Web", &by_port);
    assert_eq!(way, Some(format!("curl --insecure https://127.0.0.1:{}/", port(&addr))));
    let listener = format!("127.0.0.1:0 tls cert={cert} key={key}");
    let (_probe, addr, way) = reached("Lines", &[("REACH_PORT", "none"), ("REACH_LISTEN", &listener)]);
    let port = port(&addr);
    assert_eq!(way, Some(format!("openssl s_client -quiet -connect 127.0.0.1:{port}")));
}

#[test]
fn the_commands_work() {
    if !available("nc", &["-h"], "Debian's netcat-openbsd") || !available("curl", &["--version"], "Debian's curl") {
        return;
    }
    for (name, typed, answer) in [
        ("Echo", "echo bye | timeout 20 ", "cya\r\n"),
        ("Strict", "echo hello | timeout 20 ", "hello\r\n"),
        ("Web", "timeout 20 ", ""),
    ] {
        let (_probe, _, way) = reached(name, &[]);
        // Netcat ends with what is typed, if the server doesn't close.
        let way = way.expect("it can be typed").replace("nc ", "nc -N ");
        let command = format!("{typed}{way}");
        let output = Command::new("sh").args(["-c", &command]).output().expect("sh runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout), answer, "{command}");
        assert!(output.status.success(), "{command}");
    }
}
