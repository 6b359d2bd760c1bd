//! A DNS server over TCP that answers for the IPv4 addresses of a few names, and for nothing else.
//!
//! ```text
//! cargo run --example dns                        # on port 5300; `-- 0` takes a free port
//! cargo run --example dns -- 5300 db.test=10.0.0.5 db.test=10.0.0.6
//! dig +tcp @127.0.0.1 -p 5300 www.example.test
//! ```
//!
//! Each message follows its length in two bytes (RFC 1035, 4.2.2): this is `packet = 2`. One
//! `bits!` matches the header, and another builds it. A client may send any number of queries on
//! one connection (RFC 7766).
//!
//! The zone is `localhost`, `example.test`, `www.example.test` and the names in the arguments. The
//! server leaves out the SOA record (with which a resolver remembers that a name doesn't exist),
//! EDNS (which a server may ignore), and UDP.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use kai_tcp_server::{Action, Error, ErrorKind, Result, bits, run, tcp_server, with};

/// The zone without the names in the arguments.
const ZONE: [(&str, Ipv4Addr); 4] = [
    ("localhost", Ipv4Addr::LOCALHOST),
    ("example.test", Ipv4Addr::new(192, 0, 2, 1)),
    ("www.example.test", Ipv4Addr::new(192, 0, 2, 80)),
    ("www.example.test", Ipv4Addr::new(192, 0, 2, 81)),
];

/// The time that a resolver may remember an address, in seconds.
const TTL: u32 = 60;

/// The longest name, including the bytes with the lengths of its labels.
const NAME_MAX: usize = 255;

/// The maximum number of addresses of one name. An answer with so many fits into a message.
const ADDRESSES_MAX: usize = 100;

// The types and classes of records that this server knows.
const TYPE_A: u16 = 1;
const CLASS_IN: u16 = 1;
const ANY: u16 = 255;

/// The result of a query.
#[derive(Clone, Copy)]
enum Code {
    NoError = 0,
    FormErr = 1,
    NxDomain = 3,
    NotImp = 4,
    Refused = 5,
}

/// The parts of a query's header that the response repeats.
#[derive(Clone, Copy)]
struct Head {
    id: u16,
    opcode: u8,
    /// "Recursion desired". The server has no recursion, but returns the bit unchanged.
    rd: u8,
}

/// A parsed question.
struct Question<'a> {
    /// The whole question, for the response: resolvers compare the case of each returned letter.
    whole: &'a [u8],
    name: &'a [u8],
    qtype: u16,
    class: u16,
    /// The records after the question.
    rest: &'a [u8],
}

/// The addresses of each name. A name that only has other names below it has none. Names are
/// encoded as in a message, in lower case.
struct Dns(HashMap<Vec<u8>, Vec<Ipv4Addr>>);

/// A query for the address of `localhost`, and one for a name that doesn't exist:
///
/// ```transcript
/// C: \x12\x34\x01\0\0\x01\0\0\0\0\0\0\x09localhost\0\0\x01\0\x01
/// S: \x12\x34\x85\0\0\x01\0\x01\0\0\0\0\x09localhost\0\0\x01\0\x01\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01
/// C: \x12\x35\0\0\0\x01\0\0\0\0\0\0\x04none\0\0\x01\0\x01
/// S: \x12\x35\x84\x03\0\x01\0\0\0\0\0\0\x04none\0\0\x01\0\x01
/// ```
// A query is short. A client that was silent for so long can connect again.
#[tcp_server(
    port = 5300,
    packet = 2,
    packet_size = 4096,
    max_processes = 256,
    recv_timeout = "30s",
    example = Dns(HashMap::from([(b"\x09localhost\0".to_vec(), vec![Ipv4Addr::LOCALHOST])])),
)]
impl Dns {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            // A standard query: one question, no answers; additional records (EDNS) may follow.
            bits!(id: u16, 0u1, 0u4, _: u2, rd: u1, _: u8, 1u16, 0u16, 0u16, more: u16, body: [u8]) => {
                let head = Head { id, opcode: 0, rd };
                match Dns::question(body) {
                    Some(question) if more > 0 || question.rest.is_empty() => self.answer(head, &question),
                    _ => Dns::refuse(head, Code::FormErr),
                }
            }
            // Several questions or none. Clients don't send these, as no standard defines the
            // response.
            bits!(id: u16, 0u1, 0u4, _: u2, rd: u1, _: u8, _: [u8; 8], _: [u8]) => {
                Dns::refuse(Head { id, opcode: 0, rd }, Code::FormErr)
            }
            // Another opcode: status, notify, update.
            bits!(id: u16, 0u1, opcode: u4, _: u2, rd: u1, _: u8, _: [u8; 8], _: [u8]) => {
                Dns::refuse(Head { id, opcode, rd }, Code::NotImp)
            }
            // A response, or no message at all. A reply to a response could be answered by another
            // one, without end.
            _ => close,
        }
    }

    fn answer<'a>(&self, head: Head, question: &Question<'a>) -> Action<'a> {
        if question.class != CLASS_IN && question.class != ANY {
            return Dns::respond(head, Code::Refused, question.whole, &[]);
        }
        // A length byte is at most 63, so it is never a letter.
        match self.0.get(&question.name.to_ascii_lowercase()) {
            None => Dns::respond(head, Code::NxDomain, question.whole, &[]),
            Some(addresses) if question.qtype == TYPE_A || question.qtype == ANY => {
                Dns::respond(head, Code::NoError, question.whole, addresses)
            }
            // The name exists, but has no record of this type. The names above an existing name
            // exist too (RFC 8020).
            Some(_) => Dns::respond(head, Code::NoError, question.whole, &[]),
        }
    }

    fn respond<'a>(head: Head, code: Code, question: &'a [u8], addresses: &[Ipv4Addr]) -> Action<'a> {
        let Head { id, opcode, rd } = head;
        let questions = u16::from(!question.is_empty());
        let Ok(answers) = u16::try_from(addresses.len()) else {
            return close;
        };
        let header = bits!(
            id: u16, 1u1, opcode: u4, 1u1, 0u1, rd: u1,     // a response, authoritative, not truncated
            0u1, 0u3, code as u8: u4,                       // recursion isn't available
            questions: u16, answers: u16, 0u16, 0u16
        );
        // The name of each record is a pointer to the name in the question, which begins after the
        // header's 12 bytes.
        let records: Vec<Vec<u8>> = addresses
            .iter()
            .map(|address| bits!(0b11u2, 12u14, TYPE_A: u16, CLASS_IN: u16, TTL: u32, 4u16, address.octets()))
            .collect();
        reply((header, question, records))
    }

    fn refuse<'a>(head: Head, code: Code) -> Action<'a> {
        Dns::respond(head, code, &[], &[])
    }

    /// Parses the question at the start of a body.
    fn question(body: &[u8]) -> Option<Question<'_>> {
        let behind = Dns::behind_name(body)?;
        let name = &body[..body.len() - behind.len()];
        match behind {
            bits!(qtype: u16, class: u16, rest: [u8]) if name.len() <= NAME_MAX => Some(Question {
                whole: &body[..body.len() - rest.len()],
                name,
                qtype,
                class,
                rest,
            }),
            _ => None,
        }
    }

    /// Returns the bytes after the name at the start of `body`. Nothing precedes the question that
    /// a pointer could refer to, so a pointer counts as an invalid label, and loops can't occur.
    fn behind_name(mut body: &[u8]) -> Option<&[u8]> {
        loop {
            body = match body {
                bits!(0u8, rest: [u8]) => return Some(rest),
                bits!(0u2, length: u6, _: [u8; length], rest: [u8]) => rest,
                _ => return None,
            };
        }
    }
}

impl Dns {
    fn new(zone: impl IntoIterator<Item = (String, Ipv4Addr)>) -> Result<Self> {
        let mut names: HashMap<_, Vec<_>> = HashMap::new();
        for (name, address) in zone {
            let encoded = encode(&name).ok_or_else(|| wrong(&format!("{name:?} is no name")))?;
            // The names above this one exist too, up to the root. They have no records.
            let mut parent = &encoded[..];
            while let [length @ 1..=63, behind @ ..] = parent {
                parent = &behind[usize::from(*length)..];
                names.entry(parent.to_vec()).or_default();
            }
            let addresses = names.entry(encoded).or_default();
            if addresses.len() == ADDRESSES_MAX {
                return Err(wrong(&format!("{name} has more than {ADDRESSES_MAX} addresses")));
            }
            addresses.push(address);
        }
        Ok(Dns(names))
    }
}

/// Encodes a name as in a message: each label after its length, and an empty label at the end.
fn encode(name: &str) -> Option<Vec<u8>> {
    let mut encoded = Vec::new();
    for label in name.to_ascii_lowercase().trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len())
            .ok()
            .filter(|length| (1..=63).contains(length))?;
        encoded.extend(bits!(0u2, length: u6, label));
    }
    encoded.push(0);
    (encoded.len() <= NAME_MAX).then_some(encoded)
}

fn wrong(why: &str) -> Error {
    Error::new(ErrorKind::Options, format!("{why}; usage: dns [port] [name=address]…"))
}

fn main() -> Result {
    let mut arguments = std::env::args_os().skip(1);
    let mut options = Dns::OPTIONS;
    if let Some(port) = arguments.next() {
        let port = port.to_string_lossy();
        let port = port
            .parse()
            .map_err(|_| wrong(&format!("{port:?} is no port: 0 takes a free one")))?;
        options = options.port(port);
    }
    let mut zone: Vec<_> = ZONE.map(|(name, address)| (name.to_owned(), address)).into();
    for argument in arguments {
        let argument = argument.to_string_lossy();
        let record = argument
            .split_once('=')
            .and_then(|(name, address)| Some((name.to_owned(), address.parse().ok()?)));
        zone.push(record.ok_or_else(|| wrong(&format!("{argument:?} is no name=address")))?);
    }
    run(with(Dns::new(zone)?, options))
}
