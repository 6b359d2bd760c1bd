//! STARTTLS: a connection begins in plain, and a callback encrypts it.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use kai_tcp_server::{Action, CloseReason, Failure, Options, Result, Server, Socket, start, tcp_server, with};
use kai_tcp_server_tests::{Client, next};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout};
use tokio_rustls::client::TlsStream;

use super::handshakes::ByHand;
use super::{Setup, handshake};

/// A little of SMTP.
struct Mail(UnboundedSender<String>);

#[tcp_server(port = 0, packet = line(crlf), handshake_timeout = "3s")]
impl Mail {
    fn connected(&self) {}

    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
        self.tell(format!("call {}", data.escape_ascii()));
        match data {
            b"STARTTLS" if socket.tls().is_some() => {
                let again = socket.start_tls().await.map_err(|error| error.kind());
                Ok(reply(format_args!("503 {again:?}")))
            }
            b"STARTTLS" => {
                socket.send("220 go ahead").await?;
                socket.start_tls().await?;
                Ok(noreply)
            }
            b"STARTTLS ELSEWHERE" => {
                socket.send("220 go ahead").await?;
                by_its_own_waker(socket.start_tls()).await?;
                Ok(noreply)
            }
            // It goes on whatever came of it.
            b"STARTTLS ANYHOW" => {
                socket.send("220 go ahead").await?;
                let started = socket.start_tls().await.map_err(|error| error.kind());
                self.tell(format!("{started:?}"));
                let received = socket.recv().await.map_err(|error| error.kind());
                self.tell(format!("{received:?}"));
                let sent = socket.send("in plain").await.map_err(|error| error.kind());
                self.tell(format!("{sent:?}"));
                let read = socket.read_u8().await.map_err(|error| error.kind());
                self.tell(format!("{read:?}"));
                Ok(reply("in plain"))
            }
            // A handler that gives up the handshake.
            b"STARTTLS BRIEFLY" => {
                socket.send("220 go ahead").await?;
                let started = timeout(Duration::from_millis(50), socket.start_tls()).await;
                self.tell(format!("{}", started.is_err()));
                Ok(reply("in plain"))
            }
            b"QUIT" => Ok(close("221 bye")),
            _ => Ok(reply(data)),
        }
    }

    fn failed(&self, failure: &Failure) -> Action {
        self.tell(format!("failed {failure}"));
        reply("500 in plain")
    }

    fn closed(&self, reason: CloseReason) {
        self.tell(format!("closed {reason:?}"));
    }
}

impl Mail {
    fn tell(&self, event: String) {
        let _ = self.0.send(event);
    }
}

pub(super) async fn mail(
    setup: &Setup,
    change: impl FnOnce(Options) -> Options,
) -> (Server, UnboundedReceiver<String>) {
    let (tell, told) = unbounded_channel();
    let options = change(setup.options(Mail::OPTIONS).tls_starttls(true));
    (start(with(Mail(tell), options)).await.unwrap(), told)
}

pub(super) async fn tells(told: &mut UnboundedReceiver<String>, events: &[&str]) {
    for event in events {
        assert_eq!(next(told).await.as_deref(), Some(*event));
    }
}

pub(super) async fn encrypt(mut plain: Client, setup: &Setup) -> Client<TlsStream<TcpStream>> {
    plain.call("STARTTLS\r\n", "220 go ahead\r\n").await;
    let stream = plain.into_inner();
    Client::over(handshake(stream, "localhost", setup.authority.client()).await.unwrap())
}

#[tokio::test]
async fn a_connection_begins_in_plain_and_goes_on_in_tls() {
    let setup = Setup::new();
    let (server, _told) = mail(&setup, |options| options).await;
    let mut plain = Client::connect(server.local_addr()).await;
    plain.call("EHLO me\r\n", "EHLO me\r\n").await;
    let mut client = encrypt(plain, &setup).await;
    client.call("EHLO me\r\n", "EHLO me\r\n").await;
    client.call("STARTTLS\r\n", "503 Err(Handshake)\r\n").await;
    client.call("QUIT\r\n", "221 bye\r\n").await;
    client.expect_eof().await;
    assert_eq!(server.info().failed_handshakes, 0);
    server.stop().await;
}

/// The bytes that somebody on the way puts behind the request, to be taken for the client's own
/// words in TLS.
#[tokio::test]
async fn plain_bytes_behind_the_request_are_refused_whole_and_in_part() {
    let setup = Setup::new();
    let (server, mut told) = mail(&setup, |options| options).await;
    for injected in ["RCPT TO:<evil>\r\n", "RCPT TO:<ev", "x", "\r\n"] {
        let mut client = Client::connect(server.local_addr()).await;
        client.send(format!("STARTTLS\r\n{injected}")).await;
        client.expect("220 go ahead\r\n").await;
        client.expect_gone().await;
        tells(&mut told, &["call STARTTLS", "closed Handshake"]).await;
    }
    assert_eq!(server.info().failed_handshakes, 4);
    assert_eq!(server.info().calls, 4);
    server.stop().await;
}

/// Whoever put them there leaves the rest to the client.
#[tokio::test]
async fn no_handshake_follows_plain_bytes_behind_the_request() {
    let setup = Setup::new();
    let (server, mut told) = mail(&setup, |options| options).await;
    for injected in ["RCPT TO:<evil>\r\n", "RCPT TO:<ev"] {
        let mut client = Client::connect(server.local_addr()).await;
        client.send(format!("STARTTLS\r\n{injected}")).await;
        client.expect("220 go ahead\r\n").await;
        let shaken = handshake(client.into_inner(), "localhost", setup.authority.client()).await;
        assert!(shaken.is_err(), "{injected:?}");
        tells(&mut told, &["call STARTTLS", "closed Handshake"]).await;
    }
    server.stop().await;
}

/// Polls a future only when its own waker was woken, as `select_all` and the like do.
async fn by_its_own_waker<F: Future>(future: F) -> F::Output {
    struct Own {
        woken: AtomicBool,
        task: Mutex<Option<Waker>>,
    }
    impl Wake for Own {
        fn wake(self: Arc<Self>) {
            self.woken.store(true, SeqCst);
            if let Some(task) = self.task.lock().unwrap().take() {
                task.wake();
            }
        }
    }
    let own = Arc::new(Own {
        woken: AtomicBool::new(true),
        task: Mutex::new(None),
    });
    let mut future = pin!(future);
    poll_fn(|cx| {
        *own.task.lock().unwrap() = Some(cx.waker().clone());
        if !own.woken.swap(false, SeqCst) {
            return Poll::Pending;
        }
        let waker = Waker::from(Arc::clone(&own));
        future.as_mut().poll(&mut Context::from_waker(&waker))
    })
    .await
}

#[tokio::test]
async fn a_handshake_is_woken_by_its_own_waker() {
    let setup = Setup::new();
    let (server, _told) = mail(&setup, |options| options).await;
    for _ in 0..3 {
        let mut plain = Client::connect(server.local_addr()).await;
        plain.call("STARTTLS ELSEWHERE\r\n", "220 go ahead\r\n").await;
        let stream = handshake(plain.into_inner(), "localhost", setup.authority.client()).await;
        let mut client = Client::over(stream.unwrap());
        client.call("QUIT\r\n", "221 bye\r\n").await;
        client.expect_eof().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn plain_bytes_that_come_after_the_invitation_are_no_handshake() {
    let setup = Setup::new();
    let (server, mut told) = mail(&setup, |options| options).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("STARTTLS\r\n", "220 go ahead\r\n").await;
    client.send("RCPT TO:<evil>\r\n").await;
    client.expect_gone().await;
    tells(&mut told, &["call STARTTLS", "closed Handshake"]).await;
    server.stop().await;
}

#[tokio::test]
async fn after_a_failure_nothing_goes_on_in_plain_whatever_the_handler_does() {
    let setup = Setup::new();
    let (server, mut told) = mail(&setup, |options| options).await;
    for behind in ["EHLO evil\r\nEHLO evil\r\n", "EHLO ev"] {
        let mut client = Client::connect(server.local_addr()).await;
        client.send(format!("STARTTLS ANYHOW\r\n{behind}")).await;
        client.expect("220 go ahead\r\n").await;
        client.expect_eof_or_reset().await;
        let handshake = "Err(Handshake)";
        let events = [
            "call STARTTLS ANYHOW",
            handshake,
            handshake,
            handshake,
            "Err(ConnectionAborted)",
            "closed Handshake",
        ];
        tells(&mut told, &events).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_handshake_that_a_handler_drops_ends_the_connection() {
    let setup = Setup::new();
    let (server, mut told) = mail(&setup, |options| options).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("STARTTLS BRIEFLY\r\n", "220 go ahead\r\n").await;
    client.expect_eof_or_reset().await;
    tells(&mut told, &["call STARTTLS BRIEFLY", "true", "closed Handshake"]).await;
    server.stop().await;
}

#[tokio::test]
async fn a_handshake_in_the_middle_has_a_time_limit() {
    let setup = Setup::new();
    let (server, mut told) = mail(&setup, |options| options).await;
    let begun = Instant::now();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("STARTTLS\r\n", "220 go ahead\r\n").await;
    // The beginning of a record.
    client.send([22, 3]).await;
    client.expect_gone().await;
    tells(&mut told, &["call STARTTLS", "closed Handshake"]).await;
    assert!(begun.elapsed() >= Duration::from_secs(3), "{:?}", begun.elapsed());
    server.stop().await;
}

#[tokio::test]
async fn a_port_without_tls_starts_none_and_goes_on_in_plain_no_more() {
    let (tell, mut told) = unbounded_channel();
    let server = start(Mail(tell)).await.unwrap();
    let mut client = Client::connect(server.local_addr()).await;
    client.call("STARTTLS\r\n", "220 go ahead\r\n").await;
    client.expect_eof_or_reset().await;
    tells(&mut told, &["call STARTTLS", "closed Handshake"]).await;
    server.stop().await;
}

/// A client that closes during the handshake, and one that shows up with an unknown authority.
#[tokio::test]
async fn a_client_that_breaks_off_ends_its_connection() {
    let setup = Setup::new();
    let (server, mut told) = mail(&setup, |options| options).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("STARTTLS\r\n", "220 go ahead\r\n").await;
    client.stream().shutdown().await.unwrap();
    client.expect_gone().await;
    tells(&mut told, &["call STARTTLS", "closed Handshake"]).await;
    let mut plain = Client::connect(server.local_addr()).await;
    plain.call("STARTTLS\r\n", "220 go ahead\r\n").await;
    let stranger = super::Authority::new().client();
    assert!(handshake(plain.into_inner(), "localhost", stranger).await.is_err());
    tells(&mut told, &["call STARTTLS", "closed Handshake"]).await;
    server.stop().await;
}

#[tokio::test]
async fn whose_certificate_is_refused_in_the_middle_reads_why_too() {
    let setup = Setup::new();
    let ca = setup.folder.write("ca.pem", &super::Authority::new().pem);
    let (server, mut told) = mail(&setup, |options| options.tls_client_ca(ca)).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.call("STARTTLS\r\n", "220 go ahead\r\n").await;
    let client = ByHand::over(&setup, client.into_inner());
    client.reads_that_it_shows_no_certificate().await;
    tells(&mut told, &["call STARTTLS", "closed Handshake"]).await;
    server.stop().await;
}
