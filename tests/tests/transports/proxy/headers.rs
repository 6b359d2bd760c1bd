//! The contents of headers, as the crate `ppp` writes and reads them too.

use std::net::{IpAddr, SocketAddr};

use kai_tcp_server::{PeerAddr, ProxyAddr};
use kai_tcp_server_tests::proxy::{both_agree, tlv, v2};
use ppp::v2::{Command, Protocol, Type};

use super::{CLIENT, Echo, V1, V2, addr, from, is_served, play};

/// Returns the address that the peer of a header without a client has.
fn proxy(client: SocketAddr) -> PeerAddr {
    PeerAddr::Proxy(Box::new(client))
}

#[tokio::test]
async fn the_peer_is_who_the_header_names() {
    let mut play = play(Echo::OPTIONS).await;
    for (header, version) in [(V1, 1), (V2, 2)] {
        let mut client = play.connect(header).await;
        is_served(&mut client).await;
        let (peer, proxy) = play.connected().await;
        assert_eq!(peer, PeerAddr::Ip(addr(CLIENT)));
        let proxy = proxy.expect("there is a header");
        assert_eq!(proxy.version(), version);
        assert!(!proxy.is_local());
        assert_eq!(proxy.source().and_then(ProxyAddr::socket_addr), Some(addr(CLIENT)));
        assert_eq!(proxy.destination(), Some(&ProxyAddr::Ip(addr("203.0.113.7:443"))));
        assert_eq!(*proxy.proxy_addr(), PeerAddr::Ip(client.local_addr()));
        assert_eq!(proxy.tlvs().count(), 0);
        client.call("who\n", format!("{CLIENT}\n")).await;
        let connections = play.server.connections();
        assert_eq!(connections[0].peer_addr, addr(CLIENT));
        assert!(play.server.tree().to_string().contains(CLIENT));
        drop(client);
        play.closed().await;
    }
}

#[tokio::test]
async fn ipv6_and_mapped_addresses_come_as_they_are_sent() {
    let mut play = play(Echo::OPTIONS).await;
    for client in ["[2001:db8::1]:1", "[::ffff:192.0.2.1]:65535"] {
        let version_2 = v2(
            Command::Proxy,
            Protocol::Stream,
            addr(client),
            addr("[2001:db8::7]:443"),
            &[],
        );
        for header in [from(client), version_2] {
            is_served(&mut play.connect(header).await).await;
            assert_eq!(play.connected().await.0, PeerAddr::Ip(addr(client)));
            play.closed().await;
        }
    }
}

#[tokio::test]
async fn a_header_without_a_client_leaves_the_proxy_as_the_peer() {
    let mut play = play(Echo::OPTIONS).await;
    let fixed = b"\r\n\r\n\0\r\nQUIT\n";
    let unix = [&fixed[..], b"\x21\x31\0\xd8/tmp/echo\x1b", &[0; 206]].concat();
    let inet = &V2[14..];
    let headers: [(&[u8], bool); 8] = [
        (b"PROXY UNKNOWN\r\n", false),
        (b"PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n", false),
        (&[fixed, &b"\x20\0\0\0"[..]].concat(), true),
        // The block of LOCAL is skipped, whatever it is.
        (&[fixed, &b"\x20\x11"[..], inet].concat(), true),
        (&[fixed, &b"\x20\0\0\x05\x01\xff\xffxx"[..]].concat(), true),
        // What looks like a checksum, and isn't one.
        (&[fixed, &b"\x20\0\0\x07\x03\0\x04abcd"[..]].concat(), true),
        (&[fixed, &b"\x21\0\0\0"[..]].concat(), false),
        (&unix, false),
    ];
    for (header, is_local) in headers {
        let mut client = play.connect(header).await;
        is_served(&mut client).await;
        let (peer, info) = play.connected().await;
        assert_eq!(peer, proxy(client.local_addr()), "{}", header.escape_ascii());
        assert_eq!(peer.ip(), None);
        assert_eq!(peer.to_string(), format!("proxy {}", client.local_addr()));
        let info = info.expect("there is a header");
        assert_eq!(info.is_local(), is_local, "{}", header.escape_ascii());
        assert_eq!(info.source().and_then(ProxyAddr::socket_addr), None);
        if let Some(source) = info.source() {
            assert_eq!(*source, ProxyAddr::Unix((*b"/tmp/echo\x1b").into()));
            assert_eq!(source.to_string(), "unix:/tmp/echo\\x1b");
        }
        drop(client);
        play.closed().await;
    }
}

#[tokio::test]
async fn extensions_are_there_as_values_and_as_they_came() {
    let ssl = [
        &b"\x05\0\0\0\0"[..],
        &tlv(Type::SSLVersion.into(), b"TLSv1.3"),
        &tlv(Type::SSLCommonName.into(), "jos\u{e9}".as_bytes()),
        &tlv(Type::SSLCipher.into(), b"TLS_AES_128_GCM_SHA256"),
        &tlv(Type::SSLSignatureAlgorithm.into(), b"SHA256"),
        &tlv(Type::SSLKeyAlgorithm.into(), b"RSA2048"),
        &tlv(0x28, b"DER"),
        &tlv(0x2f, b"of tomorrow"),
    ]
    .concat();
    let extensions: [(u8, &[u8]); 6] = [
        (Type::ALPN.into(), b"h2"),
        (Type::Authority.into(), b"example.com"),
        (Type::NoOp.into(), b"padding"),
        (Type::UniqueId.into(), b"\0\x01\xff"),
        (Type::SSL.into(), &ssl),
        (0xea, b"vpce-1"),
    ];
    let mut play = play(Echo::OPTIONS).await;
    let specified = v2(
        Command::Proxy,
        Protocol::Stream,
        addr(CLIENT),
        addr("203.0.113.7:443"),
        &extensions,
    );
    let mut unspecified = [&specified[..16], &specified[28..]].concat();
    let length = u16::try_from(unspecified.len() - 16).unwrap();
    unspecified[13] = 0;
    unspecified[14..16].copy_from_slice(&length.to_be_bytes());
    for header in [specified, unspecified] {
        is_served(&mut play.connect(&header).await).await;
        let (_, proxy) = play.connected().await;
        let proxy = proxy.expect("there is a header");
        assert_eq!(proxy.alpn(), Some(&b"h2"[..]));
        assert_eq!(proxy.authority(), Some("example.com"));
        assert_eq!(proxy.unique_id(), Some(&b"\0\x01\xff"[..]));
        let expected: Vec<_> = extensions
            .into_iter()
            .filter(|(kind, _)| *kind != u8::from(Type::NoOp))
            .collect();
        assert_eq!(proxy.tlvs().collect::<Vec<_>>(), expected);
        let tls = proxy.tls().expect("the client used TLS");
        assert!(tls.has_certificate() && tls.is_verified());
        assert_eq!(
            (tls.version(), tls.cipher()),
            (Some("TLSv1.3"), Some("TLS_AES_128_GCM_SHA256"))
        );
        assert_eq!(tls.common_name(), Some("jos\u{e9}"));
        assert_eq!(
            (tls.signature_algorithm(), tls.key_algorithm()),
            (Some("SHA256"), Some("RSA2048"))
        );
        assert_eq!(tls.client_certificate(), Some(&b"DER"[..]));
        play.closed().await;
    }
}

#[tokio::test]
async fn a_client_is_verified_only_if_it_has_shown_a_certificate() {
    let mut play = play(Echo::OPTIONS).await;
    // The flags of the client, and the result of the proxy's verification.
    for (flags, result, used_tls, shown, verified) in [
        (0, 0, false, false, false),
        (1, 0, true, false, false),
        (3, 0, true, true, true),
        (5, 0, true, true, true),
        (3, 18, true, true, false),
    ] {
        let ssl: (u8, &[u8]) = (Type::SSL.into(), &[flags, 0, 0, 0, result]);
        let header = v2(
            Command::Proxy,
            Protocol::Stream,
            addr(CLIENT),
            addr("203.0.113.7:443"),
            &[ssl],
        );
        is_served(&mut play.connect(header).await).await;
        let proxy = play.connected().await.1.expect("there is a header");
        let tls = proxy.tls();
        assert_eq!(tls.is_some(), used_tls, "{flags} {result}");
        assert_eq!(tls.is_some_and(|tls| tls.has_certificate()), shown, "{flags} {result}");
        assert_eq!(tls.is_some_and(|tls| tls.is_verified()), verified, "{flags} {result}");
        play.closed().await;
    }
}

#[test]
fn a_second_reader_reads_the_same_addresses() {
    let ips: [IpAddr; 4] = [[0, 0, 0, 0].into(), [255; 4].into(), [0; 16].into(), [255; 16].into()];
    for ip in ips {
        for port in [0, 1, 9999, 65535] {
            let (source, destination) = (SocketAddr::from((ip, port)), SocketAddr::from((ip, 65535 - port)));
            let v1 = ppp::v1::Addresses::from((source, destination)).to_string();
            both_agree(v1.as_bytes(), Some((source, destination)));
            for protocol in [Protocol::Stream, Protocol::Datagram] {
                let v2 = v2(Command::Proxy, protocol, source, destination, &[(0xe0, b"x")]);
                both_agree(&v2, Some((source, destination)));
            }
        }
    }
    both_agree(b"PROXY UNKNOWN\r\n", None);
    both_agree(b"PROXY UNKNOWN 192.0.2.1 and more\r\n", None);
}
