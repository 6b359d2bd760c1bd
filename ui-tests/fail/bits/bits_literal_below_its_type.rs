use kai_tcp_server::bits;

fn main() {
    bits!(-129i8);
}
