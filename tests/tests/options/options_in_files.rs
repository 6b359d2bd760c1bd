//! Options in configuration files: reading, writing, and error messages.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use kai_tcp_server::{
    Action, BRUTAL_KILL, Cidr, INFINITY, OptionSource, Options, Overload, Packet, ProxyProtocol, start, tcp_server,
    with,
};
use serde_json::{Deserializer, json};

struct Echo;

#[tcp_server(port = 0, packet = 2, max_processes = 3, env = "ECHO_OF_THE_FILES")]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn read(json: &str) -> Result<Options, serde_json::Error> {
    Echo::OPTIONS.overlaid(&mut Deserializer::from_str(json))
}

const ALLOW: &[Cidr] = &[
    Cidr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    Cidr::single(IpAddr::V6(Ipv6Addr::LOCALHOST)),
];
const DENY: &[Cidr] = &[
    Cidr::single(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1))),
    Cidr::single(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2))),
];

#[test]
fn a_file_changes_what_it_names_and_nothing_else() {
    assert_eq!(read("{}").unwrap(), Echo::OPTIONS);
    let every = r#"{
        "port": 1, "ip": "::", "max_processes": 2, "overload": "refuse(b\"busy\\r\\n\")",
        "max_per_ip": 3, "allow": ["10.0.0.0/8", "::1"], "deny": "10.0.0.1, 10.0.0.2", "accept_rate": 4, "max_restarts": 3, "restart_period": "4s", "shutdown": "brutal_kill",
        "stop_delay": "3s", "health": "127.0.0.1:9000", "agent_check": "127.0.0.1:9001",
        "accept_error_sleep_time": "5ms", "recv_timeout": "infinity", "recv_limit": 6, "send_timeout": "7m", "frame_timeout": "8s",
        "call_timeout": "9s", "max_age": "10h", "close_timeout": "11s", "half_close": false, "packet_size": 8,
        "mailbox": 9, "backlog": 10, "reuseaddr": false, "nodelay": false, "keepalive": false, "name": "eleven"
    }"#;
    let expected = Echo::OPTIONS
        .port(1)
        .ip([0; 16].into())
        .max_processes(2)
        .overload(Overload::RefuseWith(b"busy\r\n"))
        .max_per_ip(3)
        .allow(ALLOW)
        .deny(DENY)
        .accept_rate(4)
        .max_restarts(3)
        .restart_period(Duration::from_secs(4))
        .shutdown(BRUTAL_KILL)
        .stop_delay(Duration::from_secs(3))
        .health(([127, 0, 0, 1], 9000).into())
        .agent_check(([127, 0, 0, 1], 9001).into())
        .accept_error_sleep_time(Duration::from_millis(5))
        .recv_timeout(INFINITY)
        .recv_limit(6)
        .send_timeout(Duration::from_mins(7))
        .frame_timeout(Duration::from_secs(8))
        .call_timeout(Duration::from_secs(9))
        .max_age(Duration::from_hours(10))
        .close_timeout(Duration::from_secs(11))
        .half_close(false)
        .packet_size(8)
        .mailbox(9)
        .backlog(10)
        .reuseaddr(false)
        .nodelay(false)
        .keepalive(false)
        .name("eleven");
    assert_eq!(read(every).unwrap(), expected);
    // An empty list is a list as well.
    assert_eq!(
        Options::new()
            .allow(ALLOW)
            .overlaid(&mut Deserializer::from_str(r#"{"allow": []}"#))
            .unwrap(),
        Options::new()
    );
    // The same, as tables of texts spell it.
    assert_eq!(
        read(r#"{"port": "1", "nodelay": "false"}"#).unwrap(),
        Echo::OPTIONS.port(1).nodelay(false)
    );
}

#[test]
fn deserialized_alone_what_is_not_named_has_its_default() {
    let options: Options = serde_json::from_str(r#"{"port": 1}"#).unwrap();
    assert_eq!(options, Options::new().port(1));
}

#[test]
fn what_is_written_is_read_as_the_same() {
    let options = Options::new()
        .port(65535)
        .ip([1, 2, 3, 4].into())
        .shutdown(BRUTAL_KILL)
        .recv_timeout(INFINITY)
        .send_timeout(Duration::from_millis(1500))
        .recv_limit(usize::MAX)
        .nodelay(false)
        .overload(Overload::RefuseWith(b"\"busy\"\xff\\"))
        .allow(ALLOW)
        .deny(DENY)
        .accept_rate(u32::MAX)
        .tls_cert(&["cert.pem", "another.pem"])
        .tls_key(&["key.pem"])
        .proxy_protocol(ProxyProtocol::Optional)
        .name("\"naïve\"");
    let written = serde_json::to_string(&options).unwrap();
    assert_eq!(serde_json::from_str::<Options>(&written).unwrap(), options);
}

#[test]
fn it_is_written_as_the_attribute_spells_it_without_what_belongs_to_the_protocol() {
    let options = Options::new().port(1).packet(Packet::Four).recv_timeout(INFINITY);
    let expected = json!({
        "port": 1, "ip": "127.0.0.1", "max_processes": 8, "overload": "backlog", "max_restarts": 3, "restart_period": "1m", "shutdown": "15s",
        "stop_delay": "0s", "upgrade": false, "upgrade_timeout": "2s", "latency": false,
        "accept_error_sleep_time": "100ms", "recv_timeout": "infinity", "recv_limit": 1_048_576, "send_timeout": "30s",
        "frame_timeout": "infinity", "call_timeout": "infinity", "max_age": "infinity",
        "close_timeout": "30s", "half_close": true,
        "packet_size": 65536, "mailbox": 64, "backlog": 1024, "reuseaddr": true, "nodelay": true, "keepalive": true,
        "tls_client_optional": false, "tls_starttls": false, "tls_watch": "infinity", "handshake_timeout": "10s",
        "proxy_protocol": "off", "proxy_timeout": "5s",
        "record_file_size": 64 * 1024 * 1024, "record_files": 8, "record_frame_size": 1024 * 1024,
    });
    assert_eq!(serde_json::to_value(options).unwrap(), expected);
}

#[test]
fn mistakes_say_what_is_wrong() {
    for (json, problem) in [
        (r#"{"prot": 1}"#, "there is no option prot: did you mean port?"),
        (
            r#"{"colour": 1}"#,
            "there is no option colour: there are port, ip, listen, max_processes, ",
        ),
        (
            r#"{"packet": 1}"#,
            "packet belongs to the protocol: the attribute alone sets it",
        ),
        (r#"{"env": "X"}"#, "env is known to the attribute alone: set it there"),
        (r#"{"log_config": 1}"#, "there is no option log_config: there are "),
        (r#"{"port": 1, "port": 2}"#, "port is named twice"),
        (r#"{"port": -1}"#, "port takes a whole number, not \"-1\""),
        (
            r#"{"port": 1.5}"#,
            "invalid type: floating point `1.5`, expected text, a whole number, true or false",
        ),
        (r#"{"port": 65536}"#, "port must not exceed 65535"),
        (
            r#"{"recv_timeout": 30}"#,
            "recv_timeout takes a number with its unit, not \"30\": 30s is seconds",
        ),
        (r#"{"max_processes": 0}"#, "max_processes must be at least 1"),
        (r#"{"nodelay": 1}"#, "nodelay takes true or false, not \"1\""),
        (
            r#"{"overload": "reject"}"#,
            r#"overload takes backlog, refuse or refuse(b"busy\r\n"), not "reject""#,
        ),
        (r#"{"max_per_ip": 0}"#, "max_per_ip must be at least 1"),
        (
            r#"{"accept_rate": 4294967296}"#,
            "accept_rate must not exceed 4294967295",
        ),
        (
            r#"{"deny": ["10.0.0.1/8"]}"#,
            "deny: 10.0.0.1/8 has bits behind its prefix: the block is 10.0.0.0/8, the address 10.0.0.1",
        ),
        (r#"{"allow": ""}"#, "allow: \"\" is no block of addresses"),
        (r#"{"allow": [1]}"#, "invalid type: integer `1`, expected a string"),
        (r#"{"allow": [], "allow": []}"#, "allow is named twice"),
        (
            r#"{"port": [1]}"#,
            "invalid type: sequence, expected text, a whole number, true or false",
        ),
        ("[1]", "expected options by their names"),
    ] {
        let error = read(json).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

#[tokio::test]
async fn what_is_read_acts_and_is_listed_as_the_programs() {
    let options = read(r#"{"max_processes": 7}"#).unwrap();
    let server = start(with(Echo, options)).await.unwrap();
    assert_eq!(server.info().max_processes, 7);
    let source = |name| {
        server
            .options()
            .into_iter()
            .find(|option| option.name == name)
            .unwrap()
            .source
    };
    assert_eq!(source("max_processes"), OptionSource::Program);
    assert_eq!(source("packet"), OptionSource::Attribute);
    assert_eq!(source("mailbox"), OptionSource::BuiltIn);
}
