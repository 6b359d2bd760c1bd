//! Packets of MQTT 3.1.1: what clients send, and how its bytes are read.
//!
//! A packet that breaks a rule of the standard is an error, which closes the connection.

use std::io;

use bytes::{Buf as _, Bytes};

use crate::topic;

/// The most filters of a SUBSCRIBE or UNSUBSCRIBE.
const FILTERS_MAX: usize = 100;

/// The quality of service: a message is delivered at most once, at least once, or exactly once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Qos {
    Zero,
    One,
    Two,
}

/// The number by which the two sides know a message of a connection.
pub(crate) type Id = u16;

pub(crate) enum Packet {
    Connect(Connect),
    /// A CONNECT of another version, whose rest is unknown.
    OtherVersion,
    /// A message; it has an id unless it is sent at most once.
    Publish {
        message: Message,
        id: Id,
    },
    PubAck(Id),
    PubRec(Id),
    PubRel(Id),
    PubComp(Id),
    Subscribe {
        id: Id,
        filters: Vec<(String, Qos)>,
    },
    Unsubscribe {
        id: Id,
        filters: Vec<String>,
    },
    Ping,
    Disconnect,
}

pub(crate) struct Connect {
    pub(crate) client: String,
    pub(crate) is_clean: bool,
    /// The seconds between two packets of the client; 0 is no limit.
    pub(crate) keep_alive: u16,
    pub(crate) will: Option<Message>,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: Qos,
    pub(crate) retain: bool,
}

impl Message {
    pub(crate) fn len(&self) -> usize {
        self.topic.len() + self.payload.len()
    }
}

pub(crate) fn broken(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Checks the first byte of a packet: its kind and four flags.
pub(crate) fn check_first(first: u8) -> io::Result<()> {
    match (first >> 4, first & 0xf) {
        (1 | 4 | 5 | 7 | 12 | 14, 0) | (6 | 8 | 10, 2) => Ok(()),
        // A message that is sent once isn't sent again.
        (3, flags) if flags & 6 != 6 && (flags & 8 == 0 || flags & 6 != 0) => Ok(()),
        (2 | 9 | 11 | 13, _) => Err(broken("a packet that only servers send")),
        (0 | 15, _) => Err(broken("a packet of no kind")),
        _ => Err(broken("flags that the packet doesn't have")),
    }
}

/// Reads a packet from its first byte, which has been checked, and its body.
pub(crate) fn read(first: u8, mut body: Bytes) -> io::Result<Packet> {
    let packet = match first >> 4 {
        1 => connect(&mut body)?,
        3 => publish(first, &mut body)?,
        4 => Packet::PubAck(id(&mut body)?),
        5 => Packet::PubRec(id(&mut body)?),
        6 => Packet::PubRel(id(&mut body)?),
        7 => Packet::PubComp(id(&mut body)?),
        8 => Packet::Subscribe {
            id: id(&mut body)?,
            filters: filters(&mut body, |body| qos(u8(body)?))?,
        },
        10 => Packet::Unsubscribe {
            id: id(&mut body)?,
            filters: filters(&mut body, |_| Ok(()))?
                .into_iter()
                .map(|(filter, ())| filter)
                .collect(),
        },
        12 => Packet::Ping,
        _ => Packet::Disconnect,
    };
    if body.is_empty() || matches!(packet, Packet::OtherVersion) {
        Ok(packet)
    } else {
        Err(broken("bytes behind the end of a packet"))
    }
}

fn connect(body: &mut Bytes) -> io::Result<Packet> {
    if text(body)? != "MQTT" {
        return Err(broken("another protocol"));
    }
    if u8(body)? != 4 {
        return Ok(Packet::OtherVersion);
    }
    let flags = u8(body)?;
    let has = |flag: u8| flags & flag != 0;
    if has(0x01) || has(0x40) && !has(0x80) || !has(0x04) && has(0x38) {
        return Err(broken("flags that contradict each other"));
    }
    let keep_alive = u16(body)?;
    let client = text(body)?;
    let will = if has(0x04) {
        Some(Message {
            topic: name(body)?,
            payload: block(body)?,
            qos: qos(flags >> 3 & 3)?,
            retain: has(0x20),
        })
    } else {
        None
    };
    // The user and the password: everybody is let in.
    if has(0x80) {
        text(body)?;
    }
    if has(0x40) {
        block(body)?;
    }
    Ok(Packet::Connect(Connect {
        client,
        is_clean: has(0x02),
        keep_alive,
        will,
    }))
}

fn publish(first: u8, body: &mut Bytes) -> io::Result<Packet> {
    let qos = qos(first >> 1 & 3)?;
    let topic = name(body)?;
    let id = if qos == Qos::Zero { 0 } else { id(body)? };
    let message = Message {
        topic,
        payload: copied(&std::mem::take(body)),
        qos,
        retain: first & 1 != 0,
    };
    Ok(Packet::Publish { message, id })
}

/// Reads filters up to the end, with what stands behind each.
fn filters<T>(body: &mut Bytes, behind: impl Fn(&mut Bytes) -> io::Result<T>) -> io::Result<Vec<(String, T)>> {
    let mut filters = Vec::new();
    while filters.is_empty() || !body.is_empty() {
        let filter = text(body)?;
        if !topic::is_filter(&filter) || filters.len() == FILTERS_MAX {
            return Err(broken("no filter of topics, or too many"));
        }
        filters.push((filter, behind(body)?));
    }
    Ok(filters)
}

fn name(body: &mut Bytes) -> io::Result<String> {
    let name = text(body)?;
    topic::is_name(&name)
        .then_some(name)
        .ok_or_else(|| broken("no name of a topic"))
}

fn qos(number: u8) -> io::Result<Qos> {
    match number {
        0 => Ok(Qos::Zero),
        1 => Ok(Qos::One),
        2 => Ok(Qos::Two),
        _ => Err(broken("no quality of service")),
    }
}

fn id(body: &mut Bytes) -> io::Result<Id> {
    match u16(body)? {
        0 => Err(broken("an id of 0")),
        id => Ok(id),
    }
}

fn u8(body: &mut Bytes) -> io::Result<u8> {
    body.try_get_u8().map_err(|_| too_short())
}

fn u16(body: &mut Bytes) -> io::Result<u16> {
    body.try_get_u16().map_err(|_| too_short())
}

/// Reads a text: UTF-8 without U+0000.
fn text(body: &mut Bytes) -> io::Result<String> {
    let block = slice(body)?;
    match str::from_utf8(&block) {
        Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
        _ => Err(broken("a text that is no UTF-8, or has a NUL")),
    }
}

fn block(body: &mut Bytes) -> io::Result<Bytes> {
    slice(body).map(|block| copied(&block))
}

/// Copies what is kept for long: a slice would keep the whole read buffer.
fn copied(block: &Bytes) -> Bytes {
    Bytes::copy_from_slice(block)
}

/// Reads a length of two bytes, and as many bytes.
fn slice(body: &mut Bytes) -> io::Result<Bytes> {
    let length = u16(body)?.into();
    if body.len() < length {
        return Err(too_short());
    }
    Ok(body.split_to(length))
}

fn too_short() -> io::Error {
    broken("a packet that ends too early")
}
