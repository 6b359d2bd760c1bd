//! The example `rpc` and its client, run as a user runs them.

use std::convert::Infallible;
use std::process::{Command, Output};
use std::time::Duration;

use kai_tcp_server_tests::{Client, Example, available};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;

/// The same time as in the tests' client.
const PATIENCE: Duration = Duration::from_secs(20);

/// Puts the length before a message.
fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("a test's message is short");
    [&length.to_be_bytes(), message].concat()
}

const ADD: &[u8] = b"\x94\x00\x07\xa3add\x92\x28\x02";
const SUM: &[u8] = b"\x94\x01\x07\xc0\x2a";
const SUBSCRIBE: &[u8] = b"\x94\x00\x08\xa9subscribe\x90";
const UNSUBSCRIBE: &[u8] = b"\x94\x00\x09\xabunsubscribe\x90";

/// Returns the next message that isn't a tick, and the number of ticks before it.
async fn response(client: &mut Client) -> (Vec<u8>, usize) {
    let mut ticks = 0;
    loop {
        let message = message(client).await;
        if !message.starts_with(b"\x93\x02\xa4tick\x91") {
            return (message, ticks);
        }
        ticks += 1;
    }
}

async fn message(client: &mut Client) -> Vec<u8> {
    let read = async {
        let length = client.stream().read_u32().await?;
        let mut message = vec![0; length as usize];
        client.stream().read_exact(&mut message).await?;
        Ok::<_, std::io::Error>(message)
    };
    let message = timeout(PATIENCE, read).await.expect("a message comes in time");
    message.expect("a whole message comes")
}

async fn call(client: &mut Client, request: &[u8]) -> Vec<u8> {
    client.send(frame(request)).await;
    response(client).await.0
}

/// Runs a client, and returns its output.
fn run(program: &mut Command) -> String {
    let Output { status, stdout, stderr } = program.output().expect("the client starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    print!("{stdout}");
    assert!(status.success(), "{stdout}{stderr}");
    stdout.into_owned()
}

/// Serves by sending the same bytes again and again, whatever the request.
async fn repeat(listener: TcpListener, bytes: Vec<u8>) -> std::io::Result<Infallible> {
    let (mut server, _) = listener.accept().await?;
    loop {
        server.write_all(&bytes).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn its_own_client_waits_for_no_server_for_ever() {
    // Ticks, and a slow frame whose reads each come in time.
    let mut clients = Vec::new();
    for bytes in [frame(b"\x93\x02\xa4tick\x91\x01"), vec![0, 0, 0x40, 0]] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let addr = listener.local_addr().expect("it has an address");
        tokio::spawn(repeat(listener, bytes));
        clients.push(Example::start("rpc_client", &[&addr.to_string()]));
    }
    for client in clients {
        let ended = tokio::task::spawn_blocking(|| client.wait()).await;
        let (success, said) = ended.expect("the client ends in time");
        assert!(!success && said.concat().contains("deadline has elapsed"), "{said:?}");
    }
}

#[test]
fn its_own_client_calls_every_method() {
    let server = Example::start("rpc", &["0"]);
    let mut client = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    client.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    client.args(["run", "--quiet"]);
    if !cfg!(debug_assertions) {
        client.arg("--release");
    }
    client.args(["--example", "rpc_client", "--", &server.addr().to_string()]);
    let said = run(&mut client);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[..3], ["echo: hello", "add: 42", "sort: [1, 2, 3]"]);
    assert!(
        lines[3].starts_with("time: 1") && lines[3].ends_with(" ms since 1970"),
        "{said}"
    );
    assert!(lines[4].starts_with("add of words: bad params: "), "{said}");
    assert_eq!(lines[5..7], ["divide: unknown method", "subscribe: true"]);
    assert!(lines[7..10].iter().all(|line| line.starts_with("tick ")), "{said}");
    assert_eq!(lines.last(), Some(&"unsubscribe: true"));
}

#[test]
fn another_library_in_another_language_understands_it() {
    if !available("python3", &["-c", "import msgpack"], "pip install msgpack") {
        return;
    }
    let server = Example::start("rpc", &["0"]);
    let addr = server.addr();
    let mut client = Command::new("python3");
    client.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/clients/rpc_msgpack.py"));
    client.args([addr.ip().to_string(), addr.port().to_string()]);
    assert!(run(&mut client).ends_with("ok\n"));
}

#[tokio::test]
async fn requests_in_one_segment_are_answered_in_order() {
    let server = Example::start("rpc", &["0"]);
    let mut client = Client::connect(server.addr()).await;
    let mut requests = Vec::new();
    let mut responses = Vec::new();
    for id in 0..100 {
        requests.extend(frame(
            &[b"\x94\x00".as_slice(), &[id], b"\xa3add\x92", &[id], b"\x01"].concat(),
        ));
        responses.extend(frame(&[b"\x94\x01".as_slice(), &[id], b"\xc0", &[id + 1]].concat()));
    }
    client.call(requests, responses).await;
}

#[tokio::test]
async fn a_frame_may_come_in_pieces() {
    let server = Example::start("rpc", &["0"]);
    let mut client = Client::connect(server.addr()).await;
    for byte in frame(ADD) {
        client.send([byte]).await;
        client.stream().writable().await.expect("the connection lives");
    }
    client.expect(frame(SUM)).await;
}

#[tokio::test]
async fn a_length_beyond_packet_size_closes_before_its_bytes_come() {
    let server = Example::start("rpc", &["0"]);
    let addr = server.addr();
    for length in [65_537_u32, 0x7fff_ffff, 0xffff_ffff] {
        let mut client = Client::connect(addr).await;
        client.call(frame(ADD), frame(SUM)).await;
        client.send(length.to_be_bytes()).await;
        client.expect_eof().await;
    }
    // The longest frame: an echo of the longest text that fits.
    let mut client = Client::connect(addr).await;
    let head = b"\x94\x00\x01\xa4echo\x91\xda";
    let text = vec![b'x'; 65_536 - head.len() - 2];
    let length = u16::try_from(text.len()).expect("it fits").to_be_bytes();
    let response = call(&mut client, &[head.as_slice(), &length, &text].concat()).await;
    assert_eq!(response.len(), 4 + 3 + text.len());
}

#[tokio::test]
async fn what_cannot_be_done_is_an_error_response_and_the_connection_goes_on() {
    let server = Example::start("rpc", &["0"]);
    let mut client = Client::connect(server.addr()).await;
    let wrong: [(&[u8], &[u8]); 6] = [
        (b"\x94\x00\x01\xa6divide\x92\x01\x00", b"unknown method"),
        (b"\x94\x00\x01\xa3add\x92\xa1a\xa1b", b"bad params: "),
        (b"\x94\x00\x01\xa3add\x91\x01", b"bad params: "),
        (b"\x94\x00\x01\xa3add\x93\x01\x02\x03", b"bad params: "),
        (b"\x94\x00\x01\xa3add\x01", b"bad params: "),
        (
            b"\x94\x00\x01\xa3add\x92\xcf\x7f\xff\xff\xff\xff\xff\xff\xff\x01",
            b"the sum is out of range",
        ),
    ];
    for (request, error) in wrong {
        let response = call(&mut client, request).await;
        // [1, 1, error, nil]
        assert!(response.starts_with(b"\x94\x01\x01") && response.ends_with(b"\xc0"));
        let said = response.windows(error.len()).any(|window| window == error);
        assert!(said, "{}", response.escape_ascii());
    }
    // A notification gets no answer.
    client.send(frame(b"\x93\x02\xa5hello\x90")).await;
    client.call(frame(ADD), frame(SUM)).await;
}

#[tokio::test]
async fn what_is_no_message_closes_the_connection() {
    let server = Example::start("rpc", &["0"]);
    let addr = server.addr();
    let deep = [b"\x94\x00\x01\xa4echo".as_slice(), &[0x91].repeat(60_000)].concat();
    let garbage: [&[u8]; 8] = [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x80",
        b"\x94\x01\x07\xc0\x2a",                             // a response
        b"\x94\x00\x07\xa3add\x92\x28",                      // cut short
        b"\x94\x00\x07\xa3add\x92\x28\x02\x00",              // with something behind it
        b"\x94\x00\x07\xa4sort\x91\xdd\xff\xff\xff\xff\x01", // four thousand million numbers, it says
        &deep,
    ];
    for garbage in garbage {
        let mut client = Client::connect(addr).await;
        client.send(frame(garbage)).await;
        client.expect_eof().await;
    }
}

#[tokio::test]
async fn ticks_come_while_calls_go_on() {
    let server = Example::start("rpc", &["0"]);
    let mut client = Client::connect(server.addr()).await;
    assert_eq!(call(&mut client, SUBSCRIBE).await, b"\x94\x01\x08\xc0\xc3");
    // The second request finds it subscribed already.
    assert_eq!(call(&mut client, SUBSCRIBE).await, b"\x94\x01\x08\xc0\xc2");
    let (mut ticks, mut calls) = (0, 0);
    while ticks < 3 {
        client.send(frame(ADD)).await;
        let (sum, before) = response(&mut client).await;
        assert_eq!(sum, SUM);
        calls += 1;
        ticks += before;
    }
    assert!(calls > 3, "only {calls} calls while 3 ticks came");
    println!("{calls} calls while 3 ticks came");
}

#[tokio::test]
async fn who_is_not_subscribed_gets_no_ticks() {
    let server = Example::start("rpc", &["0"]);
    let addr = server.addr();
    let mut former = Client::connect(addr).await;
    call(&mut former, SUBSCRIBE).await;
    message(&mut former).await;
    assert_eq!(call(&mut former, UNSUBSCRIBE).await, b"\x94\x01\x09\xc0\xc3");
    let mut never = Client::connect(addr).await;
    let mut present = Client::connect(addr).await;
    call(&mut present, SUBSCRIBE).await;
    for _ in 0..2 {
        message(&mut present).await;
    }
    // Ticks were sent meanwhile; the next frame is the answer anyway.
    former.call(frame(ADD), frame(SUM)).await;
    never.call(frame(ADD), frame(SUM)).await;
}

#[tokio::test]
async fn a_subscriber_who_is_cut_off_disturbs_nobody() {
    let server = Example::start("rpc", &["0"]);
    let addr = server.addr();
    let mut gone = Client::connect(addr).await;
    call(&mut gone, SUBSCRIBE).await;
    let mut client = Client::connect(addr).await;
    call(&mut client, SUBSCRIBE).await;
    gone.reset();
    for _ in 0..3 {
        message(&mut client).await;
    }
    server.signal("TERM");
    client.expect_gone().await;
    drop(client);
    let (success, _) = server.wait();
    assert!(success);
}

#[test]
fn a_bad_argument_is_one_line_and_no_success() {
    let (success, log) = Example::start("rpc", &["70000"]).wait();
    assert!(!success);
    assert_eq!(log, ["Error: \"70000\" is no port: 0 takes a free one"]);
}
