//! A program whose server takes options from the environment, for the tests of the environment.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::time::Duration;

use kai_tcp_server::{
    Action, BoxError, ChildSpec, Frame, Options, Peer, Result, SendError, Socket, Supervisor, TcpServer, input, run,
    tcp_server, with,
};
use tokio::io::AsyncWriteExt as _;

/// The server under test. If `dying`, it has a child that ends as soon as it starts.
#[derive(Default)]
struct Probe {
    dying: bool,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 3, recv_timeout = "90s", env = "PROBE")]
impl Probe {
    fn init(&mut self, supervisor: &Supervisor) -> Result {
        if self.dying {
            let dying = ChildSpec::new("dying", || async {
                tokio::time::sleep(Duration::from_millis(10)).await;
            });
            supervisor.start_child(dying)?;
        }
        Ok(())
    }

    fn connected(&self, peer: Peer<()>) -> Peer<()> {
        peer
    }

    async fn handle_call(&self, data: &str, socket: &mut Socket, peer: &mut Peer<()>) -> Result<Action> {
        Ok(match data {
            "options" => {
                let options = socket.server().options();
                let lines: Vec<String> = options.iter().map(ToString::to_string).collect();
                close(lines.join("\n"))
            }
            "mailbox" => {
                let taken = (0..1000)
                    .take_while(|_| !matches!(peer.send(()), Err(SendError::Full(()))))
                    .count();
                reply(format_args!("{taken}"))
            }
            "two" => {
                // One small write after another.
                socket.write_all(b"one\n").await?;
                socket.flush().await?;
                reply("two")
            }
            "wait" => {
                eprintln!("a call waits");
                std::future::pending().await
            }
            "bye" => close("cya"),
            data if data.starts_with("recv ") => match socket.recv_exact(data["recv ".len()..].parse()?).await {
                Ok(bytes) => reply(bytes),
                Err(error) => reply(error.to_string()),
            },
            data => reply(data.to_owned()),
        })
    }

    fn handle_info(&self, (): ()) -> Action {
        noreply
    }
}

/// A server without the attribute. The environment overrides the options before `env`.
struct ByHand;

impl TcpServer for ByHand {
    type Input = input::Slice;
    type Session = ();
    type Message = ();

    fn options(&self) -> Options {
        Options::new().port(0).max_processes(3).env("PROBE").mailbox(5)
    }

    async fn connected(&self, socket: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
        for option in socket.server().options() {
            socket.send(format!("{option}\n")).await?;
        }
        Ok(())
    }

    async fn handle_call<'a>(&'a self, data: Frame<'a, Self>, (): &'a mut ()) -> Result<Action<'a>, BoxError> {
        Ok(Action::reply(data))
    }
}

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let probe = Probe::default();
    match words[..] {
        [] => run(probe),
        ["dying"] => run(Probe { dying: true }),
        ["with"] => run(with(probe, Probe::OPTIONS.port(0).max_processes(2))),
        ["anew"] => run(with(probe, Options::new().port(0))),
        ["by hand"] => run(ByHand),
        ["a prefix that is none"] => run(with(probe, Options::new().port(0).env(""))),
        _ => Err(format!("what is {words:?}?").into()),
    }
}
