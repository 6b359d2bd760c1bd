//! Plays a recording: makes its connections, sends what their clients sent, and compares what the
//! server sends.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep, sleep_until};

use super::super::pattern::Captured;
use super::super::play::Pace;
use super::super::script::Action;
use super::client::Client;
use super::compare::{beginning, expect, expect_end, expect_match, framed, leave_out, send};
use super::difference::Difference;
use super::lines::{Entry, Step};
use super::{Replay, Replayed};
use crate::packet::Packet;

/// The most lines of a connection that are shown before the one that differs.
const AROUND: usize = 4;

/// The most bytes of such a line.
const SHOWN: usize = 400;

/// A recording that is being played.
pub(super) struct Player<'r, T, C> {
    replay: &'r Replay,
    connect: C,
    packet: Packet,
    pace: Pace,
    connections: BTreeMap<u64, Connection<T>>,
    captured: Captured,
    replayed: Replayed,
}

struct Connection<T> {
    /// `None`: it is over, or isn't played.
    client: Option<Client<T>>,
    around: VecDeque<(usize, String)>,
}

impl<T> Default for Connection<T> {
    fn default() -> Self {
        Connection {
            client: None,
            around: VecDeque::new(),
        }
    }
}

impl<'r, T, C> Player<'r, T, C>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    C: AsyncFn() -> io::Result<T>,
{
    /// `packet` is the mode of a transcript, which doesn't say it.
    pub(super) fn new(replay: &'r Replay, connect: C, packet: Packet, pace: Pace) -> Self {
        Player {
            replay,
            connect,
            packet,
            pace,
            connections: BTreeMap::new(),
            captured: Captured::new(),
            replayed: Replayed::default(),
        }
    }

    /// Plays all, and tells the number of each step; then the server must have sent nothing more.
    pub(super) async fn play(mut self, at: impl Fn(usize)) -> Result<Replayed, Difference> {
        let replay = self.replay;
        let begun = Instant::now();
        let mut last = Duration::ZERO;
        let mut steps = 1..;
        for file in replay.files.iter() {
            for (line, entry) in file.entries() {
                at(steps.next().unwrap_or_default());
                let entry = entry.map_err(|what| Difference::of(what).at(file.name.as_deref(), line, 0, Vec::new()))?;
                if replay.only.is_some_and(|only| only != entry.connection) {
                    continue;
                }
                let time = entry.time.unwrap_or(last).max(last);
                if replay.paced {
                    sleep_until(begun + time).await;
                }
                let limit = self.pace.frame + time.saturating_sub(last);
                last = time;
                let (line, connection) = (entry.line, entry.connection);
                let played = self.step(entry, limit).await;
                played.map_err(|difference| self.placed(difference, file.name.as_deref(), line, connection))?;
            }
        }
        self.nothing_more().await?;
        Ok(self.replayed)
    }

    /// Says where the difference is.
    fn placed(&self, difference: Difference, file: Option<&str>, line: usize, connection: u64) -> Difference {
        let around = self.connections.get(&connection).map(|connection| &connection.around);
        let around = around.into_iter().flatten().cloned().collect();
        difference.at(file, line, connection, around)
    }

    /// All that is left of a transcript must have sent nothing more.
    async fn nothing_more(&mut self) -> Result<(), Difference> {
        if self.connections.values().all(|connection| connection.client.is_none()) {
            return Ok(());
        }
        sleep(self.pace.nothing).await;
        for (number, Connection { client, around }) in &mut self.connections {
            // A recording may have been stopped, or cut off, before the reply was sent.
            if *number > 0 {
                continue;
            }
            let Some(client) = client else { continue };
            client.wait(Instant::now()).await;
            if !client.buffer.is_empty() {
                let (line, around) = (
                    around.back().map_or(0, |(line, _)| *line),
                    around.iter().cloned().collect(),
                );
                let shown = beginning(&client.buffer);
                let difference = Difference::of("the server sent more than was recorded").between(None, shown);
                return Err(difference.at(None, line, *number, around));
            }
        }
        Ok(())
    }

    async fn step(&mut self, entry: Entry<'_>, limit: Duration) -> Result<(), Difference> {
        let number = entry.connection;
        let is_new = !self.connections.contains_key(&number);
        let connection = self.connections.entry(number).or_default();
        if connection.around.len() == AROUND {
            connection.around.pop_front();
        }
        let shown = entry.text.get(..SHOWN.min(entry.text.len())).unwrap_or(entry.text);
        connection.around.push_back((entry.line, shown.to_owned()));
        if matches!(entry.step, Step::Connected) || (number == 0 && is_new) {
            if !is_new {
                return Err(Difference::of("the connection begins once more"));
            }
            let stream = (self.connect)().await;
            let stream = stream.map_err(|error| Difference::of(format_args!("cannot connect: {error}")))?;
            connection.client = Some(Client::new(stream, self.packet));
            self.replayed.connections += 1;
        } else if is_new {
            self.skip(number, "it began before the recording");
        }
        self.say(number, entry.step, limit).await
    }

    /// Leaves a connection out from here on.
    fn skip(&mut self, connection: u64, why: &'static str) {
        if let Some(connection) = self.connections.get_mut(&connection) {
            connection.client = None;
        }
        self.replayed.skipped.push((connection, why));
    }

    async fn say(&mut self, number: u64, step: Step, limit: Duration) -> Result<(), Difference> {
        let Player { captured, replayed, .. } = self;
        let Some(client) = self
            .connections
            .get_mut(&number)
            .and_then(|connection| connection.client.as_mut())
        else {
            if matches!(step, Step::Ended) {
                self.connections.remove(&number);
            }
            return Ok(());
        };
        let until = Instant::now() + limit;
        match step {
            Step::Connected | Step::Joined | Step::Note => {}
            Step::StartTls => self.skip(number, "TLS begins in its middle"),
            Step::LeftOutOfClient => self.skip(number, "not all that its client sent is recorded"),
            Step::LeftOutOfServer(bytes) => leave_out(client, bytes, until).await?,
            Step::ClientClosed => client.shut_down(limit).await,
            Step::Ended => drop(self.connections.remove(&number)),
            Step::ClientReset | Step::Stopped => {
                self.connections
                    .entry(number)
                    .and_modify(|connection| connection.client = None);
            }
            Step::Play(action) => match action {
                Action::Send(frame) => {
                    let frame = frame.bytes(captured).map_err(Difference::of)?;
                    let bytes = framed(client.packet(), &frame).map_err(Difference::of)?;
                    send(client, &bytes, limit, replayed).await?;
                }
                Action::SendRaw(bytes) => {
                    let bytes = bytes.bytes(captured).map_err(Difference::of)?;
                    send(client, &bytes, limit, replayed).await?;
                }
                Action::Expect(pattern) => match pattern.bytes(captured) {
                    Ok(frame) => {
                        let bytes = framed(client.packet(), &frame).map_err(Difference::of)?;
                        expect(client, &bytes, until, replayed).await?;
                    }
                    // It takes something: the frame decides.
                    Err(_) => expect_match(client, &pattern, captured, until, self.pace, replayed).await?,
                },
                Action::ExpectRaw(bytes) => {
                    let bytes = bytes.bytes(captured).map_err(Difference::of)?;
                    expect(client, &bytes, until, replayed).await?;
                }
                Action::ExpectClosed => expect_end(client, until).await?,
                Action::ExpectNothing => {
                    client.wait(Instant::now() + self.pace.nothing).await;
                    if !client.buffer.is_empty() {
                        return Err(Difference::of("the server sent something").between(None, &client.buffer));
                    }
                }
                Action::Wait(time) => sleep(time).await,
                Action::Packet(packet) => client.set_packet(packet),
            },
        }
        Ok(())
    }
}
