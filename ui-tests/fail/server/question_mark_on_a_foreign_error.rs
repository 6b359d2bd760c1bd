use std::fmt;

use kai_tcp_server::{Action, Result, tcp_server};

struct Demo;

/// As a crate for a format has it.
#[derive(Debug)]
struct BadSyntax;

impl fmt::Display for BadSyntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad syntax")
    }
}

impl std::error::Error for BadSyntax {}

fn parse(data: &[u8]) -> std::result::Result<usize, BadSyntax> {
    if data.is_empty() { Err(BadSyntax) } else { Ok(data.len()) }
}

#[tcp_server(port = 10000, packet = line(crlf))]
impl Demo {
    fn handle_call(&self, data: &[u8]) -> Result<Action> {
        let length = parse(data)?;
        Ok(reply(length.to_string()))
    }
}

fn main() -> kai_tcp_server::Result {
    parse(b"")?;
    kai_tcp_server::run(Demo)
}
