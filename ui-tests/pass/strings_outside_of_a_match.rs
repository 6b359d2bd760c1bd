//! Strings that something else than the frame as bytes is compared with, which may hold braces.
#![deny(warnings)]

use kai_tcp_server::{Action, tcp_server};

struct Text;

#[tcp_server(port = 0, packet = line(crlf))]
impl Text {
    fn handle_call(&self, data: &str) -> Action {
        if let "{help}" = data {
            return reply("literally");
        }
        if matches!(data, "{x}" | "{y}") {
            return close;
        }
        match data {
            "get {key}" => reply(key),
            _ => close,
        }
    }
}

struct Slices;

#[tcp_server(port = 0, packet = line(crlf))]
impl Slices {
    fn handle_call(&self, data: &[u8], state: &mut String) -> Action {
        if let "{open}" = state.as_str() {
            return noreply;
        }
        if let Ok("{help}") = std::str::from_utf8(data) {
            return reply("literally");
        }
        let text = String::from_utf8_lossy(data);
        let "{quit}" = &*text else {
            return close;
        };
        if let Ok(data) = std::str::from_utf8(data)
            && let "{bye}" = data
        {
            return close;
        }
        if let b"{x}" = data {
            return close;
        }
        let data = &*text;
        if let "{quit}" = data { close } else { noreply }
    }
}

fn main() {
    let _ = || kai_tcp_server::run((Text, Slices));
}
