//! Handles that outlive their server's runtime, and handles of a stopping server. Neither acts as a
//! live one.

#![allow(clippy::unused_self)] // a callback's signature is given

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};

use kai_tcp_server::{
    Action, ErrorKind, INFINITY, Options, Overload, Server, ServerState, Stopped, SuspendedPort, start, tcp_server,
    whereis, with,
};
use tokio::runtime::{Builder, Runtime};

struct Echo;

#[tcp_server(port = 0, packet = line(lf), shutdown = infinity)]
impl Echo {
    async fn handle_call(&self, data: &[u8]) -> Action {
        if data == b"wait" {
            std::future::pending::<()>().await;
        }
        reply(data.to_vec())
    }
}

fn runtimes() -> [Runtime; 2] {
    let (mut one, mut many) = (Builder::new_current_thread(), Builder::new_multi_thread());
    [&mut one, many.worker_threads(2)].map(|builder| builder.enable_all().build().unwrap())
}

fn is_free(addr: SocketAddr) {
    assert!(TcpStream::connect(addr).is_err(), "{addr} is open");
    TcpListener::bind(addr).unwrap();
}

/// Checks that no method of the handle waits or has an effect.
fn is_over(server: &Server) {
    let runtime = Builder::new_current_thread().build().unwrap();
    assert_eq!(server.info().state, ServerState::Stopped);
    assert_eq!(server.info().curr_connections, 0);
    let error = runtime.block_on(server.connect()).unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::NotRunning | ErrorKind::Options),
        "{error}"
    );
    answers_not_running(server, Echo::OPTIONS);
    runtime.block_on(async {
        assert_eq!(server.stop().await, Stopped::default());
        server.wait().await.unwrap();
    });
}

fn answers_not_running(server: &Server, options: Options) {
    let runtime = Builder::new_current_thread().build().unwrap();
    for result in [
        server.set_max_processes(7),
        server.suspend(SuspendedPort::Kept),
        server.suspend(SuspendedPort::Released),
        runtime.block_on(server.resume()),
        server.reload(options).map(drop),
    ] {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::NotRunning);
    }
}

#[test]
fn the_end_of_the_runtime_closes_the_ports_and_the_handle_says_so() {
    let free = "127.0.0.1:0".parse().unwrap();
    for options in [Echo::OPTIONS, Echo::OPTIONS.overload(Overload::Refuse).max_processes(1)] {
        for runtime in runtimes() {
            let options = options.health(free).name("echo");
            let server = runtime.block_on(start(with(Echo, options))).unwrap();
            let mut client = TcpStream::connect(server.local_addr()).unwrap();
            let client = runtime.block_on(async {
                tokio::task::spawn_blocking(move || {
                    client.write_all(b"hello\n").unwrap();
                    let mut answer = [0; 6];
                    client.read_exact(&mut answer).unwrap();
                    client
                })
                .await
                .unwrap()
            });
            drop(runtime);
            is_free(server.local_addr());
            is_free(server.health_addr().unwrap());
            assert!(whereis("echo").is_none());
            is_over(&server);
            drop(client);
        }
    }
}

#[test]
fn also_where_it_was_dropped_as_soon_as_it_had_started_or_while_it_was_suspended_or_stopped() {
    for runtime in runtimes() {
        let server = runtime.block_on(start(Echo)).unwrap();
        drop(runtime);
        is_free(server.local_addr());
        is_over(&server);
    }
    for port in [SuspendedPort::Kept, SuspendedPort::Released] {
        for runtime in runtimes() {
            let server = runtime.block_on(start(Echo)).unwrap();
            server.suspend(port).unwrap();
            drop(runtime);
            is_free(server.local_addr());
            is_over(&server);
        }
    }
    for runtime in runtimes() {
        let server = runtime
            .block_on(start(with(Echo, Echo::OPTIONS.stop_delay(INFINITY))))
            .unwrap();
        drop(server.stop());
        drop(runtime);
        is_free(server.local_addr());
        is_over(&server);
    }
}

#[test]
fn also_without_a_port() {
    for runtime in runtimes() {
        let server = runtime.block_on(start(with(Echo, Echo::OPTIONS.in_memory()))).unwrap();
        drop(runtime);
        is_over(&server);
    }
}

#[test]
fn while_a_server_stops_whatever_would_change_it_answers_that_it_does_not_run() {
    for (options, suspended) in [
        (Echo::OPTIONS, None),
        (Echo::OPTIONS.stop_delay(INFINITY), None),
        (Echo::OPTIONS.stop_delay(INFINITY), Some(SuspendedPort::Kept)),
        (Echo::OPTIONS.stop_delay(INFINITY), Some(SuspendedPort::Released)),
    ] {
        let [runtime, _] = runtimes();
        let server = runtime.block_on(async {
            let server = start(with(Echo, options)).await.unwrap();
            let mut client = kai_tcp_server_tests::Client::connect(server.local_addr()).await;
            client.send("wait\n").await;
            kai_tcp_server_tests::eventually("it waits", || server.info().calls == 1).await;
            if let Some(port) = suspended {
                server.suspend(port).unwrap();
            }
            drop(server.stop());
            server
        });
        assert_eq!(server.info().state, ServerState::Stopping);
        answers_not_running(&server, options.max_processes(7));
        assert_eq!(server.info().state, ServerState::Stopping);
        assert_ne!(server.info().max_processes, 7);
    }
}
