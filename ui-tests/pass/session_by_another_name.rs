//! One session type under several names, which the compiler alone knows to be one.
#![deny(warnings)]

use kai_tcp_server::{Action, CloseReason, Failure, Result, tcp_server};

struct Member {
    lines: usize,
}

type Guest = Member;
type Greeted = Result<Member>;

struct Chat;

#[tcp_server(port = 0)]
impl Chat {
    async fn connected(&self) -> Greeted {
        Ok(Member { lines: 0 })
    }

    fn handle_call(&self, data: &[u8], guest: &mut Guest) -> Action {
        guest.lines += 1;
        reply(data)
    }

    fn failed(&self, _: &Failure, member: &mut Member) -> Action {
        member.lines = 0;
        close
    }

    async fn closed(&self, guest: Guest, _: CloseReason) {
        assert!(guest.lines < 10);
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Chat);
}
