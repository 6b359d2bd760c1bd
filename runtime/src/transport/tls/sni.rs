//! The choice of a certificate by the name that the client asks for (SNI).

use std::collections::HashMap;
use std::sync::Arc;

use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use webpki::EndEntityCert;

/// Certificates by the names that they are valid for.
#[derive(Debug)]
pub(super) struct BySni {
    /// In the order in which they are named; the first is the default.
    keys: Vec<Arc<CertifiedKey>>,
    /// Their places, by name in lower case; `*.example.com` as it is.
    names: HashMap<String, Vec<usize>>,
}

impl BySni {
    pub(super) fn new(keys: Vec<Arc<CertifiedKey>>) -> Self {
        let mut names: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, key) in keys.iter().enumerate() {
            let Some(Ok(certificate)) = key.cert.first().map(EndEntityCert::try_from) else {
                continue;
            };
            for name in certificate.valid_dns_names() {
                let places = names.entry(name.to_ascii_lowercase()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        BySni { keys, names }
    }

    /// Returns the places of the certificates for a name; a wildcard stands for one label.
    fn places(&self, name: &str) -> &[usize] {
        let name = name.to_ascii_lowercase();
        let wildcard = || {
            let (_, domain) = name.split_once('.')?;
            self.names.get(&format!("*.{domain}"))
        };
        self.names.get(&name).or_else(wildcard).map_or(&[], Vec::as_slice)
    }
}

impl ResolvesServerCert for BySni {
    /// Returns the first certificate that is valid for the name and whose signatures the client
    /// understands; where there is none, the first of all that it understands.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let named = hello.server_name().map_or(&[][..], |name| self.places(name));
        let named = named.iter().filter_map(|&place| self.keys.get(place));
        let key = named.chain(&self.keys).find(|key| suits(key, &hello));
        key.or(self.keys.first()).map(Arc::clone)
    }
}

/// Returns whether a client understands signatures by this key.
fn suits(key: &CertifiedKey, hello: &ClientHello<'_>) -> bool {
    key.key.choose_scheme(hello.signature_schemes()).is_some()
}
