#![deny(warnings)]
#![no_implicit_prelude]

use ::kai_tcp_server::{Action, CloseReason, Failure, Peer, tcp_server};

// Names that an expansion might say.
#[allow(dead_code)]
mod core {}
#[allow(dead_code)]
mod std {}
#[allow(dead_code)]
struct Result;
#[allow(dead_code)]
struct Options;
#[allow(dead_code, non_camel_case_types)]
struct Ok;
#[allow(dead_code)]
fn reply() {}

struct Server;

#[tcp_server(port = 0, ip = "::", recv_timeout = "30s", shutdown = infinity, packet = 4, active = 3, max_processes = LIMIT)]
impl Server {
    fn connected(&self, _: Peer<u8>) -> usize {
        1
    }

    async fn handle_call(&self, data: &[u8], count: &mut usize) -> ::std::result::Result<Action, ::std::string::String> {
        *count += 1;
        ::std::result::Result::Ok(reply(data))
    }

    fn handle_info(&self, byte: u8) -> Action {
        reply([byte])
    }

    fn failed(&self, _: &Failure) -> Action {
        close
    }

    fn closed(&self, _: usize, _: CloseReason) {}
}

const LIMIT: usize = 2;

struct Fresh;

#[tcp_server(port = 0)]
impl Fresh {
    fn handle_call(&self, count: &mut usize) -> Action {
        *count += 1;
        noreply
    }
}

fn main() {
    let _ = || ::kai_tcp_server::run(Server);
    let _ = || ::kai_tcp_server::run(Fresh);
}
