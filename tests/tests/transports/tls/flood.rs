//! Peers that send, in records that are right, nothing that anybody reads.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use kai_tcp_server::transport::{Listener, Transport};
use kai_tcp_server::{Action, LocalAddr, PeerAddr, Server, start_on, tcp_server, with};
use kai_tcp_server_tests::tls_records::{Forger, Secrets, forging_client};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf, duplex};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::coop::poll_proceed;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ContentType;

use super::{Setup, handshake};

/// So many reads give nothing to the protocol. Who reads them without a pause serves nobody else
/// meanwhile.
const READS: usize = 2_000;

/// The source of the records with which a peer floods its connection.
#[derive(Debug, Default)]
struct Source {
    forger: Option<Forger>,
    left: usize,
}

type Shared = Arc<Mutex<Source>>;

/// A transport on which, from some time on, there is always more to read, as on a socket whose peer
/// is faster than the server.
#[derive(Debug)]
struct Flooded {
    stream: DuplexStream,
    source: Shared,
}

impl Transport for Flooded {}

impl AsyncRead for Flooded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let mut source = self.source.lock().unwrap();
        if read.is_ready() || source.left == 0 {
            return read;
        }
        // As tokio's own do.
        let budget = ready!(poll_proceed(cx));
        source.left -= 1;
        // Many of one kind are an error to rustls. The two have 49 bytes.
        for _ in 0..buf.remaining() / 49 {
            let forger = source.forger.as_mut().unwrap();
            buf.put_slice(&forger.record(ContentType::ApplicationData, &[]));
            buf.put_slice(&forger.key_update());
        }
        budget.made_progress();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Flooded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[derive(Debug)]
struct Port(UnboundedReceiver<Flooded>);

impl Listener for Port {
    type Transport = Flooded;

    fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Flooded, PeerAddr)>> {
        let arrived = self.0.poll_recv(cx);
        arrived.map(|arrived| {
            Ok((
                arrived.ok_or(io::ErrorKind::NotConnected)?,
                PeerAddr::Other("a test".into()),
            ))
        })
    }

    fn local_addr(&self) -> LocalAddr {
        LocalAddr::Other("a test".into())
    }
}

struct Waits(UnboundedSender<()>, Arc<Notify>);

#[tcp_server(port = 0, packet = line(lf))]
impl Waits {
    async fn handle_call(&self, data: &[u8]) -> Action {
        if data == b"wait" {
            let _ = self.0.send(());
            self.1.notified().await;
        }
        reply(data)
    }
}

struct Play {
    setup: Setup,
    server: Server,
    clients: UnboundedSender<Flooded>,
    waits: UnboundedReceiver<()>,
    go: Arc<Notify>,
}

impl Play {
    async fn new() -> Self {
        let setup = Setup::new();
        let (clients, port) = unbounded_channel();
        let (tell, waits) = unbounded_channel();
        let go = Arc::<Notify>::default();
        let server = with(Waits(tell, Arc::clone(&go)), Waits::OPTIONS).tls(setup.tls());
        let server = start_on(server, Port(port)).await.unwrap();
        Play {
            setup,
            server,
            clients,
            waits,
            go,
        }
    }

    async fn connect(&self) -> (TlsStream<DuplexStream>, Shared, Secrets) {
        let (stream, client) = duplex(64 * 1024);
        let source = Shared::default();
        let flooded = Flooded {
            stream,
            source: Arc::clone(&source),
        };
        self.clients.send(flooded).unwrap();
        let mut config = forging_client(self.setup.authority.roots());
        let secrets = Secrets::of(&mut config);
        let client = handshake(client, "localhost", config).await.unwrap();
        (client, source, secrets)
    }
}

/// Nor do they keep the connection from going on.
async fn records_of_nothing_keep_nobody_waiting(waits: bool) {
    let mut play = Play::new().await;
    let mut beside = Client::over(play.connect().await.0);
    beside.call("hello\n", "hello\n").await;
    let (mut client, source, secrets) = play.connect().await;
    if waits {
        client.write_all(b"wait\n").await.unwrap();
        client.flush().await.unwrap();
        next(&mut play.waits).await.unwrap();
    } else {
        Client::over(&mut client).call("hello\n", "hello\n").await;
    }
    let (mut stream, session) = client.into_inner();
    let mut forger = Forger::new(session, &secrets);
    let first = forger.record(ContentType::ApplicationData, &[]);
    *source.lock().unwrap() = Source {
        forger: Some(forger),
        left: READS,
    };
    // By this the server begins to read.
    stream.write_all(&first).await.unwrap();
    beside.call("hello\n", "hello\n").await;
    let left = source.lock().unwrap().left;
    assert!(left < READS - 1, "they are read");
    assert!(left > 0, "nobody was served until the end");
    assert_eq!(play.server.info().curr_connections, 2);
    play.go.notify_one();
    drop((stream, beside));
    play.server.stop().await;
}

#[tokio::test]
async fn records_of_nothing_without_end_keep_nobody_else_waiting_while_a_call_waits() {
    records_of_nothing_keep_nobody_waiting(true).await;
}

#[tokio::test]
async fn records_of_nothing_without_end_keep_nobody_else_waiting_while_a_frame_is_awaited() {
    records_of_nothing_keep_nobody_waiting(false).await;
}
