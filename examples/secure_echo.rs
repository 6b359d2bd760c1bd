//! An echo server that speaks TLS. `whoami` is answered by the name in the client's certificate.
//!
//! If the environment names no certificate, the server makes one, and one for a client, and says
//! where they are. SIGHUP renews it, or reads the files of the environment again.
//!
//! ```console
//! $ cargo run --example secure_echo --all-features -- 10443
//! $ openssl s_client -quiet -connect localhost:10443
//! $ SECURE_ECHO_TLS_CERT=cert.pem SECURE_ECHO_TLS_KEY=key.pem cargo run --example secure_echo --all-features
//! ```
//!
//! Behind a load balancer that passes TLS on, set `SECURE_ECHO_PROXY_PROTOCOL=required` and
//! `SECURE_ECHO_TRUSTED_PROXIES=10.0.0.0/8`.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use kai_tcp_server::{Action, Error, ErrorKind, Options, Result, Socket, run, tcp_server, with};
use rcgen::{BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair, SanType};
use x509_parser::parse_x509_certificate;

struct SecureEcho {
    /// The authority that signs the certificates, unless the environment names one.
    authority: Option<Authority>,
    options: Options,
}

#[tcp_server(
    port = 10443,
    packet = line(crlf | lf),
    max_processes = 100,
    env = "SECURE_ECHO",
    tls(cert = "cert.pem", key = "key.pem")
)]
impl SecureEcho {
    fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"whoami" => reply(who_is(socket)),
            b"bye" => close("cya"),
            data => reply(data),
        }
    }

    /// Handshakes that begin from here on have the new certificate; connections stay.
    fn reload(&self) -> Result<Options> {
        if let Some(authority) = &self.authority {
            authority.renew().map_err(|error| error.to_string())?;
        }
        Ok(self.options)
    }

    fn terminate(&self) {
        if let Some(authority) = &self.authority {
            let _ = fs::remove_dir_all(&authority.folder);
        }
    }
}

/// Returns the name in the client's certificate, as the server's `client_ca` has signed it.
fn who_is(socket: &Socket) -> String {
    let tls = socket.tls();
    let shown = tls.as_ref().and_then(|tls| tls.client_certificates().next());
    match shown.map(parse_x509_certificate) {
        Some(Ok((_, certificate))) => certificate.subject().to_string(),
        Some(Err(error)) => format!("a certificate that can't be read: {error}"),
        None => "nobody".to_owned(),
    }
}

/// Signs certificates, and keeps them in a folder that this user alone may read.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: PathBuf,
}

type Made<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

impl Authority {
    fn new() -> Made<Self> {
        let folder = private_folder()?;
        let mut params = certificate("the authority of secure_echo");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        fs::write(folder.join("ca.pem"), params.self_signed(&key)?.pem())?;
        let issuer = Issuer::new(params, key);
        let authority = Authority { issuer, folder };
        authority.renew()?;
        authority.sign(&certificate("a client"), "client")?;
        Ok(authority)
    }

    /// Signs a new certificate for the server.
    fn renew(&self) -> Made {
        let mut server = certificate("secure_echo");
        server.subject_alt_names = vec![
            SanType::DnsName("localhost".try_into()?),
            SanType::IpAddress(Ipv4Addr::LOCALHOST.into()),
        ];
        self.sign(&server, "server")
    }

    fn sign(&self, params: &CertificateParams, name: &str) -> Made {
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        private_file(&self.folder.join(format!("{name}.key")), &key.serialize_pem())?;
        fs::write(self.folder.join(format!("{name}.pem")), certificate.pem())?;
        Ok(())
    }

    /// Returns the path of a file, for as long as the program runs.
    fn file(&self, name: &str) -> &'static str {
        self.folder.join(name).display().to_string().leak()
    }

    fn say_where(&self) {
        let folder = self.folder.display();
        eprintln!("the certificates are in {folder}; a client that has one:");
        eprintln!(
            "openssl s_client -quiet -connect localhost:PORT -CAfile {folder}/ca.pem -cert {folder}/client.pem -key {folder}/client.key"
        );
    }
}

fn certificate(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

/// Creates a folder that nobody has created before.
fn private_folder() -> Made<PathBuf> {
    let (id, now) = (std::process::id(), UNIX_EPOCH.elapsed()?.as_nanos());
    let folder = std::env::temp_dir().join(format!("secure_echo-{id}-{now}"));
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    Ok(folder)
}

fn private_file(path: &Path, text: &str) -> Made {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.write(true).create(true).truncate(true).open(path)?;
    Ok(file.write_all(text.as_bytes())?)
}

fn main() -> Result {
    let wrong = |problem: String| Error::new(ErrorKind::Options, problem);
    let mut options = SecureEcho::OPTIONS;
    if let Some(argument) = std::env::args_os().nth(1) {
        let port = argument.to_string_lossy();
        let port = port
            .parse()
            .map_err(|_| wrong(format!("{port:?} is no port: 0 takes a free one")))?;
        options = options.port(port);
    }
    let mut authority = None;
    if std::env::var_os("SECURE_ECHO_TLS_CERT").is_none() {
        let made = Authority::new().map_err(|error| wrong(format!("no certificate could be made: {error}")))?;
        made.say_where();
        options = options
            .tls_cert(vec![made.file("server.pem")].leak())
            .tls_key(vec![made.file("server.key")].leak())
            .tls_client_ca(made.file("ca.pem"))
            .tls_client_optional(true);
        authority = Some(made);
    }
    run(with(SecureEcho { authority, options }, options))
}
