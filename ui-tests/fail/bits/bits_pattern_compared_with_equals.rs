use kai_tcp_server::__private::bits_match;

fn main() {
    let frame: &[u8] = b"frame";
    bits_match!(::kai_tcp_server, frame, bits!(op: u8 = 3) => ());
}
