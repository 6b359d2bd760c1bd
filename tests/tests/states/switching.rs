//! The state changes when a call is done, and before the next frame is looked for.

use kai_tcp_server::{Action, ProtocolState, Result, Socket, start, tcp_server, with};
use kai_tcp_server_tests::Client;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, ProtocolState)]
enum Phase {
    /// A block of bytes, with its length before it.
    #[state(packet = 4)]
    Block,
    /// Commands.
    #[initial]
    Line,
    /// A text, up to a dot.
    #[state(packet = line(crlf))]
    Text,
}

struct Switch;

#[tcp_server(port = 0, packet = line(lf), max_processes = 4, state = Phase)]
impl Switch {
    fn handle_call(&self, state: Phase, data: &[u8]) -> Action {
        match (state, data) {
            (Phase::Line, b"block") => reply("send it").next(Phase::Block),
            (Phase::Line, b"text") => noreply.next(Phase::Text),
            (Phase::Line, b"bye") => close("bye").next(Phase::Text),
            (Phase::Line, line) => reply(("line ", line)),
            (Phase::Block, bytes) => reply(("block ", bytes)).next(Phase::Line),
            (Phase::Text, b".") => reply("done").next(Phase::Line),
            (Phase::Text, line) => reply(("text ", line)),
        }
    }
}

async fn connected(server: impl kai_tcp_server::TcpServer) -> (kai_tcp_server::Server, Client) {
    let server = start(server).await.unwrap();
    let client = Client::connect(server.local_addr()).await;
    (server, client)
}

#[tokio::test]
async fn one_pipelined_write_through_line_block_and_line_loses_no_byte() {
    let (_server, mut client) = connected(Switch).await;
    client
        .send(b"one\nblock\n\0\0\0\x05a\nb\r\ntwo\ntext\nx\ny\r\n.\r\nthree\n")
        .await;
    // A reply is framed under the mode in which its frame was read.
    client
        .expect(b"line one\nsend it\n\0\0\0\x0bblock a\nb\r\nline two\ntext x\ny\r\ndone\r\nline three\n")
        .await;
}

#[tokio::test]
async fn bytes_that_come_one_by_one_are_framed_in_their_state() {
    let (_server, mut client) = connected(Switch).await;
    for byte in b"block\n\0\0\0\x03a\nbone\n" {
        client.send(&[*byte]).await;
        tokio::task::yield_now().await;
    }
    client.expect(b"send it\n\0\0\0\x09block a\nbline one\n").await;
}

#[tokio::test]
async fn a_server_with_other_options_keeps_its_states() {
    let (_server, mut client) = connected(with(with(Switch, Switch::OPTIONS.max_processes(2)), Switch::OPTIONS)).await;
    client.send(b"block\n\0\0\0\x01aone\n").await;
    client.expect(b"send it\n\0\0\0\x07block aline one\n").await;
}

#[tokio::test]
async fn each_connection_begins_in_the_initial_state() {
    let (server, mut client) = connected(Switch).await;
    client.send(b"text\nx\r\n").await;
    client.expect(b"text x\r\n").await;
    let mut other = Client::connect(server.local_addr()).await;
    other.send(b"x\n").await;
    other.expect(b"line x\n").await;
}

/// A server whose calls take the socket.
struct Reader;

#[tcp_server(port = 0, packet = line(lf), state = Phase)]
impl Reader {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket, state: Phase) -> Result<Action> {
        Ok(match (state, data) {
            (Phase::Line, b"now") => {
                socket.set_state(Phase::Block);
                let block = socket.recv().await?.unwrap_or_default();
                // It is framed as the state of the moment says.
                socket.send(("now ", &block)).await?;
                socket.set_state(Phase::Line);
                reply("and back")
            }
            (Phase::Line, b"stay") => {
                socket.set_state(Phase::Text);
                noreply
            }
            (Phase::Line, b"both") => {
                socket.set_state(Phase::Text);
                noreply.next(Phase::Block)
            }
            (_, data) => reply(format_args!("{state:?} {}", data.escape_ascii())).next(Phase::Line),
        })
    }
}

#[tokio::test]
async fn set_state_holds_at_once_in_the_middle_of_a_call() {
    let (_server, mut client) = connected(Reader).await;
    client
        .send(b"now\n\0\0\0\x02a\nstay\nx\r\nboth\n\0\0\0\x01bend\n")
        .await;
    client
        .expect(b"\0\0\0\x06now a\nand back\nText x\r\n\0\0\0\x07Block bLine end\n")
        .await;
}
