//! What the attribute judges and what the runtime judges is the same.

use std::time::Duration;

use kai_tcp_server::{Options, Packet, check};
use proc_macro2::TokenStream;

use crate::options::{self, PACKET_SIZE};
use crate::report::Report;

/// What the attribute says of an option's value.
fn attribute_takes(options: &str) -> bool {
    let tokens: TokenStream = format!("port = 0, {options}").parse().expect("tokens");
    let mut report = Report::default();
    options::read(tokens, &mut report);
    report.len() == 0
}

type Check<T> = fn(T) -> Option<&'static str>;

#[test]
fn numbers() {
    let checks: [(&str, Check<usize>); 5] = [
        ("max_processes", check::max_processes),
        ("recv_limit", check::recv_limit),
        ("packet_size", check::packet_size),
        ("mailbox", check::mailbox),
        ("backlog", |n| check::backlog(u32::try_from(n).unwrap_or(u32::MAX))),
    ];
    for (name, check) in checks {
        for n in [0, 1, 2, 0xffff, 0x7fff_fffe, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
            let runtime = check(n).is_none();
            assert_eq!(attribute_takes(&format!("{name} = {n}")), runtime, "{name} = {n}");
        }
    }
}

#[test]
fn times() {
    let checks: [(&str, Check<Duration>); 5] = [
        ("restart_period", check::restart_period),
        ("accept_error_sleep_time", check::accept_error_sleep_time),
        ("recv_timeout", check::recv_timeout),
        ("send_timeout", check::send_timeout),
        ("shutdown", |_| None),
    ];
    for (name, check) in checks {
        for (text, time) in [
            ("\"0ms\"", Duration::ZERO),
            ("\"1ms\"", Duration::from_millis(1)),
            ("infinity", kai_tcp_server::INFINITY),
        ] {
            assert_eq!(
                attribute_takes(&format!("{name} = {text}")),
                check(time).is_none(),
                "{name} = {text}"
            );
        }
    }
}

#[test]
fn blocks() {
    for size in [1, 512, PACKET_SIZE] {
        for n in [0, 1, 511, 512, 513, PACKET_SIZE, PACKET_SIZE + 1] {
            let runtime = check::packet(Packet::RawExact(n), size).is_none();
            let options = format!("packet = raw({n}), packet_size = {size}");
            assert_eq!(attribute_takes(&options), runtime, "{options}");
        }
    }
}

#[test]
fn delimiters() {
    for (mode, packet) in [
        ("line", Packet::Line),
        ("line(lf)", Packet::LineLf),
        ("raw", Packet::Raw),
        ("http", Packet::Http),
    ] {
        let runtime = check::delimiter(packet, Some(b';')).is_none();
        let options = format!("packet = {mode}, delimiter = b';'");
        assert_eq!(attribute_takes(&options), runtime, "{options}");
        assert!(check::delimiter(packet, None).is_none());
    }
    assert!(attribute_takes("delimiter = b';'"), "`line` is the default");
}

/// Each mode that the attribute knows by a word is the runtime's of the same name.
#[test]
fn packet_modes() {
    for (mode, packet) in [
        ("raw", Packet::Raw),
        ("line", Packet::Line),
        ("asn1", Packet::Asn1),
        ("cdr", Packet::Cdr),
        ("sunrm", Packet::Sunrm),
        ("fcgi", Packet::Fcgi),
        ("tpkt", Packet::Tpkt),
        ("http", Packet::Http),
        ("httph", Packet::Httph),
    ] {
        assert!(attribute_takes(&format!("packet = {mode}")), "{mode}");
        assert!(check::packet(packet, PACKET_SIZE).is_none(), "{mode}");
        assert_eq!(format!("{packet:?}").to_lowercase(), mode);
    }
    for mode in ["ssl_tls", "http_bin", "asn"] {
        assert!(!attribute_takes(&format!("packet = {mode}")), "{mode}");
    }
}

#[test]
fn the_rest() {
    assert!(check::active(kai_tcp_server::Active::Count(0)).is_some() && !attribute_takes("active = 0"));
    assert!(check::active(kai_tcp_server::Active::Count(1)).is_none() && attribute_takes("active = 1"));
    assert!(check::name(Some("")).is_some() && !attribute_takes("name = \"\""));
    assert!(check::name(Some("a")).is_none() && attribute_takes("name = \"a\""));
}

#[test]
fn the_default_packet_size() {
    assert_eq!(Options::new(), Options::new().packet_size(PACKET_SIZE));
}
