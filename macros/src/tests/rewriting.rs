//! Which words of a block are action words.

use quote::quote;
use syn::{ItemImpl, parse_quote};

use crate::report::Report;
use crate::{entry, options, words};

/// A body as it is rewritten, and how many mistakes were found in it.
fn rewritten(body: &str) -> (String, usize) {
    let body: syn::Block = syn::parse_str(&format!("{{ {body} }}")).expect("a body");
    let mut block: ItemImpl = parse_quote!(impl Server { fn f(&self) #body });
    let mut report = Report::default();
    let options = options::read(quote!(port = 0, crate = kai), &mut report);
    words::rewrite(&mut block, &options, &mut report);
    let text = quote!(#block).to_string();
    let body = text.split_once("* } ;").map_or(text.as_str(), |(_, body)| body);
    (body.to_owned(), report.len())
}

fn is_rewritten(body: &str) -> bool {
    let (text, mistakes) = rewritten(body);
    assert_eq!(mistakes, 0, "{body}");
    text.contains("__")
}

#[test]
fn values_are() {
    for body in [
        "close",
        "noreply",
        "if x { close } else { y }",
        "|| noreply",
        "vec![close]",
        "vec![a, noreply, b]",
        "select! { _ = x => close, }",
        "m!(if x { close } else { noreply })",
        "m!(|x| close)",
        "Held { close }",
        "fn inner() { close }",
        "return close;",
        "x.map_or(noreply, f)",
        "m!(&close)",
    ] {
        assert!(is_rewritten(body), "{body}");
    }
}

#[test]
fn other_names_are_not() {
    for body in [
        "close(x)",
        "self.close()",
        "self.close",
        "x.close",
        "x::close",
        "close::x()",
        "Held { close: x }",
        "let Held { close: x } = y;",
        "'close: loop { break 'close; }",
        "m!(close(x))",
        "m!(x.close)",
        "m!(x.close())",
        "m!(close = 1)",
        "m!(close: 1)",
        "m!(close => 1)",
        "m!(a::close)",
        "m!('close)",
        "m!($close)",
        "m!(let close = 1)",
        "m!(|close| 1)",
        "close!()",
        "\"close\"",
    ] {
        assert!(!is_rewritten(body), "{body}");
    }
}

#[test]
fn a_bound_word_is_one_mistake() {
    for body in [
        "let close = 1; f(close)",
        "match x { noreply => noreply }",
        "|close| close",
        "let Held { close } = x;",
    ] {
        let (text, mistakes) = rewritten(body);
        assert_eq!(mistakes, 1, "{body}");
        assert!(!text.contains("__"), "{body}");
    }
}

#[test]
fn a_variable_hides_reply_where_it_is_called_and_surely_no_function() {
    for (body, mistakes) in [
        ("let reply = 1; reply(x); reply(y)", 1),
        ("let reply: &[u8] = f(); if x { reply(x) }", 1),
        ("let reply = format!(\"x\"); self.sent(|| reply(reply))", 1),
        ("let reply = 1; f(reply)", 0),
        ("{ let reply = 1; } reply(x)", 0),
        ("reply(x); let reply = 1;", 0),
        ("let reply = 1; let reply = f; reply(x)", 0),
        ("let reply = 1; fn inner() { reply(x) }", 0),
        ("let reply = |x| x; reply(x)", 0),
        ("let reply = f(); reply(x)", 0),
        ("let reply: F = 1; reply(x)", 0),
        ("let reply = reply(x); reply", 0),
        ("let x = |reply| reply; reply(x)", 0),
    ] {
        assert_eq!(rewritten(body).1, mistakes, "{body}");
    }
}

#[test]
fn a_renamed_crate_is_called_by_its_name_alone() {
    let block = quote! {
        impl Server {
            fn handle_call(&self, data: &[u8], count: &mut usize) -> Action { reply(data) }
            fn failed(&self) -> Action { close }
        }
    };
    let options = quote!(
        port = PORT,
        max_processes = N,
        active = once,
        shutdown = infinity,
        packet = 4,
        crate = other
    );
    let expansion = entry::tcp_server(options, block).to_string();
    assert!(!expansion.contains("kai_tcp_server"), "{expansion}");
}
