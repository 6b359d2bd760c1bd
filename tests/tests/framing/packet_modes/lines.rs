//! Strict lines: the line ends that count and those that don't.

use kai_tcp_server::Packet;
use kai_tcp_server::packet::Decoder;

use super::frames;

#[test]
fn crlf_alone_ends_a_strict_line() {
    let decoder = Decoder::new(Packet::LineCrlf);
    let cases: [(&[u8], &[&str], usize); 9] = [
        (b"a\r\nb\r\n", &["a", "b"], 0),
        // The means of smuggling: a bare LF, or an additional CR, that ends a line for one reader
        // and not for the next.
        (b"a\nb\r\n", &[r"a\nb"], 0),
        (b".\n\r\n", &[r".\n"], 0),
        (b"\n.\n", &[], 3),
        (b"a\r\r\n", &[r"a\r"], 0),
        (b"a\rb\r\n", &[r"a\rb"], 0),
        (b"\r\n\r\n", &["", ""], 0),
        (b"a\n\r", &[], 3),
        // Text without an end isn't a line.
        (b"a\r\nbye\r", &["a"], 4),
    ];
    for (input, lines, left) in cases {
        assert_eq!(
            frames(&decoder, input),
            (lines.iter().map(ToString::to_string).collect(), left),
            "{input:?}"
        );
    }
}

#[test]
fn lf_alone_ends_a_line_that_keeps_its_cr() {
    let decoder = Decoder::new(Packet::LineLf);
    assert_eq!(
        frames(&decoder, b"a\r\nb\n\n\rc"),
        (vec![r"a\r".into(), "b".into(), String::new()], 2)
    );
}

#[test]
fn the_longest_terminator_is_taken_off() {
    let decoder = Decoder::new(Packet::LineCrlfOrLf);
    let lines = ["a", "b", r"c\r", r"d\re", "", ""].map(String::from).to_vec();
    assert_eq!(frames(&decoder, b"a\r\nb\nc\r\r\nd\re\n\r\n\nbye\r"), (lines, 4));
}
