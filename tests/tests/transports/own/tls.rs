//! TLS over a listener of the program's own.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use kai_tcp_server::{Options, start_on, with};
use kai_tcp_server_tests::{Client, eventually};
use tokio::io::DuplexStream;
use tokio::sync::mpsc::unbounded_channel;
use tokio_rustls::client::TlsStream;

use super::port::{At, Clients, Duct};
use super::{Echo, Play};
use crate::tls::{Setup, handshake};

async fn play(setup: &Setup, options: Options) -> Play {
    let (port, clients) = Clients::new();
    let (tell, ends) = unbounded_channel();
    let server = start_on(with(Echo(tell), options).tls(setup.tls()), port)
        .await
        .unwrap();
    Play { server, clients, ends }
}

async fn connect(play: &Play, setup: &Setup, change: impl FnOnce(&mut Duct)) -> Client<TlsStream<DuplexStream>> {
    let stream = play.clients.connect_by(change).into_inner();
    Client::over(handshake(stream, "localhost", setup.authority.client()).await.unwrap())
}

/// The number of times that a transport was given its options.
static GIVEN: AtomicUsize = AtomicUsize::new(0);

#[tokio::test(start_paused = true)]
async fn the_transport_below_is_given_its_options_and_flushed() {
    let setup = Setup::new();
    let play = play(&setup, Echo::OPTIONS).await;
    let mut client = connect(&play, &setup, |duct| {
        duct.kept = Some(Vec::new());
        duct.step = |at| {
            GIVEN.fetch_add(usize::from(at == At::Options), SeqCst);
            Ok(())
        };
    })
    .await;
    client.call("hello\n", "hello\n").await;
    client.call("again\nand again\n", "again\nand again\n").await;
    client.call("large\n", "x".repeat(100_000) + "\n").await;
    assert_eq!(GIVEN.load(SeqCst), 1);
}

/// The number of waiting clients that the server said goodbye to.
static SHUT_DOWN: AtomicUsize = AtomicUsize::new(0);

#[tokio::test]
async fn at_a_stop_those_who_wait_are_closed_in_good_order() {
    let setup = Setup::new();
    let play = play(&setup, Echo::OPTIONS.max_processes(1)).await;
    let mut served = connect(&play, &setup, |_| {}).await;
    served.call("hello\n", "hello\n").await;
    let mut waiting = [(); 3].map(|()| {
        play.clients.connect_by(|duct| {
            duct.step = |at| {
                SHUT_DOWN.fetch_add(usize::from(at == At::Shutdown), SeqCst);
                Ok(())
            };
        })
    });
    let stopping = play.server.stop();
    for client in &mut waiting {
        client.expect_eof().await;
    }
    drop(waiting);
    served.expect_eof().await;
    drop(served);
    stopping.await;
    eventually("they are said goodbye", || SHUT_DOWN.load(SeqCst) == 3).await;
    play.clients.are_given_up().await;
}
