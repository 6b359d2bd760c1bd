//! The checks of options beside one another. A file or the environment may name them in any order,
//! so they are judged once all are there.

use crate::options::Options;
use crate::options::check;
use crate::options::overload::Overload;
use crate::options::proxy_protocol::ProxyProtocol;

/// Returns the first problem.
pub(super) fn problem(options: &Options) -> Option<&'static str> {
    tls(options)
        .or_else(|| proxy(options))
        .or_else(|| metrics(options))
        .or_else(|| upgrade(options))
        .or_else(|| options.record_dir.and_then(|_| check::record_feature()))
}

fn tls(options: &Options) -> Option<&'static str> {
    let (certs, keys) = (options.tls_cert.len(), options.tls_key.len());
    if certs + keys > 0
        && let Some(problem) = check::tls_feature()
    {
        return Some(problem);
    }
    match (certs, keys) {
        (0, 0) => {}
        (_, 0) => return Some("tls_cert needs tls_key, the file with its private key"),
        (0, _) => return Some("tls_key needs tls_cert, the file with its certificate"),
        _ if certs != keys => {
            return Some("tls_cert and tls_key go in pairs: each certificate has its key, in the same order");
        }
        _ => {}
    }
    if options.tls_client_optional && options.tls_client_ca.is_none() {
        return Some("tls_client_optional needs tls_client_ca: without it no client is asked for a certificate");
    }
    if matches!(options.overload, Overload::RefuseWith(_)) && options.speaks_tls() {
        return Some(
            "overload = refuse(b\"…\") sends plain bytes, which a TLS client can't read: take overload = refuse",
        );
    }
    None
}

fn upgrade(options: &Options) -> Option<&'static str> {
    options.upgrade.then(check::upgrade_feature).flatten()
}

fn proxy(options: &Options) -> Option<&'static str> {
    if options.proxy_protocol == ProxyProtocol::Off {
        return None;
    }
    check::proxy_feature().or_else(|| {
        options
            .trusted_proxies
            .is_empty()
            .then_some("proxy_protocol needs trusted_proxies: the addresses from which a PROXY header is believed")
    })
}

fn metrics(options: &Options) -> Option<&'static str> {
    options.latency.then(check::metrics_feature).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "tls-provider")]
    #[test]
    fn certificates_and_keys_go_in_pairs() {
        let options = Options::new().port(0);
        let cert = options.tls_cert(&["a.pem"]);
        assert!(problem(&cert).is_some_and(|problem| problem.starts_with("tls_cert needs")));
        assert!(problem(&options.tls_key(&["a.key"])).is_some_and(|problem| problem.starts_with("tls_key needs")));
        assert!(problem(&cert.tls_key(&["a.key", "b.key"])).is_some_and(|problem| problem.contains("in pairs")));
        assert_eq!(problem(&cert.tls_key(&["a.key"])), None);
    }

    #[cfg(feature = "tls-provider")]
    #[test]
    fn nothing_is_refused_in_plain_where_the_port_speaks_tls() {
        let plain = Options::new().port(0).overload(Overload::RefuseWith(b"busy"));
        assert_eq!(problem(&plain), None);
        let tls = plain.tls_cert(&["a.pem"]).tls_key(&["a.key"]);
        assert!(problem(&tls).is_some_and(|problem| problem.starts_with("overload")));
        assert_eq!(problem(&tls.tls_starttls(true)), None);
    }

    #[test]
    fn optional_certificates_of_clients_are_verified_by_something() {
        let optional = Options::new().port(0).tls_client_optional(true);
        assert!(problem(&optional).is_some());
        assert_eq!(problem(&optional.tls_client_ca("clients.pem")), None);
    }

    #[cfg(feature = "proxy")]
    #[test]
    fn a_header_is_believed_from_those_who_are_listed() {
        use crate::options::cidr::Cidr;

        const TRUSTED: &[Cidr] = &[Cidr::single(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))];
        for mode in [ProxyProtocol::Required, ProxyProtocol::Optional] {
            let options = Options::new().port(0).proxy_protocol(mode);
            assert!(problem(&options).is_some_and(|problem| problem.contains("trusted_proxies")));
            assert_eq!(problem(&options.trusted_proxies(TRUSTED)), None);
        }
    }
}
