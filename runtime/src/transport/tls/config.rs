//! A configuration made of files: certificates, their keys, and those who sign clients'
//! certificates.

use std::fs;
use std::sync::Arc;

use kai_tcp_server_spec::listen::Entry;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, InconsistentKeys, RootCertStore, ServerConfig};

use super::certificate;
use super::sni::BySni;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;

/// The parts that a configuration is made of. Two listeners of one server may have different ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TlsFiles {
    /// PEM files, each with a certificate and those that lead to its issuer; the first is taken
    /// where no name fits.
    certs: Vec<String>,
    /// The file of the key of each.
    keys: Vec<String>,
    /// The file of the certificates that sign those of clients.
    client_ca: Option<String>,
    /// Clients without a certificate are served, too.
    client_optional: bool,
    alpn: Vec<String>,
}

/// The settings that the words of a listener give; all others are those of `tls(…)`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct OwnTls {
    pub(super) certs: Vec<&'static str>,
    keys: Vec<&'static str>,
    client_ca: Option<&'static str>,
    client_optional: bool,
    alpn: Vec<&'static str>,
}

impl OwnTls {
    pub(super) fn of(entry: &Entry<'static>) -> Self {
        OwnTls {
            certs: entry.certs.clone(),
            keys: entry.keys.clone(),
            client_ca: entry.client_ca,
            client_optional: entry.client_optional,
            alpn: entry.alpn.clone(),
        }
    }
}

/// A configuration, and what its operator should know.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: Arc<ServerConfig>,
    pub(super) warnings: Vec<String>,
}

impl TlsFiles {
    /// Returns what a listener has of its own, and else what `tls(…)` says; `None` if neither names
    /// a certificate.
    pub(super) fn new(own: &OwnTls, options: &Options) -> Option<Self> {
        fn either(own: &[&str], options: &[&str]) -> Vec<String> {
            let texts = if own.is_empty() { options } else { own };
            texts.iter().map(|&text| text.to_owned()).collect()
        }
        let certs = either(&own.certs, options.tls_cert);
        (!certs.is_empty()).then(|| TlsFiles {
            certs,
            keys: either(&own.keys, options.tls_key),
            client_ca: own.client_ca.or(options.tls_client_ca).map(str::to_owned),
            client_optional: own.client_optional || (own.client_ca.is_none() && options.tls_client_optional),
            alpn: either(&own.alpn, options.tls_alpn),
        })
    }

    /// Returns the files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.certs.iter().chain(&self.keys).chain(&self.client_ca);
        files.map(String::as_str)
    }

    /// Reads the files and makes a configuration of them.
    ///
    /// # Errors
    ///
    /// Returns [`ErrorKind::Options`], which names the file and says what is wrong with it.
    pub(super) fn load(&self) -> Result<Loaded> {
        let provider = provider()?;
        let mut warnings = Vec::new();
        let pairs = self.certs.iter().zip(&self.keys);
        let keys = pairs
            .map(|(cert, key)| load_pair(cert, key, &provider, &mut warnings))
            .collect::<Result<Vec<_>>>()?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| problem("the provider of cryptography knows no version of TLS").caused_by(error))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(load_roots(path)?), provider);
                let verifier = if self.client_optional {
                    verifier.allow_unauthenticated()
                } else {
                    verifier
                };
                let verifier = verifier
                    .build()
                    .map_err(|error| problem(format!("tls_client_ca {path} can't be used")).caused_by(error))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_cert_resolver(Arc::new(BySni::new(keys)));
        config.alpn_protocols = self.alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(Loaded {
            config: Arc::new(config),
            warnings,
        })
    }
}

/// Returns the cryptography: the process's own choice, else ring's.
#[cfg_attr(feature = "tls", allow(clippy::unnecessary_wraps))] // without ring there may be none
fn provider() -> Result<Arc<CryptoProvider>> {
    if let Some(provider) = CryptoProvider::get_default() {
        return Ok(Arc::clone(provider));
    }
    #[cfg(feature = "tls")]
    return Ok(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(feature = "tls"))]
    Err(problem(
        "TLS has no provider of cryptography: take the feature `tls` of kai-tcp-server, or install one first thing in main (`CryptoProvider::install_default` of rustls)",
    ))
}

fn problem(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Options, message.into())
}

fn read(option: &str, path: &str) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| problem(format!("{option} {path} can't be read")).caused_by(error))
}

fn no_pem(option: &str, path: &str, error: &pem::Error) -> Error {
    problem(format!("{option} {path} is no PEM file: {error}"))
}

/// Reads all certificates of a file.
fn load_certificates(option: &str, path: &str) -> Result<Vec<CertificateDer<'static>>> {
    let bytes = read(option, path)?;
    let certificates = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| no_pem(option, path, &error))?;
    if certificates.is_empty() {
        return Err(problem(format!("{option} {path} holds no certificate in PEM")));
    }
    Ok(certificates)
}

fn load_key(path: &str) -> Result<PrivateKeyDer<'static>> {
    let bytes = read("tls_key", path)?;
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|error| match error {
        pem::Error::NoItemsFound if bytes.windows(9).any(|text| text == b"ENCRYPTED") => problem(format!(
            "tls_key {path} is encrypted: decrypt it, as in `openssl pkey -in {path} -out key.pem`"
        )),
        pem::Error::NoItemsFound => problem(format!("tls_key {path} holds no private key in PEM")),
        error => no_pem("tls_key", path, &error),
    })
}

fn load_pair(
    cert: &str,
    key: &str,
    provider: &CryptoProvider,
    warnings: &mut Vec<String>,
) -> Result<Arc<CertifiedKey>> {
    let chain = load_certificates("tls_cert", cert)?;
    warnings.extend(certificate::judge(cert, &chain)?);
    let private = load_key(key)?;
    warnings.extend(certificate::judge_mode(key));
    let certified = CertifiedKey::from_der(chain, private, provider).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => problem(format!(
            "tls_key {key} is the key of another certificate than tls_cert {cert}"
        )),
        error => problem(format!("tls_key {key} can't be used with tls_cert {cert}")).caused_by(error),
    })?;
    Ok(Arc::new(certified))
}

fn load_roots(path: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    for certificate in load_certificates("tls_client_ca", path)? {
        roots.add(certificate).map_err(|error| {
            problem(format!(
                "tls_client_ca {path} holds what is no certificate of an issuer"
            ))
            .caused_by(error)
        })?;
    }
    Ok(roots)
}
