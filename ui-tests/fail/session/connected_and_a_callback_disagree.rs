use kai_tcp_server::{Action, CloseReason, Failure, Result, Socket, tcp_server};

struct Echo;

struct Session {
    count: usize,
}

struct Other;

#[tcp_server(port = 10000, active = 5)]
impl Echo {
    fn connected(&self) -> Result<Session> {
        Ok(Session { count: 0 })
    }

    fn handle_call(&self, data: &[u8], session: &mut Session) -> Action {
        session.count += 1;
        reply(data)
    }

    fn handle_info(&self, _: String, session: &mut Other) -> Action {
        let _ = session;
        noreply
    }

    fn passive(&self, socket: &mut Socket, session: &mut Other) -> Action {
        let _ = (socket, session);
        noreply
    }

    fn failed(&self, _: &Failure, session: &mut Other) -> Action {
        let _ = session;
        close
    }

    fn stopping(&self, session: &mut Other) -> Action {
        let _ = session;
        close
    }

    fn closed(&self, _: Other, _: CloseReason) {}
}

fn main() -> Result {
    kai_tcp_server::run(Echo)
}
