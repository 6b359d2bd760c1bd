#![deny(warnings)]

use kai_tcp_server::{Action, run, tcp_server};

struct Server;

/// Documented.
#[cfg(any(unix, windows))]
#[tcp_server(port = 0)]
#[allow(dead_code)]
impl Server {
    /// Documented.
    #[allow(clippy::unnecessary_wraps)]
    #[inline]
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Nowhere;

#[tcp_server(port = 0)]
#[cfg(not(any(unix, windows)))]
impl Nowhere {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() {
    let _ = Nowhere;
    let _ = || run(Server);
}
