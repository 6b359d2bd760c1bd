//! gen_tcp's packet modes.

/// A packet mode: where one frame ends and the next begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Packet {
    /// `raw`: whatever is there.
    Raw,
    /// `raw(N)`: blocks of N bytes.
    RawExact(usize),
    /// `1`: a header of one byte says how long the frame is.
    One,
    /// `2`: a big-endian header of two bytes.
    Two,
    /// `4`: a big-endian header of four bytes.
    Four,
    /// `line`: through the line feed, which the frame keeps; replies go out as they are.
    #[default]
    Line,
    /// `line(crlf)`: CR LF ends a line; taken off frames, put on replies. A bare LF is part of the line.
    LineCrlf,
    /// `line(lf)`: LF ends a line; taken off frames, put on replies. A CR is part of the line.
    LineLf,
    /// `line(crlf | lf)`: both end a line; CR LF is put on replies.
    LineCrlfOrLf,
}
