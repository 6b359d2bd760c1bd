use kai_tcp_server::bits;

fn main() {
    bits!(8: u3, 0u5);
}
