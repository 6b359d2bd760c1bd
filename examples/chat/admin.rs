//! The admin's line protocol. The server listens on 127.0.0.1 and trusts all that connect there,
//! except web pages in the admin's browser.

use std::sync::Arc;

use kai_tcp_server::{Action, Failure, tcp_server, whereis};

use crate::hall::Hall;
use crate::text::{clean, is_http};

pub(crate) struct Admin(pub(crate) Arc<Hall>);

/// ```transcript
/// C: who
/// S: OK
/// C: kick nobody
/// S: ERR nobody has that name
/// C: broadcast hello
/// S: OK
/// C: GET / HTTP/1.1
/// S: ERR no web pages here
/// S! closed
/// ```
#[tcp_server(
    port = 10003,
    name = "Admin",
    packet = line(crlf | lf),
    packet_size = 512,
    max_processes = 4,
    example = Admin(Arc::default())
)]
impl Admin {
    fn handle_call(&self, line: &str) -> Action {
        let line = line.trim();
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (command, rest) {
            ("help", "") => lines([
                "broadcast TEXT",
                "kick NAME",
                "quit",
                "rooms",
                "stats",
                "stop",
                "tree",
                "who",
            ]),
            ("rooms", "") => lines(self.0.rooms()),
            ("who", "") => lines(self.0.who(None)),
            ("stats", "") => lines(stats()),
            ("tree", "") => lines(trees()),
            ("kick", name) if self.0.kick(name) => reply("OK"),
            ("kick", _) => reply("ERR nobody has that name"),
            ("broadcast", text) if !text.is_empty() => {
                self.0.broadcast(&format!("* admin: {}", clean(text)));
                reply("OK")
            }
            // When one server of a program ends, `run` stops the others.
            ("stop", "") => {
                if let Some(chat) = whereis("Chat") {
                    drop(chat.stop());
                }
                close("OK")
            }
            ("quit", "") => close("OK"),
            _ if is_http(line) => close("ERR no web pages here"),
            _ => reply("ERR help lists the commands"),
        }
    }

    fn failed(&self, failure: &Failure) -> Action {
        close(format_args!("ERR {failure}"))
    }
}

/// Builds an answer of several lines. The packet mode ends the last line; this function ends the
/// others.
fn lines<'a, L: AsRef<str>>(lines: impl IntoIterator<Item = L>) -> Action<'a> {
    let mut answer = String::new();
    for line in lines {
        answer.push_str(line.as_ref());
        answer.push_str("\r\n");
    }
    Action::reply((answer, "OK"))
}

fn stats() -> Vec<String> {
    let Some(info) = whereis("Chat").map(|chat| chat.info()) else {
        return Vec::new();
    };
    vec![
        format!("connected {}", info.curr_connections),
        format!("accepted {}", info.accepted),
        format!("lines {}", info.calls),
        format!("bytes_in {}", info.bytes_in),
        format!("bytes_out {}", info.bytes_out),
    ]
}

fn trees() -> Vec<String> {
    let servers = ["Chat", "Admin"].into_iter().filter_map(whereis);
    servers
        .map(|server| server.tree().to_string().replace('\n', "\r\n"))
        .collect()
}
