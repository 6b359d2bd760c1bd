//! The cost of expanding a large table.
//!
//! `cargo test -p kai-tcp-server-macros --lib -- --nocapture cost` says how long it takes as cargo
//! builds macros by default, which is without optimization in every profile; with it they are built
//! by
//! `CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_OPT_LEVEL=3 cargo test --release -p kai-tcp-server-macros --lib -- --nocapture cost`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use proc_macro2::TokenStream;
use quote::quote;

use crate::entry;

#[test]
fn a_table_of_100_arms_expands_at_once() {
    let mut arms = String::new();
    for n in 0..50 {
        let _ = writeln!(arms, "\"command_{n}\" => reply(\"{n}\"),");
        let _ = writeln!(
            arms,
            "\"set_{n} {{key}} {{flags: u32}} {{ttl: u32}}{{quiet? noreply}}\" if quiet => reply(key),"
        );
    }
    let arms: TokenStream = arms.parse().expect("arms");
    let item = quote! {
        impl Server { fn handle_call(&self, data: &[u8]) -> Action { match data { #arms _ => close } } }
    };
    let expand = || {
        let begun = Instant::now();
        let expansion = entry::tcp_server(quote!(port = 0, packet = line(crlf)), item.clone());
        let taken = begun.elapsed();
        assert!(!expansion.to_string().contains("compile_error"));
        taken
    };
    let times: Vec<Duration> = (0..20).map(|_| expand()).collect();
    let best = times.iter().min().expect("some");
    println!("100 arms expand in {best:?}");
    // Far above what it takes, as machines differ: a table that is compared with itself arm by arm
    // stays cheap.
    assert!(*best < Duration::from_secs(1), "{times:?}");
}
