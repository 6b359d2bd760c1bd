//! The admin's line protocol. It listens on 127.0.0.1, and whoever may connect there is trusted.

use std::sync::Arc;

use kai_tcp_server::{Action, Failure, tcp_server, whereis};

use crate::hall::{Hall, clean};

pub(crate) struct Admin(pub(crate) Arc<Hall>);

#[tcp_server(port = 10003, name = "Admin", packet = line(crlf | lf), packet_size = 512, max_processes = 4)]
impl Admin {
    fn handle_call(&self, line: &str) -> Action {
        let line = line.trim();
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (command, rest) {
            ("help", "") => lines("broadcast TEXT\nkick NAME\nquit\nrooms\nstats\nstop\ntree\nwho\n"),
            ("rooms", "") => lines(&self.0.rooms()),
            ("who", "") => lines(&self.0.everybody()),
            ("stats", "") => lines(&stats()),
            ("tree", "") => lines(&trees()),
            ("kick", name) if self.0.lock().kick(name) => reply("OK"),
            ("kick", _) => reply("ERR nobody has that name"),
            ("broadcast", text) if !text.is_empty() => {
                self.0.lock().broadcast(&format!("* admin: {}", clean(text)));
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
            _ => reply("ERR help lists the commands"),
        }
    }

    fn failed(&self, failure: &Failure) -> Action {
        close(format_args!("ERR {failure}"))
    }
}

/// An answer of several lines, each of which ends as the packet mode ends a line.
fn lines<'a>(text: &str) -> Action<'a> {
    Action::reply((text.replace('\n', "\r\n"), "OK"))
}

fn stats() -> String {
    let Some(chat) = whereis("Chat") else {
        return String::new();
    };
    let info = chat.info();
    format!(
        "connected {}\naccepted {}\nlines {}\nbytes_in {}\nbytes_out {}\n",
        info.curr_connections, info.accepted, info.calls, info.bytes_in, info.bytes_out
    )
}

fn trees() -> String {
    let servers = ["Chat", "Admin"].into_iter().filter_map(whereis);
    servers.flat_map(|server| [server.tree().to_string(), "\n".to_owned()]).collect()
}
