//! What options take and refuse, by their kinds: the unit tests of the attribute and of the runtime
//! read it, each as a module of its own.

use kai_tcp_server_spec::option::{Kind, Row, Time};

/// Values without their quotes, and the kinds that they are values of.
pub(crate) const SAMPLES: &[(&str, &[&str])] = &[
    ("0", &["number", "text"]),
    ("1", &["number", "text"]),
    ("2", &["number", "text"]),
    ("3000000000", &["number", "text"]),
    ("65535", &["number", "text"]),
    ("65536", &["number", "text"]),
    ("2147483647", &["number", "text"]),
    ("2147483648", &["number", "text"]),
    ("4294967295", &["number", "text"]),
    ("4294967296", &["number", "text"]),
    ("-1", &["text"]),
    ("1.5", &["text"]),
    ("99999999999999999999999", &["number", "text"]),
    ("0ms", &["time", "text"]),
    ("1ms", &["time", "text"]),
    ("30s", &["time", "text"]),
    ("5m", &["time", "text"]),
    ("1h", &["time", "text"]),
    ("30", &["number", "text"]),
    ("30sec", &["text"]),
    ("s", &["text"]),
    ("5 s", &["text"]),
    ("18446744073709551615s", &["text"]),
    ("infinity", &["time", "text"]),
    ("brutal_kill", &["time", "text"]),
    ("true", &["flag", "text"]),
    ("false", &["flag", "text"]),
    ("yes", &["text"]),
    ("127.0.0.1", &["address", "blocks", "text"]),
    ("::", &["address", "blocks", "text"]),
    ("::1", &["address", "blocks", "text"]),
    ("0.0.0.0", &["address", "blocks", "text"]),
    ("localhost", &["text"]),
    ("127.0.0.1:80", &["address_with_port", "listeners", "text"]),
    ("*", &["text"]),
    ("a b", &["text"]),
    ("naïve", &["text"]),
    ("", &[]),
    (" ", &["text"]),
    ("once", &["text"]),
    ("127.0.0.1:9000", &["address_with_port", "listeners", "text"]),
    ("[::1]:0", &["address_with_port", "listeners", "text"]),
    ("0.0.0.0:10443 tls", &["listeners", "text"]),
    ("unix:/run/echo.sock mode=660", &["listeners", "text"]),
    ("unix:/run/echo.sock mode=rw", &["text"]),
    ("systemd:web proxy_protocol", &["listeners", "text"]),
    ("localhost:10000", &["text"]),
    ("127.0.0.1:70000", &["text"]),
    (":9000", &["text"]),
    ("line", &["text"]),
    ("backlog", &["overload", "text"]),
    ("refuse", &["overload", "text"]),
    ("off", &["proxy_protocol", "text"]),
    ("required", &["proxy_protocol", "text"]),
    ("refuse(b\"busy\\r\\n\\x00\")", &["overload", "text"]),
    ("refuse(b\"a\"b\")", &["text"]),
    ("refuse(\"busy\")", &["text"]),
    ("refuse()", &["text"]),
    ("10.0.0.0/8", &["blocks", "text"]),
    ("10.0.0.1/8", &["text"]),
    ("10.0.0.0/33", &["text"]),
    ("10.0.0.0/", &["text"]),
    ("10.0.0.0/+8", &["text"]),
    ("0.0.0.0/0", &["blocks", "text"]),
    ("192.0.2.1/32", &["blocks", "text"]),
    ("2001:db8::/32", &["blocks", "text"]),
    ("2001:db8::1/32", &["text"]),
    ("::1/128", &["blocks", "text"]),
    ("::/129", &["text"]),
    ("::/0", &["blocks", "text"]),
    ("::ffff:10.0.0.0/104", &["blocks", "text"]),
    ("99999999999999999999", &["number", "text"]),
    ("18446744073709551615", &["number", "text"]),
];

/// Whether an option takes a value of these kinds.
pub(crate) fn takes(option: &Row, value: &str, kinds: &[&str]) -> bool {
    let kind = match option.kind {
        Kind::Number(number) => {
            return kinds.contains(&"number") && value.parse().is_ok_and(|n| number.judge(n).is_none());
        }
        Kind::Time(Time { zero, brutal_kill }) => {
            let will_do = !value.starts_with('0') || zero.is_none();
            return kinds.contains(&"time") && will_do && (value != "brutal_kill" || brutal_kill);
        }
        Kind::Flag => "flag",
        Kind::Text(_) => "text",
        Kind::Texts(_) => return kinds.contains(&"text") && !value.trim().is_empty(),
        Kind::Address => "address",
        Kind::AddressWithPort => "address_with_port",
        Kind::Blocks => "blocks",
        Kind::Listeners => "listeners",
        Kind::Overload => "overload",
        Kind::ProxyProtocol => "proxy_protocol",
        // The environment and files don't change them.
        Kind::Packet
        | Kind::Byte
        | Kind::Active
        | Kind::Env
        | Kind::Case
        | Kind::CratePath
        | Kind::Expression
        | Kind::Declared
        | Kind::States
        | Kind::Version(_) => {
            return false;
        }
    };
    kinds.contains(&kind)
}
