#![deny(warnings)]
#![no_implicit_prelude]

use ::kai_tcp_server::__private::bits_match;
use ::kai_tcp_server::{Action, bits, tcp_server};

// Names that an expansion might say.
#[allow(dead_code)]
mod core {}
#[allow(dead_code, non_camel_case_types)]
struct u32;
#[allow(dead_code)]
struct Some;
#[allow(dead_code)]
const VERSION: u8 = 4;

struct Server {
    id: ::core::primitive::u32,
    name: ::std::string::String,
}

#[tcp_server(port = 0, packet = 4)]
impl Server {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"id" => reply(bits!(0x01u8, self.id: u32)),
            b"name" => reply((bits!(0x02u8, (VERSION): u4, 0: u4), &self.name)),
            data => close(bits!(0x03u8, data)),
        }
    }
}

// A layout's parts may come from another macro.
macro_rules! message {
    ($kind:literal, $number:ty, $bytes:ty, $value:expr, $name:ident) => {{
        let built = bits!($kind, $value: $number, "abc": $bytes);
        let read = bits_match!(::kai_tcp_server, &built[..], bits!($kind, $name: $number, _: $bytes) => $name);
        ::std::assert_eq!(read, ::std::option::Option::Some($value));
    }};
}

fn variables_of_the_expansion(input: &[u8]) -> ::std::option::Option<::core::primitive::u8> {
    let frame = input;
    let (bits, value, value0) = (1, 2, 3);
    let built = bits!(bits: u8, value: u8, value0: u8, frame);
    bits_match!(::kai_tcp_server, &built[..], bits!(frame: u8, __run0: u8, value: u8, input: [u8]) => {
        frame + __run0 + value + input[0]
    })
}

fn main() {
    let _ = || ::kai_tcp_server::run(Server { id: 7, name: ::std::string::String::new() });
    message!(0x01u8, u24le, [u8; 3], 70_000, number);
    ::std::assert_eq!(variables_of_the_expansion(b"\x04"), ::std::option::Option::Some(10));
    ::std::assert_eq!(bits_match!(::kai_tcp_server, &b""[..], bits!() => ()), ::std::option::Option::Some(()));
    ::std::assert_eq!(bits_match!(::kai_tcp_server, &b"a"[..], bits!(r#type: u8) => r#type), ::std::option::Option::Some(97));
    ::std::assert_eq!(bits!(), b"");
}
