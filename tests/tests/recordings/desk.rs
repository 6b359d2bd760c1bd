//! The server under test: lines, blocks, calls that wait, replies out of the socket, messages.

use std::path::Path;

use kai_tcp_server::record::{Recorded, Recorder, Recording};
use kai_tcp_server::test::Replay;
use kai_tcp_server::{Action, Packet, Peer, ProtocolState, Result, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::Folder;

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, ProtocolState)]
pub(crate) enum Phase {
    #[initial]
    Words,
    /// Blocks with their length before them.
    #[state(packet = 2)]
    Blocks,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct Desk;

#[tcp_server(port = 0, packet = line(crlf), max_processes = 64, state = Phase)]
impl Desk {
    async fn connected(&self, socket: &mut Socket, peer: Peer<String>) -> Result<Peer<String>> {
        socket.send("welcome").await?;
        Ok(peer)
    }

    async fn handle_call(
        &self,
        phase: Phase,
        data: &[u8],
        socket: &mut Socket,
        peer: &mut Peer<String>,
    ) -> Result<Action> {
        Ok(match (phase, data) {
            (Phase::Words, b"blocks") => reply("blocks").next(Phase::Blocks),
            (Phase::Words, b"bytes") => {
                socket.send("send five").await?;
                let bytes = socket.recv_exact(5).await?;
                reply([&b"took "[..], &bytes].concat())
            }
            (Phase::Words, b"four") => {
                socket.set_packet(Packet::Four);
                reply("four")
            }
            (Phase::Words, b"later") => {
                tokio::task::yield_now().await;
                socket.send("sooner").await?;
                let _ = peer.send("by message".to_owned());
                noreply
            }
            (Phase::Words, b"bye") => close("cya"),
            (Phase::Words, b"slam") => close,
            (Phase::Words, [b'l', b'o', b'n', b'g', b' ', count @ ..]) => {
                let count: usize = std::str::from_utf8(count)?.parse()?;
                reply("x".repeat(count))
            }
            (Phase::Blocks, b"words") => reply("words").next(Phase::Words),
            (_, data) => reply(data),
        })
    }

    fn handle_info(&self, message: String) -> Action {
        reply(message)
    }
}

/// Starts a desk that records, on a port of its own.
pub(crate) async fn recorded(folder: &Folder) -> (Server, Recorder) {
    let server = start(Desk).await.unwrap();
    let recorder = server.record(in_folder(folder)).await.unwrap();
    (server, recorder)
}

pub(crate) fn in_folder(folder: &Folder) -> Recording {
    Recording::in_dir(folder.path("recordings"))
}

/// Ends a recording, and returns its text: that of all its files, one behind the other.
pub(crate) async fn ended(recorder: Recorder) -> String {
    text(&recorder.stop().await.unwrap())
}

pub(crate) fn text(recorded: &Recorded) -> String {
    let read = |path| std::fs::read_to_string(path).unwrap();
    recorded.files.iter().map(read).collect()
}

/// Returns the lines of a recording that are of a connection, without time and number.
pub(crate) fn said(text: &str) -> Vec<&str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.splitn(3, ' ').nth(2).unwrap()).collect()
}

/// Plays a recording in memory.
pub(crate) fn in_memory(
    path: impl AsRef<Path> + Send + 'static,
) -> Result<kai_tcp_server::test::Replayed, kai_tcp_server::BoxError> {
    Ok(Replay::read(path)?.in_memory(Desk)?)
}

/// Plays a recording against a new desk at an address.
pub(crate) async fn at_an_address(path: &Path) -> Result<kai_tcp_server::test::Replayed, kai_tcp_server::BoxError> {
    let server = start(with(Desk, Desk::OPTIONS)).await?;
    let replay = Replay::read(path)?;
    let addr = server.local_addr();
    let played = tokio::task::spawn_blocking(move || replay.at(addr)).await?;
    server.stop().await;
    Ok(played?)
}
