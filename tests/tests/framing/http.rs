//! Servers that speak HTTP with `packet = http`, and their clients.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::process::Command;

use kai_tcp_server::packet::Http;
use kai_tcp_server::packet::{Scheme, Uri};
use kai_tcp_server::{Action, Packet, Result, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, available};

/// The known part of a request whose headers are still arriving.
#[derive(Default)]
struct Request {
    path: Vec<u8>,
    length: usize,
    is_last: bool,
}

/// Replies with what it received.
struct Web;

#[tcp_server(port = 0, packet = http, packet_size = 8192)]
impl Web {
    async fn handle_call(&self, line: Http<'_>, socket: &mut Socket, request: &mut Request) -> Result<Action> {
        match line {
            Http::Request {
                method: "GET" | "POST",
                uri: Uri::AbsPath(path),
                version,
                ..
            } => {
                request.path = path.to_vec();
                request.is_last = version < (1, 1);
                Ok(noreply)
            }
            Http::Header {
                field: "Content-Length",
                value,
                ..
            } => {
                request.length = std::str::from_utf8(value)?.parse()?;
                Ok(noreply)
            }
            Http::Header {
                field: "Connection",
                value: b"close",
                ..
            } => {
                request.is_last = true;
                Ok(noreply)
            }
            Http::Header { .. } => Ok(noreply),
            Http::EndOfHeaders => {
                let Request { path, length, is_last } = std::mem::take(request);
                let body = socket.recv_exact(length).await?;
                let length = path.len() + 1 + body.len();
                let answer = (
                    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"),
                    path,
                    " ",
                    body,
                );
                Ok(if is_last { close(answer) } else { reply(answer) })
            }
            _ => Ok(close("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_gets_answers() {
    if !available("curl", &["--version"], "apt-get install curl") {
        return;
    }
    let server = start(Web).await.unwrap();
    let url = format!("http://{}", server.local_addr());
    let curl = |args: Vec<String>| async move {
        let output = tokio::process::Command::new("curl")
            .args(["--silent", "--show-error", "--noproxy", "*"])
            .args(args)
            .output()
            .await
            .expect("curl runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("what was sent")
    };
    assert_eq!(curl(vec![format!("{url}/a?b")]).await, "/a?b ");
    // Over one connection.
    assert_eq!(curl(vec![format!("{url}/1"), format!("{url}/2")]).await, "/1 /2 ");
    let body = "x".repeat(100_000);
    let posted = curl(vec![
        "--data".to_owned(),
        body.clone(),
        "--http1.0".to_owned(),
        format!("{url}/p"),
    ]);
    assert_eq!(posted.await, format!("/p {body}"));
    let refused = curl(vec![
        "--request".to_owned(),
        "BREW".to_owned(),
        "--include".to_owned(),
        url.clone(),
    ]);
    assert!(refused.await.starts_with("HTTP/1.1 400 Bad Request\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pythons_http_client_gets_answers() {
    if !available("python3", &["-c", "import http.client"], "apt-get install python3") {
        return;
    }
    let server = start(Web).await.unwrap();
    let program = "\
import http.client, sys
connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]), timeout=10)
for method, path, body in [('GET', '/', b''), ('POST', '/post', b'x' * 5000), ('GET', '/again', b'')]:
    connection.request(method, path, body)
    response = connection.getresponse()
    assert response.status == 200, response.status
    assert response.read() == path.encode() + b' ' + body
";
    let port = server.local_addr().port().to_string();
    let ran = tokio::task::spawn_blocking(move || Command::new("python3").args(["-c", program, &port]).output());
    let output = ran.await.unwrap().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(server.info().accepted, 1, "all over one connection");
}

/// Replies with the kind of each line.
struct Lines;

#[tcp_server(port = 0, packet = http)]
impl Lines {
    fn handle_call(&self, line: Http) -> Action {
        match line {
            Http::Request {
                uri: Uri::Absolute {
                    scheme: Scheme::Https, ..
                },
                ..
            } => reply("secure\n"),
            /// A request.
            Http::Request {
                method, known, version, ..
            } => reply(format_args!("request {method} {known} {version:?}\n")),
            Http::Response { code, phrase, .. } => reply((format!("response {code} "), phrase, "\n")),
            // A reply borrows from the line, and from the buffer for its name.
            Http::Header {
                field, raw, value: b"", ..
            } => reply((field, "=", raw, " is empty\n")),
            Http::Header {
                field, number, value, ..
            } => reply((field, format!(" {number} "), value, "\n")),
            Http::EndOfHeaders => reply("end\n"),
            Http::Error(text) => reply(("error ", text)),
            Http::Data(data) => reply(("data ", data, "\n")),
        }
    }
}

#[test]
fn a_handler_of_lines_is_an_ordinary_method() {
    assert_eq!(Lines.handle_call(Http::EndOfHeaders), Action::reply("end\n"));
    let request = Http::start_line(b"GET https://localhost/ HTTP/1.1\r\n");
    assert_eq!(Lines.handle_call(request), Action::reply("secure\n"));
}

#[tokio::test]
async fn lines_come_typed_however_slowly() {
    let server = start(Lines).await.unwrap();
    let sent = b"GET / HTTP/1.1\r\nhost: a\r\nx-FOO:\r\nno header\r\nA: b\r\n c\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\nnonsense\r\n";
    let answers = "request GET true (1, 1)\nHost 14 a\nX-Foo=x-FOO is empty\nerror no header\r\nA 0 b\r\n c\nend\n\
                   response 404 Not Found\nend\nerror nonsense\r\n";
    let mut client = Client::connect(server.local_addr()).await;
    client.call(sent, answers).await;
    client.stream().set_nodelay(true).unwrap();
    for byte in sent {
        client.send([*byte]).await;
    }
    client.expect(answers).await;
    let calls: Vec<u64> = server.info().arms.iter().map(|arm| arm.calls).collect();
    assert_eq!(calls, [0, 2, 2, 2, 4, 4, 4, 0]);
    assert_eq!(Lines::PROTOCOL[1].docs, "A request.");
}

/// Takes a body as frames.
struct Upload;

#[tcp_server(port = 0, packet = http)]
impl Upload {
    fn handle_call(&self, line: Http, socket: &mut Socket, left: &mut usize) -> Result<Action> {
        Ok(match line {
            Http::Header {
                field: "Content-Length",
                value,
                ..
            } => {
                *left = std::str::from_utf8(value)?.parse()?;
                noreply
            }
            Http::EndOfHeaders if *left > 0 => {
                socket.set_packet(Packet::RawExact(*left));
                noreply
            }
            Http::Data(body) => {
                socket.set_packet(Packet::Http);
                reply(body)
            }
            Http::Error(_) => close("error"),
            _ => noreply,
        })
    }
}

#[tokio::test]
async fn a_body_comes_as_data_and_then_the_next_request() {
    let server = start(Upload).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    let request = |body: &str| format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    client
        .send([request("hello"), request("\r\n\r\n"), request("A: b\r\n")].concat())
        .await;
    client.expect("hello\r\n\r\nA: b\r\n").await;
    client.call("nonsense\r\n", "error").await;
    client.expect_eof().await;
}

/// Takes lines that arrive byte by byte.
struct Bytewise;

#[tcp_server(port = 0, packet = httph, packet_size = 20)]
impl Bytewise {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "Secret: {word}\r\n" => reply((word, "\n")),
            "\r\n" => close("bye\n"),
            other => reply(("<", other.len().to_string(), ">\n")),
        }
    }
}

#[tokio::test]
async fn bytes_in_hand_are_the_line_as_it_came() {
    let server = start(with(Bytewise, Bytewise::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client
        .call("Secret: rhubarb\r\nA:\r\n\tb\r\n\r\n", "rhubarb\n<8>\nbye\n")
        .await;
    client.expect_eof().await;
    // The limit of a header counts all its lines.
    let mut client = Client::in_memory(&server).await;
    client.send("A: b\r\n c\r\n d\r\n e\r\n f\r\n\r\n").await;
    client.expect_eof().await;
}
