//! The results of Erlang's own bit syntax for 500 random layouts and 2000 inputs: see
//! `tests/vectors/README.md`.
//!
//! Each layout is compiled here too, as a pattern, and as a builder from the values that it binds.

use kai_tcp_server::__private::bits_match;
use kai_tcp_server::bits;
use kai_tcp_server_tests::hex;
use serde_json::Value;

/// The values of the names, and the bytes built from them.
type Answer = (Vec<String>, Vec<u8>);

/// A layout: its spelling, and the function that matches and builds.
struct Case {
    layout: &'static str,
    run: fn(&[u8]) -> Option<Answer>,
}

macro_rules! cases {
    ($($number:literal: ($($pattern:tt)*) [$($name:ident)*] ($($built:tt)*);)+) => {
        const CASES: &[Case] = &[$(Case {
            layout: stringify!($($pattern)*),
            run: |input| bits_match!(::kai_tcp_server, input, bits!($($pattern)*) => (vec![$($name.show()),*], bits!($($built)*))),
        }),+];
    };
}

include!("bits_vectors/cases.rs");

/// A value in the spelling of the vectors.
trait Show {
    fn show(&self) -> String;
}

macro_rules! integers {
    ($($integer:ident)+) => {$(
        impl Show for $integer {
            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

integers!(u8 u16 u32 u64 u128 i8 i16 i32 i64 i128);

impl Show for f64 {
    fn show(&self) -> String {
        format!("{:016x}", self.to_bits())
    }
}

impl Show for f32 {
    fn show(&self) -> String {
        f64::from(*self).show()
    }
}

impl Show for &[u8] {
    fn show(&self) -> String {
        self.iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }
}

impl<const N: usize> Show for &[u8; N] {
    fn show(&self) -> String {
        self.as_slice().show()
    }
}

/// Returns Erlang's result for one input.
fn expected(answer: &Value) -> Option<Answer> {
    let values = answer["values"].as_array()?;
    let values = values.iter().map(|value| text(value).to_owned()).collect();
    Some((values, bytes(&answer["built"])))
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::bytes(value).expect("hex")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn without_blanks(layout: &str) -> String {
    layout.split_whitespace().collect()
}

#[test]
fn erlang_agrees() {
    let mut inputs = 0;
    let mut cases = CASES.iter();
    for line in include_str!("../../vectors/bits/cases.jsonl").lines() {
        let vector: Value = serde_json::from_str(line).expect("a vector");
        let case = cases.next().expect("each vector has been compiled");
        assert_eq!(without_blanks(case.layout), without_blanks(text(&vector["rust"])));
        for answer in vector["inputs"].as_array().expect("inputs") {
            let input = bytes(&answer["input"]);
            assert_eq!((case.run)(&input), expected(answer), "{}: {answer}", vector["rust"]);
            inputs += 1;
        }
    }
    assert!(cases.next().is_none());
    assert_eq!((CASES.len(), inputs), (500, 2000));
}
