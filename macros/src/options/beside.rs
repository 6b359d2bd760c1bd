//! The checks of options beside one another, as far as the attribute knows them.
//!
//! The environment may say what the attribute doesn't, so nothing is missed where there is `env`.
//! The runtime judges all of it again when the server starts.

mod listeners;

use kai_tcp_server_spec::listen::{Entry, Proxy};
use kai_tcp_server_spec::packet::{BlockMistake, judge_block};
use syn::{Expr, Lit};

use crate::options::{Options, Overload, Packet, ProxyProtocol, Setting, Value, listeners as texts, number};
use crate::report::Report;
use crate::syntax::bare_expr;

/// Reports what is wrong.
pub(super) fn judge(options: &Options, report: &mut Report) {
    block_fits(options, report);
    delimits_lines(options, report);
    refuses_in_plain(options, report);
    pairs(options, report);
    let is_final = options.setting("env").is_none() && options.refused.is_empty();
    listeners::judge(options, is_final, report);
    if is_final {
        has_client_ca(options, report);
        trusts_proxies(options, report);
        records_somewhere(options, report);
    }
}

/// Checks that a block of `raw(N)` fits into `packet_size`. For constants the compiler checks it.
fn block_fits(options: &Options, report: &mut Report) {
    let block = match options.packet() {
        Some(Packet::Block(size)) => number::evaluate(size).map(|block| (size, block)),
        _ => None,
    };
    if let (Some((expr, block)), Some(size)) = (block, options.packet_size())
        && usize::try_from(block).is_ok_and(|block| judge_block(block, size) == Some(BlockMistake::TooLong))
    {
        let message = format!("a block of {block} bytes exceeds `packet_size`, which is {size}: raise `packet_size`");
        report.error(expr, message);
    }
}

/// Checks that a `delimiter` is only given for `packet = line`.
fn delimits_lines(options: &Options, report: &mut Report) {
    if let Some(Value::Literal(delimiter) | Value::Constant(delimiter)) = options.get("delimiter")
        && options.packet().is_some_and(|packet| !packet.is_delimited())
    {
        report.error(
            delimiter,
            "`delimiter` says what ends a line of `packet = line` alone: leave `delimiter` out, or write `packet = line`",
        );
    }
}

/// Checks that nothing is sent in plain where the port speaks TLS.
fn refuses_in_plain(options: &Options, report: &mut Report) {
    let begins_in_plain = match options.get("tls_starttls") {
        Some(Value::Literal(flag)) => is_true(flag),
        Some(_) => true,
        None => false,
    };
    if let Some(Value::Overload(Overload::RefuseWith(words))) = options.get("overload")
        && options.get("tls_cert").is_some()
        && options.setting("port").is_some()
        && !begins_in_plain
    {
        report.error(
            words,
            "these bytes would go out in plain, which a TLS client can't read: write `overload = refuse`",
        );
    }
}

fn is_true(flag: &Expr) -> bool {
    matches!(bare_expr(flag), Expr::Lit(literal) if matches!(&literal.lit, Lit::Bool(flag) if flag.value))
}

/// Checks that each certificate has its key.
fn pairs(options: &Options, report: &mut Report) {
    let is_final = options.setting("env").is_none() && options.refused.is_empty();
    let missing = match (options.setting("tls_cert"), options.setting("tls_key")) {
        (Some(cert), None) if is_final => (
            cert,
            "`cert` needs `key`, the file with its private key: `key = \"key.pem\"`",
        ),
        (None, Some(key)) if is_final => (
            key,
            "`key` needs `cert`, the file with its certificate: `cert = \"cert.pem\"`",
        ),
        (Some(cert), Some(key)) => {
            if let (Value::Texts(certs), Value::Texts(keys)) = (&cert.value, &key.value)
                && certs.len() != keys.len()
            {
                let message = format!(
                    "there are {} certificates and {} keys: each certificate has its key, in the same order",
                    certs.len(),
                    keys.len()
                );
                report.error(&key.name, message);
            }
            return;
        }
        _ => return,
    };
    let (Setting { name, .. }, message) = missing;
    report.error(name, message);
}

/// Checks that optional certificates of clients can be verified.
fn has_client_ca(options: &Options, report: &mut Report) {
    if let Some(Setting {
        name,
        value: Value::Literal(flag),
        ..
    }) = options.setting("tls_client_optional")
        && is_true(flag)
        && options.setting("tls_client_ca").is_none()
    {
        report.error(
            name,
            "`client_optional` needs `client_ca`, the file by which certificates of clients are verified: `client_ca = \"clients.pem\"`",
        );
    }
}

/// Checks that what bounds a recording has one.
fn records_somewhere(options: &Options, report: &mut Report) {
    let of_a_recording = |setting: &&Setting| setting.row.group() == Some("record");
    if options.setting("record_dir").is_none()
        && let Some(Setting { name, .. }) = options.settings.iter().find(of_a_recording)
    {
        let message =
            format!("`{name}` does nothing without `dir`, the directory of the recording: `dir = \"recordings\"`");
        report.error(name, message);
    }
}

/// Checks that it is known who may send a PROXY header.
fn trusts_proxies(options: &Options, report: &mut Report) {
    let reads_headers = |setting: &&Setting| !matches!(setting.value, Value::ProxyProtocol(ProxyProtocol::Off));
    let proxy_protocol = options.setting("proxy_protocol").filter(reads_headers);
    match (proxy_protocol, options.setting("trusted_proxies")) {
        (Some(Setting { name, .. }), None) => report.error(
            name,
            "`proxy_protocol` needs `trusted_proxies`, the addresses from which a header is believed: `trusted_proxies = [\"10.0.0.0/8\"]`",
        ),
        (None, Some(Setting { name, .. })) if !any_listener_reads_headers(options) => report.error(
            name,
            "`trusted_proxies` does nothing without `proxy_protocol`: write `proxy_protocol = required` beside it",
        ),
        _ => {}
    }
}

/// Returns whether a listener has the word, or may have it.
fn any_listener_reads_headers(options: &Options) -> bool {
    let may = |item: &Expr| match texts::spelled(item) {
        Some((_, text)) => Entry::parse(&text).is_ok_and(|entry| entry.proxy != Proxy::Off),
        None => true,
    };
    match options.get("listen") {
        Some(Value::Texts(list)) => list.iter().any(may),
        Some(_) => true,
        None => false,
    }
}
