//! The files of TLS: what is wrong with them is said when a server starts, and names of clients
//! choose among them.

use std::fs;
use std::sync::Arc;

use kai_tcp_server::{ErrorKind, Options, start, with};
use kai_tcp_server_tests::{Client, Log};
use rcgen::{ExtendedKeyUsagePurpose, KeyPair, PKCS_ED25519, date_time_ymd};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, SignatureScheme};

use super::echo::Echo;
use super::{Authority, Folder, Setup, connect, lasting};

fn files(cert: &'static str, key: &'static str) -> Options {
    Echo::OPTIONS.tls_cert(vec![cert].leak()).tls_key(vec![key].leak())
}

/// Starts in vain; returns the error with all that is behind it.
async fn problem(options: Options) -> String {
    let error = start(with(Echo, options)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Options);
    format!("{error:?}")
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_what_is_wrong() {
    let setup = Setup::new();
    let Setup {
        folder,
        authority,
        cert,
        key,
    } = &setup;
    let missing = lasting(&folder.path("missing.pem"));
    let empty = folder.write("empty.pem", "");
    let garbage = folder.write(
        "garbage.pem",
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
    );
    let no_x509 = folder.write(
        "no_x509.pem",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    );
    let other = authority.sign(&["localhost"]);
    let other_key = folder.write("other.pem", &other.key);
    let encrypted = folder.write(
        "encrypted.pem",
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let expired = authority.sign_with(&["localhost"], |params| {
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
    });
    let expired_cert = folder.write("expired.pem", &expired.cert);
    let expired_key = folder.write("expired.key", &expired.key);
    let early = authority.sign_with(&["localhost"], |params| {
        params.not_before = date_time_ymd(2999, 1, 1);
        params.not_after = date_time_ymd(3000, 1, 1);
    });
    let early_cert = folder.write("early.pem", &early.cert);
    let early_key = folder.write("early.key", &early.key);
    for (cert, key, names, says) in [
        (missing, *key, missing, "can't be read: No such file"),
        (*cert, missing, missing, "can't be read: No such file"),
        (empty, *key, empty, "holds no certificate in PEM"),
        (*key, *key, *key, "holds no certificate in PEM"),
        (*cert, empty, empty, "holds no private key in PEM"),
        (*cert, *cert, *cert, "holds no private key in PEM"),
        (*cert, encrypted, encrypted, "is encrypted: decrypt it"),
        (garbage, *key, garbage, "is no PEM file"),
        (no_x509, *key, no_x509, "holds no certificate of X.509"),
        (
            *cert,
            other_key,
            other_key,
            "is the key of another certificate than tls_cert",
        ),
        (expired_cert, expired_key, expired_cert, "expired "),
        (early_cert, early_key, early_cert, "isn't valid yet"),
    ] {
        let error = problem(files(cert, key)).await;
        assert!(error.contains(&format!("{names} {says}")), "{error}");
    }
    let with_ca = |ca| files(cert, key).tls_client_ca(ca);
    for (ca, says) in [
        (missing, "can't be read"),
        (empty, "holds no certificate in PEM"),
        (no_x509, "holds what is no certificate of an issuer"),
    ] {
        let error = problem(with_ca(ca)).await;
        assert!(error.contains(&format!("tls_client_ca {ca} {says}")), "{error}");
    }
}

#[tokio::test]
async fn what_an_operator_may_mean_is_a_warning() {
    let setup = Setup::new();
    let log = Log::new();
    let soon = setup.authority.sign_with(&["localhost"], |params| {
        let now = std::time::SystemTime::now();
        params.not_before = now.into();
        params.not_after = (now + std::time::Duration::from_hours(5 * 24 + 1)).into();
    });
    let cert = setup.folder.write("soon.pem", &soon.cert);
    let key = setup.folder.write("soon.key", &soon.key);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let server = start(with(Echo, files(cert, key))).await.unwrap();
    let text = log.take();
    let warned = |what: &str| text.lines().any(|line| line.contains("WARN") && line.contains(what));
    assert!(warned(&format!("tls_cert {cert} expires 5 days from now")), "{text}");
    assert!(
        !cfg!(unix) || warned(&format!("tls_key {key} may be read by every user")),
        "{text}"
    );
    server.stop().await;
    let server = start(with(Echo, setup.options(Echo::OPTIONS))).await.unwrap();
    assert!(!log.text().contains("WARN"), "{}", log.text());
    server.stop().await;
}

#[tokio::test]
async fn of_several_certificates_the_name_chooses_and_the_first_serves_the_others() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let named = [
        ("first", &["localhost"][..]),
        ("second", &["mail.example.com", "*.apps.example.com"]),
        ("third", &["x.apps.example.com", "Www.Example.Com"]),
    ];
    let (mut certs, mut keys, mut ders) = (Vec::new(), Vec::new(), Vec::new());
    for (name, names) in named {
        let pair = authority.sign(names);
        ders.push(CertificateDer::from_pem_slice(pair.cert.as_bytes()).unwrap());
        certs.push(folder.write(&format!("{name}.pem"), &pair.cert));
        keys.push(folder.write(&format!("{name}.key"), &pair.key));
    }
    let options = Echo::OPTIONS.tls_cert(certs.leak()).tls_key(keys.leak());
    let server = start(with(Echo, options)).await.unwrap();
    for (name, place) in [
        ("localhost", 0),
        ("mail.example.com", 1),
        ("a.apps.example.com", 1),
        ("x.apps.example.com", 2),
        ("www.example.com", 2),
    ] {
        let client = connect(server.local_addr(), name, authority.client()).await.unwrap();
        let shown = client.get_ref().1.peer_certificates().unwrap();
        assert_eq!(shown[0], ders[place], "{name}");
    }
    // Valid for none of these: the client is shown the first, and refuses it.
    for name in ["b.a.apps.example.com", "apps.example.com", "unknown.test", "127.0.0.1"] {
        let error = connect(server.local_addr(), name, authority.client())
            .await
            .unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("not valid for name") && error.contains("localhost"),
            "{name}: {error}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_client_is_shown_a_certificate_whose_signatures_it_understands() {
    let (folder, authority) = (Folder::new(), Authority::new());
    let modern = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    let pairs = [
        authority.sign_key(&["localhost"], &modern, |_| {}),
        authority.sign(&["localhost"]),
    ];
    let (mut certs, mut keys) = (Vec::new(), Vec::new());
    for (number, pair) in pairs.iter().enumerate() {
        certs.push(folder.write(&format!("{number}.pem"), &pair.cert));
        keys.push(folder.write(&format!("{number}.key"), &pair.key));
    }
    let options = Echo::OPTIONS.tls_cert(certs.leak()).tls_key(keys.leak());
    let server = start(with(Echo, options)).await.unwrap();
    let mut provider = ring::default_provider();
    let known = provider.signature_verification_algorithms.mapping.iter().copied();
    let known: Vec<_> = known
        .filter(|(scheme, _)| *scheme != SignatureScheme::ED25519)
        .collect();
    provider.signature_verification_algorithms.mapping = known.leak();
    let traditional = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(authority.roots())
        .with_no_client_auth();
    for (config, place) in [(authority.client(), 0), (traditional, 1)] {
        let client = connect(server.local_addr(), "localhost", config).await.unwrap();
        let shown = client.get_ref().1.peer_certificates().unwrap();
        let expected = CertificateDer::from_pem_slice(pairs[place].cert.as_bytes()).unwrap();
        assert_eq!(shown[0], expected, "{place}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_port_that_begins_in_plain_needs_a_certificate_for_later() {
    let error = problem(Echo::OPTIONS.tls_starttls(true)).await;
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test]
async fn clients_show_a_certificate_that_the_authority_signed() {
    let setup = Setup::new();
    let ca = setup.folder.write("ca.pem", &setup.authority.pem);
    let for_clients = |params: &mut rcgen::CertificateParams| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    };
    let known = setup.authority.sign_with(&["anna"], for_clients);
    let strange = Authority::new().sign_with(&["anna"], for_clients);
    let options = setup.options(Echo::OPTIONS).tls_client_ca(ca);
    for optional in [false, true] {
        let server = start(with(Echo, options.tls_client_optional(optional))).await.unwrap();
        let addr = server.local_addr();
        let config = setup.authority.client_with(&known);
        let mut client = Client::over(connect(addr, "localhost", config).await.unwrap());
        client.send("tls\n").await;
        assert!(client.line().await.ends_with(" 1\n"));
        let stranger = setup.authority.client_with(&strange);
        let nobody = setup.authority.client();
        for (config, served) in [(stranger, false), (nobody, optional)] {
            // In TLS 1.3 a client learns only afterwards that it is refused.
            let answer = async {
                let mut stream = connect(addr, "localhost", config).await?;
                tokio::io::AsyncWriteExt::write_all(&mut stream, b"tls\n").await?;
                let mut byte = [0];
                tokio::io::AsyncReadExt::read_exact(&mut stream, &mut byte).await
            };
            assert_eq!(answer.await.is_ok(), served, "{optional}");
        }
        assert_eq!(server.info().failed_handshakes, if optional { 1 } else { 2 });
        server.stop().await;
    }
}

#[tokio::test]
async fn a_client_that_asks_for_other_protocols_only_is_refused() {
    let setup = Setup::new();
    let server = start(with(Echo, setup.options(Echo::OPTIONS).tls_alpn(&["echo"])))
        .await
        .unwrap();
    let mut config = setup.authority.client();
    config.alpn_protocols = vec![b"other".to_vec()];
    let error = connect(server.local_addr(), "localhost", config).await.unwrap_err();
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
    setup
        .connect(server.local_addr())
        .await
        .call("hello\n", "hello\n")
        .await;
    server.stop().await;
}
