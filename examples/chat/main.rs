//! A chat server and a server for its admin: two servers in one program, which share one hall of
//! rooms.
//!
//! ```text
//! cargo run --example chat    # chat on port 10002, admin on 10003; `-- 0 0` takes free ports
//! nc 127.0.0.1 10002          # say a name, then talk; `/help` lists the commands
//! nc 127.0.0.1 10003          # `help` lists the commands; an answer ends in `OK`, or is an `ERR`
//! ```
//!
//! No member waits for another. A line to a member goes into the member's mailbox. A full
//! mailbox means that the member doesn't read, so the server cuts the member off. A member who
//! sends more than the others can read is slowed down.

mod admin;
mod chat;
mod hall;
mod pace;
mod text;

use std::sync::Arc;

use kai_tcp_server::{Error, ErrorKind, Options, Result, with};

use crate::admin::Admin;
use crate::chat::Chat;
use crate::hall::Hall;

fn main() -> Result {
    let hall = Arc::new(Hall::default());
    let chat = with(Chat(Arc::clone(&hall)), on_port(Chat::OPTIONS, 1)?);
    let admin = with(Admin(hall), on_port(Admin::OPTIONS, 2)?);
    kai_tcp_server::run((chat, admin))
}

/// Returns the options with the port from the program's argument `number`, if there is one.
fn on_port(options: Options, number: usize) -> Result<Options> {
    let Some(argument) = std::env::args_os().nth(number) else {
        return Ok(options);
    };
    match argument.to_string_lossy().parse() {
        Ok(port) => Ok(options.port(port)),
        Err(_) => Err(Error::new(
            ErrorKind::Options,
            format!("{:?} is no port: 0 takes a free one", argument.to_string_lossy()),
        )),
    }
}
