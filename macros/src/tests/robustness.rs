//! The attribute neither panics nor hangs, whatever tokens it is given.

use proc_macro2::TokenStream;
use quote::quote;

use crate::entry;

const WORDS: &[&str] = &[
    "port",
    "=",
    ",",
    "10000",
    "packet",
    "raw",
    "(",
    ")",
    "line",
    "crlf",
    "|",
    "lf",
    "-",
    "1",
    "0",
    "\"30s\"",
    "recv_timeout",
    "active",
    "once",
    "name",
    "env",
    "\"\"",
    "ip",
    "\"::\"",
    "crate",
    "::",
    "N",
    "Self",
    "<",
    ">",
    "*",
    "true",
    "[",
    "]",
    ":",
    ";",
    "max_connections",
    "session_version",
    "'a",
    "b\"x\"",
    "1.5",
    "99999999999999999999999999999999999999999",
    "{",
    "}",
    "#",
    "!",
    "infinity",
    "<<",
];

/// A small generator, the same on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n as u64).expect("below n")
    }
}

#[test]
fn to_any_options() {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let block = quote!(impl Echo { fn handle_call(&self, data: &[u8]) -> Action { reply(data) } });
    let mut read = 0;
    for _ in 0..4_000 {
        let length = 1 + random.below(12);
        let text: Vec<&str> = (0..length).map(|_| WORDS[random.below(WORDS.len())]).collect();
        if let Ok(options) = text.join(" ").parse::<TokenStream>() {
            entry::tcp_server(options, block.clone());
            read += 1;
        }
    }
    assert!(read > 300, "{read}");
}

#[test]
fn to_any_item() {
    for item in [
        "",
        "1 + 1",
        "impl",
        "impl Echo {}",
        "impl !Send for Echo {}",
        "struct Echo;",
        "enum Echo {}",
        "fn echo() {}",
        "mod echo {}",
        "trait Echo {}",
        "macro_rules! echo { () => {} }",
        "use echo;",
        "impl Echo { fn handle_call(&self, self_: Self, _: _, (a, b): (u8, u8), f: fn(&u8) -> Action) -> Action { noreply } }",
        "impl Echo { fn handle_call() {} fn handle_info() {} fn closed() {} fn failed() {} }",
        "impl Echo { fn handle_call(self: &mut Self, data: &[u8]) -> Option<Action> where { match data { b\"x\" => {} } } }",
        "impl<'a, T: ?Sized, const N: usize> Echo<'a, T, N> { fn handle_call(&self, s: &mut &'a T) -> Action { close } }",
        "impl Echo { fn handle_info(&self, m: &'static str) -> Action { close() } fn connected(&self, p: Peer<>) -> Result {} }",
        "impl Echo { fn freeze(&self, (a, b): &(u8, u8)) {} fn thaw(frozen: Frozen, _: &mut Frozen) -> impl Sized {} }",
        "impl Echo { fn taken_over(&self, p: Peer<Peer<>>, s: &'static mut [T]) -> ! {} fn thaw(&self) -> Result {} }",
        "impl<'a> Echo<'a> { async fn freeze(&mut self, s: &'a dyn T, s: &mut S) -> &Frozen {} fn freeze() {} }",
        "impl (A, B) { const OPTIONS: u8 = 0; type T = u8; echo! {} }",
    ] {
        let tokens: TokenStream = item.parse().expect("tokens");
        entry::tcp_server(TokenStream::new(), tokens.clone());
        entry::tcp_server(quote!(port = 1, packet_size = 1), tokens.clone());
        entry::tcp_server(quote!(port = 1, session_version = 1, state = Phase), tokens);
    }
}
