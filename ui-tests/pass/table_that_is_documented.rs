#![deny(warnings, missing_docs)]

//! The arms of a table are marked, listed and documented without a lint.

use kai_tcp_server::{Action, Arm, BoxError, tcp_server};

/// A public server.
pub struct Server;

/// What it does.
#[tcp_server(port = 0, packet = raw)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Result<Action, BoxError> {
        let text = match data {
            /// Documented | with `|`, <html> and
            ///
            /// paragraphs.
            "return" => return Ok(close),
            "question" => Err("no")?,
            "block" => {
                #![allow(dead_code)]
                const UNUSED: u8 = 1;
                use std::string::String as Text;
                Text::from("block")
            }
            #[cfg(any())]
            "never" => "never".to_owned(),
            "if" => if data.len() == 2 { 1 } else { 2 }.to_string(),
            "sum" => ((match data.len() { 3 => 1, _ => 2 }) + 1).to_string(),
            "unsafe" => unsafe { String::from_utf8_unchecked(Vec::new()) },
            "closure" => (|| "closure".to_owned())(),
            "`{tick}`\\|\r\n\0" => tick.to_owned(),
            "loop" => loop {
                break "loop".to_owned();
            },
            "panic" => panic!("no"),
            _ => unreachable!(),
        };
        Ok(reply(text))
    }
}

/// At compile time, too.
pub const FIRST: Arm = Server::PROTOCOL.arms[0];

fn main() {
    assert_eq!(FIRST.name, "return");
    assert_eq!(Server::PROTOCOL.len(), 11);
    assert_eq!(Server::PROTOCOL[7].pattern, r"`{tick}`\|\r\n\0");
    let _ = || kai_tcp_server::run(Server);
}
