use kai_tcp_server::bits;

fn main() {
    let id = 7_u32;
    bits!(0x01u8, id);
}
