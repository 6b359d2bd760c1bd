use kai_tcp_server::bits;

fn main() {
    let version = 4_u8;
    bits!(0x01u8, version: u4);
}
