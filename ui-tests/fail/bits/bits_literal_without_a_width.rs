use kai_tcp_server::bits;

fn main() {
    bits!(1, 2u8);
}
