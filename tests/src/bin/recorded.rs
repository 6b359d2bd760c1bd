//! A program that echoes lines and may record them, for the tests of recordings. The environment
//! says where (`RECORDED_RECORD_DIR`).

use kai_tcp_server::{Action, Result, run, tcp_server};

struct Recorded;

#[tcp_server(port = 0, packet = line(crlf), env = "RECORDED")]
impl Recorded {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() -> Result {
    run(Recorded)
}
