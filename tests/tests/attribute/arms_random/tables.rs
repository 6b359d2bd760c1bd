//! Written by `arms_random.rs`.

use kai_tcp_server::{Action, tcp_server};

/// The type of a table's function.
pub(crate) type Decide = fn(&[u8]) -> Option<Action<'_>>;

pub(crate) const TABLES: [Decide; 40] = [
    ask_0,
    ask_1,
    ask_2,
    ask_3,
    ask_4,
    ask_5,
    ask_6,
    ask_7,
    ask_8,
    ask_9,
    ask_10,
    ask_11,
    ask_12,
    ask_13,
    ask_14,
    ask_15,
    ask_16,
    ask_17,
    ask_18,
    ask_19,
    ask_20,
    ask_21,
    ask_22,
    ask_23,
    ask_24,
    ask_25,
    ask_26,
    ask_27,
    ask_28,
    ask_29,
    ask_30,
    ask_31,
    ask_32,
    ask_33,
    ask_34,
    ask_35,
    ask_36,
    ask_37,
    ask_38,
    ask_39,
];

struct Table0;

fn ask_0(data: &[u8]) -> Option<Action<'_>> {
    Some(Table0.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table0 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            ",bA{c1: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}", c1.escape_ascii())),
            "{c0..: bytes}{c1?1b},{c3..: i16}{c4?a}{c5? a}A" if data.len().is_multiple_of(2) => reply(format_args!("1|{}|{}|{}|{}|{}", c0.escape_ascii(), c1, c3, c4, c5)),
            " {c1: char} {c3: u8}A,{c5..: u8}" => reply(format_args!("2|{}|{}|{}", c1, c3, c5)),
            "1{c1: bytes}bA{c3}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}", c1.escape_ascii(), c3)),
            "1b{c1..: bytes}" => reply(format_args!("4|{}", c1.escape_ascii())),
            "bA{c1: u8}{c2?,1}{c3?b1}b" => reply(format_args!("5|{}|{}|{}", c1, c2, c3)),
            "b1  {c1: u8}{c2?bA}{c3?bb}1" => reply(format_args!("6|{}|{}|{}", c1, c2, c3)),
            "A {c1..: char}{c2?,} 1{c4..: char}A {c6? }" => reply(format_args!("7|{}|{}|{}|{}", c1, c2, c4, c6)),
            "11,{c1..} ,{c3: u8}{c4?,}{c5?a1} a{c7?a}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}|{}|{}|{}|{}", c1, c3, c4, c5, c7)),
            "ba, {c1..: char}{c2?aA} {c4: i16}1" => reply(format_args!("9|{}|{}|{}", c1, c2, c4)),
            " b" => reply(format_args!("10")),
            "1aa,{c1}" if data.len().is_multiple_of(2) => reply(format_args!("11|{}", c1)),
            ",,{c1: char}{c2?1 }aA" => reply(format_args!("12|{}|{}", c1, c2)),
            "1,1" if data.len().is_multiple_of(2) => reply(format_args!("13")),
            "1{c1: u8}{c2?,1} ,{c4: i16},,{c6?bA}" => reply(format_args!("14|{}|{}|{}|{}", c1, c2, c4, c6)),
            ",{c1: u8}{c2?1}{c3?,,}b{c5?A}" => reply(format_args!("15|{}|{}|{}|{}", c1, c2, c3, c5)),
            "a,bb{c1: bytes}A{c3}{c4?aA}{c5?1b}A{c7?, }" => reply(format_args!("16|{}|{}|{}|{}|{}", c1.escape_ascii(), c3, c4, c5, c7)),
            ",,ba{c1}{c2?, }{c3?b }1{c5: bytes}{c6?aa}A" if data.len().is_multiple_of(2) => reply(format_args!("17|{}|{}|{}|{}|{}", c1, c2, c3, c5.escape_ascii(), c6)),
            "{c0: i16}b{c2: bytes}A{c4? b}" if data.len().is_multiple_of(2) => reply(format_args!("18|{}|{}|{}", c0, c2.escape_ascii(), c4)),
            _ => reply("none"),
        }
    }
}

struct Table1;

fn ask_1(data: &[u8]) -> Option<Action<'_>> {
    Some(Table1.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table1 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            ",1" if data.len().is_multiple_of(2) => reply(format_args!("0")),
            "a{c1..: i16} {c3..: u8}" => reply(format_args!("1|{}|{}", c1, c3)),
            "AbbA{c1}{c2?b1}b{c4?b,}" => reply(format_args!("2|{}|{}|{}", c1, c2, c4)),
            "Aa,1{c1: i16}{c2?,}{c3?a}aa{c5}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}|{}|{}", c1, c2, c3, c5)),
            " {c1: bytes}b" if data.len().is_multiple_of(2) => reply(format_args!("4|{}", c1.escape_ascii())),
            "a,Aa{c1: u8}{c2?,}ba{c4: i16}{c5?,,}A{c7}" => reply(format_args!("5|{}|{}|{}|{}|{}", c1, c2, c4, c5, c7)),
            "11Ab{c1..: bytes},{c3}" => reply(format_args!("6|{}|{}", c1.escape_ascii(), c3)),
            "a a{c1}{c2? a}{c3?a}b{c5: i16}A {c7..: u8}" => reply(format_args!("7|{}|{}|{}|{}|{}", c1, c2, c3, c5, c7)),
            ",1{c1: u8}A{c3?a}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}|{}", c1, c3)),
            "a1a," => reply(format_args!("9")),
            "bb{c1..}" => reply(format_args!("10|{}", c1)),
            "{c0: i16}ab{c2..: char}a1{c4?1b}" => reply(format_args!("11|{}|{}|{}", c0, c2, c4)),
            " 1 {c1: i16}{c2?,}b{c4}" if data.len().is_multiple_of(2) => reply(format_args!("12|{}|{}|{}", c1, c2, c4)),
            " {c1?, }" => reply(format_args!("13|{}", c1)),
            "A1Aa{c1? }" if data.len().is_multiple_of(2) => reply(format_args!("14|{}", c1)),
            "," => reply(format_args!("15")),
            _ => reply("none"),
        }
    }
}

struct Table2;

fn ask_2(data: &[u8]) -> Option<Action<'_>> {
    Some(Table2.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table2 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            " bba{c1..: bytes}" => reply(format_args!("0|{}", c1.escape_ascii())),
            ",a{c1: bytes}{c2?Ab}{c3?a,}  {c5..: i16}{c6?ba}{c7?a}a{c9..}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}|{}|{}|{}|{}|{}|{}", c1.escape_ascii(), c2, c3, c5, c6, c7, c9)),
            "a{c1?,}" if data.len().is_multiple_of(2) => reply(format_args!("2|{}", c1)),
            " Abb{c1?Ab}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}", c1)),
            ",a{c1: u8}" if data.len().is_multiple_of(2) => reply(format_args!("4|{}", c1)),
            "1 " if data.len().is_multiple_of(2) => reply(format_args!("5")),
            "a1{c1: char}b" => reply(format_args!("6|{}", c1)),
            ",b{c1?a}" => reply(format_args!("7|{}", c1)),
            " a1{c1}A{c3..}ba{c5?b}" => reply(format_args!("8|{}|{}|{}", c1, c3, c5)),
            "  a{c1: bytes}a{c3..: u8}{c4?11} a" => reply(format_args!("9|{}|{}|{}", c1.escape_ascii(), c3, c4)),
            "A1, {c1: i16}{c2?,1}{c3? } a{c5: char}{c6? } {c8}" => reply(format_args!("10|{}|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6, c8)),
            "a,,A{c1..: bytes}1{c3: i16} ,{c5: bytes}" => reply(format_args!("11|{}|{}|{}", c1.escape_ascii(), c3, c5.escape_ascii())),
            " a{c1: u8}{c2? 1} {c4?11}" => reply(format_args!("12|{}|{}|{}", c1, c2, c4)),
            "{c0..: i16}{c1?aA}{c2?,}Aa{c4..}" => reply(format_args!("13|{}|{}|{}|{}", c0, c1, c2, c4)),
            ", ,{c1: char}1{c3}{c4?a }11{c6?11}" if data.len().is_multiple_of(2) => reply(format_args!("14|{}|{}|{}|{}", c1, c3, c4, c6)),
            _ => reply("none"),
        }
    }
}

struct Table3;

fn ask_3(data: &[u8]) -> Option<Action<'_>> {
    Some(Table3.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table3 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            " {c1: u8}a{c3: char}b {c5..}" => reply(format_args!("0|{}|{}|{}", c1, c3, c5)),
            "Ab" => reply(format_args!("1")),
            "a1b1{c1..: char}ba{c3..}{c4?b}1{c6..}" => reply(format_args!("2|{}|{}|{}|{}", c1, c3, c4, c6)),
            "aAa," => reply(format_args!("3")),
            "a{c1: i16}b {c3..: u8}{c4? }{c5?, }a1" => reply(format_args!("4|{}|{}|{}|{}", c1, c3, c4, c5)),
            "1  {c1}" => reply(format_args!("5|{}", c1)),
            "baA{c1}A" => reply(format_args!("6|{}", c1)),
            "A1," => reply(format_args!("7")),
            "1,{c1: char}," => reply(format_args!("8|{}", c1)),
            " ,{c1..},A{c3: u8}" => reply(format_args!("9|{}|{}", c1, c3)),
            "1aA {c1..: u8}{c2?A}{c3? }11" => reply(format_args!("10|{}|{}|{}", c1, c2, c3)),
            "a11,{c1: i16}{c2?A,}{c3?,A}1 {c5?a}" if data.len().is_multiple_of(2) => reply(format_args!("11|{}|{}|{}|{}", c1, c2, c3, c5)),
            "AA,,{c1: bytes}" => reply(format_args!("12|{}", c1.escape_ascii())),
            " Aa{c1: i16} {c3: u8}" => reply(format_args!("13|{}|{}", c1, c3)),
            _ => reply("none"),
        }
    }
}

struct Table4;

fn ask_4(data: &[u8]) -> Option<Action<'_>> {
    Some(Table4.handle_call(data))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table4 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "" if data.len().is_multiple_of(2) => reply(format_args!("0")),
            "A,{c1..: char}1{c3..: bytes}" => reply(format_args!("1|{}|{}", c1, c3.escape_ascii())),
            "{c0?aa}" if data.len().is_multiple_of(2) => reply(format_args!("2|{}", c0)),
            "{c0: u8}{c1?bA} ,{c3: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}|{}", c0, c1, c3.escape_ascii())),
            "aA{c1..}{c2?b}{c3?b}A{c5: i16}{c6?1a}{c7?a}1" if data.len().is_multiple_of(2) => reply(format_args!("4|{}|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6, c7)),
            ",{c1..: bytes}" => reply(format_args!("5|{}", c1.escape_ascii())),
            "1,ba{c1: bytes}{c2?b} 1" => reply(format_args!("6|{}|{}", c1.escape_ascii(), c2)),
            " A 1{c1: i16}Ab{c3?,}" => reply(format_args!("7|{}|{}", c1, c3)),
            "A1," => reply(format_args!("8")),
            "Aa{c1}AA{c3: char}b{c5?aA}" => reply(format_args!("9|{}|{}|{}", c1, c3, c5)),
            "{c0..}1 {c2}" => reply(format_args!("10|{}|{}", c0, c2)),
            "  {c1: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("11|{}", c1.escape_ascii())),
            "Aa{c1..: char}a" => reply(format_args!("12|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table5;

fn ask_5(data: &[u8]) -> Option<Action<'_>> {
    Some(Table5.handle_call(data))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table5 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "a{c1: u8}b{c3: u8}a" if data.len().is_multiple_of(2) => reply(format_args!("0|{}|{}", c1, c3)),
            " 1aa{c1: char},a{c3: u8} {c5..: u8}" => reply(format_args!("1|{}|{}|{}", c1, c3, c5)),
            "A b,{c1: i16} " => reply(format_args!("2|{}", c1)),
            " {c1..: i16},1" if data.len().is_multiple_of(2) => reply(format_args!("3|{}", c1)),
            ",b1b{c1: bytes}{c2?ba}bA{c4? }" => reply(format_args!("4|{}|{}|{}", c1.escape_ascii(), c2, c4)),
            "" if data.len().is_multiple_of(2) => reply(format_args!("5")),
            "ab{c1: i16}1 {c3..}{c4?  }{c5?1},,{c7: bytes}" => reply(format_args!("6|{}|{}|{}|{}|{}", c1, c3, c4, c5, c7.escape_ascii())),
            ",1{c1: bytes}{c2?ba}a{c4: bytes}" => reply(format_args!("7|{}|{}|{}", c1.escape_ascii(), c2, c4.escape_ascii())),
            "a1b{c1..: char}aA{c3: char}Aa{c5: u8}" => reply(format_args!("8|{}|{}|{}", c1, c3, c5)),
            "A{c1: bytes}ba{c3: u8}a{c5?,}" => reply(format_args!("9|{}|{}|{}", c1.escape_ascii(), c3, c5)),
            ",1a{c1..: bytes}, {c3..: u8},{c5}" => reply(format_args!("10|{}|{}|{}", c1.escape_ascii(), c3, c5)),
            "a{c1? a}" => reply(format_args!("11|{}", c1)),
            "b  {c1: bytes}1{c3..: char}a{c5?, }" => reply(format_args!("12|{}|{}|{}", c1.escape_ascii(), c3, c5)),
            "1  {c1: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("13|{}", c1.escape_ascii())),
            " {c1..: u8}{c2?a}{c3? }A{c5}" => reply(format_args!("14|{}|{}|{}|{}", c1, c2, c3, c5)),
            "b{c1..: u8}11{c3: u8}{c4?b}{c5?Ab}b{c7?bb}" => reply(format_args!("15|{}|{}|{}|{}|{}", c1, c3, c4, c5, c7)),
            ",{c1}{c2?1}1b{c4}" => reply(format_args!("16|{}|{}|{}", c1, c2, c4)),
            " {c1..: u8}1{c3: u8}bb" if data.len().is_multiple_of(2) => reply(format_args!("17|{}|{}", c1, c3)),
            _ => reply("none"),
        }
    }
}

struct Table6;

fn ask_6(data: &[u8]) -> Option<Action<'_>> {
    Some(Table6.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table6 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "ab{c1..: bytes}{c2?a}{c3?ba}ab{c5? 1}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}|{}|{}|{}", c1.escape_ascii(), c2, c3, c5)),
            "1aA{c1..}A{c3..}{c4?1}A," => reply(format_args!("1|{}|{}|{}", c1, c3, c4)),
            "a,{c1?1,}" => reply(format_args!("2|{}", c1)),
            "1{c1?1}" => reply(format_args!("3|{}", c1)),
            "1{c1: char}{c2?1 }{c3?1}b{c5: bytes}" => reply(format_args!("4|{}|{}|{}|{}", c1, c2, c3, c5.escape_ascii())),
            "Aabb{c1: char}A{c3: i16}{c4?,}a{c6..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("5|{}|{}|{}|{}", c1, c3, c4, c6)),
            "a" if data.len().is_multiple_of(2) => reply(format_args!("6")),
            "Aa,{c1..}{c2?b}{c3?,A},{c5? }" => reply(format_args!("7|{}|{}|{}|{}", c1, c2, c3, c5)),
            "1aa{c1?b}" => reply(format_args!("8|{}", c1)),
            " a1{c1}{c2?aa}{c3? }A {c5: bytes}1" => reply(format_args!("9|{}|{}|{}|{}", c1, c2, c3, c5.escape_ascii())),
            "bA1{c1: i16}{c2?Ab}{c3? a}a{c5..: bytes}" => reply(format_args!("10|{}|{}|{}|{}", c1, c2, c3, c5.escape_ascii())),
            _ => reply("none"),
        }
    }
}

struct Table7;

fn ask_7(data: &[u8]) -> Option<Action<'_>> {
    Some(Table7.handle_call(data))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table7 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "  {c1..}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}", c1)),
            "aA {c1: char}{c2? b} {c4..: bytes} 1" => reply(format_args!("1|{}|{}|{}", c1, c2, c4.escape_ascii())),
            "b{c1?,}" => reply(format_args!("2|{}", c1)),
            "A1b{c1..: u8}1b{c3..: u8}" => reply(format_args!("3|{}|{}", c1, c3)),
            "ab ,{c1..: i16} 1{c3: bytes},b" => reply(format_args!("4|{}|{}", c1, c3.escape_ascii())),
            ", " => reply(format_args!("5")),
            "11 a{c1..}A{c3..: bytes} b" => reply(format_args!("6|{}|{}", c1, c3.escape_ascii())),
            _ => reply("none"),
        }
    }
}

struct Table8;

fn ask_8(data: &[u8]) -> Option<Action<'_>> {
    Some(Table8.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table8 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "1{c1: char}A{c3: bytes} " => reply(format_args!("0|{}|{}", c1, c3.escape_ascii())),
            "  ,1{c1: bytes}aa" => reply(format_args!("1|{}", c1.escape_ascii())),
            "b {c1?,1}" if data.len().is_multiple_of(2) => reply(format_args!("2|{}", c1)),
            "1baA{c1: bytes}" => reply(format_args!("3|{}", c1.escape_ascii())),
            "1{c1: bytes}a1{c3..: u8}" => reply(format_args!("4|{}|{}", c1.escape_ascii(), c3)),
            "1aAb{c1: bytes}1{c3: bytes}a," if data.len().is_multiple_of(2) => reply(format_args!("5|{}|{}", c1.escape_ascii(), c3.escape_ascii())),
            "A ,{c1?bA}" => reply(format_args!("6|{}", c1)),
            "b11{c1..: bytes}A{c3?1b}" => reply(format_args!("7|{}|{}", c1.escape_ascii(), c3)),
            _ => reply("none"),
        }
    }
}

struct Table9;

fn ask_9(data: &[u8]) -> Option<Action<'_>> {
    Some(Table9.handle_call(data))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table9 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "Aa,{c1: u8}a1{c3..: char}{c4?11}{c5? a}1" => reply(format_args!("0|{}|{}|{}|{}", c1, c3, c4, c5)),
            "A{c1: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}", c1.escape_ascii())),
            "aa1" => reply(format_args!("2")),
            ",bb{c1: bytes}{c2?b,},{c4: u8}{c5?b}{c6?a,},1{c8?,}" => reply(format_args!("3|{}|{}|{}|{}|{}|{}", c1.escape_ascii(), c2, c4, c5, c6, c8)),
            "a{c1}" if data.len().is_multiple_of(2) => reply(format_args!("4|{}", c1)),
            "bA1{c1?,1}" => reply(format_args!("5|{}", c1)),
            "bAba{c1?A}" => reply(format_args!("6|{}", c1)),
            "" => reply(format_args!("7")),
            "Ab{c1}{c2?bb}{c3?1} 1{c5?,}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}|{}|{}|{}", c1, c2, c3, c5)),
            "1 11{c1: char}{c2?a}1,{c4} 1{c6: u8}" => reply(format_args!("9|{}|{}|{}|{}", c1, c2, c4, c6)),
            "{c0?,1}" => reply(format_args!("10|{}", c0)),
            "{c0..: char}a1{c2..}" => reply(format_args!("11|{}|{}", c0, c2)),
            " 1{c1},{c3..: i16}1" => reply(format_args!("12|{}|{}", c1, c3)),
            "A1ab{c1..: char}a,{c3..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("13|{}|{}", c1, c3)),
            "{c0..: u8}b{c2: char} ," => reply(format_args!("14|{}|{}", c0, c2)),
            ",bA{c1: u8}1" => reply(format_args!("15|{}", c1)),
            "{c0..: bytes}" => reply(format_args!("16|{}", c0.escape_ascii())),
            _ => reply("none"),
        }
    }
}

struct Table10;

fn ask_10(data: &[u8]) -> Option<Action<'_>> {
    Some(Table10.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table10 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "a{c1} {c3..}" => reply(format_args!("0|{}|{}", c1, c3)),
            "b," => reply(format_args!("1")),
            "1{c1: u8}1" => reply(format_args!("2|{}", c1)),
            ",1AA{c1..: u8}{c2? }b{c4}{c5?1}{c6?,,} b{c8: u8}" => reply(format_args!("3|{}|{}|{}|{}|{}|{}", c1, c2, c4, c5, c6, c8)),
            " ,{c1?,,}" => reply(format_args!("4|{}", c1)),
            "1,,1{c1},{c3..: u8}{c4?1}{c5? }A," => reply(format_args!("5|{}|{}|{}|{}", c1, c3, c4, c5)),
            "" if data.len().is_multiple_of(2) => reply(format_args!("6")),
            " a{c1: u8}" => reply(format_args!("7|{}", c1)),
            "{c0..: char}1{c2?1}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}|{}", c0, c2)),
            "ba" => reply(format_args!("9")),
            " A1 {c1}{c2?bA}{c3?1A},,{c5..: i16}{c6? }1 " => reply(format_args!("10|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6)),
            "1{c1..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("11|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table11;

fn ask_11(data: &[u8]) -> Option<Action<'_>> {
    Some(Table11.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table11 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "{c0?bA}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}", c0)),
            "b1A{c1: char} 1{c3: bytes}{c4?b}{c5?bA},{c7? 1}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}|{}|{}|{}|{}", c1, c3.escape_ascii(), c4, c5, c7)),
            ",b,{c1: u8}{c2?,}{c3?1b},{c5}b" => reply(format_args!("2|{}|{}|{}|{}", c1, c2, c3, c5)),
            ",{c1?1}" => reply(format_args!("3|{}", c1)),
            "aAA{c1..: u8} A{c3}{c4?AA}a" if data.len().is_multiple_of(2) => reply(format_args!("4|{}|{}|{}", c1, c3, c4)),
            "{c0: u8}AA" if data.len().is_multiple_of(2) => reply(format_args!("5|{}", c0)),
            "baA{c1: u8}A{c3?a}" if data.len().is_multiple_of(2) => reply(format_args!("6|{}|{}", c1, c3)),
            " 1{c1: u8}{c2?bA}{c3?,},{c5: bytes} " => reply(format_args!("7|{}|{}|{}|{}", c1, c2, c3, c5.escape_ascii())),
            "abb {c1..: i16}A{c3: u8}{c4? }{c5?A}," if data.len().is_multiple_of(2) => reply(format_args!("8|{}|{}|{}|{}", c1, c3, c4, c5)),
            _ => reply("none"),
        }
    }
}

struct Table12;

fn ask_12(data: &[u8]) -> Option<Action<'_>> {
    Some(Table12.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table12 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "{c0?b}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}", c0)),
            "b1{c1..: u8}" => reply(format_args!("1|{}", c1)),
            "11{c1}" => reply(format_args!("2|{}", c1)),
            "A1b,{c1: i16} " => reply(format_args!("3|{}", c1)),
            "A {c1: u8}{c2?Ab}{c3?b,}a" => reply(format_args!("4|{}|{}|{}", c1, c2, c3)),
            "A{c1: bytes}ab{c3?a}" if data.len().is_multiple_of(2) => reply(format_args!("5|{}|{}", c1.escape_ascii(), c3)),
            "1 {c1: i16}{c2?11} {c4..: u8}" => reply(format_args!("6|{}|{}|{}", c1, c2, c4)),
            " {c1?Aa}" => reply(format_args!("7|{}", c1)),
            "ab,{c1? }" => reply(format_args!("8|{}", c1)),
            "a,b1{c1: u8}1{c3..: char} A{c5..}" => reply(format_args!("9|{}|{}|{}", c1, c3, c5)),
            "aa1{c1: char}{c2?,}{c3?1}1b{c5}{c6? ,}," => reply(format_args!("10|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6)),
            " 1Ab" => reply(format_args!("11")),
            "{c0..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("12|{}", c0)),
            "{c0}" if data.len().is_multiple_of(2) => reply(format_args!("13|{}", c0)),
            ",1b{c1}{c2?b} " => reply(format_args!("14|{}|{}", c1, c2)),
            "{c0..}{c1?a}A {c3?a}" => reply(format_args!("15|{}|{}|{}", c0, c1, c3)),
            _ => reply("none"),
        }
    }
}

struct Table13;

fn ask_13(data: &[u8]) -> Option<Action<'_>> {
    Some(Table13.handle_call(data))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table13 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "{c0: i16}{c1?,1}{c2?a}A{c4?A1}" => reply(format_args!("0|{}|{}|{}|{}", c0, c1, c2, c4)),
            "{c0: i16},A{c2..},A{c4..}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}|{}|{}", c0, c2, c4)),
            "a1AA" if data.len().is_multiple_of(2) => reply(format_args!("2")),
            " AAb{c1: u8}ba{c3?A}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}", c1, c3)),
            "{c0?Ab}" => reply(format_args!("4|{}", c0)),
            "1{c1: i16},,{c3..}{c4?a}{c5? }b{c7}" if data.len().is_multiple_of(2) => reply(format_args!("5|{}|{}|{}|{}|{}", c1, c3, c4, c5, c7)),
            _ => reply("none"),
        }
    }
}

struct Table14;

fn ask_14(data: &[u8]) -> Option<Action<'_>> {
    Some(Table14.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table14 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            ",{c1: bytes}" => reply(format_args!("0|{}", c1.escape_ascii())),
            "Ab11{c1}{c2?aa}a1{c4?bb}" => reply(format_args!("1|{}|{}|{}", c1, c2, c4)),
            " {c1..}" if data.len().is_multiple_of(2) => reply(format_args!("2|{}", c1)),
            "1ab{c1?Aa}" => reply(format_args!("3|{}", c1)),
            "b,b {c1?a}" if data.len().is_multiple_of(2) => reply(format_args!("4|{}", c1)),
            ",b{c1? 1}" => reply(format_args!("5|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table15;

fn ask_15(data: &[u8]) -> Option<Action<'_>> {
    Some(Table15.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table15 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            " {c1..: bytes},1{c3..: char} ," if data.len().is_multiple_of(2) => reply(format_args!("0|{}|{}", c1.escape_ascii(), c3)),
            "  " => reply(format_args!("1")),
            _ => reply("none"),
        }
    }
}

struct Table16;

fn ask_16(data: &[u8]) -> Option<Action<'_>> {
    Some(Table16.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table16 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "{c0: char}{c1?bA} {c3?b}" => reply(format_args!("0|{}|{}|{}", c0, c1, c3)),
            "{c0: i16}{c1?,} {c3: char},a{c5: bytes}" => reply(format_args!("1|{}|{}|{}|{}", c0, c1, c3, c5.escape_ascii())),
            _ => reply("none"),
        }
    }
}

struct Table17;

fn ask_17(data: &[u8]) -> Option<Action<'_>> {
    Some(Table17.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table17 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            " aA {c1..: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}", c1.escape_ascii())),
            " ,A{c1..: bytes},1{c3: bytes}{c4? } 1" if data.len().is_multiple_of(2) => reply(format_args!("1|{}|{}|{}", c1.escape_ascii(), c3.escape_ascii(), c4)),
            "{c0: i16}a{c2..: i16}A" => reply(format_args!("2|{}|{}", c0, c2)),
            "{c0..: u8}b{c2..: bytes}" => reply(format_args!("3|{}|{}", c0, c2.escape_ascii())),
            "" if data.len().is_multiple_of(2) => reply(format_args!("4")),
            ",,{c1: char}ab{c3}" => reply(format_args!("5|{}|{}", c1, c3)),
            "Aa, {c1: bytes}1{c3: u8}{c4?bA}{c5?a} {c7..}" if data.len().is_multiple_of(2) => reply(format_args!("6|{}|{}|{}|{}|{}", c1.escape_ascii(), c3, c4, c5, c7)),
            "a  {c1..: u8}" => reply(format_args!("7|{}", c1)),
            "a,A{c1..: u8}" => reply(format_args!("8|{}", c1)),
            " a{c1: i16}bA{c3..},{c5?,A}" => reply(format_args!("9|{}|{}|{}", c1, c3, c5)),
            " ab{c1: i16}b{c3: u8}," => reply(format_args!("10|{}|{}", c1, c3)),
            "AA{c1..: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("11|{}", c1.escape_ascii())),
            "a1{c1..: u8}" => reply(format_args!("12|{}", c1)),
            "{c0}1 {c2..: i16}aa{c4..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("13|{}|{}|{}", c0, c2, c4)),
            "1,{c1}{c2?11}a{c4: u8}" if data.len().is_multiple_of(2) => reply(format_args!("14|{}|{}|{}", c1, c2, c4)),
            ",AA{c1?A}" => reply(format_args!("15|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table18;

fn ask_18(data: &[u8]) -> Option<Action<'_>> {
    Some(Table18.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table18 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "aA{c1..: i16}A{c3..: bytes}1b{c5?a}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}|{}|{}", c1, c3.escape_ascii(), c5)),
            "AA ,{c1: bytes}  {c3: char},{c5? ,}" => reply(format_args!("1|{}|{}|{}", c1.escape_ascii(), c3, c5)),
            "{c0}{c1?1}{c2? }A{c4..}" => reply(format_args!("2|{}|{}|{}|{}", c0, c1, c2, c4)),
            "1b{c1: bytes} 1{c3..: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}", c1.escape_ascii(), c3.escape_ascii())),
            ",b{c1: bytes}" => reply(format_args!("4|{}", c1.escape_ascii())),
            "A{c1: u8}b {c3: i16} a{c5: bytes}" => reply(format_args!("5|{}|{}|{}", c1, c3, c5.escape_ascii())),
            "{c0..: i16}ba{c2: char}b" => reply(format_args!("6|{}|{}", c0, c2)),
            "b{c1: char}a{c3..: char}1{c5..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("7|{}|{}|{}", c1, c3, c5)),
            "aa{c1}" => reply(format_args!("8|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table19;

fn ask_19(data: &[u8]) -> Option<Action<'_>> {
    Some(Table19.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table19 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "1,{c1: i16},{c3?A}" => reply(format_args!("0|{}|{}", c1, c3)),
            "AA{c1}{c2?,a}{c3?  } {c5}{c6?,a}{c7?1} {c9? A}" => reply(format_args!("1|{}|{}|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6, c7, c9)),
            "abba{c1: char}a{c3..: u8}b " => reply(format_args!("2|{}|{}", c1, c3)),
            " ,  {c1: char} a{c3}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}", c1, c3)),
            ",1a,{c1: u8},A{c3}" if data.len().is_multiple_of(2) => reply(format_args!("4|{}|{}", c1, c3)),
            ",1,{c1: bytes}{c2?a1}{c3? A}bA{c5?,1}" => reply(format_args!("5|{}|{}|{}|{}", c1.escape_ascii(), c2, c3, c5)),
            "Aa1 {c1..: u8}a{c3..: u8}" => reply(format_args!("6|{}|{}", c1, c3)),
            ",A{c1}1b{c3: i16}{c4?, }{c5? } {c7?a}" => reply(format_args!("7|{}|{}|{}|{}|{}", c1, c3, c4, c5, c7)),
            "11A{c1: i16}{c2?a,}{c3?1}1b{c5: u8}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}|{}|{}|{}", c1, c2, c3, c5)),
            "1 b{c1: i16} 1{c3..: i16}{c4?1}b" => reply(format_args!("9|{}|{}|{}", c1, c3, c4)),
            "bbb{c1?b}" => reply(format_args!("10|{}", c1)),
            "a{c1..}a{c3: bytes} {c5?b,}" => reply(format_args!("11|{}|{}|{}", c1, c3.escape_ascii(), c5)),
            "AA{c1: u8}" => reply(format_args!("12|{}", c1)),
            "1{c1..: bytes}" => reply(format_args!("13|{}", c1.escape_ascii())),
            "AaA{c1..: bytes}{c2?1}{c3?b},{c5..: u8}" => reply(format_args!("14|{}|{}|{}|{}", c1.escape_ascii(), c2, c3, c5)),
            "ab{c1}a" => reply(format_args!("15|{}", c1)),
            "aa {c1: bytes}bA{c3..: char}{c4? A},{c6? b}" if data.len().is_multiple_of(2) => reply(format_args!("16|{}|{}|{}|{}", c1.escape_ascii(), c3, c4, c6)),
            _ => reply("none"),
        }
    }
}

struct Table20;

fn ask_20(data: &[u8]) -> Option<Action<'_>> {
    Some(Table20.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table20 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "a{c1: u8}{c2? ,}{c3?a } 1" => reply(format_args!("0|{}|{}|{}", c1, c2, c3)),
            "b{c1: char}{c2?a,}ba{c4?b,}" => reply(format_args!("1|{}|{}|{}", c1, c2, c4)),
            "1a{c1: char} " => reply(format_args!("2|{}", c1)),
            " {c1: u8}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}", c1)),
            "," => reply(format_args!("4")),
            "Aa{c1}{c2?,a}1{c4..: bytes}b{c6?, }" => reply(format_args!("5|{}|{}|{}|{}", c1, c2, c4.escape_ascii(), c6)),
            _ => reply("none"),
        }
    }
}

struct Table21;

fn ask_21(data: &[u8]) -> Option<Action<'_>> {
    Some(Table21.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table21 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "b{c1: bytes}{c2? },b{c4: bytes}ab{c6..: u8}" => reply(format_args!("0|{}|{}|{}|{}", c1.escape_ascii(), c2, c4.escape_ascii(), c6)),
            " A,{c1?  }" if data.len().is_multiple_of(2) => reply(format_args!("1|{}", c1)),
            ",aA{c1: u8}Aa{c3..: char}{c4?ab}b" if data.len().is_multiple_of(2) => reply(format_args!("2|{}|{}|{}", c1, c3, c4)),
            "b1a{c1..: char}{c2?a}{c3?b}1A{c5}a1{c7?a}" => reply(format_args!("3|{}|{}|{}|{}|{}", c1, c2, c3, c5, c7)),
            "bbb{c1?,}" if data.len().is_multiple_of(2) => reply(format_args!("4|{}", c1)),
            "{c0: bytes}A{c2..: bytes}{c3?1}{c4?b,}b,{c6: bytes}" => reply(format_args!("5|{}|{}|{}|{}|{}", c0.escape_ascii(), c2.escape_ascii(), c3, c4, c6.escape_ascii())),
            "A{c1..: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("6|{}", c1.escape_ascii())),
            " {c1: i16},A{c3..: bytes}Aa{c5?A,}" => reply(format_args!("7|{}|{}|{}", c1, c3.escape_ascii(), c5)),
            "{c0}" => reply(format_args!("8|{}", c0)),
            " 1aa{c1..: i16}b {c3}" => reply(format_args!("9|{}|{}", c1, c3)),
            "{c0: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("10|{}", c0.escape_ascii())),
            "{c0: bytes} ,{c2: i16} " if data.len().is_multiple_of(2) => reply(format_args!("11|{}|{}", c0.escape_ascii(), c2)),
            _ => reply("none"),
        }
    }
}

struct Table22;

fn ask_22(data: &[u8]) -> Option<Action<'_>> {
    Some(Table22.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table22 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "" => reply(format_args!("0")),
            "a1,{c1..: bytes} a{c3: bytes}A{c5?a}" => reply(format_args!("1|{}|{}|{}", c1.escape_ascii(), c3.escape_ascii(), c5)),
            "A,{c1: char}{c2?aA}{c3?a} a{c5..: bytes}1 " if data.len().is_multiple_of(2) => reply(format_args!("2|{}|{}|{}|{}", c1, c2, c3, c5.escape_ascii())),
            ",a A{c1..: u8}{c2? }{c3?1}1" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}|{}", c1, c2, c3)),
            "ab{c1: i16}b{c3..: char}{c4?,,}{c5? b}b" => reply(format_args!("4|{}|{}|{}|{}", c1, c3, c4, c5)),
            "bA{c1: u8}" => reply(format_args!("5|{}", c1)),
            "a{c1}1{c3..: bytes}a{c5?a}" => reply(format_args!("6|{}|{}|{}", c1, c3.escape_ascii(), c5)),
            " ,1{c1?AA}" => reply(format_args!("7|{}", c1)),
            "1AA,{c1: i16},{c3: i16},{c5?Ab}" => reply(format_args!("8|{}|{}|{}", c1, c3, c5)),
            "AAb1{c1..: i16}a{c3}a{c5? A}" => reply(format_args!("9|{}|{}|{}", c1, c3, c5)),
            "a ,{c1?b}" if data.len().is_multiple_of(2) => reply(format_args!("10|{}", c1)),
            ",{c1..: bytes},A{c3: i16}1b" if data.len().is_multiple_of(2) => reply(format_args!("11|{}|{}", c1.escape_ascii(), c3)),
            _ => reply("none"),
        }
    }
}

struct Table23;

fn ask_23(data: &[u8]) -> Option<Action<'_>> {
    Some(Table23.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table23 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            ",,A{c1: char}{c2?1a}{c3?1},,{c5?b}" => reply(format_args!("0|{}|{}|{}|{}", c1, c2, c3, c5)),
            "," => reply(format_args!("1")),
            ",aab{c1: char} {c3?,}" => reply(format_args!("2|{}|{}", c1, c3)),
            "{c0}1" if data.len().is_multiple_of(2) => reply(format_args!("3|{}", c0)),
            "A{c1: u8}A{c3..}" => reply(format_args!("4|{}|{}", c1, c3)),
            ",A,{c1}{c2?a}{c3? }b{c5: char}{c6?A }Ab" if data.len().is_multiple_of(2) => reply(format_args!("5|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6)),
            "11{c1: u8}" if data.len().is_multiple_of(2) => reply(format_args!("6|{}", c1)),
            "A {c1..: u8}{c2? a} a{c4: u8}" if data.len().is_multiple_of(2) => reply(format_args!("7|{}|{}|{}", c1, c2, c4)),
            "" if data.len().is_multiple_of(2) => reply(format_args!("8")),
            " {c1..: u8}{c2?,1}1a{c4?,b}" => reply(format_args!("9|{}|{}|{}", c1, c2, c4)),
            ",,{c1?1A}" => reply(format_args!("10|{}", c1)),
            ",{c1: u8}1{c3..}" => reply(format_args!("11|{}|{}", c1, c3)),
            " ,,b{c1: char}{c2?1}{c3? ,}b{c5..: bytes}{c6?,,}A" if data.len().is_multiple_of(2) => reply(format_args!("12|{}|{}|{}|{}|{}", c1, c2, c3, c5.escape_ascii(), c6)),
            _ => reply("none"),
        }
    }
}

struct Table24;

fn ask_24(data: &[u8]) -> Option<Action<'_>> {
    Some(Table24.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table24 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "A  {c1},{c3..: i16}{c4?Ab}{c5?A}a,{c7: bytes}" => reply(format_args!("0|{}|{}|{}|{}|{}", c1, c3, c4, c5, c7.escape_ascii())),
            "b1ab{c1? }" => reply(format_args!("1|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table25;

fn ask_25(data: &[u8]) -> Option<Action<'_>> {
    Some(Table25.handle_call(data))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table25 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "bb b{c1: bytes},{c3..}b{c5: bytes}" => reply(format_args!("0|{}|{}|{}", c1.escape_ascii(), c3, c5.escape_ascii())),
            " 1,a{c1: char},1" if data.len().is_multiple_of(2) => reply(format_args!("1|{}", c1)),
            ",,{c1..: i16}a1{c3?a}" => reply(format_args!("2|{}|{}", c1, c3)),
            "A,A {c1?a,}" => reply(format_args!("3|{}", c1)),
            "1{c1..: bytes}{c2?1}{c3?b}1{c5..: bytes}" => reply(format_args!("4|{}|{}|{}|{}", c1.escape_ascii(), c2, c3, c5.escape_ascii())),
            "1" => reply(format_args!("5")),
            "b ,A{c1..: u8}{c2?1a}{c3?,A} ,{c5}{c6? 1}aa" => reply(format_args!("6|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6)),
            "1baA{c1: char}aa{c3}ab{c5?a }" => reply(format_args!("7|{}|{}|{}", c1, c3, c5)),
            ",AaA{c1?a}" => reply(format_args!("8|{}", c1)),
            ",{c1: i16},,{c3: bytes}A" => reply(format_args!("9|{}|{}", c1, c3.escape_ascii())),
            _ => reply("none"),
        }
    }
}

struct Table26;

fn ask_26(data: &[u8]) -> Option<Action<'_>> {
    Some(Table26.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table26 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            ", b" => reply(format_args!("0")),
            ",{c1?AA}" => reply(format_args!("1|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table27;

fn ask_27(data: &[u8]) -> Option<Action<'_>> {
    Some(Table27.handle_call(data))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table27 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "{c0: u8}" => reply(format_args!("0|{}", c0)),
            "b,aa{c1..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}", c1)),
            "b1AA{c1: i16}1{c3..}{c4?,a}{c5?11}  " => reply(format_args!("2|{}|{}|{}|{}", c1, c3, c4, c5)),
            "A{c1: u8}{c2?a}{c3?Aa}, {c5..}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}|{}|{}", c1, c2, c3, c5)),
            " 1,{c1?bA}" if data.len().is_multiple_of(2) => reply(format_args!("4|{}", c1)),
            "b{c1}AA{c3: i16}{c4? }A " => reply(format_args!("5|{}|{}|{}", c1, c3, c4)),
            "ba{c1},1{c3}" if data.len().is_multiple_of(2) => reply(format_args!("6|{}|{}", c1, c3)),
            "a {c1..: char}{c2?1b}1{c4?,}" => reply(format_args!("7|{}|{}|{}", c1, c2, c4)),
            "Ab A{c1..: bytes}" => reply(format_args!("8|{}", c1.escape_ascii())),
            " a{c1: u8}" => reply(format_args!("9|{}", c1)),
            "1 {c1? ,}" => reply(format_args!("10|{}", c1)),
            "b,a{c1?a}" => reply(format_args!("11|{}", c1)),
            "baAA{c1..: bytes}b1{c3..: u8}" => reply(format_args!("12|{}|{}", c1.escape_ascii(), c3)),
            "a {c1}A " => reply(format_args!("13|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table28;

fn ask_28(data: &[u8]) -> Option<Action<'_>> {
    Some(Table28.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table28 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "{c0: char}11{c2: i16}a1{c4?Ab}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}|{}|{}", c0, c2, c4)),
            "bA{c1..: i16} {c3? }" => reply(format_args!("1|{}|{}", c1, c3)),
            "1b{c1: bytes}1{c3: u8}{c4?b }{c5?Aa}Aa{c7..}" => reply(format_args!("2|{}|{}|{}|{}|{}", c1.escape_ascii(), c3, c4, c5, c7)),
            "aaa " if data.len().is_multiple_of(2) => reply(format_args!("3")),
            "{c0: bytes}A{c2? }" => reply(format_args!("4|{}|{}", c0.escape_ascii(), c2)),
            ", Ab{c1: char}{c2?1}," => reply(format_args!("5|{}|{}", c1, c2)),
            "Aba{c1..}a {c3..: u8}1{c5?1A}" => reply(format_args!("6|{}|{}|{}", c1, c3, c5)),
            "AA b{c1..: i16}aA{c3..: bytes}bb{c5}" => reply(format_args!("7|{}|{}|{}", c1, c3.escape_ascii(), c5)),
            ",1  {c1..: bytes}a1" => reply(format_args!("8|{}", c1.escape_ascii())),
            "A,b{c1: i16}{c2? }aA{c4..: u8}" => reply(format_args!("9|{}|{}|{}", c1, c2, c4)),
            "a,bb{c1}a{c3: u8}" if data.len().is_multiple_of(2) => reply(format_args!("10|{}|{}", c1, c3)),
            _ => reply("none"),
        }
    }
}

struct Table29;

fn ask_29(data: &[u8]) -> Option<Action<'_>> {
    Some(Table29.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table29 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "b,{c1},a{c3?a}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}|{}", c1, c3)),
            "{c0?,}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}", c0)),
            "{c0..}b{c2}" => reply(format_args!("2|{}|{}", c0, c2)),
            "1,a{c1: u8} {c3..: i16}b{c5?b}" => reply(format_args!("3|{}|{}|{}", c1, c3, c5)),
            _ => reply("none"),
        }
    }
}

struct Table30;

fn ask_30(data: &[u8]) -> Option<Action<'_>> {
    Some(Table30.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table30 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "  {c1..: bytes}  {c3}{c4? b}1" => reply(format_args!("0|{}|{}|{}", c1.escape_ascii(), c3, c4)),
            "1{c1..}{c2?bA}{c3?b1}A " => reply(format_args!("1|{}|{}|{}", c1, c2, c3)),
            "ba A" => reply(format_args!("2")),
            "{c0: char}A{c2..}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}", c0, c2)),
            " {c1..: char}{c2?1}{c3?,}a{c5? }" if data.len().is_multiple_of(2) => reply(format_args!("4|{}|{}|{}|{}", c1, c2, c3, c5)),
            "{c0..: i16}{c1?Aa} {c3..}{c4?,A} ,{c6}" if data.len().is_multiple_of(2) => reply(format_args!("5|{}|{}|{}|{}|{}", c0, c1, c3, c4, c6)),
            "a 1{c1: i16}a" => reply(format_args!("6|{}", c1)),
            ",Aa1{c1? a}" => reply(format_args!("7|{}", c1)),
            "1b{c1..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}", c1)),
            " a,{c1: u8} A{c3}{c4?a},{c6?1A}" if data.len().is_multiple_of(2) => reply(format_args!("9|{}|{}|{}|{}", c1, c3, c4, c6)),
            "{c0: i16}{c1?1}1,{c3..}a1{c5..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("10|{}|{}|{}|{}", c0, c1, c3, c5)),
            "11b{c1: i16}{c2?A}A " => reply(format_args!("11|{}|{}", c1, c2)),
            _ => reply("none"),
        }
    }
}

struct Table31;

fn ask_31(data: &[u8]) -> Option<Action<'_>> {
    Some(Table31.handle_call(std::str::from_utf8(data).ok()?))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table31 {
    fn handle_call(&self, data: &str) -> Action {
        match data {
            "{c0..: bytes}1{c2..: char}a" => reply(format_args!("0|{}|{}", c0.escape_ascii(), c2)),
            ",{c1..: i16} a{c3: u8}a" => reply(format_args!("1|{}|{}", c1, c3)),
            " {c1..: char}A{c3..: bytes} " if data.len().is_multiple_of(2) => reply(format_args!("2|{}|{}", c1, c3.escape_ascii())),
            "{c0}" => reply(format_args!("3|{}", c0)),
            _ => reply("none"),
        }
    }
}

struct Table32;

fn ask_32(data: &[u8]) -> Option<Action<'_>> {
    Some(Table32.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table32 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "{c0..: u8}a{c2?1}" => reply(format_args!("0|{}|{}", c0, c2)),
            "A{c1: char}a,{c3..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}|{}", c1, c3)),
            "1 {c1: bytes},{c3..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("2|{}|{}", c1.escape_ascii(), c3)),
            "b{c1: bytes}{c2?a}b1{c4}a{c6?1}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}|{}|{}", c1.escape_ascii(), c2, c4, c6)),
            ", b,{c1: char} {c3..: u8}a1{c5?ab}" => reply(format_args!("4|{}|{}|{}", c1, c3, c5)),
            "a" => reply(format_args!("5")),
            "a1{c1..: bytes}{c2?1 }1" => reply(format_args!("6|{}|{}", c1.escape_ascii(), c2)),
            "{c0: char}Aa{c2..}" => reply(format_args!("7|{}|{}", c0, c2)),
            "a {c1: bytes}A" if data.len().is_multiple_of(2) => reply(format_args!("8|{}", c1.escape_ascii())),
            "b b{c1},{c3: u8} " => reply(format_args!("9|{}|{}", c1, c3)),
            "1{c1..: i16}{c2?,b}{c3?1b},a{c5}{c6?a}{c7? }," if data.len().is_multiple_of(2) => reply(format_args!("10|{}|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6, c7)),
            "A1b,{c1..: i16}{c2?A1}A {c4?A}" if data.len().is_multiple_of(2) => reply(format_args!("11|{}|{}|{}", c1, c2, c4)),
            "b" => reply(format_args!("12")),
            _ => reply("none"),
        }
    }
}

struct Table33;

fn ask_33(data: &[u8]) -> Option<Action<'_>> {
    Some(Table33.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table33 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            ", b {c1?A}" => reply(format_args!("0|{}", c1)),
            "1a1" => reply(format_args!("1")),
            ",Aa{c1: bytes}{c2?Aa}{c3?, }a{c5?1}" => reply(format_args!("2|{}|{}|{}|{}", c1.escape_ascii(), c2, c3, c5)),
            " a{c1..: i16}ab{c3: char}a{c5?,}" if data.len().is_multiple_of(2) => reply(format_args!("3|{}|{}|{}", c1, c3, c5)),
            " a,1{c1?A}" => reply(format_args!("4|{}", c1)),
            "A " => reply(format_args!("5")),
            "Ab{c1}{c2? 1}, {c4..: bytes}" => reply(format_args!("6|{}|{}|{}", c1, c2, c4.escape_ascii())),
            "1{c1?bA}" => reply(format_args!("7|{}", c1)),
            "  {c1?A}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}", c1)),
            "1 {c1?,}" => reply(format_args!("9|{}", c1)),
            "a{c1..: u8}a{c3..: bytes}ba" => reply(format_args!("10|{}|{}", c1, c3.escape_ascii())),
            _ => reply("none"),
        }
    }
}

struct Table34;

fn ask_34(data: &[u8]) -> Option<Action<'_>> {
    Some(Table34.handle_call(data))
}

#[tcp_server(port = 0, packet = raw, ignore_case)]
#[rustfmt::skip]
impl Table34 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "1Aa" => reply(format_args!("0")),
            " {c1: bytes}{c2?1}{c3? } {c5?bA}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}|{}|{}|{}", c1.escape_ascii(), c2, c3, c5)),
            "1" => reply(format_args!("2")),
            " {c1?1}" => reply(format_args!("3|{}", c1)),
            " {c1? }" => reply(format_args!("4|{}", c1)),
            "b,,b{c1..: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("5|{}", c1.escape_ascii())),
            "A{c1: bytes}" => reply(format_args!("6|{}", c1.escape_ascii())),
            "bbbA{c1: i16},{c3..: i16}," => reply(format_args!("7|{}|{}", c1, c3)),
            _ => reply("none"),
        }
    }
}

struct Table35;

fn ask_35(data: &[u8]) -> Option<Action<'_>> {
    Some(Table35.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table35 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "a1A " => reply(format_args!("0")),
            ",bA" => reply(format_args!("1")),
            " b,b{c1?A}" => reply(format_args!("2|{}", c1)),
            " A,{c1: u8}" => reply(format_args!("3|{}", c1)),
            "Ab1{c1: i16}aA{c3}aA{c5: u8}" if data.len().is_multiple_of(2) => reply(format_args!("4|{}|{}|{}", c1, c3, c5)),
            "A,1 {c1: bytes}{c2?1 }{c3?1A}A {c5}a{c7?1}" => reply(format_args!("5|{}|{}|{}|{}|{}", c1.escape_ascii(), c2, c3, c5, c7)),
            "bb  {c1?A}" => reply(format_args!("6|{}", c1)),
            ",a {c1: bytes}{c2?1b}{c3?a,}A" => reply(format_args!("7|{}|{}|{}", c1.escape_ascii(), c2, c3)),
            "{c0..: u8},{c2: char}{c3? }{c4?,}1A{c6..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}|{}|{}|{}|{}", c0, c2, c3, c4, c6)),
            " ,a{c1?1}" => reply(format_args!("9|{}", c1)),
            "{c0..: u8},b{c2..}" => reply(format_args!("10|{}|{}", c0, c2)),
            " b11{c1?b1}" if data.len().is_multiple_of(2) => reply(format_args!("11|{}", c1)),
            "abA{c1: u8}A {c3: u8}a1{c5..: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("12|{}|{}|{}", c1, c3, c5.escape_ascii())),
            "1b, {c1: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("13|{}", c1.escape_ascii())),
            "A{c1: u8}{c2?1b}AA{c4..: u8},a" => reply(format_args!("14|{}|{}|{}", c1, c2, c4)),
            "aaab" => reply(format_args!("15")),
            "A1{c1..: u8}a " if data.len().is_multiple_of(2) => reply(format_args!("16|{}", c1)),
            "1b{c1: bytes}{c2?1}A{c4?,A}" if data.len().is_multiple_of(2) => reply(format_args!("17|{}|{}|{}", c1.escape_ascii(), c2, c4)),
            "b{c1: char} a{c3..: char}b" => reply(format_args!("18|{}|{}", c1, c3)),
            _ => reply("none"),
        }
    }
}

struct Table36;

fn ask_36(data: &[u8]) -> Option<Action<'_>> {
    Some(Table36.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table36 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "11a {c1: char}{c2? 1}b" => reply(format_args!("0|{}|{}", c1, c2)),
            "A1 b" => reply(format_args!("1")),
            "aab1{c1: bytes}A1{c3..: u8}" => reply(format_args!("2|{}|{}", c1.escape_ascii(), c3)),
            "1 1{c1..: bytes}" => reply(format_args!("3|{}", c1.escape_ascii())),
            "b,A," if data.len().is_multiple_of(2) => reply(format_args!("4")),
            "{c0..: bytes}{c1?,,}{c2?,a} {c4? }" => reply(format_args!("5|{}|{}|{}|{}", c0.escape_ascii(), c1, c2, c4)),
            "A,1A{c1: char}1{c3: bytes},{c5..: u8}" => reply(format_args!("6|{}|{}|{}", c1, c3.escape_ascii(), c5)),
            "aA{c1..: u8}" if data.len().is_multiple_of(2) => reply(format_args!("7|{}", c1)),
            "  1{c1: char} a" if data.len().is_multiple_of(2) => reply(format_args!("8|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table37;

fn ask_37(data: &[u8]) -> Option<Action<'_>> {
    Some(Table37.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table37 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "{c0}{c1?1}{c2?a}a " => reply(format_args!("0|{}|{}|{}", c0, c1, c2)),
            "1aa1{c1: u8}{c2? }a{c4?aa}" => reply(format_args!("1|{}|{}|{}", c1, c2, c4)),
            "1,{c1}{c2?aA}{c3?1}aA{c5}" => reply(format_args!("2|{}|{}|{}|{}", c1, c2, c3, c5)),
            "b A{c1? }" => reply(format_args!("3|{}", c1)),
            "a{c1..}" => reply(format_args!("4|{}", c1)),
            "{c0: u8}{c1?bb}{c2?,}b{c4..: i16}AA" if data.len().is_multiple_of(2) => reply(format_args!("5|{}|{}|{}|{}", c0, c1, c2, c4)),
            "AA,A{c1..}{c2? }{c3?a}Aa{c5: char}{c6?1A}{c7?1a}bb" if data.len().is_multiple_of(2) => reply(format_args!("6|{}|{}|{}|{}|{}|{}", c1, c2, c3, c5, c6, c7)),
            "{c0: u8}A{c2},1" if data.len().is_multiple_of(2) => reply(format_args!("7|{}|{}", c0, c2)),
            "1,A {c1..}{c2? },{c4..: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("8|{}|{}|{}", c1, c2, c4.escape_ascii())),
            " aA{c1?1}" => reply(format_args!("9|{}", c1)),
            ",abb{c1: u8}" => reply(format_args!("10|{}", c1)),
            "{c0: i16}1A{c2: char}A" => reply(format_args!("11|{}|{}", c0, c2)),
            "," => reply(format_args!("12")),
            "AAa{c1..}{c2?A}{c3?b },b{c5}" => reply(format_args!("13|{}|{}|{}|{}", c1, c2, c3, c5)),
            _ => reply("none"),
        }
    }
}

struct Table38;

fn ask_38(data: &[u8]) -> Option<Action<'_>> {
    Some(Table38.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table38 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "aba{c1}{c2?1A}{c3?a1} {c5: i16},,{c7: bytes}" if data.len().is_multiple_of(2) => reply(format_args!("0|{}|{}|{}|{}|{}", c1, c2, c3, c5, c7.escape_ascii())),
            "a,,{c1}11{c3..: bytes} 1" => reply(format_args!("1|{}|{}", c1, c3.escape_ascii())),
            " " => reply(format_args!("2")),
            "  {c1..: i16}{c2?1}{c3?1A}a{c5: bytes}A1{c7: u8}" => reply(format_args!("3|{}|{}|{}|{}|{}", c1, c2, c3, c5.escape_ascii(), c7)),
            "{c0?,}" => reply(format_args!("4|{}", c0)),
            "a{c1? }" => reply(format_args!("5|{}", c1)),
            _ => reply("none"),
        }
    }
}

struct Table39;

fn ask_39(data: &[u8]) -> Option<Action<'_>> {
    Some(Table39.handle_call(data))
}

#[tcp_server(port = 0, packet = raw)]
#[rustfmt::skip]
impl Table39 {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "1A1{c1..: u8}" => reply(format_args!("0|{}", c1)),
            "A,a{c1}A{c3..}1b{c5..}" if data.len().is_multiple_of(2) => reply(format_args!("1|{}|{}|{}", c1, c3, c5)),
            "{c0}{c1?1,}A{c3..: i16}{c4?A}a,{c6?A,}" if data.len().is_multiple_of(2) => reply(format_args!("2|{}|{}|{}|{}|{}", c0, c1, c3, c4, c6)),
            " ,{c1}" => reply(format_args!("3|{}", c1)),
            _ => reply("none"),
        }
    }
}
