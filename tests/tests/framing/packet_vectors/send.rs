//! Payloads and their bytes on the wire.

use bytes::BytesMut;
use kai_tcp_server::Packet;
use kai_tcp_server::packet::FrameError;
use kai_tcp_server_tests::hex;
use serde_json::Value;

use super::{Checked, Outcome, mode, only};

pub(crate) fn check(name: &str, vector: &Value) -> Checked {
    let Some(packet) = mode(name)? else {
        return Ok(Outcome::Left);
    };
    only(vector, &["id", "type", "kind", "opts", "payload", "result", "wire"])?;
    only(&vector["opts"], &["packet_size"])?;
    if vector["result"] != "ok" {
        return Err(format!("unknown result {}", vector["result"]));
    }
    let payload = hex::bytes(&vector["payload"])?;
    let wire = hex::bytes(&vector["wire"])?;
    for size in [1, 3, 1000, usize::MAX] {
        let parts = || payload.chunks(size);
        // The bytes already in the buffer must not change.
        let mut out = BytesMut::from("before");
        let result = packet.encode(parts(), &mut out);
        let Some(written) = out.strip_prefix(b"before") else {
            return Err(format!("what was written before has become {out:?}"));
        };
        match result {
            Ok(()) if payload.len() <= longest(packet) && written == wire => {}
            // Erlang sends these with a wrong header; here they are refused.
            Err(FrameError::ReplyTooLong { length, longest })
                if length == payload.len() && longest < length && written.is_empty() => {}
            _ => return Err(format!("{result:?}, wrote {written:x?}, Erlang {wire:x?}")),
        }
    }
    Ok(Outcome::Ran)
}

/// Returns the longest payload that the mode can carry.
fn longest(packet: Packet) -> usize {
    match packet {
        Packet::One => 0xff,
        Packet::Two => 0xffff,
        _ => 0xffff_ffff,
    }
}
