//! Tests of the rules about addresses, logins, names and codes.

use std::io;

use crate::answer::Code;
use crate::dial::Target;
use crate::login::Login;
use crate::reach::{Reach, network};

#[test]
fn public_addresses_alone_are_reached_unless_networks_are_named() {
    let public = Reach::new(Vec::new());
    for ip in [
        "1.1.1.1",
        "9.255.255.255",
        "100.128.0.0",
        "172.32.0.1",
        "192.167.1.1",
        "223.255.255.255",
        "::ffff:1.1.1.1",
        "2606:4700:4700::1111",
        "2a00::1",
        "2001:4860:4860::8888",
        "3fff:1000::1",
    ] {
        assert!(public.contains(ip.parse().unwrap()), "{ip}");
    }
    for ip in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.19.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        // IPv4 in disguise: mapped, compatible, translated, 6to4, Teredo.
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "3fff::1",
        "3fff:fff:ffff::1",
        "fc00::1",
        "fd00::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ] {
        assert!(!public.contains(ip.parse().unwrap()), "{ip}");
    }
    let named = Reach::new(vec!["10.1.0.0/16".parse().unwrap(), "::1".parse().unwrap()]);
    for (ip, reached) in [
        ("10.1.2.3", true),
        ("::ffff:10.1.2.3", true),
        ("::1", true),
        ("10.2.0.1", false),
        ("1.1.1.1", false),
        ("::2", false),
    ] {
        assert_eq!(named.contains(ip.parse().unwrap()), reached, "{ip}");
    }
}

#[test]
fn the_network_of_an_address_is_a_64_of_ipv6() {
    for (ip, other, same) in [
        ("2a00:1:2:3::1", "2a00:1:2:3:ffff:ffff:ffff:ffff", true),
        ("2a00:1:2:3::1", "2a00:1:2:4::1", false),
        ("2a00:1:2:3::1", "2a00:1:2:2:ffff:ffff:ffff:ffff", false),
        // Their network may be of any size.
        ("1.1.1.1", "1.1.1.2", false),
        ("::ffff:1.1.1.1", "::ffff:1.1.1.2", false),
        ("::ffff:1.1.1.1", "1.1.1.1", true),
    ] {
        let networks = [ip, other].map(|ip| network(ip.parse().unwrap()));
        assert_eq!(networks[0] == networks[1], same, "{ip} {other}");
    }
}

#[test]
fn errors_of_the_system_have_their_codes() {
    for (kind, code) in [
        (io::ErrorKind::PermissionDenied, 2),
        (io::ErrorKind::NetworkUnreachable, 3),
        (io::ErrorKind::NetworkDown, 3),
        (io::ErrorKind::HostUnreachable, 4),
        (io::ErrorKind::ConnectionRefused, 5),
        (io::ErrorKind::TimedOut, 6),
        (io::ErrorKind::AddrNotAvailable, 1),
        (io::ErrorKind::Other, 1),
    ] {
        assert_eq!(Code::from(io::Error::from(kind)) as u8, code, "{kind:?}");
    }
}

#[test]
fn a_login_is_the_whole_name_and_the_whole_password() {
    let login = Login::parse("anna:se:same").unwrap();
    assert!(login.is(b"anna", b"se:same"));
    for (name, password) in [
        ("anna", "se:sam"),
        ("anna", "se:samee"),
        ("anna", ""),
        ("ann", "se:same"),
        ("", ""),
        ("anna:se", "same"),
    ] {
        assert!(!login.is(name.as_bytes(), password.as_bytes()), "{name} {password}");
    }
    let longest = "x".repeat(255);
    assert!(Login::parse(&format!("{longest}:{longest}")).is_some());
    for wrong in [
        "",
        "anna",
        "anna:",
        ":sesame",
        &format!("{longest}x:x"),
        &format!("x:{longest}x"),
    ] {
        assert!(Login::parse(wrong).is_none(), "{wrong}");
    }
}

#[test]
fn names_are_plain() {
    for name in [
        "localhost",
        "www.example.test.",
        "_tcp.a-b.test",
        "xn--bcher-kva.test",
        "::1",
        "127.1",
    ] {
        let target = Target::name(&[name.as_bytes(), &[0x1f, 0x90]].concat()).unwrap();
        assert_eq!(target.to_string(), format!("{name}:8080"));
    }
    for name in [
        "",
        " ",
        "a b",
        "a\n",
        "a\0",
        "a\x1b[2J",
        "b\u{fc}cher.test",
        "a/b",
        "[::1]",
        "fe80::1%lo",
    ] {
        assert!(
            Target::name(&[name.as_bytes(), &[0, 80]].concat()).is_none(),
            "{name:?}"
        );
    }
    assert!(Target::name(b"").is_none() && Target::name(b"\0").is_none());
}
