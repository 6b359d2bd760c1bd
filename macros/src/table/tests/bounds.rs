//! Messages about arms that no frame can reach: at the exact bounds, word by word.

use proc_macro2::{TokenStream, TokenTree};

use crate::entry;

/// Returns the messages for a server with these callbacks.
fn said_of(options: &str, callbacks: &str) -> Vec<String> {
    let options = format!("port = 0, {options}").parse().expect("options");
    let block = format!("impl Server {{ {callbacks} }}").parse().expect("callbacks");
    let mut said = Vec::new();
    errors(entry::tcp_server(options, block), &mut said);
    said
}

fn errors(tokens: TokenStream, said: &mut Vec<String>) {
    let mut is_error = false;
    for token in tokens {
        match token {
            TokenTree::Group(group) if is_error => {
                let message: syn::LitStr = syn::parse2(group.stream()).expect("a message");
                said.push(message.value());
                is_error = false;
            }
            TokenTree::Group(group) => errors(group.stream(), said),
            TokenTree::Ident(ident) => is_error = ident == "compile_error",
            _ => {}
        }
    }
}

/// Returns the messages for a table, whose last arm takes the rest.
fn said(options: &str, arms: &str) -> Vec<String> {
    let call = "fn handle_call(&self, data: &[u8]) -> Action";
    said_of(options, &format!("{call} {{ match data {{ {arms}, _ => close }} }}"))
}

#[test]
fn a_block_is_neither_longer_nor_shorter_and_the_message_counts() {
    for (arm, is) in [
        (r#""abc""#, Some("is 3")),
        (r#""abcd""#, None),
        (r#""abcde""#, Some("is 5")),
        (r#""abc{x}""#, None),
        (r#""abcd{x}""#, Some("takes at least 5")),
        (r#""ab{f? c}""#, None),
        (r#""a{f? c}""#, Some("takes at most 3")),
        (r#""abcd{f? e}""#, None),
        (r#""abcde{f? f}""#, Some("takes at least 5")),
    ] {
        let expected = is.map(|is| {
            format!("no frame matches this, as each frame has 4 bytes under `packet = raw(4)`, and this {is}: change one of both")
        });
        let found = said("packet = raw(4)", &format!("{arm} => noreply"));
        assert_eq!(found, Vec::from_iter(expected), "{arm}");
    }
}

#[test]
fn a_frame_is_as_long_as_its_header_can_say_and_no_longer() {
    for (header, most) in [(1, 0xff), (2, 0xffff)] {
        let options = format!("packet = {header}, packet_size = 1_000_000");
        let literal = |length: usize| format!("\"{}\" => noreply", "a".repeat(length));
        assert_eq!(said(&options, &literal(most)), [""; 0]);
        let [message] = &said(&options, &literal(most + 1))[..] else {
            panic!("{} bytes under {options}", most + 1);
        };
        assert!(
            message.contains(&format!(
                "takes at least {} bytes, and a frame has at most {most}",
                most + 1
            )),
            "{message}"
        );
    }
}

#[test]
fn what_exceeds_packet_size_is_called_what_it_is() {
    for (arm, what) in [
        (r#""abcd""#, "this literal of 4 bytes,"),
        (r#"b"abcd""#, "this literal of 4 bytes,"),
        (r#""abc{x}""#, "this, which takes at least 4 bytes,"),
        ("[_, _, _, _, ..]", "this, which takes at least 4 bytes,"),
    ] {
        let found = said("packet = 4, packet_size = 3", &format!("{arm} => noreply"));
        assert!(
            matches!(&found[..], [message] if message.starts_with(&format!("no frame matches {what} as `packet_size` is 3 and"))),
            "{arm}: {found:?}"
        );
    }
    let header = said("packet = sunrm, packet_size = 1", "[_, _, _, _, _, _] => noreply");
    assert!(
        matches!(&header[..], [message] if message.contains(" is 1 beside the 4 bytes of the header and")),
        "{header:?}"
    );
}

/// Frames of any mode may come then.
#[test]
fn a_server_that_changes_its_packet_mode_is_told_nothing_of_lengths() {
    let table = "fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action { CHANGE match data { \"abcde\" => noreply, _ => close } }";
    for (options, count) in [
        ("packet = raw(4)", 1),
        ("packet = 4, packet_size = 3", 1),
        ("packet = raw(5)", 0),
    ] {
        assert_eq!(said_of(options, &table.replace("CHANGE", "")).len(), count, "{options}");
        let changes = table.replace("CHANGE", "socket.set_packet(Packet::Raw);");
        assert_eq!(said_of(options, &changes), [""; 0], "{options}");
    }
}

#[test]
fn bits_of_no_length_are_the_rest_and_bits_of_any_are_not() {
    let call = |arms: &str| {
        let call = "fn handle_call(&self, data: &[u8]) -> Action";
        said_of(
            "packet = raw",
            &format!("{call} {{ match data {{ \"a\" => noreply, {arms} }} }}"),
        )
        .len()
    };
    assert_eq!(call("bits!(_: [u8]) => close"), 0);
    assert_eq!(call("bits!(_: u8, _: [u8]) => close"), 1);
}

#[test]
fn an_arm_that_is_hidden_names_the_one_that_hides_it_in_one_line() {
    assert_eq!(
        said("packet = raw", r#""a\t{x..}" => noreply, "a\tb" => close"#),
        [
            "no frame comes to this, as the arm `a\\t{x..}` before it matches all that it does: put this one first, or remove it"
        ]
    );
    assert_eq!(
        said("packet = raw", r#""a" | "a" => noreply"#),
        ["an alternative before this one matches all that it does: remove it"]
    );
    // Only one without a guard does.
    assert_eq!(
        said("packet = raw", r#""a" if self.is_open() => noreply, "a" => close"#),
        [""; 0]
    );
}

#[test]
fn what_stands_beside_a_frame_is_a_reason_not_to_be_hidden() {
    let call = |arms: &str| {
        let call = "fn handle_call(&self, data: &[u8], state: &mut State) -> Action";
        said_of(
            "packet = raw",
            &format!("{call} {{ match (*state, data) {{ {arms}, _ => close }} }}"),
        )
        .len()
    };
    assert_eq!(call(r#"(State::New, "a") => noreply, (State::Old, "a") => close"#), 0);
    assert_eq!(call(r#"(State::New, "a") => noreply, (_, "a") => close"#), 0);
    assert_eq!(call(r#"(State::New, "a") => noreply, (State::New, "a") => close"#), 1);
    assert_eq!(call(r#"(_, "a") => noreply, (State::New, "a") => close"#), 1);
}

#[test]
fn nobody_needs_to_handle_messages_that_cannot_be() {
    let call = "fn handle_call(&self, data: &[u8]) -> Action { close }";
    let connected = |message: &str| {
        said_of(
            "packet = raw",
            &format!("fn connected(&self, peer: Peer<{message}>) {{}} {call}"),
        )
        .len()
    };
    assert_eq!(connected("Infallible"), 0);
    assert_eq!(connected("std::convert::Infallible"), 0);
    assert_eq!(connected("String"), 1);
}
