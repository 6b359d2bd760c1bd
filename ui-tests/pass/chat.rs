#![deny(warnings)]

use kai_tcp_server::{Action, CloseReason, Peer, Result, Socket, tcp_server};

struct Chat;

struct Member {
    name: String,
    handle: Peer<String>,
}

#[tcp_server(port = 10002, packet = line(crlf | lf), max_processes = 1000)]
impl Chat {
    async fn connected(&self, _socket: &mut Socket, peer: Peer<String>) -> Result<Member> {
        Ok(Member {
            name: "guest".to_owned(),
            handle: peer,
        })
    }

    fn handle_call(&self, data: &[u8], member: &mut Member) -> Action {
        match data {
            b"quit" => close,
            b"bye" => close("cya"),
            b"name" => reply(&member.name),
            b"" => noreply,
            data => reply((&*member.name, ": ", data)),
        }
    }

    fn handle_info(&self, line: String) -> Action {
        reply(line)
    }

    fn closed(&self, member: Member, reason: CloseReason) {
        let _ = (member.handle, reason);
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Chat);
}
