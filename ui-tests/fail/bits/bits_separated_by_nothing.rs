use kai_tcp_server::bits;

fn main() {
    let (id, len) = (1_u8, 2_u8);
    bits!(id u8, len: u8);
}
