//! Writes replies.

use bytes::BytesMut;
use kai_tcp_server_spec::packet::{Mode, Reply};

use super::error::FrameError;
use super::{Packet, length};

/// What a packet mode puts before and behind a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    None,
    /// A header of so many bytes.
    One,
    Two,
    Four,
    Crlf,
    Lf,
}

impl Packet {
    /// Writes one reply, given as its parts in order, to the end of `out`: with its length header under `1`, `2` and
    /// `4`, with its terminator under `line(crlf)`, `line(lf)` and `line(crlf | lf)` (CR LF), else as it is.
    ///
    /// No part is copied but once, into `out`. `packet_size` limits what is received alone, and line ends inside a
    /// reply go out as they are, as with `gen_tcp`.
    ///
    /// # Errors
    ///
    /// [`FrameError::ReplyTooLong`] if the length header can't say how long the reply is; nothing was written then.
    /// (`gen_tcp` sends it with a wrong header, and the peer loses track.)
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
    /// The most that is added to a reply, in bytes.
    pub(crate) const OVERHEAD: usize = Mode::Four.row().header;

    /// See [`Packet::encode`].
    pub(crate) fn encode<'p, P>(self, parts: P, out: &mut BytesMut) -> Result<(), FrameError>
    where
        P: IntoIterator<Item = &'p [u8], IntoIter: Clone>,
    {
        let parts = parts.into_iter();
        let length = parts.clone().map(<[u8]>::len).sum();
        // An error comes before the first byte is written.
        self.begin(length, out)?;
        let terminator = self.terminator();
        out.reserve(length + terminator.len());
        parts.for_each(|part| out.extend_from_slice(part));
        out.extend_from_slice(terminator);
        Ok(())
    }

    /// Writes what goes before a reply of so many bytes.
    pub(crate) fn begin(self, length: usize, out: &mut BytesMut) -> Result<(), FrameError> {
        match self {
            Framing::One => out.extend_from_slice(&length::header::<{ Mode::One.row().header }>(length)?),
            Framing::Two => out.extend_from_slice(&length::header::<{ Mode::Two.row().header }>(length)?),
            Framing::Four => out.extend_from_slice(&length::header::<{ Mode::Four.row().header }>(length)?),
            Framing::None | Framing::Crlf | Framing::Lf => {}
        }
        Ok(())
    }

    /// Whether a header goes before each reply.
    #[inline]
    pub(crate) fn has_header(self) -> bool {
        matches!(self, Framing::One | Framing::Two | Framing::Four)
    }

    /// What goes behind each reply.
    #[inline]
    pub(crate) fn terminator(self) -> &'static [u8] {
        match self {
            Framing::Crlf => b"\r\n",
            Framing::Lf => b"\n",
            _ => b"",
        }
    }
}
