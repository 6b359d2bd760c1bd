//! Every packet mode, for tests of what holds in all of them.

use kai_tcp_server::Packet;

/// A packet mode, with its spelling, and how a client sends a frame under it.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// As the attribute spells it.
    pub name: &'static str,
    /// As the runtime calls it.
    pub packet: Packet,
    /// The longest frame, where the mode itself has a limit.
    pub longest: usize,
    /// A frame as it goes over the wire. Its bytes are letters.
    pub wire: fn(&[u8]) -> Vec<u8>,
}

/// The size of a block under `raw(N)`.
const BLOCK: usize = 4;

const fn mode(name: &'static str, packet: Packet, wire: fn(&[u8]) -> Vec<u8>) -> Mode {
    Mode {
        name,
        packet,
        longest: usize::MAX,
        wire,
    }
}

/// All of them.
pub const MODES: &[Mode] = &[
    mode("raw", Packet::Raw, <[u8]>::to_vec),
    Mode {
        longest: BLOCK,
        ..mode("raw(4)", Packet::RawExact(BLOCK), <[u8]>::to_vec)
    },
    Mode {
        longest: 0xff,
        ..mode("1", Packet::One, |frame| behind::<1>(frame))
    },
    Mode {
        longest: 0xffff,
        ..mode("2", Packet::Two, |frame| behind::<2>(frame))
    },
    mode("4", Packet::Four, |frame| behind::<4>(frame)),
    mode("line", Packet::Line, |frame| [frame, b"\n"].concat()),
    mode("line(crlf)", Packet::LineCrlf, |frame| [frame, b"\r\n"].concat()),
    mode("line(lf)", Packet::LineLf, |frame| [frame, b"\n"].concat()),
    mode("line(crlf | lf)", Packet::LineCrlfOrLf, |frame| {
        let end: &[u8] = if frame.len().is_multiple_of(2) { b"\r\n" } else { b"\n" };
        [frame, end].concat()
    }),
];

/// A frame behind its length, in so many bytes.
fn behind<const N: usize>(frame: &[u8]) -> Vec<u8> {
    let length = frame.len().to_be_bytes();
    [&length[length.len() - N..], frame].concat()
}
