//! A server in a package that renamed the crate.
#![deny(warnings)]

use other::{Action, CloseReason, bits, tcp_server};

/// Counts the frames of each connection.
pub struct Counter;

#[tcp_server(port = 0, max_processes = LIMIT, crate = other)]
impl Counter {
    fn handle_call(&self, data: &[u8], count: &mut usize) -> Action {
        *count += 1;
        match data {
            b"bye\r\n" => close,
            b"hi\r\n" => reply(bits!(0x01u8, "hi", 0x0d0au16)),
            _ => reply(format_args!("{count}\r\n")),
        }
    }

    fn closed(&self, _: usize, _: CloseReason) {}
}

const LIMIT: usize = 4;
