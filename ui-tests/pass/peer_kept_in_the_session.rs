#![deny(warnings)]
// What the message about a `Peer` in another callback than `connected` says to write.

use std::sync::{Mutex, PoisonError};

use kai_tcp_server::{Action, CloseReason, ExitReason, Peer, tcp_server};

struct Itself;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Itself {
    fn connected(&self, peer: Peer<String>) -> Peer<String> {
        peer
    }

    fn handle_call(&self, data: &str, peer: &mut Peer<String>) -> Action {
        let _ = peer.send(data.to_owned());
        noreply
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    fn closed(&self, peer: Peer<String>, _: CloseReason) {
        drop(peer);
    }
}

#[derive(Default)]
struct Parts(Mutex<Vec<Peer<String>>>);

struct Member {
    peer: Peer<String>,
    lines: usize,
}

#[tcp_server(port = 10000, packet = line(crlf))]
impl Parts {
    fn connected(&self, peer: Peer<String>) -> Member {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(peer.clone());
        Member { peer, lines: 0 }
    }

    fn handle_call(&self, data: &str, member: &mut Member) -> Action {
        member.lines += 1;
        let _ = member.peer.send(data.to_owned());
        noreply
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }

    fn terminate(&self, _: &ExitReason) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn main() {
    let _ = (|| kai_tcp_server::run(Itself), || kai_tcp_server::run(Parts::default()));
}
