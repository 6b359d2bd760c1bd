#![deny(warnings)]
#![deny(rust_2018_idioms, mismatched_lifetime_syntaxes)]

use std::borrow::Cow;

use kai_tcp_server::{Action, Result, tcp_server};

struct Server {
    motto: String,
}

#[tcp_server(port = 0)]
impl Server {
    const GREETING: &'static str = "hello";

    fn handle_call(&self, data: &[u8], last: &mut Vec<u8>) -> Result<Action> {
        let other = std::mem::replace(last, data.to_vec());
        Ok(match data.first() {
            Some(b'm') => self.motto(),
            Some(b'g') => Self::greeting(),
            Some(b'l') => reply(&*last),
            Some(b'b') => Self::both(data, &self.motto),
            Some(b't') => self.tried(data)?,
            Some(b's') => Self::say(String::from_utf8(other)?),
            Some(b'c') => Self::cow(Cow::Borrowed(data)),
            Some(b'o') => Self::first(data).unwrap_or(noreply),
            _ => twice(data),
        })
    }

    fn motto(&self) -> Action {
        reply(&self.motto)
    }

    fn greeting() -> Action {
        close(Self::GREETING)
    }

    fn both(first: &[u8], second: &str) -> Action {
        reply((first, second))
    }

    fn tried(&self, data: &[u8]) -> Result<Action> {
        if data.is_empty() { Err("empty")? } else { Ok(self.motto()) }
    }

    fn say(text: String) -> Action {
        reply(text)
    }

    fn cow<'a>(data: Cow<'a, [u8]>) -> Action<'a> {
        reply(data)
    }

    fn first(data: &[u8]) -> Option<Action> {
        data.first().map(|first| reply([*first]))
    }
}

fn twice(data: &[u8]) -> Action<'_> {
    Action::reply((data, data))
}

fn main() {
    let server = Server { motto: "less".to_owned() };
    assert_eq!(server.motto(), Action::reply("less"));
    let _ = || kai_tcp_server::run(server);
}
