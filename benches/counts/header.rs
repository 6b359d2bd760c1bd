//! A bit-field header, that of memcached's binary protocol.

use kai_tcp_server::{Action, tcp_server};

use crate::{Bound, Group, decided};

pub(crate) const GROUPS: &[Group] = &[Group {
    name: "a header of 24 bytes:",
    frames: &[b"\x80\x01\x00\x05\x08\x00\x00\x00\x00\x00\x00\x12\xde\xad\xbe\xef\x00\x00\x00\x00\x00\x00\x00\x07\0\0\0\0\0\0\x0e\x10Helloworld"],
    ways: &[("bits!", by_layout), ("by hand", by_hand)],
}];

pub(crate) const BOUNDS: &[Bound] = &[Bound {
    of: "a header of 24 bytes: bits!",
    than: &["a header of 24 bytes: by hand"],
    // Four of the instructions count the call for its arm.
    ratio: 1.4,
}];

struct Binary;

#[tcp_server(port = 0, packet = raw)]
impl Binary {
    fn handle_call(&self, data: &[u8], told: &mut u64) -> Action {
        *told = match data {
            bits!(0x80u8, op: u8, key: u16, extras: u8, _: u8, status: u16, len: u32, opaque: u32, cas: u64, body: [u8; len]) => {
                tell(op, key, extras, status, opaque, cas, body)
            }
            _ => 0,
        };
        noreply
    }
}

fn by_layout(frame: &[u8]) -> u64 {
    let mut told = 0;
    decided(Binary.handle_call(frame, &mut told));
    told
}

fn by_hand(frame: &[u8]) -> u64 {
    let Some((header, body)) = frame.split_first_chunk::<24>() else {
        return 0;
    };
    let [0x80, op, key_1, key_2, extras, _, status_1, status_2, rest @ ..] = *header else {
        return 0;
    };
    let [
        len_1,
        len_2,
        len_3,
        len_4,
        opaque_1,
        opaque_2,
        opaque_3,
        opaque_4,
        cas @ ..,
    ] = rest;
    if usize::try_from(u32::from_be_bytes([len_1, len_2, len_3, len_4])) != Ok(body.len()) {
        return 0;
    }
    let key = u16::from_be_bytes([key_1, key_2]);
    let status = u16::from_be_bytes([status_1, status_2]);
    let opaque = u32::from_be_bytes([opaque_1, opaque_2, opaque_3, opaque_4]);
    tell(op, key, extras, status, opaque, u64::from_be_bytes(cas), body)
}

#[inline]
fn tell(op: u8, key: u16, extras: u8, status: u16, opaque: u32, cas: u64, body: &[u8]) -> u64 {
    u64::from(op) + u64::from(key) + u64::from(extras) + u64::from(status) + u64::from(opaque) + cas + body.len() as u64
}
