//! The certificate of all servers that speak TLS, made anew for each comparison, and what clients
//! and servers by hand make of it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use crate::Result;

/// The folder where cargo lets benchmarks write.
const FOLDER: &str = env!("CARGO_TARGET_TMPDIR");

const NAME: &str = "localhost";

/// Returns where the certificate and its key are.
pub(crate) fn files() -> (PathBuf, PathBuf) {
    let file = |name: &str| PathBuf::from(FOLDER).join(name);
    (file("compare-cert.pem"), file("compare-key.pem"))
}

/// Makes a certificate (ECDSA, P-256, signed by itself), in files that only this user may read.
pub(crate) fn make() -> Result {
    let made = rcgen::generate_simple_self_signed([NAME.to_owned()])?;
    let (certificate, key) = files();
    fs::create_dir_all(FOLDER)?;
    fs::write(certificate, made.cert.pem())?;
    fs::write(&key, made.signing_key.serialize_pem())?;
    let status = Command::new("chmod").arg("600").arg(key).status()?;
    if status.success() {
        Ok(())
    } else {
        Err("chmod failed".into())
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Returns the configuration of a server by hand: rustls's defaults, as kai has them.
pub(crate) fn server() -> Result<ServerConfig> {
    let (certificate, key) = files();
    let chain = vec![CertificateDer::from_pem_file(certificate)?];
    let key = PrivateKeyDer::from_pem_file(key)?;
    let builder = ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    Ok(builder.with_no_client_auth().with_single_cert(chain, key)?)
}

/// Returns the configuration of clients, who resume no session: each handshake is a whole one.
pub(crate) fn client() -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(files().0)?)?;
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions()?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

/// Returns the name that clients ask for.
pub(crate) fn name() -> Result<ServerName<'static>> {
    Ok(ServerName::try_from(NAME)?)
}
