//! The example `modbus`, with pymodbus and mbpoll, and with frames that no client sends.

use std::net::SocketAddr;
use std::process::{Command, Output};

use kai_tcp_server::bits;
use kai_tcp_server_tests::{Client, Example, Random, available};
use tokio::io::AsyncReadExt as _;

const ILLEGAL_FUNCTION: u8 = 1;
const ILLEGAL_DATA_ADDRESS: u8 = 2;
const ILLEGAL_DATA_VALUE: u8 = 3;
const TARGET_FAILED: u8 = 11;

/// The functions that the server knows.
const FUNCTIONS: [u8; 11] = [1, 2, 3, 4, 5, 6, 15, 16, 22, 23, 43];

/// The sizes of the device's tables.
const COILS: usize = 2048;
const INPUTS: usize = 4;
const INPUT_REGISTERS: usize = 3;
const REGISTERS: usize = 256;

fn start() -> (Example, SocketAddr) {
    let example = Example::start("modbus", &["0"]);
    let addr = example.addr();
    assert!(addr.ip().is_loopback(), "who reaches the port runs the pump");
    (example, addr)
}

/// Puts the header before a PDU.
fn framed(transaction: u16, unit: u8, pdu: &[u8]) -> Vec<u8> {
    let length = u16::try_from(pdu.len() + 1).expect("a short PDU");
    bits!(transaction: u16, 0u16, length: u16, unit: u8, pdu)
}

/// Reads one response, whose header must be right, and returns its PDU.
async fn response(client: &mut Client, transaction: u16, unit: u8) -> Vec<u8> {
    let mut header = vec![0; 6];
    client.stream().read_exact(&mut header).await.expect("a header comes");
    let length = u16::from_be_bytes([header[4], header[5]]);
    assert!((3..=254).contains(&length), "{header:?}");
    let mut pdu = vec![0; usize::from(length) - 1];
    client.expect([unit]).await;
    client
        .stream()
        .read_exact(&mut pdu)
        .await
        .expect("the whole response comes");
    assert_eq!(header[..4], bits!(transaction: u16, 0u16), "{pdu:?}");
    pdu
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
        requests.extend(framed(transaction, 0, &[99]));
        responses.extend(framed(transaction, 0, &[99 | 0x80, ILLEGAL_FUNCTION]));
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
            .call(framed(6, unit, &[99]), framed(6, unit, &[99 | 0x80, TARGET_FAILED]))
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
        // What came before it is answered.
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

/// Returns the exception that the standard demands, written down a second time.
fn demanded(pdu: &[u8]) -> Option<u8> {
    let word = |at: usize| {
        pdu.get(at..at + 2)
            .map_or(0, |two| usize::from(two[0]) << 8 | usize::from(two[1]))
    };
    let byte = |at: usize| pdu.get(at).copied().map_or(0, usize::from);
    let (at, count) = (word(1), word(3));
    let (is_valid, is_there) = match pdu[0] {
        1 => (pdu.len() == 5 && count >= 1 && count <= 2000, at + count <= COILS),
        2 => (pdu.len() == 5 && count >= 1 && count <= 2000, at + count <= INPUTS),
        3 => (pdu.len() == 5 && count >= 1 && count <= 125, at + count <= REGISTERS),
        4 => (
            pdu.len() == 5 && count >= 1 && count <= 125,
            at + count <= INPUT_REGISTERS,
        ),
        5 => (pdu.len() == 5 && (count == 0 || count == 0xff00), at < COILS),
        6 => (pdu.len() == 5, at < REGISTERS),
        15 => {
            let size = (count + 7) / 8;
            let is_valid = count >= 1 && count <= 1968 && byte(5) == size && pdu.len() == 6 + size;
            (is_valid, at + count <= COILS)
        }
        16 => {
            let size = 2 * count;
            let is_valid = count >= 1 && count <= 123 && byte(5) == size && pdu.len() == 6 + size;
            (is_valid, at + count <= REGISTERS)
        }
        22 => (pdu.len() == 7, at < REGISTERS),
        23 => {
            let (to, written) = (word(5), word(7));
            let size = 2 * written;
            let counts = count >= 1 && count <= 125 && written >= 1 && written <= 121;
            let is_valid = counts && byte(9) == size && pdu.len() == 10 + size;
            (is_valid, at + count <= REGISTERS && to + written <= REGISTERS)
        }
        43 if pdu.len() >= 2 && byte(1) != 14 => return Some(ILLEGAL_FUNCTION),
        43 => {
            let is_valid = pdu.len() == 4 && byte(2) >= 1 && byte(2) <= 4;
            (is_valid, byte(2) < 4 || byte(3) < 3)
        }
        _ => return Some(ILLEGAL_FUNCTION),
    };
    match (is_valid, is_there) {
        (false, _) => Some(ILLEGAL_DATA_VALUE),
        (true, false) => Some(ILLEGAL_DATA_ADDRESS),
        (true, true) => None,
    }
}

/// Builds a request that is nearly right, or right.
fn nearly_right(random: &mut Random) -> Vec<u8> {
    fn near(random: &mut Random, edges: &[u16]) -> u16 {
        let edge = edges[random.below(edges.len())];
        edge.wrapping_add(u16::from(random.byte() % 5)).wrapping_sub(2)
    }
    let function = match random.below(20) {
        0 => random.byte(),
        _ => FUNCTIONS[random.below(FUNCTIONS.len())],
    };
    let addresses = [0, 4, 131, 135, 256, 80, 2048, 0xffff];
    let counts = [1, 2, 3, 16, 121, 123, 125, 1968, 2000, 0xff00, 0x7fff];
    let (at, count) = (near(random, &addresses), near(random, &counts));
    let mut pdu = match function {
        15 | 16 => {
            let size = if function == 15 {
                count.div_ceil(8)
            } else {
                count.wrapping_mul(2)
            };
            let size = size.to_be_bytes()[1];
            bits!(function: u8, at: u16, count: u16, size: u8, vec![0; size.into()])
        }
        22 => bits!(function: u8, at: u16, count: u16, count: u16),
        23 => {
            let (to, written) = (near(random, &addresses), near(random, &[1, 121]));
            let size = written.wrapping_mul(2).to_be_bytes()[1];
            bits!(function: u8, at: u16, count: u16, to: u16, written: u16, size: u8, vec![0; size.into()])
        }
        43 => vec![
            43,
            14 - u8::from(random.one_in(8)),
            random.byte() % 6,
            random.byte() % 6,
        ],
        _ => bits!(function: u8, at: u16, count: u16),
    };
    if random.one_in(8) {
        let at = random.below(pdu.len());
        pdu[at] = random.byte();
    }
    match random.below(16) {
        0 => pdu.truncate(1 + random.below(pdu.len())),
        1 => pdu.push(0),
        _ => {}
    }
    pdu.truncate(253);
    pdu
}

#[tokio::test]
async fn random_requests_get_the_exceptions_of_the_standard() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let mut random = Random(18);
    let mut told = [0_u32; 4];
    for transaction in 0..20_000 {
        let pdu = nearly_right(&mut random);
        client.send(framed(transaction, 1, &pdu)).await;
        let answer = response(&mut client, transaction, 1).await;
        let demanded = demanded(&pdu);
        match demanded {
            Some(code) => assert_eq!(answer, [pdu[0] | 0x80, code], "{pdu:?}"),
            None => assert_eq!(answer[0], pdu[0], "{pdu:?}: {answer:?}"),
        }
        match (demanded, pdu[0]) {
            (None, 1..=4 | 23) => assert_eq!(usize::from(answer[1]), answer.len() - 2, "{pdu:?}"),
            (None, 5 | 6 | 22) => assert_eq!(answer, pdu),
            (None, 15 | 16) => assert_eq!(answer, pdu[..5]),
            _ => {}
        }
        told[usize::from(demanded.unwrap_or_default())] += 1;
    }
    println!("right, and each exception: {told:?}");
    assert!(told.iter().all(|count| *count > 500), "{told:?}");
}

#[tokio::test]
async fn random_bytes_close_their_own_connection_alone() {
    let (_example, addr) = start();
    let mut witness = Client::connect(addr).await;
    let mut random = Random(502);
    for transaction in 0..100 {
        let mut client = Client::connect(addr).await;
        let mut bytes: Vec<u8> = (0..1 + random.below(2000)).map(|_| random.byte()).collect();
        // So that it isn't Modbus for sure.
        if let Some(protocol) = bytes.get_mut(2) {
            *protocol |= 1;
        }
        client.send(framed(transaction, 1, &ASK)).await;
        client.send(&bytes).await;
        client.half_close().await;
        client.expect(framed(transaction, 1, &TOLD)).await;
        client.expect_eof().await;
        witness
            .call(framed(transaction, 1, &ASK), framed(transaction, 1, &TOLD))
            .await;
    }
}

#[test]
fn a_bad_argument_is_one_line_and_no_success() {
    let (success, log) = Example::start("modbus", &["70000"]).wait();
    assert!(!success);
    assert_eq!(log, ["Error: \"70000\" is no port: 0 takes a free one"]);
}
