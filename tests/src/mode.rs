//! Every packet mode, for tests of what holds in all of them. But for `httph`: there a frame is whole only when the next one has
//! begun, and all else is as under `http`.

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
    /// Whether a handler gets it as it went over the wire.
    pub kept: bool,
}

/// The size of a block under `raw(N)`.
const BLOCK: usize = 4;

const fn mode(name: &'static str, packet: Packet, wire: fn(&[u8]) -> Vec<u8>) -> Mode {
    Mode {
        name,
        packet,
        longest: usize::MAX,
        wire,
        kept: false,
    }
}

const fn kept(name: &'static str, packet: Packet, wire: fn(&[u8]) -> Vec<u8>) -> Mode {
    Mode {
        kept: true,
        ..mode(name, packet, wire)
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
        ..mode("1", Packet::One, behind::<1>)
    },
    Mode {
        longest: 0xffff,
        ..mode("2", Packet::Two, behind::<2>)
    },
    mode("4", Packet::Four, behind::<4>),
    kept("line", Packet::Line, |frame| [frame, b"\n"].concat()),
    mode("line(crlf)", Packet::LineCrlf, |frame| [frame, b"\r\n"].concat()),
    mode("line(lf)", Packet::LineLf, |frame| [frame, b"\n"].concat()),
    mode("line(crlf | lf)", Packet::LineCrlfOrLf, |frame| {
        let end: &[u8] = if frame.len().is_multiple_of(2) { b"\r\n" } else { b"\n" };
        [frame, end].concat()
    }),
    kept("asn1", Packet::Asn1, |frame| {
        [b"\x04\x82", &behind::<2>(frame)[..]].concat()
    }),
    kept("cdr", Packet::Cdr, |frame| {
        [b"GIOP\x01\x02\0\0", &behind::<4>(frame)[..]].concat()
    }),
    kept("sunrm", Packet::Sunrm, behind::<4>),
    Mode {
        longest: 0xffff,
        ..kept("fcgi", Packet::Fcgi, |frame| {
            let [high, low] = length::<2>(frame.len());
            [&[1, 5, 0, 1, high, low, 0, 0], frame].concat()
        })
    },
    Mode {
        longest: 0xffff - 4,
        ..kept("tpkt", Packet::Tpkt, |frame| {
            let [high, low] = length::<2>(frame.len() + 4);
            [&[3, 0, high, low], frame].concat()
        })
    },
    // A line of letters is no request: it comes as it is.
    kept("http", Packet::Http, |frame| [frame, b"\n"].concat()),
];

/// A frame behind its length, in so many bytes.
fn behind<const N: usize>(frame: &[u8]) -> Vec<u8> {
    [&length::<N>(frame.len())[..], frame].concat()
}

/// A length in so many bytes.
fn length<const N: usize>(length: usize) -> [u8; N] {
    let bytes = length.to_be_bytes();
    *bytes.last_chunk().expect("a length has no more bytes")
}
