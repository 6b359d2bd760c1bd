//! `bits!` as the pattern of an arm, among templates and Rust's own patterns.

use bytes::Bytes;
use kai_tcp_server::{Action, bits, tcp_server};

struct Store;

#[tcp_server(port = 0, packet = 4)]
impl Store {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(0x01u8, id: u32) if id > 9 => reply(format_args!("load {id}")),
            bits!(0x01u8, id: u32) => reply(format_args!("small {id}")),
            bits!(0x02u8, id: u32, len: u16, name: [u8; len], body: [u8]) => {
                reply((format_args!("store {id} "), name, " ", body))
            }
            bits!(version: u4, kind: u4, 0xffu8) | bits!(0xeeu8, version: u4, kind: u4) => {
                reply(format_args!("{version}.{kind}"))
            }
            "ping {n: u8}" => reply(format_args!("pong {n}")),
            whole @ bits!(0x09u8, _: [u8; 2]) => reply(whole),
            bits!(0x0au8, rest: [u8]) => match rest {
                bits!(a: u8, b: u8) => reply([b, a]),
                "{name}" => reply(name),
                _ => noreply,
            },
            _ => close,
        }
    }
}

fn ask(data: &[u8]) -> Vec<u8> {
    let action = Store.handle_call(data);
    if action == Action::close() {
        return b"close".to_vec();
    }
    format!("{action:?}").into_bytes()
}

fn says(data: &[u8], expected: &str) {
    assert_eq!(Store.handle_call(data), Action::reply(expected), "{data:x?}");
}

#[test]
fn a_layout_binds_its_fields_and_a_guard_that_fails_falls_through() {
    says(&bits!(1u8, 10: u32), "load 10");
    says(&bits!(1u8, 9: u32), "small 9");
    assert_eq!(ask(&bits!(1u8, 9: u32, 0u8)), b"close");
}

#[test]
fn a_length_is_an_earlier_field_and_what_does_not_fit_is_no_match() {
    says(&bits!(2u8, 7: u32, 3: u16, "abc", "body"), "store 7 abc body");
    says(&bits!(2u8, 7: u32, 3: u16, "abc"), "store 7 abc ");
    assert_eq!(ask(&bits!(2u8, 7: u32, 300: u16, "abc")), b"close");
}

#[test]
fn alternatives_bind_the_same_names() {
    says(&[0x45, 0xff], "4.5");
    says(&[0xee, 0x67], "6.7");
}

#[test]
fn layouts_stand_beside_templates_names_and_tables_within() {
    says(b"ping 255", "pong 255");
    assert_eq!(ask(b"ping 256"), b"close");
    assert_eq!(Store.handle_call(&[9, 1, 2]), Action::reply([9, 1, 2]));
    assert_eq!(Store.handle_call(&[10, 1, 2]), Action::reply([2, 1]));
    says(b"\x0aname", "name");
    assert_eq!(Store.handle_call(b"\x0a a b"), Action::noreply());
}

struct Owned;

#[tcp_server(port = 0, packet = 2)]
impl Owned {
    fn handle_call(&self, data: Bytes, calls: &mut u32) -> Action {
        *calls += 1;
        match (*calls, data) {
            (1, bits!(id: u16le, flags: u3, _: u5)) => reply(format_args!("{id} {flags}")),
            (_, bits!(_: [u8])) => close("enough"),
        }
    }
}

#[test]
fn a_layout_stands_in_a_tuple_beside_the_state_of_a_protocol() {
    let mut calls = 0;
    let frame = || Bytes::from_static(&[1, 0, 0b1010_0000]);
    assert_eq!(Owned.handle_call(frame(), &mut calls), Action::reply("1 5"));
    assert_eq!(Owned.handle_call(frame(), &mut calls), Action::close_with("enough"));
}
