// A recording is an option in parentheses, with a directory.

#![allow(unused)]

use kai_tcp_server::{Action, tcp_server};

struct Named;

#[tcp_server(port = 0, record = "recordings")]
impl Named {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Nowhere;

#[tcp_server(port = 0, record(files = 3))]
impl Nowhere {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Small;

#[tcp_server(port = 0, record(dir = "", file_size = 1000, files = 0))]
impl Small {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

struct Unknown;

#[tcp_server(port = 0, record(dir = "recordings", size = 1000))]
impl Unknown {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }
}

fn main() {}
