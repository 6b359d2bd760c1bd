#![deny(warnings)]
#![deny(rust_2018_idioms, mismatched_lifetime_syntaxes, unused)]

use kai_tcp_server::{
    Action, Active, CloseReason, ExitReason, Failure, Options, Peer, Result, Socket, Supervisor, tcp_server,
};

#[derive(Default)]
struct Server {
    greeting: String,
}

struct Member(Peer<String>);

#[tcp_server(port = 0)]
impl Server {
    fn init(&mut self, supervisor: &Supervisor) -> Result {
        let _ = supervisor;
        self.greeting = "hello".to_owned();
        Ok(())
    }

    fn connected(&self, socket: &mut Socket, peer: Peer<String>) -> Result<Member> {
        let _ = socket;
        Ok(Member(peer))
    }

    fn handle_call(&self, data: &[u8], socket: &mut Socket, member: &mut Member) -> Result<Action> {
        let _ = (socket, &member.0);
        Ok(match data {
            b"hello\r\n" => reply(&self.greeting),
            b"quit\r\n" => close,
            b"bye\r\n" => close("cya\r\n"),
            [] => noreply,
            data => reply(data),
        })
    }

    fn handle_info(&self, message: String, socket: &mut Socket, member: &mut Member) -> Action {
        let _ = (socket, member);
        reply(message)
    }

    fn passive(&self, socket: &mut Socket, member: &mut Member) -> Action {
        let _ = member;
        socket.set_active(Active::Count(2));
        reply(&self.greeting)
    }

    fn failed(&self, failure: &Failure, member: &mut Member) -> Action {
        let _ = member;
        match failure {
            Failure::NotUtf8 => reply("ERROR\r\n"),
            _ => close,
        }
    }

    fn stopping(&self, socket: &mut Socket, member: &mut Member) -> Result<Action> {
        let _ = (socket, member);
        Ok(reply(&self.greeting))
    }

    fn closed(&self, member: Member, reason: CloseReason) {
        let _ = (member, reason);
    }

    fn reload(&self) -> Result<Options> {
        Ok(Self::OPTIONS)
    }

    fn terminate(&self, reason: &ExitReason) {
        let _ = reason;
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Server::default());
}
