//! TLS: certificates of tests, clients that trust them, and servers that show them.

mod behind_proxy;
mod echo;
mod ends;
mod files;
mod flood;
mod handshakes;
mod leaving;
mod listeners;
mod programs;
mod recorded;
mod records;
mod reload;
mod starttls;
mod watch;
mod writing;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use kai_tcp_server::{Options, Tls};
use kai_tcp_server_tests::Client;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::WantsClientCert;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ConfigBuilder, RootCertStore, ServerConfig};

/// A folder that lasts as long as this value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("kai-tls-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, which its owner alone may read; returns its path, as options take it.
    pub(crate) fn write(&self, name: &str, text: &str) -> &'static str {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        lasting(&path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Options live as long as the process.
pub(crate) fn lasting(path: &Path) -> &'static str {
    path.to_str().unwrap().to_owned().leak()
}

/// The authority that signs certificates.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

/// A certificate and its key, in PEM.
pub(crate) struct Pair {
    pub(crate) cert: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority of tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let pem = params.self_signed(&key).unwrap().pem();
        Authority {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// Signs a certificate for these names.
    pub(crate) fn sign(&self, names: &[&str]) -> Pair {
        self.sign_with(names, |_| {})
    }

    /// Signs a certificate as `change` would have it.
    pub(crate) fn sign_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Pair {
        self.sign_key(names, &KeyPair::generate().unwrap(), change)
    }

    /// Signs a certificate for this key.
    pub(crate) fn sign_key(&self, names: &[&str], key: &KeyPair, change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let common_name = names.first().cloned().unwrap_or_default();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common_name);
        change(&mut params);
        let cert = params.signed_by(key, &self.issuer).unwrap().pem();
        Pair {
            cert,
            key: key.serialize_pem(),
        }
    }

    pub(crate) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let der = CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap();
        roots.add(der).unwrap();
        roots
    }

    /// A client that trusts this authority.
    pub(crate) fn client(&self) -> ClientConfig {
        builder(self).with_no_client_auth()
    }

    /// A client that trusts this authority and shows a certificate.
    pub(crate) fn client_with(&self, pair: &Pair) -> ClientConfig {
        let cert = CertificateDer::from_pem_slice(pair.cert.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
        builder(self).with_client_auth_cert(vec![cert], key).unwrap()
    }
}

fn builder(authority: &Authority) -> ConfigBuilder<ClientConfig, WantsClientCert> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(authority.roots())
}

/// The setup of a test of TLS: a folder, an authority, and a certificate for `localhost` in files.
pub(crate) struct Setup {
    pub(crate) folder: Folder,
    pub(crate) authority: Authority,
    pub(crate) cert: &'static str,
    pub(crate) key: &'static str,
}

impl Setup {
    pub(crate) fn new() -> Self {
        let (folder, authority) = (Folder::new(), Authority::new());
        let pair = authority.sign(&["localhost"]);
        Setup {
            cert: folder.write("cert.pem", &pair.cert),
            key: folder.write("key.pem", &pair.key),
            folder,
            authority,
        }
    }

    /// The same as a configuration of the program's own.
    pub(crate) fn tls(&self) -> Tls {
        let cert = fs::read(self.cert).unwrap();
        let key = fs::read(self.key).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(&cert).unwrap()],
                PrivateKeyDer::from_pem_slice(&key).unwrap(),
            );
        Tls::from(config.unwrap())
    }

    /// The options with the certificate of the setup.
    pub(crate) fn options(&self, options: Options) -> Options {
        options.tls_cert(vec![self.cert].leak()).tls_key(vec![self.key].leak())
    }

    pub(crate) async fn connect(&self, to: SocketAddr) -> Client<TlsStream<TcpStream>> {
        Client::over(connect(to, "localhost", self.authority.client()).await.unwrap())
    }
}

/// Connects and shakes hands.
pub(crate) async fn connect(to: SocketAddr, name: &str, config: ClientConfig) -> io::Result<TlsStream<TcpStream>> {
    handshake(TcpStream::connect(to).await?, name, config).await
}

/// Shakes hands over any stream.
pub(crate) async fn handshake<T: AsyncRead + AsyncWrite + Unpin>(
    stream: T,
    name: &str,
    config: ClientConfig,
) -> io::Result<TlsStream<T>> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, stream);
    timeout(Duration::from_secs(20), handshake)
        .await
        .expect("a handshake ends")
}
