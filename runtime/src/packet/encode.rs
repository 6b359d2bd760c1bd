//! The encoder: writes replies with the header or terminator of a packet mode.

use bytes::BytesMut;
use kai_tcp_server_spec::packet::{Mode, Reply};

use super::error::FrameError;
use super::{Packet, length};

/// The header or terminator that a packet mode adds to a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    /// A header of one byte.
    One,
    /// A header of two bytes.
    Two,
    /// A header of four bytes.
    Four,
    Crlf,
    Lf,
}

impl Packet {
    /// Appends one reply, given as its parts in order, to `out`: with a length header under `1`,
    /// `2` and `4`, with a terminator under `line(crlf)`, `line(lf)` and `line(crlf | lf)` (CR LF),
    /// otherwise unchanged.
    ///
    /// Each part is copied once, into `out`. `packet_size` limits received frames only, and line
    /// ends inside a reply are sent unchanged, as in `gen_tcp`.
    ///
    /// # Errors
    ///
    /// Returns [`FrameError::ReplyTooLong`] if the length header can't express the length of the
    /// reply; nothing is written then. (`gen_tcp` sends a wrong header instead, and the peer loses
    /// the frame boundaries.)
    ///
    /// # Examples
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use kai_tcp_server::Packet;
    /// use kai_tcp_server::packet::FrameError;
    ///
    /// let parts: [&[u8]; 2] = [b"hel", b"lo"];
    /// let mut out = BytesMut::new();
    /// Packet::Two.encode(parts, &mut out)?;
    /// Packet::LineCrlf.encode(parts, &mut out)?;
    /// assert_eq!(out, b"\x00\x05hellohello\r\n"[..]);
    /// assert!(Packet::One.encode([&[b'a'; 256][..]], &mut out).is_err());
    /// # Ok::<(), FrameError>(())
    /// ```
    pub fn encode<'p, P>(self, parts: P, out: &mut BytesMut) -> Result<(), FrameError>
    where
        P: IntoIterator<Item = &'p [u8], IntoIter: Clone>,
    {
        self.framing().encode(parts, out)
    }

    /// Returns what ends a line of a transcript under this mode; nothing where frames aren't lines.
    #[cfg(any(feature = "record", feature = "test"))]
    pub(crate) const fn line_end(self) -> &'static [u8] {
        match self {
            Packet::Line | Packet::LineCrlf | Packet::LineCrlfOrLf | Packet::Http | Packet::Httph => b"\r\n",
            Packet::LineLf => b"\n",
            _ => b"",
        }
    }

    pub(crate) const fn framing(self) -> Framing {
        match self.mode().row().reply {
            Reply::AsItIs => Framing::None,
            Reply::Length1 => Framing::One,
            Reply::Length2 => Framing::Two,
            Reply::Length4 => Framing::Four,
            Reply::Crlf => Framing::Crlf,
            Reply::Lf => Framing::Lf,
        }
    }
}

impl Framing {
    /// The most bytes that a mode adds to a reply.
    pub(crate) const OVERHEAD: usize = Mode::Four.row().header;

    /// Appends one reply, as [`Packet::encode`] does.
    pub(crate) fn encode<'p, P>(self, parts: P, out: &mut BytesMut) -> Result<(), FrameError>
    where
        P: IntoIterator<Item = &'p [u8], IntoIter: Clone>,
    {
        let parts = parts.into_iter();
        let length = parts.clone().map(<[u8]>::len).sum();
        // This can fail, so it comes before the first byte is written.
        self.begin(length, out)?;
        let terminator = self.terminator();
        out.reserve(length + terminator.len());
        parts.for_each(|part| out.extend_from_slice(part));
        out.extend_from_slice(terminator);
        Ok(())
    }

    /// Writes the header of a reply of `length` bytes.
    pub(crate) fn begin(self, length: usize, out: &mut BytesMut) -> Result<(), FrameError> {
        match self {
            Framing::One => out.extend_from_slice(&length::header::<{ Mode::One.row().header }>(length)?),
            Framing::Two => out.extend_from_slice(&length::header::<{ Mode::Two.row().header }>(length)?),
            Framing::Four => out.extend_from_slice(&length::header::<{ Mode::Four.row().header }>(length)?),
            Framing::None | Framing::Crlf | Framing::Lf => {}
        }
        Ok(())
    }

    /// Returns whether a header precedes each reply.
    pub(crate) fn has_header(self) -> bool {
        matches!(self, Framing::One | Framing::Two | Framing::Four)
    }

    /// Returns the bytes that follow each reply.
    pub(crate) fn terminator(self) -> &'static [u8] {
        match self {
            Framing::Crlf => b"\r\n",
            Framing::Lf => b"\n",
            _ => b"",
        }
    }
}
