#![deny(warnings)]

use kai_tcp_server::{Action, CloseReason, ExitReason, Failure, Result, Socket, Supervisor, tcp_server};

struct Echo;

#[tcp_server(port = 10000)]
impl Echo {
    async fn init(_supervisor: &Supervisor) -> Result {
        Ok(())
    }

    async fn connected(socket: &mut Socket) -> Result<usize> {
        socket.send("hello\n").await?;
        Ok(0)
    }

    fn handle_call(data: &[u8], calls: &mut usize) -> Action {
        *calls += 1;
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }

    fn failed(_: &Failure) -> Action {
        close
    }

    fn closed(_reason: CloseReason) {}

    fn terminate(_reason: &ExitReason) {}
}

struct Generic<T>(T);

#[tcp_server(port = 10001)]
impl<T: Send + Sync + 'static> Generic<T> {
    async fn handle_call(data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() {
    assert_eq!(Echo::handle_call(b"hello\r\n", &mut 0), Action::reply("hello\r\n"));
    let generic = Generic(1);
    assert_eq!(generic.0, 1);
    let _ = || kai_tcp_server::run((Echo, generic));
}
