//! The listeners of a server beside its port.

use std::borrow::Cow;
use std::net::SocketAddr;

use kai_tcp_server_spec::listen::{self, Address, Entry, MOST, UnixAddress};
use kai_tcp_server_spec::option::Row;

use crate::log::Quoted;
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
