//! The listeners of a server beside its port.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;

use kai_tcp_server_spec::listen::{self, Address, Entry, MOST, Proxy, Tls, UnixAddress};
use kai_tcp_server_spec::option::Row;

use crate::log::Quoted;
use crate::options::overload::Overload;
use crate::options::proxy_protocol::ProxyProtocol;
use crate::options::value::{Field, Value};
use crate::options::{Options, check, lasting};

/// The texts of the listeners, as [`Options::listen`] takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listen(pub(crate) &'static [&'static str]);

impl Listen {
    fn lasting(texts: &[&str]) -> Self {
        let texts: Vec<&'static str> = texts.iter().copied().map(lasting::text).collect();
        Listen(lasting::texts(&texts))
    }

    /// Returns the listeners, once they have been judged.
    pub(crate) fn entries(self) -> impl Iterator<Item = Entry<'static>> {
        self.0.iter().filter_map(|text| Entry::parse(text).ok())
    }
}

/// With commas between them.
impl Field for Listen {
    fn value(&self, _: &Row) -> Option<Value> {
        (!self.0.is_empty()).then(|| Value::Text(self.0.join(", ")))
    }

    fn read(_: &Row, text: &str) -> Result<Self, String> {
        let texts: Vec<&str> = text.split(',').map(str::trim).collect();
        // Each is judged before any of them is kept for good.
        texts
            .iter()
            .find_map(|text| problem_of(text))
            .map_or_else(|| Ok(Listen::lasting(&texts)), |problem| Err(problem.into_owned()))
    }

    fn problem(&self, _: &Row) -> Option<Cow<'static, str>> {
        self.0.iter().find_map(|text| problem_of(text))
    }
}

fn problem_of(text: &str) -> Option<Cow<'static, str>> {
    match Entry::parse(text) {
        Ok(entry) => platform(&entry).map(Cow::Borrowed),
        Err(mistake) => Some(format!("listen: {}", Quoted(mistake)).into()),
    }
}

/// Returns what is wrong with a listener on this system, or with these features.
fn platform(entry: &Entry<'_>) -> Option<&'static str> {
    match entry.address {
        Address::Ip(_) => None,
        Address::Unix(UnixAddress::Path(_)) => check::unix_listener(),
        Address::Unix(UnixAddress::Abstract(_)) => check::abstract_listener(),
        Address::Systemd(_) => check::systemd_listener(),
    }
}

/// Returns what is wrong with the listeners beside each other, and beside `port`.
pub(super) fn beside_port(options: &Options) -> Option<Cow<'static, str>> {
    let port = options.port.map(|port| Address::Ip(SocketAddr::new(options.ip, port)));
    let listeners = options.listen.entries().map(|entry| entry.address);
    let addresses: Vec<Address<'_>> = port.into_iter().chain(listeners).collect();
    if addresses.len() > MOST {
        let count = addresses.len();
        return Some(
            format!("listen: a server has at most {MOST} listeners with its port, and here are {count}").into(),
        );
    }
    let (at, address) = listen::twice(&addresses)?;
    let is_port = port == Some(address) && at > 0;
    Some(if is_port {
        format!("listen: {address} is what port and ip say already: keep one of both").into()
    } else {
        format!("listen: {address} is there twice: keep one of both").into()
    })
}

/// Returns what is wrong with the listeners beside options of TLS and PROXY, and with those where no
/// listener uses them.
pub(super) fn beside_others(options: &Options) -> Option<Cow<'static, str>> {
    // Others take their place.
    if options.given || options.in_memory {
        return None;
    }
    let entries: Vec<Entry<'static>> = options.listen.entries().collect();
    entries
        .iter()
        .find_map(|entry| beside_tls(options, entry).or_else(|| beside_proxy(options, entry)))
        .or_else(|| is_used(options, &entries).map(Cow::Borrowed))
}

fn beside_tls(options: &Options, entry: &Entry<'_>) -> Option<Cow<'static, str>> {
    let address = entry.address;
    if entry.tls == Tls::Off {
        return None;
    }
    if let Some(problem) = check::tls_feature() {
        return Some(problem.into());
    }
    if entry.certs.is_empty() && options.tls_cert.is_empty() {
        let message = format!("listen: {address} needs a certificate: set tls_cert and tls_key, or write cert=… key=…");
        return Some(message.into());
    }
    if entry.client_optional && entry.client_ca.is_none() && options.tls_client_ca.is_none() {
        let message = format!("listen: client_optional of {address} needs client_ca");
        return Some(message.into());
    }
    if matches!(options.overload, Overload::RefuseWith(_)) && entry.tls == Tls::AtOnce {
        let message = format!(
            "overload = refuse(b\"…\") sends plain bytes, which a TLS client can't read at {address}: take overload = refuse"
        );
        return Some(message.into());
    }
    None
}

/// What systemd passes is judged when it is known whether it is a Unix socket.
fn beside_proxy(options: &Options, entry: &Entry<'_>) -> Option<Cow<'static, str>> {
    if entry.proxy == Proxy::Off {
        return None;
    }
    if let Some(problem) = check::proxy_feature() {
        return Some(problem.into());
    }
    let is_known = !options.trusted_proxies.is_empty() || !matches!(entry.address, Address::Ip(_));
    (!is_known).then(|| untrusted(&entry.address))
}

/// Says that nobody is trusted to send a PROXY header.
pub(crate) fn untrusted(address: &dyn fmt::Display) -> Cow<'static, str> {
    format!(
        "listen: proxy_protocol of {address} needs trusted_proxies: the addresses from which a PROXY header is believed"
    )
    .into()
}

fn is_used(options: &Options, entries: &[Entry<'_>]) -> Option<&'static str> {
    if options.has_port() || entries.is_empty() {
        return None;
    }
    if !options.tls_cert.is_empty() && entries.iter().all(|entry| entry.tls == Tls::Off) {
        return Some("tls_cert is used by no listener: write the word tls behind its address, or set port");
    }
    (options.proxy_protocol != ProxyProtocol::Off).then_some(
        "proxy_protocol says what port does, and there is none: write the word behind an address of listen, or set port",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(options: Options) -> String {
        options
            .check()
            .map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_server_listens_at_its_port_or_elsewhere() {
        assert_eq!(
            told(Options::new()),
            "port is required, unless listen is set: 0 takes a free one"
        );
        assert_eq!(told(Options::new().listen(&["127.0.0.1:0"])), "");
        assert_eq!(told(Options::new().listen(&["127.0.0.1:0", "127.0.0.1:0"]).port(0)), "");
    }

    #[test]
    fn a_mistake_in_a_listener_is_one_of_the_option() {
        let wrong = Options::new().listen(&["127.0.0.1:1", "0.0.0.0"]);
        assert_eq!(told(wrong), r#"listen: "0.0.0.0" has no port: write "0.0.0.0:10000""#);
        let twice = Options::new().listen(&["127.0.0.1:1", "127.0.0.1:1 proxy_protocol"]);
        assert_eq!(told(twice), "listen: 127.0.0.1:1 is there twice: keep one of both");
        let port = Options::new().port(1).listen(&["127.0.0.1:1"]);
        assert_eq!(
            told(port),
            "listen: 127.0.0.1:1 is what port and ip say already: keep one of both"
        );
        let many = Options::new().port(0).listen(&["127.0.0.1:0"; MOST]);
        assert_eq!(
            told(many),
            "listen: a server has at most 64 listeners with its port, and here are 65"
        );
        assert_eq!(told(Options::new().listen(&["127.0.0.1:0"; MOST])), "");
    }

    #[cfg(feature = "tls-provider")]
    #[test]
    fn a_listener_with_tls_has_a_certificate_and_a_certificate_a_listener() {
        let tls = Options::new().listen(&["127.0.0.1:0 tls"]);
        assert!(
            told(tls).starts_with("listen: 127.0.0.1:0 needs a certificate"),
            "{}",
            told(tls)
        );
        let has = tls.tls_cert(&["a.pem"]).tls_key(&["a.key"]);
        assert_eq!(told(has), "");
        assert_eq!(
            told(Options::new().listen(&["127.0.0.1:0 tls cert=a.pem key=a.key"])),
            ""
        );
        assert!(told(has.listen(&["127.0.0.1:0"])).starts_with("tls_cert is used by no listener"));
        assert_eq!(told(has.listen(&["127.0.0.1:0"]).port(0)), "");
        assert!(told(has.overload(Overload::RefuseWith(b"busy"))).contains("at 127.0.0.1:0"));
        assert_eq!(
            told(
                has.listen(&["127.0.0.1:0 starttls"])
                    .overload(Overload::RefuseWith(b"busy"))
            ),
            ""
        );
        assert!(told(has.listen(&["127.0.0.1:0 tls client_optional"])).contains("client_ca"));
    }

    #[cfg(feature = "proxy")]
    #[test]
    fn a_listener_with_a_header_has_somebody_who_is_trusted() {
        use crate::options::cidr::Cidr;

        const TRUSTED: &[Cidr] = &[Cidr::single(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))];
        let proxy = Options::new().listen(&["127.0.0.1:0 proxy_protocol"]);
        assert_eq!(told(proxy), untrusted(&"127.0.0.1:0"));
        assert_eq!(told(proxy.trusted_proxies(TRUSTED)), "");
        #[cfg(unix)]
        assert_eq!(told(Options::new().listen(&["unix:/run/e proxy_protocol"])), "");
        let unused = Options::new()
            .listen(&["127.0.0.1:0"])
            .proxy_protocol(ProxyProtocol::Required);
        assert!(told(unused.trusted_proxies(TRUSTED)).starts_with("proxy_protocol says what port does"));
    }

    #[test]
    fn a_text_with_commas_is_several_listeners() {
        let read = |text| Listen::read(check::Id::Listen.row(), text);
        let listen = read("127.0.0.1:0, unix:/tmp/x mode=600 ,[::1]:1").expect("three listeners");
        assert_eq!(listen.0, ["127.0.0.1:0", "unix:/tmp/x mode=600", "[::1]:1"]);
        assert_eq!(
            listen.value(check::Id::Listen.row()).expect("a value").to_string(),
            "127.0.0.1:0, unix:/tmp/x mode=600, [::1]:1"
        );
        for wrong in ["", ",", "127.0.0.1:0,", "127.0.0.1", "a\u{1b}[0m"] {
            let told = read(wrong).expect_err(wrong);
            assert!(told.starts_with("listen: ") && !told.contains('\u{1b}'), "{told}");
        }
    }
}
