//! What the attribute judges and what the runtime judges is the same.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use kai_tcp_server::__private::check;
use kai_tcp_server::__private::{list_options, read_option};
use kai_tcp_server::{Cidr, Options, Overload, Packet};
use proc_macro2::TokenStream;

use crate::options::table::{Kind, OPTIONS};
use crate::options::{self, PACKET_SIZE};
use crate::report::Report;

/// What the attribute says of an option's value.
fn attribute_takes(options: &str) -> bool {
    attribute_takes_alone(&format!("port = 0, {options}"))
}

fn attribute_takes_alone(options: &str) -> bool {
    let tokens: TokenStream = options.parse().expect("tokens");
    let mut report = Report::default();
    options::read(tokens, &mut report);
    report.len() == 0
}

type Check<T> = fn(T) -> Option<&'static str>;

#[test]
fn numbers() {
    let checks: [(&str, Check<usize>); 7] = [
        ("max_processes", check::max_processes),
        ("max_per_ip", check::max_per_ip),
        ("accept_rate", |n| {
            check::accept_rate(u32::try_from(n).unwrap_or(u32::MAX))
        }),
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
    let checks: [(&str, Check<Duration>); 10] = [
        ("restart_period", check::restart_period),
        ("accept_error_sleep_time", check::accept_error_sleep_time),
        ("recv_timeout", check::recv_timeout),
        ("send_timeout", check::send_timeout),
        ("frame_timeout", check::frame_timeout),
        ("call_timeout", check::call_timeout),
        ("max_age", check::max_age),
        ("close_timeout", check::close_timeout),
        ("shutdown", |_| None),
        ("stop_delay", check::stop_delay),
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
    assert!(check::name(Some("a\n")).is_some() && !attribute_takes("name = \"a\\n\""));
    assert!(check::name(Some("a")).is_none() && attribute_takes("name = \"a\""));
}

#[test]
fn the_default_packet_size() {
    assert_eq!(Options::new(), Options::new().packet_size(PACKET_SIZE));
}

/// What belongs to the attribute alone, in its table and not in the runtime's.
fn is_attributes(kind: Kind) -> bool {
    matches!(kind, Kind::Env | Kind::Case | Kind::Crate)
}

#[test]
fn both_tables_list_the_same_options_with_the_same_defaults() {
    let attribute: Vec<&str> = OPTIONS
        .iter()
        .filter(|option| !is_attributes(option.kind))
        .map(|option| option.name)
        .collect();
    let listed = list_options(&Options::new());
    let runtime: Vec<&str> = listed.iter().map(|option| option.name).collect();
    assert_eq!(attribute, runtime);
    for (name, text) in listed
        .into_iter()
        .filter_map(|option| Some((option.name, option.value?)))
    {
        let default = OPTIONS
            .iter()
            .find(|option| option.name == name)
            .expect("an option")
            .default;
        let documented = match default.trim_matches(['"', '`']) {
            "1 MiB" => "1048576",
            "64 KiB" => "65536",
            "60s" => "1m",
            default => default.split(';').next().unwrap_or_default(),
        };
        assert_eq!(text, documented, "{name}");
    }
}

/// What is tried on each option, of whatever kind it is.
const VALUES: &[&str] = &[
    "0",
    "1",
    "2",
    "3000000000",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "-1",
    "1.5",
    "99999999999999999999999",
    "0ms",
    "1ms",
    "30s",
    "5m",
    "1h",
    "30",
    "30sec",
    "s",
    "5 s",
    "18446744073709551615s",
    "infinity",
    "brutal_kill",
    "true",
    "false",
    "yes",
    "127.0.0.1",
    "::",
    "::1",
    "0.0.0.0",
    "localhost",
    "127.0.0.1:80",
    "*",
    "a b",
    "naïve",
    "",
    " ",
    "once",
    "127.0.0.1:9000",
    "[::1]:0",
    "127.0.0.1:70000",
    ":9000",
    "line",
    "backlog",
    "refuse",
    "refuse(b\"busy\\r\\n\\x00\")",
    "refuse(b\"a\"b\")",
    "refuse(\"busy\")",
    "refuse()",
    "10.0.0.0/8",
    "10.0.0.1/8",
    "10.0.0.0/33",
    "10.0.0.0/",
    "10.0.0.0/+8",
    "0.0.0.0/0",
    "192.0.2.1/32",
    "2001:db8::/32",
    "2001:db8::1/32",
    "::1/128",
    "::/129",
    "::/0",
    "::ffff:10.0.0.0/104",
];

#[test]
fn what_the_environment_and_files_take() {
    for option in OPTIONS {
        for &value in VALUES {
            let quotes = match option.kind {
                Kind::Text | Kind::Address => true,
                Kind::Time(_) => value != "infinity" && value != "brutal_kill",
                _ => false,
            };
            let as_text = format!("{value:?}");
            // What is neither a number nor a word could be a constant's expression, which is left to the compiler.
            let is_word = value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') && !value.is_empty();
            let list = format!("[{as_text}]");
            // Not all of these are tokens.
            let is_call = matches!(option.kind, Kind::Overload)
                && value.starts_with("refuse(")
                && value.parse::<TokenStream>().is_ok();
            let spelled = if matches!(option.kind, Kind::Blocks) {
                &list
            } else if is_call {
                value
            } else if quotes || !(is_word || value.parse::<u128>().is_ok()) {
                &as_text
            } else {
                value
            };
            let attribute = match option.name {
                "port" => attribute_takes_alone(&format!("port = {spelled}")),
                name => attribute_takes(&format!("{name} = {spelled}")),
            };
            let changeable =
                !is_attributes(option.kind) && !matches!(option.kind, Kind::Packet | Kind::Byte | Kind::Active);
            let runtime = read_option(Options::new().port(0), option.name, value);
            let agreed = runtime.is_ok() == (attribute && changeable);
            assert!(
                agreed,
                "{} = {spelled}: {runtime:?}, and the attribute: {attribute}",
                option.name
            );
        }
    }
}

#[test]
fn what_is_listed_is_read_as_the_same() {
    const ALLOW: &[Cidr] = &[
        Cidr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
        Cidr::single(IpAddr::V6(Ipv6Addr::LOCALHOST)),
    ];
    const DENY: &[Cidr] = &[Cidr::single(IpAddr::V4(Ipv4Addr::LOCALHOST))];
    let options = Options::new()
        .port(1)
        .ip([0, 0, 0, 0, 0, 0, 0, 1].into())
        .restart_period(Duration::from_millis(1500))
        .shutdown(kai_tcp_server::BRUTAL_KILL)
        .recv_timeout(kai_tcp_server::INFINITY)
        .send_timeout(Duration::from_hours(30))
        .frame_timeout(Duration::from_secs(30))
        .call_timeout(Duration::from_secs(90))
        .max_age(Duration::from_hours(24))
        .close_timeout(Duration::from_secs(45))
        .half_close(false)
        .accept_error_sleep_time(Duration::from_millis(1))
        .recv_limit(usize::MAX)
        .nodelay(false)
        .overload(Overload::RefuseWith(b"\"busy\"\r\n\xff"))
        .max_per_ip(16)
        .allow(ALLOW)
        .deny(DENY)
        .accept_rate(u32::MAX)
        .stop_delay(Duration::from_secs(5))
        .health((Ipv6Addr::LOCALHOST, 9000).into())
        .name("a \"name\"");
    let mut read = Options::new();
    for option in list_options(&options) {
        if let Some(value) = option
            .value
            .filter(|_| !["packet", "delimiter", "active"].contains(&option.name))
        {
            read = read_option(read, option.name, &value).expect("what is listed");
        }
    }
    assert_eq!(read, options);
}

#[test]
fn prefixes() {
    for prefix in [
        "ECHO", "E", "_E", "E2_3", "", "echo", "Echo", "2E", "ECHO_", "ECHO-2", "ÉCHO", "E O", "_",
    ] {
        let runtime = check::env(prefix).is_none();
        assert_eq!(attribute_takes(&format!("env = {prefix:?}")), runtime, "{prefix}");
    }
}
