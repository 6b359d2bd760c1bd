#![deny(warnings)]

use kai_tcp_server::{Action, CloseReason, tcp_server};

macro_rules! server {
    ($name:ident, $port:expr, $processes:literal, $session:ty, $data:ident => $answer:expr) => {
        struct $name;

        #[tcp_server(port = $port, max_processes = $processes, packet = line(crlf))]
        impl $name {
            fn handle_call(&self, $data: &[u8], session: &mut $session) -> Action {
                let call = session.len();
                match $data {
                    b"quit" => close,
                    b"size" => reply(call.to_string()),
                    _ if $data.is_empty() => noreply,
                    _ => reply($answer),
                }
            }

            fn closed(&self, session: $session, _: CloseReason) {
                drop(session);
            }
        }
    };
}

server!(Echo, 10_000, 2, String, data => data);
server!(Shout, 10_000 + 1, 4, Vec<u8>, data => data.to_ascii_uppercase());

fn main() {
    let _ = || kai_tcp_server::run(Echo);
    let _ = || kai_tcp_server::run(Shout);
}
