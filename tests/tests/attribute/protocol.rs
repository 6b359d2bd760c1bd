//! A table documents itself: `PROTOCOL`, and the counts of `info().arms`.

#![deny(missing_docs)]
#![allow(clippy::unused_self, clippy::trivially_copy_pass_by_ref, clippy::unused_async)] // a callback's signature is given

use bytes::Bytes;
use kai_tcp_server::{
    Action, Arm, BoxError, Frame, ListedArm, Options, Peer, Server, Socket, TcpServer, input, start, tcp_server, with,
};
use kai_tcp_server_tests::Client;

/// A server with a table.
pub struct Store;

#[tcp_server(port = 0)]
impl Store {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            /// Gets a key.
            ///
            /// Or says that there is none.
            "get {key}\r\n" => reply((key, "\r\n")),
            "add {n: u8}\r\n" if n > 7 => reply("many\r\n"),
            /// Adds a | few.
            "add {n: u8}\r\n" => reply(format_args!("{n}\r\n")),
            "help\r\n" => reply(help(Self::PROTOCOL)),
            b"quit\r\n" | b"exit\r\n" => close,
            [0x01, ..] => match data.len() {
                2 => reply("short\r\n"),
                _ => noreply,
            },
            _ => reply("what?\r\n"),
        }
    }
}

fn help(arms: &[Arm]) -> String {
    let lines = arms
        .iter()
        .map(|arm| format!("{} {}\r\n", arm.name, arm.docs.replace('\n', " ")));
    lines.collect()
}

/// Returns the counts of the called arms, as `name calls`.
fn calls(server: &Server) -> String {
    let arms = server.info().arms;
    let arms: Vec<String> = arms.iter().map(|arm| format!("{} {}", arm.name, arm.calls)).collect();
    arms.join(", ")
}

async fn in_memory<S: TcpServer>(server: S) -> (Server, Client<tokio::io::DuplexStream>) {
    let server = start(with(server, Options::new().in_memory())).await.unwrap();
    let client = Client::in_memory(&server).await;
    (server, client)
}

#[test]
fn lists_names_patterns_and_docs() {
    let listed: Vec<_> = Store::PROTOCOL
        .iter()
        .map(|arm| (arm.name, arm.pattern, arm.docs))
        .collect();
    assert_eq!(
        listed,
        [
            ("get", r"get {key}\r\n", "Gets a key.\n\nOr says that there is none."),
            ("add", r"add {n: u8}\r\n", ""),
            ("add", r"add {n: u8}\r\n", "Adds a | few."),
            ("help", r"help\r\n", ""),
            ("quit", r#"b"quit\r\n" | b"exit\r\n""#, ""),
            ("arm_6", "[0x01, ..]", ""),
            ("arm_7", "_", ""),
        ]
    );
    let counted: Vec<_> = <Store as TcpServer>::ARMS
        .iter()
        .map(|arm| (arm.name, arm.pattern))
        .collect();
    let known: Vec<_> = Store::PROTOCOL.iter().map(|arm| (arm.name, arm.pattern)).collect();
    assert_eq!(counted, known);
}

#[tokio::test]
async fn counts_the_arm_that_ran() {
    let (server, mut client) = in_memory(Store).await;
    assert_eq!(calls(&server), "get 0, add 0, add 0, help 0, quit 0, arm_6 0, arm_7 0");
    client.call("add 8\r\nadd 7\r\nadd 6\r\n", "many\r\n7\r\n6\r\n").await;
    client
        .call("get a\r\nget b\r\nadd 256\r\n", "a\r\nb\r\nwhat?\r\n")
        .await;
    client.call("\x01\n", "short\r\n").await;
    assert_eq!(calls(&server), "get 2, add 1, add 2, help 0, quit 0, arm_6 1, arm_7 1");
    client.call("help\r\n", "get Gets a key.  Or says that there is none.\r\nadd \r\nadd Adds a | few.\r\nhelp \r\nquit \r\narm_6 \r\narm_7 \r\n").await;
    assert_eq!(calls(&server), "get 2, add 1, add 2, help 1, quit 0, arm_6 1, arm_7 1");
    assert_eq!(server.info().arms[2].pattern, r"add {n: u8}\r\n");
    let counted: u64 = server.info().arms.iter().map(|arm| arm.calls).sum();
    assert_eq!(counted, server.info().calls);
}

#[tokio::test]
async fn servers_of_one_type_count_apart() {
    let (first, mut one) = in_memory(Store).await;
    let (second, mut other) = in_memory(with(Store, Store::OPTIONS)).await;
    one.call("get a\r\n", "a\r\n").await;
    // A call by hand isn't counted.
    assert_eq!(Store.handle_call(b"exit\r\n"), Action::close());
    other.call("add 1\r\nadd 1\r\n", "1\r\n1\r\n").await;
    assert_eq!(calls(&first), "get 1, add 0, add 0, help 0, quit 0, arm_6 0, arm_7 0");
    assert_eq!(calls(&second), "get 0, add 0, add 2, help 0, quit 0, arm_6 0, arm_7 0");
}

struct Waiting;

#[tcp_server(port = 0, packet = line(lf))]
impl Waiting {
    async fn handle_call(&self, data: Bytes, socket: &mut Socket) -> Result<Action, BoxError> {
        Ok(match data {
            "ask" => {
                for _ in 0..5 {
                    tokio::task::yield_now().await;
                }
                socket.send("?").await?;
                reply(socket.recv().await?.unwrap_or_default())
            }
            "store {key}" => {
                tokio::task::yield_now().await;
                // Another server's table, within a call.
                let stored = Store.handle_call(b"get a\r\n");
                assert_ne!(stored, Action::close());
                reply(key.to_owned())
            }
            "panic" => panic!("as it was told"),
            line => match &line[..] {
                "a{_..}" => reply("a"),
                _ => noreply,
            },
        })
    }
}

#[tokio::test]
async fn counts_a_call_that_waits_once() {
    let (server, mut client) = in_memory(Waiting).await;
    client.call("ask\n", "?\n").await;
    assert_eq!(calls(&server), "ask 1, store 0, panic 0, arm_4 0");
    client.call("yes\n", "yes\n").await;
    client.call("store b\nabc\n", "b\na\n").await;
    assert_eq!(calls(&server), "ask 1, store 1, panic 0, arm_4 1");
    client.send("panic\n").await;
    client.expect_gone().await;
    assert_eq!(calls(&server), "ask 1, store 1, panic 1, arm_4 1");
}

struct States;

#[derive(Default)]
enum State {
    #[default]
    Out,
    In,
}

#[tcp_server(port = 0, packet = line(lf))]
impl States {
    fn handle_call(&self, data: &str, state: &mut State) -> Action {
        match state {
            State::Out => match data {
                "login" => {
                    *state = State::In;
                    reply("in")
                }
                _ => reply("out"),
            },
            State::In => match data {
                #[cfg(any())]
                "never" => reply("never"),
                #[cfg(test)]
                "always" => reply("always"),
                // A value that begins with a block.
                "or" => if data.is_empty() { "" } else { "or" }.pipe(),
                text => reply(text),
            },
        }
    }
}

trait Pipe {
    fn pipe(&self) -> Action<'_>;
}

impl Pipe for str {
    fn pipe(&self) -> Action<'_> {
        Action::reply(self)
    }
}

#[tokio::test]
async fn tables_of_states_are_one_list_without_what_a_cfg_takes_away() {
    let (server, mut client) = in_memory(States).await;
    client
        .call("x\nlogin\nnever\nalways\nor\n", "out\nin\nnever\nalways\nor\n")
        .await;
    assert_eq!(calls(&server), "login 1, arm_2 1, always 1, or 1, arm_6 1");
}

struct Header;

#[tcp_server(port = 0, packet = 4)]
impl Header {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(4: u4, _: u4, _: u8, length: u16, id: u16, _: u3, _: u13, ttl: u8, _: u8, _: u16, source: u32, target: u32, rest: [u8]) => {
                reply(format_args!("{length} {id} {ttl} {source} {target} {}", rest.len()))
            }
            _ => close,
        }
    }
}

#[test]
fn a_long_pattern_is_listed_in_one_line() {
    assert_eq!(
        Header::PROTOCOL[0].pattern,
        "bits!(4: u4, _: u4, _: u8, length: u16, id: u16, _: u3, _: u13, ttl: u8, _: u8, _: u16, source: u32, target: u32, rest: [u8])"
    );
}

struct Echo;

#[tcp_server(port = 0)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Generic<T>(T);

#[tcp_server(port = 0)]
impl<T: AsRef<[u8]> + Send + Sync + 'static> Generic<T> {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "what\n" => reply(self.0.as_ref()),
            _ => close,
        }
    }
}

#[tokio::test]
async fn without_a_table_and_generic() {
    assert_eq!(Echo::PROTOCOL.arms, []);
    let (server, mut client) = in_memory(Echo).await;
    client.call("a\n", "a\n").await;
    assert_eq!(server.info().arms, []);
    assert_eq!(Generic::<String>::PROTOCOL.len(), 2);
    let (server, mut client) = in_memory(Generic("this\n")).await;
    client.call("what\n", "this\n").await;
    assert_eq!(calls(&server), "what 1, arm_2 0");
}

/// Forwards all callbacks by hand.
struct Around;

impl TcpServer for Around {
    type Input = input::Slice;
    type Session = ();
    type Message = ();

    const ARMS: &'static [ListedArm] = Store::ARMS;

    fn options(&self) -> Options {
        Store::OPTIONS
    }

    async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
        Ok(())
    }

    async fn handle_call<'a>(&'a self, data: Frame<'a, Self>, (): &'a mut ()) -> Result<Action<'a>, BoxError> {
        Ok(Store.handle_call(data))
    }
}

#[tokio::test]
async fn one_who_wraps_a_server_hands_its_table_on() {
    let (server, mut client) = in_memory(Around).await;
    client.call("get a\r\n", "a\r\n").await;
    assert_eq!(calls(&server), "get 1, add 0, add 0, help 0, quit 0, arm_6 0, arm_7 0");
}
