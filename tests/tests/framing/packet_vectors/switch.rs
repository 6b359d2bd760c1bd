//! Changes of the packet mode while there is input: a receiver without a socket.

use bytes::BytesMut;
use kai_tcp_server::Packet;
use kai_tcp_server::packet::Decoder;
use kai_tcp_server_tests::hex;
use serde_json::Value;

use super::{Checked, Outcome, field, mode, number, only};

/// A passive socket whose peer has sent everything and closed.
struct Receiver {
    decoder: Decoder,
    buffer: BytesMut,
    ended: bool,
}

pub(crate) fn check(vector: &Value) -> Checked {
    let ops = field(vector, "ops", Value::as_array)?;
    only(vector, &["id", "type", "kind", "opts", "input", "ops"])?;
    let mut receiver = Receiver {
        decoder: Decoder::new(set(&vector["type"])?),
        buffer: BytesMut::from(&hex::bytes(&vector["input"])?[..]),
        ended: false,
    };
    for (op, nth) in ops.iter().zip(1..) {
        receiver.step(op).map_err(|why| format!("operation {nth}: {why}"))?;
    }
    Ok(Outcome::Ran)
}

fn set(name: &Value) -> Result<Packet, String> {
    let name = name.as_str().ok_or("a packet mode is missing")?;
    mode(name)?.ok_or_else(|| format!("{name:?} is left out"))
}

impl Receiver {
    fn step(&mut self, op: &Value) -> Result<(), String> {
        only(op, &["op", "packet", "len", "ok", "error"])?;
        if op["op"] == "set" {
            self.decoder.set_packet(set(&op["packet"])?);
            return Ok(());
        }
        if op["op"] != "recv" {
            return Err(format!("unknown operation {}", op["op"]));
        }
        let got = self.recv(number(&op["len"])?);
        let expected = match op["error"].as_str() {
            Some(error) => Err(error),
            None => Ok(hex::bytes(&op["ok"])?),
        };
        // A socket returns the content of its own buffer; this receiver returns all bytes.
        let raw = self.decoder.packet() == Packet::Raw && op["len"] == 0;
        match (&got, &expected) {
            (Ok(got), Ok(expected)) if raw && !expected.is_empty() && got.starts_with(expected) => Ok(()),
            _ if got == expected => Ok(()),
            _ => Err(format!("got {got:x?}, Erlang {expected:x?}")),
        }
    }

    /// Receives one frame, or `length` bytes under `raw`.
    fn recv(&mut self, length: usize) -> Result<Vec<u8>, &'static str> {
        if self.ended {
            return Err("enotconn");
        }
        let packet = self.decoder.packet();
        if length > 0 && packet != Packet::Raw {
            return Err("einval");
        }
        if length > 0 {
            self.decoder.set_packet(Packet::RawExact(length));
        }
        let decoded = self.decoder.decode(&mut self.buffer);
        if length > 0 {
            self.decoder.set_packet(packet);
        }
        let got = match decoded {
            Ok(Some(frame)) => Ok(frame.to_vec()),
            Ok(None) => Err("closed"),
            Err(_) => Err("emsgsize"),
        };
        self.ended = got.is_err();
        got
    }
}
