//! The example `modbus`, with pymodbus and mbpoll, and with frames that no client sends.

mod random;

use std::net::SocketAddr;
use std::process::{Command, Output};

use kai_tcp_server::bits;
use kai_tcp_server_tests::{Client, Example, available};

const ILLEGAL_FUNCTION: u8 = 1;
const ILLEGAL_DATA_ADDRESS: u8 = 2;
const ILLEGAL_DATA_VALUE: u8 = 3;
const TARGET_FAILED: u8 = 11;

/// The functions that the server knows.
const FUNCTIONS: [u8; 11] = [1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 43];

/// Starts the example without its limits of time, so that what ends a connection is what came.
fn start() -> (Example, SocketAddr) {
    let limits = ["KAI_MODBUS_FRAME_TIMEOUT", "KAI_MODBUS_RECV_TIMEOUT"];
    let example = Example::start_under("modbus", &["0"], &limits.map(|limit| (limit, "infinity")));
    let addr = example.addr();
    assert!(addr.ip().is_loopback(), "who reaches the port runs the pump");
    (example, addr)
}

/// Puts the header before a PDU.
fn framed(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pdu.len() + 1).expect("a short PDU");
    bits!(transaction: u16, 0u16, length: u16, unit: u8, pdu)
}

/// Reads the first coil.
const ASK: [u8; 5] = [1, 0, 0, 0, 1];
const TOLD: [u8; 3] = [1, 1, 0];

// ---- clients

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn pymodbus_calls_each_function_and_is_told_each_exception() {
    // Other versions name some parameters in other ways.
    let import = "import pymodbus; assert pymodbus.__version__.startswith('3.16.')";
    if !available("python3", &["-c", import], "pip install 'pymodbus==3.16.*'") {
        return;
    }
    let (example, addr) = start();
    let output = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/clients/modbus_pymodbus.py"))
        .args([addr.ip().to_string(), addr.port().to_string()])
        .output()
        .expect("python runs");
    let said = text(&output);
    println!("{said}");
    assert!(output.status.success() && said.ends_with("ok\n"), "{said}");
    example.signal("TERM");
    let (success, log) = example.wait();
    assert!(success, "{log:?}");
}

#[test]
fn mbpoll_switches_the_pump_and_reads_the_level() {
    if !available("mbpoll", &["-V"], "apt-get install mbpoll") {
        return;
    }
    let (_example, addr) = start();
    let mbpoll = |arguments: &[&str]| {
        let port = addr.port().to_string();
        let output = Command::new("mbpoll")
            .args(["-m", "tcp", "-p", &port, "-0", "-1", "-o", "10"])
            .args(arguments)
            .output()
            .expect("mbpoll runs");
        let said = text(&output);
        println!("{said}");
        (output.status.success(), said)
    };
    let host = addr.ip().to_string();
    // The low mark is the highest number, so that the level is below.
    let (success, said) = mbpoll(&["-t", "4", "-r", "1", &host, "65535"]);
    assert!(success && said.contains("Written 1 references."), "{said}");
    let (success, said) = mbpoll(&["-t", "0", "-r", "0", &host, "1"]);
    assert!(success && said.contains("Written 1 references."), "{said}");
    let (success, said) = mbpoll(&["-t", "0", "-r", "0", "-c", "2", &host]);
    assert!(success && said.contains("[0]: \t1\n[1]: \t0\n"), "{said}");
    let (success, said) = mbpoll(&["-t", "1", "-r", "2", "-c", "2", &host]);
    assert!(success && said.contains("[2]: \t0\n[3]: \t1\n"), "{said}");
    let (success, said) = mbpoll(&["-t", "3", "-r", "0", "-c", "3", &host]);
    assert!(success && said.contains("[2]: \t"), "{said}");
    let (_, said) = mbpoll(&["-t", "3", "-r", "0", "-c", "4", &host]);
    assert!(said.contains("Illegal data address"), "{said}");
}

// ---- by hand

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let (mut requests, mut responses) = (Vec::new(), Vec::new());
    for transaction in 0..1000_u16 {
        // Each reads what the one before has written, and some are refused.
        let before = transaction.wrapping_sub(1);
        requests.extend(framed(transaction, 1, &bits!(6u8, 7u16, transaction: u16)));
        responses.extend(framed(transaction, 1, &bits!(6u8, 7u16, transaction: u16)));
        requests.extend(framed(before, 255, &bits!(3u8, 7u16, 1u16)));
        responses.extend(framed(before, 255, &bits!(3u8, 2u8, transaction: u16)));
        requests.extend(framed(transaction, 0, &[0x63]));
        responses.extend(framed(transaction, 0, &[0xe3, ILLEGAL_FUNCTION]));
    }
    client.call(requests, responses).await;
}

#[tokio::test]
async fn a_request_may_come_byte_by_byte() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.stream().set_nodelay(true).expect("the option is known");
    for transaction in [7, 0xffff] {
        for byte in framed(transaction, 1, &ASK) {
            client.send([byte]).await;
            client.stream().writable().await.expect("the connection lives");
        }
        client.expect(framed(transaction, 1, &TOLD)).await;
    }
}

#[tokio::test]
async fn all_connections_share_one_device() {
    let (_example, addr) = start();
    let mut writer = Client::connect(addr).await;
    let mut reader = Client::connect(addr).await;
    for value in [1, 0xffff] {
        let write = bits!(6u8, 255u16, value: u16);
        writer.call(framed(1, 1, &write), framed(1, 1, &write)).await;
        let told = bits!(3u8, 2u8, value: u16);
        reader.call(framed(2, 1, &[3, 0, 255, 0, 1]), framed(2, 1, &told)).await;
    }
}

#[tokio::test]
async fn each_of_256_function_codes_gets_a_response() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    for function in 0..=255_u8 {
        let known = FUNCTIONS.contains(&function);
        let code = if known { ILLEGAL_DATA_VALUE } else { ILLEGAL_FUNCTION };
        // Without data, and with as much as a frame can have. Only another interface than that of
        // identification isn't known.
        let refusal = framed(u16::from(function), 1, &[function | 0x80, code]);
        client.call(framed(u16::from(function), 1, &[function]), &refusal).await;
        let longest = [&[function, 14][..], &[0xff; 251]].concat();
        client.call(framed(u16::from(function), 1, &longest), &refusal).await;
    }
    client.call(framed(1, 1, &ASK), framed(1, 1, &TOLD)).await;
}

#[tokio::test]
async fn a_unit_that_is_not_there_is_told_and_changes_nothing() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    for unit in 0..=255_u8 {
        let write = bits!(6u8, 9u16, unit: u8, 1u8);
        if matches!(unit, 0 | 1 | 255) {
            client.call(framed(5, unit, &write), framed(5, unit, &write)).await;
            continue;
        }
        client
            .call(framed(5, unit, &write), framed(5, unit, &[0x86, TARGET_FAILED]))
            .await;
        // Another unit is refused before its function is looked at.
        client
            .call(framed(6, unit, &[0x63]), framed(6, unit, &[0xe3, TARGET_FAILED]))
            .await;
        // It is as unit 1 wrote it.
        client
            .call(framed(7, 255, &[3, 0, 9, 0, 1]), framed(7, 255, &[3, 2, 1, 1]))
            .await;
    }
}

#[tokio::test]
async fn a_wrong_header_closes_the_connection_before_more_comes() {
    let (_example, addr) = start();
    for (protocol, length) in [
        (1, 6),
        (0x0100, 6),
        (0xffff, 6),
        (0, 0),
        // A unit and no function.
        (0, 1),
        // One byte more than a frame may have.
        (0, 255),
        (0, 256),
        (0, 0xffff),
    ] {
        let mut client = Client::connect(addr).await;
        // The request before it is answered.
        client.send(framed(1, 1, &ASK)).await;
        client.send(bits!(2u16, protocol: u16, length: u16)).await;
        client.expect(framed(1, 1, &TOLD)).await;
        client.expect_eof().await;
    }
}

#[tokio::test]
async fn what_speaks_another_protocol_is_closed() {
    let (_example, addr) = start();
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-x\r\n",
        // A request of Modbus RTU, with its checksum and without a header.
        b"\x01\x03\x00\x00\x00\x01\x84\x0a",
    ] {
        let mut client = Client::connect(addr).await;
        client.send(bytes).await;
        client.expect_eof().await;
    }
}

#[tokio::test]
async fn a_request_that_ends_in_its_middle_is_not_done() {
    let (_example, addr) = start();
    let write = framed(1, 1, &bits!(6u8, 9u16, 9u16));
    for length in 1..write.len() {
        let mut client = Client::connect(addr).await;
        client.send(&write[..length]).await;
        client.half_close().await;
        client.expect_eof().await;
    }
    let mut client = Client::connect(addr).await;
    client
        .call(framed(2, 1, &[3, 0, 9, 0, 1]), framed(2, 1, &[3, 2, 0, 0]))
        .await;
}

#[test]
fn a_bad_argument_is_one_line_and_no_success() {
    let (success, log) = Example::start("modbus", &["70000"]).wait();
    assert!(!success);
    assert_eq!(log, ["Error: \"70000\" is no port: 0 takes a free one"]);
}
