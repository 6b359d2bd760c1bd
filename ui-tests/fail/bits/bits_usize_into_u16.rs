use kai_tcp_server::bits;

fn main() {
    let body = "hello";
    bits!(0x01u8, body.len(): u16, body);
}
