//! Records such as no library sends, in a session that is open.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_rustls::rustls::crypto::cipher::{Iv, MessageEncrypter, OutboundPlainMessage};
use tokio_rustls::rustls::crypto::ring::cipher_suite::TLS13_AES_256_GCM_SHA384;
use tokio_rustls::rustls::crypto::tls13::{HkdfExpander, OkmBlock};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, ContentType, KeyLog, ProtocolVersion, SupportedCipherSuite, Tls13CipherSuite,
};

/// The length of the secrets of the cipher suite.
const SECRET: usize = 48;

/// A change of keys, as a message of the handshake.
const KEY_UPDATE: [u8; 5] = [24, 0, 0, 1, 0];

/// Encrypts whatever a test says, in the place of a client of TLS 1.3.
pub struct Forger {
    secret: [u8; SECRET],
    encrypter: Box<dyn MessageEncrypter>,
    sent: u64,
}

/// The secrets of the last session of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Arc<Mutex<Vec<u8>>>);

impl KeyLog for Secrets {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        if label == "CLIENT_TRAFFIC_SECRET_0" {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = secret.to_vec();
        }
    }
}

impl Secrets {
    /// Learns the secrets of the sessions of a configuration, which must leave no choice but
    /// `TLS13_AES_256_GCM_SHA384`.
    pub fn of(config: &mut ClientConfig) -> Self {
        let secrets = Secrets::default();
        config.key_log = Arc::new(secrets.clone());
        config.enable_secret_extraction = true;
        secrets
    }
}

fn suite() -> &'static Tls13CipherSuite {
    match TLS13_AES_256_GCM_SHA384 {
        SupportedCipherSuite::Tls13(suite) => suite,
        SupportedCipherSuite::Tls12(_) => unreachable!("it is of TLS 1.3"),
    }
}

/// Derives what TLS derives of a secret under this name.
fn derive<const N: usize>(secret: &[u8; SECRET], name: &str) -> [u8; N] {
    let expander: Box<dyn HkdfExpander> = suite().hkdf_provider.expander_for_okm(&OkmBlock::new(secret));
    let byte = |n: usize| u8::try_from(n).expect("it is short");
    let mut derived = [0; N];
    let label = [b"tls13 ", name.as_bytes()].concat();
    let info: [&[u8]; 4] = [&[0, byte(N)], &[byte(label.len())], &label, &[0]];
    expander.expand_slice(&info, &mut derived).expect("it is short");
    derived
}

fn encrypter(secret: &[u8; SECRET]) -> Box<dyn MessageEncrypter> {
    let (key, iv): ([u8; 32], [u8; 12]) = (derive(secret, "key"), derive(secret, "iv"));
    suite().aead_alg.encrypter(key.into(), Iv::from(iv))
}

impl Forger {
    /// Takes over the last session of these secrets, behind its handshake.
    ///
    /// # Panics
    ///
    /// If it isn't one of `TLS13_AES_256_GCM_SHA384`.
    pub fn new(session: ClientConnection, secrets: &Secrets) -> Self {
        let (sent, _) = session.dangerous_extract_secrets().expect("it is allowed").tx;
        let secret = secrets.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let secret = secret.try_into().expect("it is of this cipher suite");
        Forger {
            encrypter: encrypter(&secret),
            secret,
            sent,
        }
    }

    /// Returns the next record.
    ///
    /// # Panics
    ///
    /// If the content is longer than that of a record.
    pub fn record(&mut self, kind: ContentType, content: &[u8]) -> Vec<u8> {
        let message = OutboundPlainMessage {
            typ: kind,
            version: ProtocolVersion::TLSv1_2,
            payload: content.into(),
        };
        let record = self.encrypter.encrypt(message, self.sent).expect("it is short");
        self.sent += 1;
        record.encode()
    }

    /// Returns a record that changes the keys.
    pub fn key_update(&mut self) -> Vec<u8> {
        let record = self.record(ContentType::Handshake, &KEY_UPDATE);
        self.secret = derive(&self.secret, "traffic upd");
        self.encrypter = encrypter(&self.secret);
        self.sent = 0;
        record
    }
}

impl std::fmt::Debug for Forger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Forger")
            .field("sent", &self.sent)
            .finish_non_exhaustive()
    }
}
