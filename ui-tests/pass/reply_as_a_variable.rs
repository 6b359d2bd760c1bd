//! `reply` as a variable, where it isn't called as the action that it is.
#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};
use tokio_util::codec::LinesCodec;

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"a\r\n" => {
                let reply = data.len();
                self.counted(&reply.to_string())
            }
            b"b\r\n" => {
                let reply = reply(data);
                if data.is_empty() { noreply } else { reply }
            }
            b"c\r\n" => self.made(|reply| format!("{reply}")),
            b"h\r\n" => self.both(("both", true)),
            b"d\r\n" => {
                let reply = |text: &'static str| Action::close_with(text);
                reply("bye")
            }
            b"e\r\n" => {
                for reply in [1, 2] {
                    assert!(reply > 0);
                }
                let reply = 1;
                let reply = |count: usize| Action::reply((reply + count).to_string());
                reply(2)
            }
            b"f\r\n" => {
                {
                    let reply = "kept";
                    assert_eq!(reply, "kept");
                }
                reply("outside")
            }
            _ => close,
        }
    }

    fn counted(&self, reply: &str) -> Action<'static> {
        if reply.is_empty() { noreply } else { Action::reply(reply.to_owned()) }
    }

    fn both(&self, (reply, end): (&str, bool)) -> Action<'static> {
        if end { close } else { Action::reply(reply.to_owned()) }
    }

    fn made(&self, reply: impl Fn(usize) -> String) -> Action<'static> {
        if reply(1) == "1" { close("one") } else { close }
    }
}

struct Lines;

#[tcp_server(port = 0, packet = LinesCodec)]
impl Lines {
    fn handle_call(&self, line: String) -> Action {
        self.shown(&line)
    }

    fn shown(&self, reply: &str) -> Action<'static> {
        match reply {
            "" => noreply,
            "bye" => close("bye".to_owned()),
            reply => Action::reply_item::<LinesCodec>(reply.to_owned()),
        }
    }
}

fn main() {
    let _ = || kai_tcp_server::run((Echo, Lines));
}
