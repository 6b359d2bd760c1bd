//! The echo server of the examples, with a place for each connection.

use std::net::SocketAddr;

use kai_tcp_server::{Action, tcp_server, with};

use crate::Result;

struct Echo;

#[tcp_server(port = 10000, max_processes = 20_000)]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }
}

pub(super) fn serve(addr: SocketAddr) -> Result {
    let options = Echo::OPTIONS.ip(addr.ip()).port(addr.port());
    Ok(kai_tcp_server::run(with(Echo, options)).map_err(|error| format!("{error:?}"))?)
}
