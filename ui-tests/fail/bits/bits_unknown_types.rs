use kai_tcp_server::bits;

fn main() {
    let (a, b) = (1_u8, "text");
    bits!(a: u0, a: u129, a: f16, a: usize, a: bool, b: string, a: U16_LE, a: u16be, b: &[u8], a: [u16; 4], a: word);
}
