//! Where a server listens beside its `port`: an address and words, as in `0.0.0.0:10443 tls` and
//! `unix:/run/echo.sock mode=660`.

mod address;
mod mistake;
mod word;

pub use address::{Address, PATH_MAX, Passed, UnixAddress};
pub use mistake::Mistake;
pub use word::{Proxy, Tls, Who, word_names};

use word::Words;

/// The most listeners that one server has, with its `port`.
pub const MOST: usize = 64;

/// One listener.
///
/// # Examples
///
/// ```
/// use kai_tcp_server_spec::listen::{Address, Entry, Mistake, Tls};
///
/// let entry = Entry::parse("0.0.0.0:10443 tls")?;
/// assert_eq!(entry.address, Address::Ip("0.0.0.0:10443".parse().unwrap()));
/// assert_eq!(entry.tls, Tls::AtOnce);
///
/// let mistake = Entry::parse("0.0.0.0").unwrap_err();
/// assert_eq!(mistake.to_string(), r#""0.0.0.0" has no port: write "0.0.0.0:10000""#);
/// # Ok::<(), Mistake>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Where it listens.
    pub address: Address<'a>,
    /// `tls` or `starttls`.
    pub tls: Tls,
    /// `cert=…`: the files of its own certificates. Empty if it has the server's.
    pub certs: Vec<&'a str>,
    /// `key=…`: the file of each certificate's key.
    pub keys: Vec<&'a str>,
    /// `client_ca=…`
    pub client_ca: Option<&'a str>,
    /// `client_optional`
    pub client_optional: bool,
    /// `alpn=…`, once for each protocol.
    pub alpn: Vec<&'a str>,
    /// `proxy_protocol`
    pub proxy: Proxy,
    /// `mode=…` of the file of a Unix socket.
    pub mode: Option<u32>,
    /// `owner=…` of the file of a Unix socket.
    pub owner: Option<Who<'a>>,
    /// `group=…` of the file of a Unix socket.
    pub group: Option<Who<'a>>,
}

impl<'a> Entry<'a> {
    /// Reads a listener.
    ///
    /// # Errors
    ///
    /// Returns the first mistake.
    pub fn parse(text: &'a str) -> Result<Self, Mistake<'a>> {
        if text
            .chars()
            .any(|character| character.is_control() && character != '\t')
        {
            return Err(Mistake::ControlCharacter);
        }
        if text.contains(',') {
            return Err(Mistake::Comma(text));
        }
        let mut parts = text.split_whitespace();
        let address = parts.next().ok_or(Mistake::Empty)?;
        if let Some(word) = word::word(address) {
            return Err(Mistake::WordFirst(word));
        }
        let address = Address::parse(address)?;
        let words = Words::parse(parts)?;
        words.suit(address)?;
        Ok(words.of(address))
    }
}

/// Returns the first entry whose address an earlier one has. A free port, chosen anew for each, may
/// be asked for more than once.
pub fn twice<'a>(addresses: &[Address<'a>]) -> Option<(usize, Address<'a>)> {
    let again = |&(at, address): &(usize, Address<'a>)| !address.is_free_port() && addresses[..at].contains(&address);
    addresses.iter().copied().enumerate().find(again)
}

#[cfg(test)]
mod tests;
