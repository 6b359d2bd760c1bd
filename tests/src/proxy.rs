//! Headers of the PROXY protocol, written by the crate `ppp`; and what holds for every byte that a
//! proxy may begin with. Random tests and a fuzz target share it.

use std::net::SocketAddr;

use kai_tcp_server::__private::{ProxyBegin, read_proxy_header};
use kai_tcp_server::ProxyAddr;
use ppp::v2::{Builder, Command, Protocol, Version};
use ppp::{HeaderResult, v1, v2 as version_2};

use crate::Random;

/// The most bytes that a header may have.
const MOST: usize = 4096;

type Ends = (SocketAddr, SocketAddr);

/// Returns a header of version 2.
///
/// # Panics
///
/// If the extensions are too long.
pub fn v2(
    command: Command,
    protocol: Protocol,
    source: SocketAddr,
    destination: SocketAddr,
    tlvs: &[(u8, &[u8])],
) -> Vec<u8> {
    let header = Builder::with_addresses(Version::Two | command, protocol, (source, destination));
    let write = |header: Builder, (kind, value): &(u8, &[u8])| header.write_tlv(*kind, value);
    let built = tlvs.iter().try_fold(header, write).and_then(Builder::build);
    built.expect("it is short")
}

/// Returns one extension.
///
/// # Panics
///
/// If it is too long.
pub fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len()).expect("it is short").to_be_bytes();
    [&[kind][..], &length, value].concat()
}

/// Checks that the server and `ppp` read these ends in a whole header.
///
/// # Panics
///
/// If one of them doesn't.
pub fn both_agree(header: &[u8], ends: Option<Ends>) {
    assert_eq!(ours(header), Some((ends, header.len())), "{}", header.escape_ascii());
    assert_eq!(theirs(header), Some((ends, header.len())), "{}", header.escape_ascii());
}

fn ours(bytes: &[u8]) -> Option<(Option<Ends>, usize)> {
    let ProxyBegin::Header(info, length) = read_proxy_header(bytes) else {
        return None;
    };
    let end = |addr: Option<&ProxyAddr>| addr.and_then(ProxyAddr::socket_addr);
    Some((end(info.source()).zip(end(info.destination())), length))
}

fn theirs(bytes: &[u8]) -> Option<(Option<Ends>, usize)> {
    use version_2::Addresses as Two;
    let (ends, length): (Option<Ends>, usize) = match HeaderResult::parse(bytes) {
        HeaderResult::V1(header) => {
            let header = header.ok()?;
            let ends = match header.addresses {
                v1::Addresses::Unknown => None,
                v1::Addresses::Tcp4(ip) => Some((
                    (ip.source_address, ip.source_port).into(),
                    (ip.destination_address, ip.destination_port).into(),
                )),
                v1::Addresses::Tcp6(ip) => Some((
                    (ip.source_address, ip.source_port).into(),
                    (ip.destination_address, ip.destination_port).into(),
                )),
            };
            (ends, header.header.len())
        }
        HeaderResult::V2(header) => {
            let header = header.ok()?;
            let ends = match header.addresses {
                Two::IPv4(ip) => Some((
                    (ip.source_address, ip.source_port).into(),
                    (ip.destination_address, ip.destination_port).into(),
                )),
                Two::IPv6(ip) => Some((
                    (ip.source_address, ip.source_port).into(),
                    (ip.destination_address, ip.destination_port).into(),
                )),
                Two::Unspecified | Two::Unix(_) => None,
            };
            let ends = ends.filter(|_| header.command == Command::Proxy);
            (ends, header.len())
        }
    };
    Some((ends, length))
}

/// Checks that the first bytes of a connection are read in any chunks as at once, that no more is
/// waited for than a header may have, and that `ppp` reads no other ends.
///
/// # Panics
///
/// If that doesn't hold.
pub fn begins_alike_in_any_chunks(bytes: &[u8]) {
    let mut decided = None;
    for length in 0..=bytes.len() {
        let seen = &bytes[..length];
        match (read_proxy_header(seen), decided) {
            (ProxyBegin::More, None) => assert!(length < MOST, "more than {MOST} bytes are waited for"),
            (ProxyBegin::More, Some(_)) => panic!("it was decided: {}", seen.escape_ascii()),
            (ProxyBegin::Refused(_), decided_before) => {
                assert_ne!(decided_before, Some(true), "{}", seen.escape_ascii());
                decided = Some(false);
            }
            (ProxyBegin::Header(_, taken), before) => {
                assert_ne!(before, Some(false), "{}", seen.escape_ascii());
                assert!(taken <= length && taken <= MOST);
                // It is decided as soon as it is whole.
                assert!(before.is_some() || taken == length, "{}", seen.escape_ascii());
                decided = Some(true);
            }
        }
        // What follows changes nothing: longer inputs take too long.
        if decided.is_some() && length > 600 {
            break;
        }
    }
    if let (Some(ours), Some(theirs)) = (ours(bytes), theirs(bytes)) {
        assert_eq!(ours, theirs, "{}", bytes.escape_ascii());
    }
}

/// Returns a header with something wrong, most likely; what isn't wrong is a whole header.
///
/// # Panics
///
/// Never, as what it writes is short.
pub fn broken_header(random: &mut Random) -> Vec<u8> {
    let port = |random: &mut Random| u16::try_from(random.below(65536)).expect("below 65536");
    let end = |random: &mut Random| SocketAddr::from(([random.byte(), 0, 2, 1], port(random)));
    let (source, destination) = (end(random), end(random));
    let mut header = if random.one_in(2) {
        v1::Addresses::from((source, destination)).to_string().into_bytes()
    } else {
        let value: Vec<u8> = (0..random.below(40)).map(|_| random.byte()).collect();
        let kinds = [0x01, 0x02, 0x03, 0x04, 0x05, 0x20, 0x21, 0x30, 0xea];
        let tlvs: Vec<(u8, &[u8])> = (0..random.below(4))
            .map(|_| (kinds[random.below(kinds.len())], &value[..]))
            .collect();
        v2(Command::Proxy, Protocol::Stream, source, destination, &tlvs)
    };
    for _ in 0..=random.below(3) {
        let at = random.below(header.len());
        match random.below(6) {
            0 => header.truncate(at),
            1 => header[at] = random.byte(),
            2 => header[at] ^= 1 << random.below(8),
            3 => header.insert(at, random.byte()),
            4 => drop(header.remove(at)),
            // The length of version 2.
            _ => {
                let at = header.len().min(14);
                header.insert(at, 0xff);
            }
        }
        if header.is_empty() {
            return vec![random.byte()];
        }
    }
    header
}
