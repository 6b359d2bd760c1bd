//! A fn of the block has the socket, and sets the state.

#![deny(warnings)]

use kai_tcp_server::{Action, ProtocolState, Result, Socket, tcp_server};

#[derive(Clone, Copy, ProtocolState)]
enum Phase {
    #[initial]
    Hello,
    Mail,
    Text,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), state = Phase)]
impl Sink {
    async fn handle_call(&self, state: Phase, data: &[u8], socket: &mut Socket) -> Result<Action> {
        match (state, data) {
            (Phase::Hello, b"mail") => {
                self.begin(socket).await?;
                Ok(noreply)
            }
            (Phase::Mail, b"data") => Ok(reply("go on").next(Phase::Text)),
            (Phase::Text, b".") => Ok(reply("taken").next(Phase::Mail)),
            (_, b"quit") => Ok(close),
            _ => Ok(reply("what?")),
        }
    }

    async fn begin(&self, connection: &mut Socket) -> Result {
        connection.send("begin").await?;
        connection.set_state(Phase::Mail);
        Ok(())
    }
}

fn main() {
    let _ = Sink;
}
