use kai_tcp_server::bits;

fn main() {
    bits!(1u4, _: u4);
}
