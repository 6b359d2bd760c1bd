//! The example `dns`, with dig, and with messages that no client sends.

use std::net::SocketAddr;
use std::process::{Command, Output};

use kai_tcp_server::bits;
use kai_tcp_server_tests::{Client, Example, available};

const A: u16 = 1;
const NS: u16 = 2;
const AAAA: u16 = 28;
const ANY: u16 = 255;
const IN: u16 = 1;

fn start() -> (Example, SocketAddr) {
    let arguments = ["0", "db.test=10.0.0.5", "Db.Test.=10.0.0.6"];
    let example = Example::start("dns", &arguments);
    let addr = example.addr();
    (example, addr)
}

/// Puts the length before a message.
fn framed(message: &[u8]) -> Vec<u8> {
    let length = u16::try_from(message.len()).expect("a short message");
    bits!(length: u16, message)
}

/// Encodes a name as in a message.
fn name(text: &str) -> Vec<u8> {
    let mut name = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        let length = u8::try_from(label.len()).expect("a short label");
        name.extend(bits!(length: u8, label));
    }
    name.push(0);
    name
}

fn question(text: &str, qtype: u16, class: u16) -> Vec<u8> {
    bits!(name(text), qtype: u16, class: u16)
}

/// Builds a standard query that asks for recursion.
fn query(id: u16, body: &[u8]) -> Vec<u8> {
    framed(&bits!(id: u16, 0x0100u16, 1u16, 0u16, 0u16, 0u16, body))
}

/// Builds its response: authoritative, with the bit for recursion repeated.
fn response(id: u16, code: u8, answers: u16, body: &[u8]) -> Vec<u8> {
    framed(&bits!(id: u16, 0x85u8, 0u4, code: u4, 1u16, answers: u16, 0u16, 0u16, body))
}

/// Builds an address record for the name in the question.
fn address(octets: [u8; 4]) -> Vec<u8> {
    bits!(0xc00cu16, A: u16, IN: u16, 60: u32, 4u16, octets)
}

/// Builds a refusal that repeats no question.
fn refusal(id: u16, opcode: u8, code: u8) -> Vec<u8> {
    framed(&bits!(id: u16, 1u1, opcode: u4, 0b101u3, 0u4, code: u4, [0; 8]))
}

// ---- dig

fn dig(addr: SocketAddr, arguments: &[&str]) -> Output {
    let server = format!("@{}", addr.ip());
    Command::new("dig")
        .args([
            &server,
            "-p",
            &addr.port().to_string(),
            "-r",
            "+tcp",
            "+tries=1",
            "+time=20",
        ])
        .args(arguments)
        .output()
        .expect("dig runs")
}

#[test]
fn dig_gets_answers() {
    if !available("dig", &["-v"], "apt-get install bind9-dnsutils") {
        return;
    }
    let (_example, addr) = start();
    let said = |arguments: &[&str]| {
        let output = dig(addr, arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{said}");
        assert!(output.status.success(), "{said}");
        assert!(
            !said.contains("WARNING: Message") && !said.contains("malformed"),
            "{said}"
        );
        said
    };
    assert_eq!(said(&["+short", "example.test"]), "192.0.2.1\n");
    assert_eq!(said(&["+short", "WWW.Example.TEST."]), "192.0.2.80\n192.0.2.81\n");
    // Without EDNS, and two questions on one connection.
    assert_eq!(
        said(&["+short", "+noedns", "+keepopen", "db.test", "localhost"]),
        "10.0.0.5\n10.0.0.6\n127.0.0.1\n"
    );
    let found = said(&["db.test"]);
    assert!(
        found.contains("status: NOERROR") && found.contains("flags: qr aa rd;"),
        "{found}"
    );
    assert!(
        found.contains("QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0"),
        "{found}"
    );
    let nothing = said(&["db.test", "AAAA"]);
    assert!(
        nothing.contains("status: NOERROR") && nothing.contains("ANSWER: 0"),
        "{nothing}"
    );
    assert!(said(&["none.test"]).contains("status: NXDOMAIN"));
    let above = said(&["test", "NS"]);
    assert!(
        above.contains("status: NOERROR") && above.contains("ANSWER: 0"),
        "{above}"
    );
    assert!(said(&["-c", "CH", "db.test"]).contains("status: REFUSED"));
    let notify = said(&["+opcode=notify", "db.test"]);
    assert!(notify.contains("opcode: NOTIFY, status: NOTIMP"), "{notify}");
}

// ---- by hand

#[tokio::test]
async fn questions_on_one_connection_are_answered_in_order() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let (found, missing) = (question("example.test", A, IN), question("none.test", A, IN));
    client
        .send([query(1, &found), query(2, &missing), query(3, &found)].concat())
        .await;
    let answer = [&found[..], &address([192, 0, 2, 1])].concat();
    client.expect(response(1, 0, 1, &answer)).await;
    client.expect(response(2, 3, 0, &missing)).await;
    client.expect(response(3, 0, 1, &answer)).await;
}

#[tokio::test]
async fn a_message_may_come_byte_by_byte() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    client.stream().set_nodelay(true).expect("the option is known");
    let asked = question("localhost", A, IN);
    for byte in query(7, &asked) {
        client.send([byte]).await;
    }
    client
        .expect(response(7, 0, 1, &[&asked[..], &address([127, 0, 0, 1])].concat()))
        .await;
}

#[tokio::test]
async fn a_name_is_found_in_any_case_and_comes_back_as_it_was() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let asked = question("eXaMpLe.TeSt", A, IN);
    let answer = [&asked[..], &address([192, 0, 2, 1])].concat();
    client.call(query(1, &asked), response(1, 0, 1, &answer)).await;
}

#[tokio::test]
async fn types_and_classes_are_told_apart() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    for (qtype, class) in [(A, IN), (ANY, IN), (A, ANY)] {
        let asked = question("db.test", qtype, class);
        let answer = [&asked[..], &address([10, 0, 0, 5]), &address([10, 0, 0, 6])].concat();
        client.call(query(1, &asked), response(1, 0, 2, &answer)).await;
    }
    // The name exists, its IPv6 address doesn't.
    let asked = question("db.test", AAAA, IN);
    client.call(query(2, &asked), response(2, 0, 0, &asked)).await;
    let asked = question("db.test", A, 3);
    client.call(query(4, &asked), response(4, 5, 0, &asked)).await;
}

#[tokio::test]
async fn a_name_with_names_below_it_is_there_and_has_no_address() {
    let example = Example::start("dns", &["0", "a.B.c.d=10.0.0.7"]);
    let mut client = Client::connect(example.addr()).await;
    for above in ["b.C.d", "c.d", "d", "test", "example.test", ""] {
        let asked = question(above, NS, IN);
        client.call(query(1, &asked), response(1, 0, 0, &asked)).await;
    }
    for missing in ["b.d", "a.a.b.c.d", "e", "ample.test"] {
        let asked = question(missing, NS, IN);
        client.call(query(2, &asked), response(2, 3, 0, &asked)).await;
    }
}

#[tokio::test]
async fn what_is_no_question_is_a_format_error_and_the_connection_goes_on() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    let long = question(&"label.".repeat(43), A, IN);
    let good = question("db.test", A, IN);
    let bodies: [&[u8]; 11] = [
        b"",
        b"\0",
        b"\0\0\x01\0",
        b"\x05short",
        b"\x3f",
        // A pointer to itself, one to the header, one after a label, and reserved label types.
        b"\xc0\x0c\0\x01\0\x01",
        b"\xc0\x00\0\x01\0\x01",
        b"\x02db\xc0\x0c\0\x01\0\x01",
        b"\x41a\0\0\x01\0\x01",
        &long,
        // Bytes after the question that the header doesn't announce.
        &[&good[..], b"x"].concat(),
    ];
    for body in bodies {
        client.call(query(9, body), refusal(9, 0, 1)).await;
    }
    for (questions, answers, authorities) in [(0, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (65_535, 0, 0)] {
        let message = bits!(8u16, 0x0100u16, questions: u16, answers: u16, authorities: u16, 0u16, &good);
        client.call(framed(&message), refusal(8, 0, 1)).await;
    }
    let longest = question(&"label.".repeat(42), A, IN);
    client.call(query(1, &longest), response(1, 3, 0, &longest)).await;
}

#[tokio::test]
async fn other_opcodes_are_not_implemented() {
    let (_example, addr) = start();
    let mut client = Client::connect(addr).await;
    for opcode in 1..16_u8 {
        let message = bits!(5u16, 0u1, opcode: u4, 0b001u3, 0u8, [0; 8]);
        client.call(framed(&message), refusal(5, opcode, 4)).await;
    }
}

#[tokio::test]
async fn what_is_no_query_ends_the_connection() {
    let (_example, addr) = start();
    let asked = question("db.test", A, IN);
    for message in [
        &b""[..],
        b"\0",
        b"\0\x01\x01\0\0\x01\0\0\0\0\0",
        // A response, although the server asked nothing.
        &response(1, 0, 0, &asked)[2..],
    ] {
        let mut client = Client::connect(addr).await;
        client.send(framed(message)).await;
        client.expect_eof().await;
    }
    let mut client = Client::connect(addr).await;
    client.send([0xff; 1000]).await;
    client.expect_eof().await;
}

#[test]
fn wrong_arguments_are_told() {
    for (arguments, why) in [
        (&["x"][..], "\"x\" is no port"),
        (&["0", "name"], "\"name\" is no name=address"),
        (&["0", "name=::1"], "\"name=::1\" is no name=address"),
        (&["0", "a..b=1.2.3.4"], "\"a..b\" is no name"),
    ] {
        let (success, log) = Example::start("dns", arguments).wait();
        assert!(!success && log.concat().contains(why), "{log:?}");
    }
}
