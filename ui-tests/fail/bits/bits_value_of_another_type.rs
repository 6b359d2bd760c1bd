use kai_tcp_server::bits;

fn main() {
    let len = 5_u32;
    bits!(0x01u8, len: u24, len as u16: u24);
}
