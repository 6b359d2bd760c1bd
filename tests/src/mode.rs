//! All packet modes, for tests of properties that hold in all of them.

use kai_tcp_server::Packet;

/// A packet mode, with its spelling and its client's way to send a frame.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    /// The spelling in the attribute.
    pub name: &'static str,
    /// The runtime's name.
    pub packet: Packet,
    /// The longest frame, if the mode itself has a limit.
    pub longest: usize,
    /// Returns a frame of letters as it is on the wire.
    pub wire: fn(&[u8]) -> Vec<u8>,
    /// Returns the bytes of an incomplete frame that may be held or waited for under this
    /// `packet_size`.
    pub most: fn(usize) -> usize,
    /// Whether the frame includes the bytes that the mode adds on the wire.
    pub whole: bool,
}

impl Mode {
    /// Returns the frame that the server gets.
    pub fn frame(&self, frame: &[u8]) -> Vec<u8> {
        if self.whole { (self.wire)(frame) } else { frame.to_vec() }
    }

    const fn holding(mut self, most: fn(usize) -> usize) -> Self {
        self.most = most;
        self
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
        most: |limit| limit,
        whole,
    }
}

/// Creates a mode whose frames include what it adds on the wire.
const fn whole(name: &'static str, packet: Packet, wire: fn(&[u8]) -> Vec<u8>) -> Mode {
    mode(name, packet, true, wire)
}

/// Creates a mode whose frames exclude what it adds on the wire.
const fn bare(name: &'static str, packet: Packet, wire: fn(&[u8]) -> Vec<u8>) -> Mode {
    mode(name, packet, false, wire)
}

/// All packet modes.
pub const MODES: &[Mode] = &[
    whole("raw", Packet::Raw, <[u8]>::to_vec).holding(|_| 0),
    whole("raw(4)", Packet::RawExact(4), <[u8]>::to_vec).up_to(4),
    bare("1", Packet::One, |frame| behind::<1>(b"", frame))
        .up_to(0xff)
        .holding(|limit| limit + 1),
    bare("2", Packet::Two, |frame| behind::<2>(b"", frame))
        .up_to(0xffff)
        .holding(|limit| limit + 2),
    bare("4", Packet::Four, |frame| behind::<4>(b"", frame)).holding(|limit| limit + 4),
    whole("line", Packet::Line, |frame| [frame, b"\n"].concat()),
    // The CR may be half of a terminator.
    bare("line(crlf)", Packet::LineCrlf, |frame| [frame, b"\r\n"].concat()).holding(|limit| limit + 1),
    bare("line(lf)", Packet::LineLf, |frame| [frame, b"\n"].concat()),
    bare("line(crlf | lf)", Packet::LineCrlfOrLf, |frame| {
        let end: &[u8] = if frame.len().is_multiple_of(2) { b"\r\n" } else { b"\n" };
        [frame, end].concat()
    })
    .holding(|limit| limit + 1),
    whole("asn1", Packet::Asn1, |frame| behind::<4>(b"\x04\x84", frame))
        // A tag as long as its contents, or 64 bytes; a length of up to 128 bytes, which is an
        // error.
        .holding(|limit| limit.max(64) + limit.max(123) + 5),
    whole("cdr", Packet::Cdr, |frame| behind::<4>(b"GIOP\x01\x02\0\0", frame)).holding(|limit| limit + 12),
    whole("sunrm", Packet::Sunrm, |frame| behind::<4>(b"", frame)).holding(|limit| limit + 4),
    whole("fcgi", Packet::Fcgi, |frame| {
        let [.., high, low] = frame.len().to_be_bytes();
        [&[1, 5, 0, 1, high, low, 0, 0], frame].concat()
    })
    .up_to(0xffff)
    .holding(|limit| limit + 8),
    whole("tpkt", Packet::Tpkt, |frame| {
        let [.., high, low] = (frame.len() + 4).to_be_bytes();
        [&[3, 0, high, low], frame].concat()
    })
    .up_to(0xffff - 4)
    .holding(|limit| limit + 4),
    // Lines that begin no message, so that another start line follows.
    whole("http", Packet::Http, |frame| [frame, b"\r\n"].concat()),
    whole("httph", Packet::Httph, |frame| [frame, b"\r\n"].concat()),
];

/// Returns the bytes `first`, then the frame's length in `N` bytes, then the frame.
fn behind<const N: usize>(first: &[u8], frame: &[u8]) -> Vec<u8> {
    let length = frame.len().to_be_bytes();
    [first, &length[length.len() - N..], frame].concat()
}
