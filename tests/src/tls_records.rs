//! The input that a client may send where TLS is spoken: bytes instead of a handshake, bytes
//! instead of records behind it, and records with any content. Whatever it is, the connection ends
//! with a reason, and nobody else notices. Random tests and a fuzz target share it.

mod forger;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use kai_tcp_server::{Action, Server, Tls, start, tcp_server, with};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, ContentType, RootCertStore, ServerConfig};

pub use self::forger::{Forger, Secrets};
use crate::{Client, Random, eventually};

/// The time that a connection may take to end when its input has ended: less than any time limit of
/// the server.
const ENDS: Duration = Duration::from_secs(5);

/// Counts the connections that ended behind their handshake.
struct Echo(Arc<AtomicUsize>);

#[tcp_server(port = 0, packet = line(lf))]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        reply(data)
    }

    fn closed(&self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// A server in memory that speaks TLS, and a client of it that stays.
struct Play {
    server: Server,
    config: Arc<ClientConfig>,
    secrets: Secrets,
    ended: Arc<AtomicUsize>,
    connected: usize,
    bystander: Client<TlsStream<DuplexStream>>,
}

/// Gives the bytes to a server, and checks that their connection ends and nothing else does.
///
/// The first byte says where they come: at the beginning, behind a handshake as they are, or behind
/// a handshake as the content of records. Each of these begins with its kind and its length.
///
/// # Panics
///
/// If that doesn't hold.
pub fn end_their_connection_and_nothing_else(input: &[u8]) {
    thread_local! {
        static RUNTIME: Runtime = Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime starts");
        static PLAY: RefCell<Option<Play>> = const { RefCell::new(None) };
    }
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let mut play = match PLAY.take() {
                Some(play) => play,
                None => Play::begin().await,
            };
            play.ends(input).await;
            PLAY.set(Some(play));
        });
    });
}

impl Play {
    async fn begin() -> Self {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("it signs");
        let (cert, key) = (signed.cert.der().clone(), signed.signing_key.serialize_der());
        let mut roots = RootCertStore::empty();
        roots.add(cert.clone()).expect("it is a certificate");
        let mut client = forging_client(roots);
        let secrets = Secrets::of(&mut client);
        let tls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring knows them")
            .with_no_client_auth()
            .with_single_cert(vec![cert], PrivateKeyDer::Pkcs8(key.into()))
            .expect("they belong together");
        let (config, ended) = (Arc::new(client), Arc::default());
        let echo = with(Echo(Arc::clone(&ended)), Echo::OPTIONS.in_memory()).tls(Tls::from(tls));
        let server = start(echo).await.expect("it starts");
        let bystander = Client::over(shake_hands(&server, &config).await);
        Play {
            server,
            config,
            secrets,
            ended,
            connected: 0,
            bystander,
        }
    }

    async fn ends(&mut self, input: &[u8]) {
        let Some((&place, bytes)) = input.split_first() else {
            return;
        };
        let (stream, bytes) = match place % 3 {
            0 => (self.server.connect().await.expect("it runs"), bytes.to_vec()),
            1 => (
                shake_hands(&self.server, &self.config).await.into_inner().0,
                bytes.to_vec(),
            ),
            _ => {
                let (stream, session) = shake_hands(&self.server, &self.config).await.into_inner();
                let mut forger = Forger::new(session, &self.secrets);
                let records = records(bytes).map(|(kind, content)| match kind {
                    Some(kind) => forger.record(kind, content),
                    None => forger.key_update(),
                });
                (stream, records.collect::<Vec<_>>().concat())
            }
        };
        self.connected += 1;
        let (mut reads, mut writes) = tokio::io::split(stream);
        let begun = Instant::now();
        let write = async {
            // It may have closed already.
            let _ = writes.write_all(&bytes).await;
            let _ = writes.shutdown().await;
        };
        let mut rest = Vec::new();
        let both = async { tokio::join!(write, reads.read_to_end(&mut rest)) };
        let ended = timeout(ENDS, both).await;
        assert!(ended.is_ok(), "it stays open for {:?}", begun.elapsed());
        let (server, ended) = (&self.server, &self.ended);
        let connected = self.connected as u64;
        eventually("it has ended", || {
            server.info().failed_handshakes + ended.load(SeqCst) as u64 >= connected
        })
        .await;
        let info = server.info();
        assert_eq!(
            info.failed_handshakes + ended.load(SeqCst) as u64,
            connected,
            "one end each"
        );
        assert_eq!(info.restarts, 0);
        self.bystander.call("hello\n", "hello\n").await;
    }
}

async fn shake_hands(server: &Server, config: &Arc<ClientConfig>) -> TlsStream<DuplexStream> {
    let stream = server.connect().await.expect("it runs");
    let name = ServerName::try_from("localhost").expect("it is a name");
    let connector = TlsConnector::from(Arc::clone(config));
    connector.connect(name, stream).await.expect("they shake hands")
}

/// Returns kinds and contents of records; without a kind it is one that changes the keys.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = (Option<ContentType>, &[u8])> {
    std::iter::from_fn(move || {
        let (&[kind, length], rest) = bytes.split_first_chunk()?;
        let (content, rest) = rest.split_at(rest.len().min(length.into()));
        bytes = rest;
        // The content types that there are, and one that there isn't.
        let kind = (kind % 6 < 5).then(|| ContentType::from(20 + kind % 6));
        Some((kind, content))
    })
}

/// Returns a configuration of clients whose records can be forged.
///
/// # Panics
///
/// Never, as it is right.
pub fn forging_client(roots: RootCertStore) -> ClientConfig {
    let mut provider = ring::default_provider();
    provider.cipher_suites = vec![ring::cipher_suite::TLS13_AES_256_GCM_SHA384];
    ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&TLS13])
        .expect("ring knows it")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Returns the greeting of a client.
///
/// # Panics
///
/// Never, as its configuration is right.
pub fn greeting(config: Arc<ClientConfig>) -> Vec<u8> {
    let name = ServerName::try_from("localhost").expect("it is a name");
    let mut session = ClientConnection::new(config, name).expect("it is right");
    let mut bytes = Vec::new();
    session.write_tls(&mut bytes).expect("memory takes it");
    bytes
}

/// Returns what is no handshake, but may look like one.
pub fn malformed_handshake(random: &mut Random, greeting: &[u8]) -> Vec<u8> {
    match random.below(4) {
        // Anything at all.
        0 => any(random, 1, 200),
        // A record of anything.
        1 => {
            let content = any(random, 0, 300);
            let mut record = vec![22, 3, random.byte() % 5];
            record.extend((content.len() as u64).to_be_bytes().iter().skip(6));
            record.extend(content);
            record
        }
        // A greeting with some bytes changed.
        2 => {
            let mut greeting = greeting.to_vec();
            for _ in 0..=random.below(8) {
                let at = random.below(greeting.len());
                greeting[at] = random.byte();
            }
            greeting
        }
        // One that ends early.
        _ => greeting[..random.below(greeting.len())].to_vec(),
    }
}

/// Returns an input for [`end_their_connection_and_nothing_else`].
pub fn malformed(random: &mut Random, greeting: &[u8]) -> Vec<u8> {
    let place = random.byte() % 3;
    let mut input = vec![place];
    match place {
        0 => input.extend(malformed_handshake(random, greeting)),
        1 => {
            let content = any(random, 0, 300);
            input.extend([20 + random.byte() % 5, 3, 3]);
            input.extend((content.len() as u64).to_be_bytes().iter().skip(6));
            input.extend(content);
        }
        _ => {
            for _ in 0..=random.below(40) {
                // Often what rustls knows: an alert, a change of keys, nothing at all.
                let content = match random.below(4) {
                    0 => vec![1 + random.byte() % 2, random.byte() % 120],
                    1 => vec![24, 0, 0, 1, random.byte() % 3],
                    2 => Vec::new(),
                    _ => any(random, 0, 60),
                };
                input.push(random.byte());
                input.push(u8::try_from(content.len()).unwrap_or_default());
                input.extend(content);
            }
        }
    }
    input
}

fn any(random: &mut Random, least: usize, below: usize) -> Vec<u8> {
    (0..least + random.below(below)).map(|_| random.byte()).collect()
}
