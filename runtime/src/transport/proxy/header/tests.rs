use proxy_protocol_rs::HeaderBuilder;

use super::*;
use crate::transport::addr::PeerAddr;
use crate::transport::proxy::info::{ProxyAddr, ProxyInfo};

fn header(bytes: &[u8]) -> Header {
    match read(bytes) {
        Ok(Begin::Header(header, length)) => {
            assert_eq!(length, bytes.len());
            header
        }
        other => panic!("no whole header: {other:?}"),
    }
}

/// Returns a header PROXY of an unspecified family with these TLVs and a checksum.
fn unspecified(tlvs: &[u8]) -> Vec<u8> {
    let crc = [0x03, 0, 4, 0, 0, 0, 0];
    let length = u16::try_from(tlvs.len() + crc.len()).expect("it is short");
    let mut bytes = [
        &V2_SIGNATURE[..],
        &[PROXY, UNSPECIFIED],
        &length.to_be_bytes(),
        tlvs,
        &crc,
    ]
    .concat();
    let (at, crc) = (bytes.len() - 4, crc32c::crc32c(&bytes));
    replace(&mut bytes, at, crc);
    bytes
}

fn ends(header: Header) -> Option<ProxyAddr> {
    ProxyInfo::new(header, PeerAddr::Memory).source().cloned()
}

#[test]
fn a_client_of_an_unspecified_family_has_extensions_and_no_address() {
    let mut bytes = unspecified(b"\x02\0\x09localhost");
    assert_eq!(ends(header(&bytes)), None);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(matches!(read(&bytes), Err(Mistake::Crc)));
}

#[test]
fn an_address_of_an_unspecified_family_is_skipped() {
    let address = [7; 20];
    let bytes = [&V2_SIGNATURE[..], &[PROXY, UNSPECIFIED, 0, 20], &address].concat();
    assert_eq!(ends(header(&bytes)), None);
}

#[test]
fn the_block_of_a_local_header_is_skipped() {
    let addresses = ([192, 0, 2, 1], 49152).into();
    let mut bytes = HeaderBuilder::v2_proxy(addresses, addresses).with_crc32c().build();
    bytes[12] = LOCAL;
    // Not even the checksum is looked at.
    assert_eq!(ends(header(&bytes)), None);
}
