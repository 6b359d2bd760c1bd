//! A macro may write methods into the block, beside whatever else has a callback's name.

#![deny(warnings)]

use std::fmt::Display;

use kai_tcp_server::*;

macro_rules! counts {
    ($($name:ident)*) => {
        $(fn $name(&self) -> u64 { 7 })*
    };
}

struct Server;

#[tcp_server(port = 0)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply((data, self.calls().to_string(), self.errors().to_string()))
    }

    counts! { calls errors }
}

struct Generic<T, const N: usize>(T);

#[tcp_server(port = 0)]
impl<T: Display + Send + Sync + 'static, const N: usize> Generic<T, N>
where
    T: Clone,
{
    async fn connected(&self, _: &mut Socket) -> Result<String> {
        Ok(self.0.to_string())
    }

    fn handle_call(&self, _: &[u8], name: &mut String) -> Action {
        reply(format_args!("{name} {}", self.calls()))
    }

    counts! { calls }
}

fn main() {
    assert_eq!(Server.handle_call(b""), Action::reply("77"));
    assert_eq!(Generic::<u8, 3>(1).handle_call(b"", &mut "x".to_owned()), Action::reply("x 7"));
}
