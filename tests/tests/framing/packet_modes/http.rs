//! The parts of HTTP that the vectors leave out.

use bytes::BytesMut;
use kai_tcp_server::Packet;
use kai_tcp_server::packet::{Canonical, Decoder, Http};

/// The known headers, in the order in which `erlang:decode_packet(httph_bin, …)` of Erlang/OTP 25
/// numbers them from 1.
const KNOWN: &[&str] = &[
    "Cache-Control",
    "Connection",
    "Date",
    "Pragma",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "From",
    "Host",
    "If-Modified-Since",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Max-Forwards",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "User-Agent",
    "Age",
    "Location",
    "Proxy-Authenticate",
    "Public",
    "Retry-After",
    "Server",
    "Vary",
    "Warning",
    "Www-Authenticate",
    "Allow",
    "Content-Base",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-Md5",
    "Content-Range",
    "Content-Type",
    "Etag",
    "Expires",
    "Last-Modified",
    "Accept-Ranges",
    "Set-Cookie",
    "Set-Cookie2",
    "X-Forwarded-For",
    "Cookie",
    "Keep-Alive",
    "Proxy-Connection",
];

#[test]
fn each_header_that_erlang_knows_has_its_number() {
    let mut canonical = Canonical::new();
    let mut number_of = |name: &str| {
        let line = format!("{}: x\r\n", name.to_lowercase());
        match Http::header(line.as_bytes(), &mut canonical) {
            Http::Header { field, number, .. } => {
                assert_eq!(field, name);
                number
            }
            other => panic!("{name}: {other:?}"),
        }
    };
    for (name, number) in KNOWN.iter().zip(1..) {
        assert_eq!(number_of(name), number, "{name}");
    }
    assert_eq!(number_of("X-Unknown"), 0);
}

#[test]
fn a_line_of_two_bytes_is_not_continued_and_one_of_three_is() {
    for (stream, end) in [("a\n b: c\r\n\r\n", 2), ("ab\n b: c\r\n\r\n", 10)] {
        let mut buffer = BytesMut::from(stream);
        let line = Decoder::new(Packet::Httph).decode(&mut buffer).unwrap().unwrap();
        assert_eq!(line.len(), end, "{stream:?}");
    }
}
