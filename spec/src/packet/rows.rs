//! The rows of the packet modes: the name of each, its frames and its replies.

/// Calls the named macro with the rows of all packet modes. That macro generates its items from
/// them.
///
/// A row is the mode's name in `Packet`, its spelling in the attribute, the same as a cell of a
/// table (which escapes a `|`), and
///
/// - `header`, `limit`, `frames`, `reply`: the fields of [`Row`](crate::packet::Row),
/// - `frame`, `counts`, `gets`: the cells of the documentation's table: the frame, the part that
///   `packet_size` counts, and what is added to a reply.
#[macro_export]
macro_rules! packet_modes {
    ($($with:tt)+) => {
        $($with)+! {
            Raw = "raw" ("raw") {
                header: 0,
                limit: Nothing,
                frames: Any,
                reply: AsItIs,
                frame: "all bytes in the buffer",
                counts: "nothing; the option is ignored",
                gets: "nothing",
            }
            RawExact = "raw(N)" ("raw(N)") {
                header: 0,
                limit: Frame,
                frames: Block,
                reply: AsItIs,
                frame: "N bytes",
                counts: "the block",
                gets: "nothing",
            }
            One = "1" ("1") {
                header: 1,
                limit: Frame,
                frames: AtMost(0xff),
                reply: Length1,
                frame: "the bytes after a one-byte length",
                counts: "the bytes after the length",
                gets: "the length",
            }
            Two = "2" ("2") {
                header: 2,
                limit: Frame,
                frames: AtMost(0xffff),
                reply: Length2,
                frame: "the bytes after a two-byte length, big-endian",
                counts: "the bytes after the length",
                gets: "the length",
            }
            Four = "4" ("4") {
                header: 4,
                limit: Frame,
                frames: Any,
                reply: Length4,
                frame: "the bytes after a four-byte length, big-endian",
                counts: "the bytes after the length",
                gets: "the length",
            }
            Line = "line" ("line") {
                header: 0,
                limit: Frame,
                frames: Delimited,
                reply: AsItIs,
                frame: "a line with its `delimiter`",
                counts: "the line with its delimiter",
                gets: "nothing",
            }
            LineCrlf = "line(crlf)" ("line(crlf)") {
                header: 0,
                limit: Frame,
                frames: WithoutCrlf,
                reply: Crlf,
                frame: "a line without the CR LF that ends it; a bare LF doesn't end it",
                counts: "the line without its end",
                gets: "CR LF",
            }
            LineLf = "line(lf)" ("line(lf)") {
                header: 0,
                limit: Frame,
                frames: WithoutLf,
                reply: Lf,
                frame: "a line without the LF that ends it; a CR stays in it",
                counts: "the line without its end",
                gets: "LF",
            }
            LineCrlfOrLf = "line(crlf | lf)" ("line(crlf \\| lf)") {
                header: 0,
                limit: Frame,
                frames: WithoutLf,
                reply: Crlf,
                frame: "a line without the CR LF or LF that ends it",
                counts: "the line without its end",
                gets: "CR LF",
            }
            Asn1 = "asn1" ("asn1") {
                header: 2,
                limit: Part,
                frames: Headed { begins: b"", called: "" },
                reply: AsItIs,
                frame: "a BER value with its tag and length",
                counts: "the contents",
                gets: "nothing",
            }
            Cdr = "cdr" ("cdr") {
                header: 12,
                limit: BehindHeader,
                frames: Headed { begins: b"GIOP", called: "\"GIOP\"" },
                reply: AsItIs,
                frame: "a CORBA (GIOP) message with its header",
                counts: "the bytes after the 12-byte header",
                gets: "nothing",
            }
            Sunrm = "sunrm" ("sunrm") {
                header: 4,
                limit: BehindHeader,
                frames: Headed { begins: b"", called: "" },
                reply: AsItIs,
                frame: "a fragment of a Sun RPC record with its header",
                counts: "the bytes after the 4-byte header",
                gets: "nothing",
            }
            Fcgi = "fcgi" ("fcgi") {
                header: 8,
                limit: BehindHeader,
                frames: Headed { begins: b"\x01", called: "the version 1" },
                reply: AsItIs,
                frame: "a FastCGI record with its header, without its padding",
                counts: "content and padding",
                gets: "nothing",
            }
            Tpkt = "tpkt" ("tpkt") {
                header: 4,
                limit: BehindHeader,
                frames: Headed { begins: b"\x03", called: "the version 3" },
                reply: AsItIs,
                frame: "a TPKT packet (RFC 1006) with its header",
                counts: "the bytes after the 4-byte header",
                gets: "nothing",
            }
            Http = "http" ("http") {
                header: 0,
                limit: Frame,
                frames: Lines,
                reply: AsItIs,
                frame: "a line of HTTP with its end: a start line, a header with its continuation lines, or the empty line",
                counts: "the line with its end",
                gets: "nothing",
            }
            Httph = "httph" ("httph") {
                header: 0,
                limit: Frame,
                frames: Lines,
                reply: AsItIs,
                frame: "the same as `http`, without start lines",
                counts: "the line with its end",
                gets: "nothing",
            }
        }
    };
}
