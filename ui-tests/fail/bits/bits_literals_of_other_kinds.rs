use kai_tcp_server::bits;

fn main() {
    bits!(true, 'a', c"text", 1u8: u8, 1.5: u8, 1u129, 'é');
}
