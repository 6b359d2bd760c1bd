//! The guard of the page: it keeps foreign sites away that a viewer's browser has open.

use std::net::{IpAddr, SocketAddr};

use hyper::HeaderMap;
use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The names that the page answers to.
#[derive(Debug)]
pub(crate) struct Hosts {
    bound: SocketAddr,
    others: Vec<String>,
}

impl Hosts {
    pub(crate) fn new(bound: SocketAddr, others: Vec<String>) -> Self {
        Hosts { bound, others }
    }

    /// Returns whether a request names the page as its viewers do. A site that points its own name
    /// at the page's address names it otherwise.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(HOST).iter();
        match (hosts.next().and_then(|host| host.to_str().ok()), hosts.next()) {
            (Some(host), None) => self.knows(host),
            _ => false,
        }
    }

    fn knows(&self, host: &str) -> bool {
        if self.others.iter().any(|other| other.eq_ignore_ascii_case(host)) {
            return true;
        }
        let (name, port) = match host.rsplit_once(':') {
            // The last colon of a bare IPv6 address begins no port, and such an address no `Host`.
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()),
            _ => (host, Some(80)),
        };
        if port != Some(self.bound.port()) {
            return false;
        }
        let bare = name
            .strip_prefix('[')
            .and_then(|name| name.strip_suffix(']'))
            .unwrap_or(name);
        match bare.parse::<IpAddr>() {
            Ok(ip) => self.is_own(ip.to_canonical()),
            Err(_) => name.eq_ignore_ascii_case("localhost"),
        }
    }

    fn is_own(&self, ip: IpAddr) -> bool {
        let bound = self.bound.ip().to_canonical();
        // An address can't be pointed elsewhere, so beyond loopback any is this machine's.
        ip == bound || ip.is_loopback() || !bound.is_loopback()
    }
}

/// Returns whether another site's page makes the request. Browsers say so, and scripts can't change
/// it.
pub(crate) fn is_foreign(headers: &HeaderMap) -> bool {
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    !matches!(site, None | Some(b"same-origin" | b"none"))
}

/// Returns whether the origin that a request names, if it names one, is the page itself.
pub(crate) fn is_of_the_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        // No browser: it names the origin of each request that isn't a plain look.
        return true;
    };
    let (Ok(origin), Some(Ok(host))) = (origin.to_str(), headers.get(HOST).map(|host| host.to_str())) else {
        return false;
    };
    let origin = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    origin.is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(bound: &str, others: &[&str], host: &str) -> bool {
        let others = others.iter().map(ToString::to_string).collect();
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        Hosts::new(bound.parse().unwrap(), others).admit(&headers)
    }

    #[test]
    fn a_page_on_loopback_answers_to_names_of_loopback_with_its_port() {
        for host in [
            "localhost:7070",
            "LOCALHOST:7070",
            "127.0.0.1:7070",
            "127.3.2.1:7070",
            "[::1]:7070",
            "[::ffff:127.0.0.1]:7070",
        ] {
            assert!(admits("127.0.0.1:7070", &[], host), "{host}");
        }
        for host in [
            "evil.example:7070",
            "localhost.evil.example:7070",
            "localhost",
            "localhost:80",
            "localhost:",
            "127.0.0.1",
            "127.0.0.1:7071",
            "10.0.0.1:7070",
            "[::1]",
            "::1:7070:",
            "",
            ":7070",
            "localhost:7070:7070",
            "[localhost]:7070x",
        ] {
            assert!(!admits("127.0.0.1:7070", &[], host), "{host}");
        }
    }

    #[test]
    fn the_default_port_of_http_may_be_left_out() {
        assert!(admits("127.0.0.1:80", &[], "localhost"));
        assert!(admits("[::1]:80", &[], "[::1]"));
    }

    #[test]
    fn a_page_beyond_loopback_answers_to_addresses_and_to_no_name_that_it_isnt_given() {
        assert!(admits("0.0.0.0:7070", &[], "10.0.0.1:7070"));
        assert!(admits("0.0.0.0:7070", &[], "[2001:db8::1]:7070"));
        assert!(!admits("0.0.0.0:7070", &[], "dash.example:7070"));
        assert!(admits("0.0.0.0:7070", &["dash.example"], "dash.example"));
        assert!(!admits("0.0.0.0:7070", &["dash.example"], "dash.example:7070"));
    }

    #[test]
    fn a_request_names_one_host() {
        let hosts = Hosts::new("127.0.0.1:7070".parse().unwrap(), Vec::new());
        let mut headers = HeaderMap::new();
        assert!(!hosts.admit(&headers));
        headers.append(HOST, "localhost:7070".parse().unwrap());
        headers.append(HOST, "evil.example:7070".parse().unwrap());
        assert!(!hosts.admit(&headers));
    }

    #[test]
    fn an_origin_is_the_pages_own_or_absent() {
        let of = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "localhost:7070".parse().unwrap());
            if let Some(origin) = origin {
                headers.insert(ORIGIN, origin.parse().unwrap());
            }
            is_of_the_page(&headers)
        };
        assert!(of(None) && of(Some("http://localhost:7070")));
        for foreign in [
            "null",
            "http://evil.example",
            "http://localhost:7071",
            "http://localhost",
            "ftp://localhost:7070",
            "",
        ] {
            assert!(!of(Some(foreign)), "{foreign}");
        }
    }
}
