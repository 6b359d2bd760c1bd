//! The bytes that a client of a replay sends, and those that it compares with the server's.

use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::super::pattern::{Captured, Pattern};
use super::super::play::Pace;
use super::Replayed;
use super::client::{Client, Waited};
use super::difference::Difference;
use crate::packet::Packet;

/// The most bytes behind those expected that are shown.
const MORE: usize = 64;

/// Returns what is shown of bytes that weren't expected at all.
pub(super) fn beginning(came: &[u8]) -> &[u8] {
    &came[..came.len().min(MORE)]
}

/// Returns a frame as it crosses the connection.
pub(super) fn framed(packet: Packet, frame: &[u8]) -> Result<BytesMut, String> {
    let mut bytes = BytesMut::new();
    packet.encode([frame], &mut bytes).map_err(|error| error.to_string())?;
    // The modes that leave a line its end in the frame don't add it either.
    if packet.framing().terminator().is_empty() {
        bytes.extend_from_slice(packet.line_end());
    }
    Ok(bytes)
}

pub(super) async fn send<T>(
    client: &mut Client<T>,
    bytes: &[u8],
    limit: Duration,
    replayed: &mut Replayed,
) -> Result<(), Difference>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    if !client.send(bytes, limit).await {
        return Err(Difference::of("the server doesn't read what the client sends"));
    }
    replayed.sent += bytes.len() as u64;
    Ok(())
}

/// Compares what comes with what was recorded, as far as both go.
pub(super) async fn expect<T>(
    client: &mut Client<T>,
    expected: &[u8],
    until: Instant,
    replayed: &mut Replayed,
) -> Result<(), Difference>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut same = 0;
    loop {
        let came = &client.buffer[..client.buffer.len().min(expected.len())];
        same += came[same..]
            .iter()
            .zip(&expected[same..])
            .take_while(|(a, b)| a == b)
            .count();
        if same == expected.len() {
            client.skip(same);
            replayed.received += same as u64;
            return Ok(());
        }
        if same < came.len() {
            let what = Difference::of("the server sent something else");
            return Err(what.between(Some(expected), shown(&client.buffer, expected.len(), same)));
        }
        let what = match client.wait(until).await {
            Waited::News => continue,
            Waited::Ended => "the server closed",
            Waited::Late => "the server sent nothing more",
        };
        return Err(Difference::of(what).between(Some(expected), &client.buffer));
    }
}

/// Returns what is shown of what came instead: up to the end of its line, if that is near.
fn shown(came: &[u8], expected: usize, same: usize) -> &[u8] {
    let rest = &came[same..];
    let near = &rest[..rest.len().min(expected - same + MORE)];
    let line = memchr::memchr(b'\n', near).map(|end| same + end + 1);
    &came[..line.unwrap_or_else(|| came.len().min(expected.max(same + 1)))]
}

/// Takes the next frame by a pattern that captures something.
pub(super) async fn expect_match<T>(
    client: &mut Client<T>,
    pattern: &Pattern,
    captured: &mut Captured,
    until: Instant,
    pace: Pace,
    replayed: &mut Replayed,
) -> Result<(), Difference>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let expected = || format!("`{}` was expected", pattern.written().escape_debug());
    loop {
        if client.packet() == Packet::Raw {
            // All that comes until the server waits.
            client.wait(until).await;
            while client.wait(Instant::now() + pace.nothing).await == Waited::News {}
        }
        let before = client.buffer.len();
        if let Some(frame) = client.frame().map_err(Difference::of)? {
            replayed.received += (before - client.buffer.len()) as u64;
            let matches = pattern.matches(&frame, captured);
            return matches.map_err(|_| {
                Difference::of(format_args!("the server sent something else: {}", expected())).between(None, &frame)
            });
        }
        let what = match client.wait(until).await {
            Waited::News => continue,
            Waited::Ended => "the server closed",
            Waited::Late => "the server sent nothing more",
        };
        return Err(Difference::of(format_args!("{what}: {}", expected())).between(None, &client.buffer));
    }
}

/// Takes bytes of which nothing is known but their number.
pub(super) async fn leave_out<T>(client: &mut Client<T>, mut bytes: u64, until: Instant) -> Result<(), Difference>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    loop {
        let here = usize::try_from(bytes).unwrap_or(usize::MAX).min(client.buffer.len());
        client.skip(here);
        bytes -= here as u64;
        if bytes == 0 {
            return Ok(());
        }
        if client.wait(until).await != Waited::News {
            return Err(Difference::of(format_args!("the server sent {bytes} bytes less")));
        }
    }
}

pub(super) async fn expect_end<T>(client: &mut Client<T>, until: Instant) -> Result<(), Difference>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    loop {
        if !client.buffer.is_empty() {
            let shown = beginning(&client.buffer);
            return Err(Difference::of("the server sent more, where it closed").between(None, shown));
        }
        match client.wait(until).await {
            Waited::News => {}
            Waited::Ended => return Ok(()),
            Waited::Late => return Err(Difference::of("the server didn't close")),
        }
    }
}
