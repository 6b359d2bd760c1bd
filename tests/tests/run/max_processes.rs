//! `max_processes` is exact under `run` too.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use kai_tcp_server_tests::{Client, Example, come_and_go};
use tokio::io::AsyncReadExt as _;

/// Under `run` an acceptor may wait on another thread than the one that serves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_run_it_holds_though_acceptors_are_killed() {
    const MAX: usize = 3;
    let probe = Example::run(Command::new(env!("CARGO_BIN_EXE_run_probe")).arg("counting"));
    let addr = probe.addr();
    let kill = async |number: usize| {
        let mut client = Client::connect(addr).await;
        client.send(format!("kill {number}\n")).await;
        // An answer, or the end if it killed the acceptor that serves it.
        let _ = client.stream().read(&mut [0; 16]).await;
    };
    let stop = Arc::new(AtomicBool::new(false));
    let churn: Vec<_> = (0..6)
        .map(|n| tokio::spawn(come_and_go(addr, Arc::clone(&stop), n)))
        .collect();
    for n in 0..200 {
        kill(n % MAX + 1).await;
    }
    stop.store(true, SeqCst);
    for client in churn {
        client.await.unwrap();
    }
    // Most of the acceptors that are killed now wait.
    for n in 0..100 {
        kill(n % MAX + 1).await;
    }
    let mut clients = Vec::new();
    for _ in 0..MAX {
        let mut client = Client::connect(addr).await;
        client.call("hello\n", "hello\n").await;
        clients.push(client);
    }
    let mut next = Client::connect(addr).await;
    next.send("hello\n").await;
    clients[0].send("restarts\n").await;
    assert_ne!(clients[0].line().await.trim(), "0");
    drop(clients.pop());
    next.expect("hello\n").await;
    drop((clients, next));
    probe.signal("TERM");
    let (success, log) = probe.wait();
    let told = "at most 3 were served at a time, 0 are left";
    assert!(success && log.iter().any(|line| line == told), "{log:?}");
}
