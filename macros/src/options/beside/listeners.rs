//! What is wrong with listeners beside the other options: each says by its words what it needs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use kai_tcp_server_spec::listen::{Address, Entry, Proxy, Tls};
use syn::Expr;

use crate::options::{Options, Overload, Setting, Value, listeners, number};
use crate::report::Report;

/// Reports what is wrong. What is missing may come from elsewhere, unless `is_final`.
pub(super) fn judge(options: &Options, is_final: bool, report: &mut Report) {
    let Some(Value::Texts(list)) = options.get("listen") else {
        return;
    };
    let texts: Vec<(&Expr, String)> = list.iter().filter_map(listeners::spelled).collect();
    let entries: Vec<(&Expr, Entry<'_>)> = texts
        .iter()
        .filter_map(|(item, text)| Some((*item, Entry::parse(text).ok()?)))
        .collect();
    is_the_port(options, &entries, report);
    refuses_in_plain(options, &entries, report);
    if is_final {
        has_certificates(options, &entries, report);
        trusts_proxies(options, &entries, report);
        // Constants may say anything.
        if entries.len() == list.len() {
            is_used(options, &entries, report);
        }
    }
}

/// Checks that no listener is what `port` and `ip` say already.
fn is_the_port(options: &Options, entries: &[(&Expr, Entry<'_>)], report: &mut Report) {
    let ip = match options.get("ip") {
        None if !options.refused.contains(&"ip") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Some(Value::Address(ip)) => *ip,
        _ => return,
    };
    let port = match options.get("port") {
        Some(Value::Literal(port)) => number::evaluate(port).and_then(|port| u16::try_from(port).ok()),
        _ => None,
    };
    let Some(port) = port.filter(|port| *port != 0) else {
        return;
    };
    let port = Address::Ip(SocketAddr::new(ip, port));
    for (item, _) in entries.iter().filter(|(_, entry)| entry.address == port) {
        report.error(
            item,
            format_args!("{port} is what `port` and `ip` say already: keep one of both"),
        );
    }
}

/// Checks that nothing is sent in plain where a listener speaks TLS.
fn refuses_in_plain(options: &Options, entries: &[(&Expr, Entry<'_>)], report: &mut Report) {
    if let Some(Value::Overload(Overload::RefuseWith(words))) = options.get("overload")
        && let Some((_, entry)) = entries.iter().find(|(_, entry)| entry.tls == Tls::AtOnce)
    {
        let message = format!(
            "these bytes would go out in plain at {}, which a TLS client can't read: write `overload = refuse`",
            entry.address
        );
        report.error(words, message);
    }
}

/// Checks that each listener with TLS has a certificate, and a file to verify those of clients by.
fn has_certificates(options: &Options, entries: &[(&Expr, Entry<'_>)], report: &mut Report) {
    for (item, entry) in entries.iter().filter(|(_, entry)| entry.tls != Tls::Off) {
        if entry.certs.is_empty() && options.setting("tls_cert").is_none() {
            report.error(
                item,
                "this listener needs a certificate: write the option `tls(cert = \"cert.pem\", key = \"key.pem\")`, or `cert=cert.pem \
                 key=key.pem` behind the word",
            );
        }
        if entry.client_optional && entry.client_ca.is_none() && options.setting("tls_client_ca").is_none() {
            report.error(
                item,
                "`client_optional` needs `client_ca`, the file by which certificates of clients are verified: \
                 `client_ca=clients.pem`",
            );
        }
    }
}

/// Checks that it is known who may send a PROXY header. The file's mode says so of a Unix socket,
/// and what systemd passes may be one.
fn trusts_proxies(options: &Options, entries: &[(&Expr, Entry<'_>)], report: &mut Report) {
    let is_open = |entry: &Entry<'_>| entry.proxy != Proxy::Off && matches!(entry.address, Address::Ip(_));
    if options.setting("trusted_proxies").is_some() {
        return;
    }
    for (item, _) in entries.iter().filter(|(_, entry)| is_open(entry)) {
        report.error(
            item,
            "`proxy_protocol` needs the option `trusted_proxies`, the addresses from which a header is believed: \
             `trusted_proxies = [\"10.0.0.0/8\"]`",
        );
    }
}

/// Checks that what the options say of `port` is used by some listener.
fn is_used(options: &Options, entries: &[(&Expr, Entry<'_>)], report: &mut Report) {
    if options.setting("port").is_some() {
        return;
    }
    let uses_tls = |(_, entry): &(&Expr, Entry<'_>)| entry.tls != Tls::Off;
    if let Some(Setting { name, .. }) = options.setting("tls_cert")
        && !entries.iter().any(uses_tls)
    {
        report.error(
            name,
            "no listener uses `tls(…)`: write the word behind its address, like \"0.0.0.0:10443 tls\", or set `port`",
        );
    }
    if let Some(Setting { name, .. }) = options.setting("proxy_protocol") {
        report.error(
            name,
            "`proxy_protocol` says what `port` does, and there is none: write the word behind an address, like \
             \"0.0.0.0:10000 proxy_protocol\", or set `port`",
        );
    }
}
