use std::str::FromStr;

use kai_tcp_server::{Action, tcp_server};

struct Key;

impl FromStr for Key {
    type Err = ();

    fn from_str(_: &str) -> Result<Self, ()> {
        Ok(Key)
    }
}

struct Store;

#[tcp_server(port = 0, packet = line(crlf), client = Store)]
impl Store {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "get {_key: Key}" => reply("got"),
            _ => close,
        }
    }
}

struct Shop;

#[tcp_server(port = 0, packet = line(crlf), client = ShopClient)]
impl Shop {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "get {_key: Key}" => reply("got"),
            _ => close,
        }
    }
}

fn main() {}
