use kai_tcp_server::bits;

fn main() {
    let (flag, body) = (1_u8, "body");
    bits!(flag: u1, body);
}
