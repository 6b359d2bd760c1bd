//! MQTT as a codec: it finds packets by the length behind their first byte, and writes answers.

use std::io;
use std::sync::Arc;

use bytes::{Buf as _, BufMut as _, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

use crate::packet::{self, Id, Message, Packet, Qos};

/// The most bytes of a packet behind its length. The standard allows 256 MiB.
const BODY_MAX: usize = 256 * 1024;
/// The most bytes of a packet: the first one, and a length of at most four.
pub(crate) const PACKET_MAX: usize = 1 + 4 + BODY_MAX;

/// A packet to a client.
pub(crate) enum Answer {
    /// 0 is a welcome; other codes say why there is none. It never has a session of before.
    ConnAck(u8),
    /// A message, with its id unless it is sent at most once.
    Publish {
        message: Arc<Message>,
        qos: Qos,
        id: Id,
        retain: bool,
    },
    PubAck(Id),
    PubRec(Id),
    PubRel(Id),
    PubComp(Id),
    /// The granted quality of each subscription; `None` for one that was refused.
    SubAck {
        id: Id,
        granted: Vec<Option<Qos>>,
    },
    UnsubAck(Id),
    Pong,
}

#[derive(Default)]
pub(crate) struct Mqtt;

impl Decoder for Mqtt {
    type Item = Packet;
    type Error = io::Error;

    /// Refuses a packet as soon as its first bytes are wrong, whatever is still to come.
    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<Packet>> {
        let Some(&first) = input.first() else {
            return Ok(None);
        };
        packet::check_first(first)?;
        let Some((length, head)) = length(&input[1..])? else {
            return Ok(None);
        };
        if length > BODY_MAX {
            return Err(packet::broken("too long a packet"));
        }
        if input.len() < 1 + head + length {
            return Ok(None);
        }
        input.advance(1 + head);
        packet::read(first, input.split_to(length).freeze()).map(Some)
    }

    /// Decodes what is left. A client that disconnects within a packet is no error.
    fn decode_eof(&mut self, input: &mut BytesMut) -> io::Result<Option<Packet>> {
        self.decode(input)
    }
}

/// Reads a length: seven bits in each of up to four bytes, the lowest first. Returns it with the
/// number of its bytes; `None` if some are missing.
fn length(bytes: &[u8]) -> io::Result<Option<(usize, usize)>> {
    let mut length = 0;
    for (place, &byte) in bytes.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some((length, place + 1)));
        }
    }
    if bytes.len() < 4 {
        Ok(None)
    } else {
        Err(packet::broken("a length of more than four bytes"))
    }
}

impl Encoder<Answer> for Mqtt {
    type Error = io::Error;

    fn encode(&mut self, answer: Answer, output: &mut BytesMut) -> io::Result<()> {
        let mut of_id = |first: u8, id: Id| {
            output.put_slice(&[first, 2]);
            output.put_u16(id);
        };
        match answer {
            Answer::ConnAck(code) => output.put_slice(&[0x20, 2, 0, code]),
            Answer::PubAck(id) => of_id(0x40, id),
            Answer::PubRec(id) => of_id(0x50, id),
            Answer::PubRel(id) => of_id(0x62, id),
            Answer::PubComp(id) => of_id(0x70, id),
            Answer::UnsubAck(id) => of_id(0xb0, id),
            Answer::Pong => output.put_slice(&[0xd0, 0]),
            Answer::SubAck { id, granted } => {
                output.put_u8(0x90);
                put_length(2 + granted.len(), output);
                output.put_u16(id);
                output.extend(granted.into_iter().map(|granted| granted.map_or(0x80, |qos| qos as u8)));
            }
            Answer::Publish {
                message,
                qos,
                id,
                retain,
            } => {
                let has_id = qos != Qos::Zero;
                output.put_u8(0x30 | (qos as u8) << 1 | u8::from(retain));
                put_length(2 + message.len() + if has_id { 2 } else { 0 }, output);
                let length = u16::try_from(message.topic.len()).map_err(io::Error::other)?;
                output.put_u16(length);
                output.put_slice(message.topic.as_bytes());
                if has_id {
                    output.put_u16(id);
                }
                output.put_slice(&message.payload);
            }
        }
        Ok(())
    }
}

fn put_length(mut length: usize, output: &mut BytesMut) {
    loop {
        let low = length.to_le_bytes()[0] & 0x7f;
        length >>= 7;
        // The upper bit says whether more follow.
        output.put_u8(if length > 0 { low | 0x80 } else { low });
        if length == 0 {
            break;
        }
    }
}
