//! Listeners of the program's own: their end, their errors, and what they are asked for.

use super::*;

#[tokio::test]
async fn at_a_stop_those_who_wait_are_closed_in_good_order_and_the_listener_is_dropped() {
    let play = play(Echo::OPTIONS.max_processes(1)).await;
    let mut served = play.clients.connect();
    served.call("hello\n", "hello\n").await;
    let step: Step = |at| {
        SHUT_DOWN.fetch_add(usize::from(at == At::Shutdown), SeqCst);
        Ok(())
    };
    let mut waiting = [(); 3].map(|()| play.clients.connect_by(|duct| duct.step = step));
    let stopping = play.server.stop();
    for client in &mut waiting {
        client.expect_eof().await;
    }
    drop(waiting);
    served.expect_eof().await;
    drop(served);
    stopping.await;
    assert_eq!(SHUT_DOWN.load(SeqCst), 3);
    play.clients.are_given_up().await;
}

#[tokio::test]
async fn suspended_it_is_not_asked_and_released_it_is_given_up() {
    let play = play(Echo::OPTIONS).await;
    play.server.suspend(SuspendedPort::Kept).unwrap();
    let mut client = play.clients.connect();
    client.send("waits\n").await;
    assert!(play.clients.are_heard());
    play.server.resume().await.unwrap();
    client.expect("waits\n").await;
    play.server.suspend(SuspendedPort::Released).unwrap();
    play.clients.are_given_up().await;
    let error = play.server.resume().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    assert!(error.to_string().contains("was released"), "{error}");
    // A client that is served notices nothing.
    client.call("hello\n", "hello\n").await;
    drop(client);
    play.server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn after_an_error_of_one_connection_the_next_is_accepted_and_after_others_accepting_pauses() {
    let play = play(Echo::OPTIONS).await;
    let answers: [(port::Answer, bool); 3] = [
        (Box::new(|| Err(io::ErrorKind::ConnectionAborted.into())), false),
        (Box::new(|| Err(io::Error::other("strange"))), true),
        (Box::new(|| panic!("a listener of a test's")), true),
    ];
    for (answer, pauses) in answers {
        // Whoever is served accepts for others, and leaves errors to those who meet them next.
        eventually("nobody is served", || play.server.info().curr_connections == 0).await;
        let begun = Instant::now();
        play.clients.answer(answer);
        play.goes_on().await;
        assert_eq!(
            begun.elapsed() >= Duration::from_millis(100),
            pauses,
            "{:?}",
            begun.elapsed()
        );
    }
}

#[tokio::test]
async fn a_listener_that_is_lost_ends_the_server() {
    let Play { server, clients, .. } = play(Echo::OPTIONS).await;
    drop(clients);
    assert_eq!(server.wait().await.unwrap_err().kind(), ErrorKind::RestartIntensity);
}

#[tokio::test(start_paused = true)]
async fn at_a_stop_a_listener_is_asked_for_no_more_than_1024() {
    let play = play(Echo::OPTIONS.max_processes(1)).await;
    let mut served = play.clients.connect();
    served.call("hello\n", "hello\n").await;
    let step: Step = |at| {
        MANY_SHUT_DOWN.fetch_add(usize::from(at == At::Shutdown), SeqCst);
        Ok(())
    };
    let waiting: Vec<_> = (0..1_500)
        .map(|_| play.clients.connect_by(|duct| duct.step = step))
        .collect();
    let stopping = play.server.stop();
    served.expect_eof().await;
    drop(served);
    stopping.await;
    assert_eq!(MANY_SHUT_DOWN.load(SeqCst), 1024);
    drop(waiting);
    play.clients.are_given_up().await;
}

/// A listener that panics when it is asked where it is, unless it knows, and when it is dropped.
#[derive(Debug)]
struct Broken {
    knows: bool,
}

impl Listener for Broken {
    type Transport = Duct;

    fn poll_accept(&mut self, _: &mut Context<'_>) -> Poll<io::Result<(Duct, PeerAddr)>> {
        Poll::Pending
    }

    fn local_addr(&self) -> LocalAddr {
        assert!(self.knows, "a listener of a test's");
        LocalAddr::Other("a test".into())
    }
}

impl Drop for Broken {
    fn drop(&mut self) {
        panic!("a listener of a test's");
    }
}

#[tokio::test]
async fn a_listener_that_panics_where_no_connection_is_served_is_an_error_or_nothing() {
    let echo = || Echo(unbounded_channel().0);
    let error = start_on(echo(), Broken { knows: false }).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Listen);
    let server = start_on(echo(), Broken { knows: true }).await.unwrap();
    server.stop().await;
    server.wait().await.unwrap();
}
