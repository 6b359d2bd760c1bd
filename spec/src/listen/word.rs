//! The words behind an address.

use super::{Address, Entry, Mistake, UnixAddress};
use crate::suggest;

/// Whether the connections of a listener are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// They aren't.
    #[default]
    Off,
    /// From the first byte (`tls`).
    AtOnce,
    /// They begin in plain (`starttls`).
    Later,
}

/// Whether connections begin with a PROXY header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// They don't.
    #[default]
    Off,
    /// Those with a header are served, and those without one (`proxy_protocol=optional`).
    Optional,
    /// All do (`proxy_protocol`).
    Required,
}

/// A user or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who<'a> {
    /// By name.
    Name(&'a str),
    /// By number.
    Number(u32),
}

/// The words that stand alone, and those with a value.
const WORDS: [(&str, &str); 11] = [
    ("tls", ""),
    ("starttls", ""),
    ("cert", "cert=cert.pem"),
    ("key", "key=key.pem"),
    ("client_ca", "client_ca=ca.pem"),
    ("client_optional", ""),
    ("alpn", "alpn=echo"),
    ("proxy_protocol", "proxy_protocol=optional"),
    ("mode", "mode=660"),
    ("owner", "owner=echo"),
    ("group", "group=www-data"),
];

/// What a word is called in other servers.
const ELSEWHERE: [(&str, &str); 21] = [
    ("ssl", "tls"),
    ("https", "tls"),
    ("secure", "tls"),
    ("stls", "starttls"),
    ("start_tls", "starttls"),
    ("crt", "cert"),
    ("certificate", "cert"),
    ("ssl_certificate", "cert"),
    ("ssl_certificate_key", "key"),
    ("ca", "client_ca"),
    ("ca-file", "client_ca"),
    ("cafile", "client_ca"),
    ("proxy", "proxy_protocol"),
    ("accept-proxy", "proxy_protocol"),
    ("accept_proxy", "proxy_protocol"),
    ("proxy-protocol", "proxy_protocol"),
    ("user", "owner"),
    ("uid", "owner"),
    ("gid", "group"),
    ("perm", "mode"),
    ("permissions", "mode"),
];

/// Lists the words.
pub fn word_names() -> impl Iterator<Item = &'static str> {
    WORDS.iter().map(|&(name, _)| name)
}

/// Returns how a word that takes a value is written.
pub(super) fn example(word: &str) -> &'static str {
    WORDS
        .iter()
        .find(|(name, _)| *name == word)
        .map_or("", |&(_, example)| example)
}

/// Returns the word that a text is, rather than an address.
pub(super) fn word(text: &str) -> Option<&'static str> {
    let name = text.split_once('=').map_or(text, |(name, _)| name);
    word_names().find(|word| *word == name).or_else(|| elsewhere(name))
}

fn elsewhere(name: &str) -> Option<&'static str> {
    ELSEWHERE
        .iter()
        .find(|(other, _)| *other == name)
        .map(|&(_, word)| word)
}

fn unknown(word: &str) -> Mistake<'_> {
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    if let Some(called) = elsewhere(name) {
        return Mistake::Called { word: name, called };
    }
    if Address::parse(word).is_ok() {
        return Mistake::SecondAddress(word);
    }
    Mistake::UnknownWord {
        word: name,
        meant: suggest::nearest(name, word_names()),
    }
}

/// The words of one listener.
#[derive(Default)]
pub(super) struct Words<'a> {
    /// Their names, in the order in which they are written.
    names: Vec<&'static str>,
    tls: bool,
    starttls: bool,
    certs: Vec<&'a str>,
    keys: Vec<&'a str>,
    client_ca: Option<&'a str>,
    client_optional: bool,
    alpn: Vec<&'a str>,
    proxy: Proxy,
    mode: Option<u32>,
    owner: Option<Who<'a>>,
    group: Option<Who<'a>>,
}

impl<'a> Words<'a> {
    pub(super) fn parse(words: impl Iterator<Item = &'a str>) -> Result<Self, Mistake<'a>> {
        let mut all = Words::default();
        for word in words {
            all.add(word)?;
        }
        Ok(all)
    }

    fn add(&mut self, word: &'a str) -> Result<(), Mistake<'a>> {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let name = word_names().find(|known| *known == name).ok_or_else(|| unknown(word))?;
        let is_listed = matches!(name, "cert" | "key" | "alpn");
        if self.names.contains(&name) && !is_listed {
            return Err(Mistake::Twice(name));
        }
        self.names.push(name);
        let given = || value.filter(|value| !value.is_empty()).ok_or(Mistake::NoValue(name));
        let alone = || value.map_or(Ok(true), |_| Err(Mistake::Alone(name)));
        match name {
            "tls" => self.tls = alone()?,
            "starttls" => self.starttls = alone()?,
            "client_optional" => self.client_optional = alone()?,
            "cert" => self.certs.push(given()?),
            "key" => self.keys.push(given()?),
            "client_ca" => self.client_ca = Some(given()?),
            "alpn" => self.alpn.push(protocol(given()?)?),
            "mode" => self.mode = Some(mode(given()?)?),
            "owner" => self.owner = Some(who(name, given()?)?),
            "group" => self.group = Some(who(name, given()?)?),
            _ => {
                self.proxy = match value {
                    None | Some("required") => Proxy::Required,
                    Some("optional") => Proxy::Optional,
                    Some(value) => return Err(Mistake::ProxyProtocol(value)),
                }
            }
        }
        Ok(())
    }

    /// Checks that the words suit each other, and the address.
    pub(super) fn suit(&self, address: Address<'a>) -> Result<(), Mistake<'a>> {
        if self.tls && self.starttls {
            return Err(Mistake::TlsAndStartTls);
        }
        let of = |names: &[&str]| self.names.iter().find(|name| names.contains(name)).copied();
        if let Some(word) = of(&["cert", "key", "client_ca", "client_optional", "alpn"])
            && !(self.tls || self.starttls)
        {
            return Err(Mistake::WithoutTls(word));
        }
        if self.certs.len() != self.keys.len() {
            return Err(Mistake::CertsAndKeys {
                certs: self.certs.len(),
                keys: self.keys.len(),
            });
        }
        match (of(&["mode", "owner", "group"]), address) {
            (None, _) | (_, Address::Unix(UnixAddress::Path(_))) => Ok(()),
            (Some(word), Address::Unix(UnixAddress::Abstract(_))) => Err(Mistake::AbstractFile(word)),
            (Some(word), Address::Systemd(_)) => Err(Mistake::PassedFile(word)),
            (Some(word), Address::Ip(_)) => Err(Mistake::NoFile(word)),
        }
    }

    /// Returns the listener that has these words.
    pub(super) fn of(self, address: Address<'a>) -> Entry<'a> {
        let tls = match (self.tls, self.starttls) {
            (true, _) => Tls::AtOnce,
            (false, true) => Tls::Later,
            (false, false) => Tls::Off,
        };
        Entry {
            address,
            tls,
            certs: self.certs,
            keys: self.keys,
            client_ca: self.client_ca,
            client_optional: self.client_optional,
            alpn: self.alpn,
            proxy: self.proxy,
            mode: self.mode,
            owner: self.owner,
            group: self.group,
        }
    }
}

fn protocol(name: &str) -> Result<&str, Mistake<'_>> {
    if name.len() > 255 {
        return Err(Mistake::LongProtocol(name.len()));
    }
    Ok(name)
}

fn mode(text: &str) -> Result<u32, Mistake<'_>> {
    let octal = text.bytes().all(|digit| (b'0'..=b'7').contains(&digit));
    let mode = u32::from_str_radix(text, 8).ok().filter(|mode| octal && *mode <= 0o777);
    mode.filter(|_| (3..=4).contains(&text.len()))
        .ok_or(Mistake::Mode(text))
}

fn who<'a>(word: &'static str, text: &'a str) -> Result<Who<'a>, Mistake<'a>> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return if text.contains(':') {
            Err(Mistake::OwnerAndGroup { word, text })
        } else {
            Ok(Who::Name(text))
        };
    }
    // The largest number means that the owner stays.
    let number = text.parse().ok().filter(|number| *number != u32::MAX);
    number.map(Who::Number).ok_or(Mistake::NoId { word, text })
}
