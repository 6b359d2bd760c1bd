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
    /// Whether the frame comes as it went over the wire, or without what was put on it.
    pub whole: bool,
}

impl Mode {
    /// What comes of a frame.
    pub fn frame(&self, frame: &[u8]) -> Vec<u8> {
        if self.whole { (self.wire)(frame) } else { frame.to_vec() }
    }

    const fn up_to(mut self, longest: usize) -> Self {
        self.longest = longest;
        self
    }
}

const fn mode(name: &'static str, packet: Packet, whole: bool, wire: fn(&[u8]) -> Vec<u8>) -> Mode {
    Mode {
        name,
        packet,
        longest: usize::MAX,
        wire,
        whole,
    }
}

/// A frame comes as it went over the wire.
const fn whole(name: &'static str, packet: Packet, wire: fn(&[u8]) -> Vec<u8>) -> Mode {
    mode(name, packet, true, wire)
}

/// What was put on a frame is taken off it.
const fn bare(name: &'static str, packet: Packet, wire: fn(&[u8]) -> Vec<u8>) -> Mode {
    mode(name, packet, false, wire)
}

/// All of them.
pub const MODES: &[Mode] = &[
    whole("raw", Packet::Raw, <[u8]>::to_vec),
    whole("raw(4)", Packet::RawExact(4), <[u8]>::to_vec).up_to(4),
    bare("1", Packet::One, |frame| behind::<1>(b"", frame)).up_to(0xff),
    bare("2", Packet::Two, |frame| behind::<2>(b"", frame)).up_to(0xffff),
    bare("4", Packet::Four, |frame| behind::<4>(b"", frame)),
    whole("line", Packet::Line, |frame| [frame, b"\n"].concat()),
    bare("line(crlf)", Packet::LineCrlf, |frame| [frame, b"\r\n"].concat()),
    bare("line(lf)", Packet::LineLf, |frame| [frame, b"\n"].concat()),
    bare("line(crlf | lf)", Packet::LineCrlfOrLf, |frame| {
        let end: &[u8] = if frame.len().is_multiple_of(2) { b"\r\n" } else { b"\n" };
        [frame, end].concat()
    }),
    whole("asn1", Packet::Asn1, |frame| behind::<4>(b"\x04\x84", frame)),
    whole("cdr", Packet::Cdr, |frame| behind::<4>(b"GIOP\x01\x02\0\0", frame)),
    whole("sunrm", Packet::Sunrm, |frame| behind::<4>(b"", frame)),
    whole("fcgi", Packet::Fcgi, |frame| {
        let [.., high, low] = frame.len().to_be_bytes();
        [&[1, 5, 0, 1, high, low, 0, 0], frame].concat()
    })
    .up_to(0xffff),
    whole("tpkt", Packet::Tpkt, |frame| {
        let [.., high, low] = (frame.len() + 4).to_be_bytes();
        [&[3, 0, high, low], frame].concat()
    })
    .up_to(0xffff - 4),
    // Lines that begin no message, so that another start line is next.
    whole("http", Packet::Http, |frame| [frame, b"\r\n"].concat()),
    whole("httph", Packet::Httph, |frame| [frame, b"\r\n"].concat()),
];

/// A frame behind its length, in so many bytes, behind what comes first.
fn behind<const N: usize>(first: &[u8], frame: &[u8]) -> Vec<u8> {
    let length = frame.len().to_be_bytes();
    [first, &length[length.len() - N..], frame].concat()
}
