#![deny(warnings)]

use kai_tcp_server::{Action, Socket, tcp_server};

struct Server {
    gate: Gate,
}

struct Gate {
    close: bool,
}

impl Gate {
    fn close(&self) -> bool {
        self.close
    }
}

struct Held<'a> {
    close: Action<'a>,
}

macro_rules! pick {
    ($first:expr, $second:expr) => {
        if true { $first } else { $second }
    };
}

/// A fn outside of the block that is called as a word is.
fn close(socket: &Socket) -> &Socket {
    socket
}

#[tcp_server(port = 0)]
impl Server {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        let _ = self::close(socket);
        let closure = |silent: bool| if silent { noreply } else { close };
        fn inner<'a>() -> Action<'a> {
            close
        }
        let gate = Gate { close: self.gate.close };
        let Gate { close: open } = gate;
        let held = Held { close };
        let mut answers = vec![close, noreply, reply(data), close("bye"), held.close, inner()];
        let maybe = Some("x").map_or(noreply, reply);
        let chosen = tokio::select! {
            biased;
            () = std::future::ready(()) => if open { close } else { noreply },
            () = std::future::pending() => close(b"late"),
        };
        answers.extend([maybe, chosen, closure(self.gate.close()), pick!(noreply, close), pick!(close(data), reply("x"))]);
        'close: loop {
            if answers.len() > 3 {
                break 'close;
            }
            answers.push(reply(format_args!("{}", answers.len())));
        }
        answers.pop().unwrap_or(close)
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Server { gate: Gate { close: false } });
}
