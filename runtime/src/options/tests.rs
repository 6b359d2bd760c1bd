//! What holds of all options, as their rows say it.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

#[path = "../../../spec/samples.rs"]
mod samples;

use samples::{SAMPLES, takes};

/// The documentation shows defaults as the attribute spells them, or in units that it doesn't have.
#[test]
fn the_defaults_are_those_that_are_documented() {
    for option in &TABLE {
        let shown = match option.row.default.trim_matches(['"', '`']) {
            "1 MiB" => "1048576",
            "64 KiB" => "65536",
            "64 MiB" => "67108864",
            "60s" => "1m",
            shown => shown.split([';', ':']).next().unwrap_or_default(),
        };
        let value = option.value(&Options::new());
        let value = value.map_or_else(|| "none".to_owned(), |value| value.to_string());
        assert_eq!(value, shown, "{}", option.row.name);
    }
}

/// The attribute's unit tests try the same.
#[test]
fn the_environment_and_files_take_what_the_attribute_takes() {
    // Without the feature, sockets that systemd passes are refused.
    let has_systemd = cfg!(all(unix, feature = "systemd"));
    for (value, kinds) in SAMPLES
        .iter()
        .filter(|(value, _)| has_systemd || !value.starts_with("systemd:"))
    {
        for option in &TABLE {
            let name = option.row.name;
            let read = super::read(Options::new().port(0), name, value);
            let taken = takes(option.row, value, kinds);
            assert_eq!(read.is_ok(), taken, "{name} = {value}: {read:?}");
        }
    }
}

#[test]
fn what_belongs_to_the_protocol_is_not_read() {
    for name in ["packet", "delimiter", "active", "env", "ignore_case", "crate"] {
        assert!(super::read(Options::new(), name, "1").is_err(), "{name}");
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
        .shutdown(BRUTAL_KILL)
        .recv_timeout(INFINITY)
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
        .upgrade(true)
        .upgrade_timeout(Duration::from_secs(3))
        .health((Ipv6Addr::LOCALHOST, 9000).into())
        .agent_check((Ipv6Addr::LOCALHOST, 9001).into())
        .tls_cert(&["cert.pem", "another.pem"])
        .tls_key(&["key.pem"])
        .tls_client_ca("clients.pem")
        .tls_client_optional(true)
        .tls_alpn(&["echo"])
        .tls_starttls(true)
        .tls_watch(Duration::from_mins(1))
        .handshake_timeout(Duration::from_secs(3))
        .proxy_protocol(ProxyProtocol::Required)
        .trusted_proxies(ALLOW)
        .proxy_timeout(Duration::from_secs(2))
        .record_dir("recordings")
        .record_file_size(1 << 20)
        .record_files(3)
        .record_frame_size(1 << 10)
        .name("a \"name\"");
    let mut read = Options::new();
    for option in TABLE.iter().filter(|option| option.row.is_changeable()) {
        if let Some(value) = option.value(&options) {
            read = super::read(read, option.row.name, &value.to_string()).expect("what is listed");
        }
    }
    assert_eq!(read, options);
}
