//! A server that counts, and goes on counting when a new version of it takes over.
//!
//! ```text
//! cargo run --example counter --features counter     # port 10009
//! nc 127.0.0.1 10009                                 # each line is counted; `name anna` names you
//! kill -USR2 $(pidof counter)                        # it starts anew; `nc` notices nothing
//! python3 examples/counter/replace.py 10             # the same ten times, under load
//! ```
//!
//! Build it anew before the signal, and the new version serves: the old one starts its own file.
//! Each answer has the number of the process, so that one sees who answers.

use kai_tcp_server::{Action, Result, tcp_server};
use serde::{Deserialize, Serialize};

struct Counter;

/// The session that a connection takes along. A field that a later version adds has a default, so
/// that it reads what this one has written; a change that can't be read like this needs another
/// `session_version`.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Session {
    lines: u64,
    name: String,
}

#[tcp_server(
    port = 10009,
    packet = line(crlf | lf),
    max_processes = 1000,
    upgrade = true,
    session_version = 1,
    env = "COUNTER"
)]
impl Counter {
    fn connected(&self) -> Session {
        Session {
            name: "you".to_owned(),
            ..Session::default()
        }
    }

    fn handle_call(&self, line: &str, session: &mut Session) -> Action {
        session.lines += 1;
        match line {
            "name {name}" => {
                name.clone_into(&mut session.name);
                reply(format_args!("hello {name}"))
            }
            "bye" => close(format_args!("{} lines", session.lines)),
            _ => {
                let (Session { lines, name }, process) = (session, std::process::id());
                reply(format_args!("{name}: line {lines}, answered by process {process}"))
            }
        }
    }
}

fn main() -> Result {
    kai_tcp_server::run(Counter)
}
