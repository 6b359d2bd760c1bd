//! `run` on several cores: a free process is available on every core, even while a callback blocks
//! one of the cores.

use std::net::SocketAddr;
use std::num::NonZero;
use std::process::Command;

use kai_tcp_server_tests::{Client, Example, available};

/// Starts a program whose calls block their core; `None` on a machine with one core.
fn holding(command: &mut Command, max_processes: usize) -> Option<Example> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    (cores > 1).then(|| Example::run(command.arg(max_processes.to_string())))
}

fn hold(max_processes: usize) -> Option<Example> {
    holding(&mut Command::new(env!("CARGO_BIN_EXE_hold")), max_processes)
}

/// Connects a client; returns it and the core that serves it.
async fn served(addr: SocketAddr) -> (Client, String) {
    let mut client = Client::connect(addr).await;
    client.send("core\n").await;
    let mut core = client.line().await;
    core.pop();
    (client, core)
}

/// Connects this number of clients at the same time.
async fn served_at_once(addr: SocketAddr, count: usize) -> Vec<(Client, String)> {
    let mut clients = Vec::new();
    for _ in 0..count {
        clients.push(served(addr).await);
    }
    clients
}

/// Blocks the core that serves a client.
async fn block(program: &Example, (mut client, core): (Client, String)) -> (Client, String) {
    client.send("hold\n").await;
    program.line_with("a call holds its core");
    (client, core)
}

#[tokio::test]
async fn all_processes_but_the_one_that_blocks_are_reachable() {
    let Some(program) = hold(8) else { return };
    let addr = program.addr();
    // All of them, on any core: each core keeps the acceptors that wait there.
    drop(served_at_once(addr, 8).await);
    let first = served(addr).await;
    let (_blocked, core) = block(&program, first).await;
    let clients = served_at_once(addr, 7).await;
    assert!(clients.iter().all(|(_, other)| *other != core));
}

#[tokio::test]
async fn who_came_while_a_core_was_blocked_strands_nobody_there_later() {
    let Some(program) = hold(8) else { return };
    let addr = program.addr();
    let first = served(addr).await;
    let (mut blocked, core) = block(&program, first).await;
    let mut others = served_at_once(addr, 7).await;
    others[0].0.send("release\n").await;
    blocked.expect("released\n").await;
    drop((blocked, others));
    // Now block the other core, which has all processes but one.
    let other = loop {
        let client = served(addr).await;
        if client.1 != core {
            break client;
        }
    };
    let _blocked = block(&program, other).await;
    let clients = served_at_once(addr, 7).await;
    assert!(clients.iter().all(|(_, here)| *here == core));
}

#[tokio::test]
async fn after_max_processes_was_lowered_each_core_serves_still() {
    let Some(program) = hold(8) else { return };
    let addr = program.addr();
    let mut clients = served_at_once(addr, 8).await;
    clients[0].0.call("max 2\n", "set\n").await;
    drop(clients);
    for _ in 0..4 {
        let first = served(addr).await;
        let (mut blocked, core) = block(&program, first).await;
        let (mut second, other) = served(addr).await;
        assert_ne!(core, other);
        second.send("release\n").await;
        blocked.expect("released\n").await;
    }
}

/// The refuser runs on none of the cores' threads.
#[tokio::test]
async fn while_all_cores_are_blocked_who_comes_is_refused_all_the_same() {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut command = Command::new(env!("CARGO_BIN_EXE_hold"));
    let program = Example::run(command.args([&cores.to_string(), "busy\n"]));
    let addr = program.addr();
    let mut blocked = Vec::new();
    for _ in 0..cores {
        // A core that isn't blocked yet serves each.
        let client = served(addr).await;
        blocked.push(block(&program, client).await);
    }
    for _ in 0..3 {
        let mut client = Client::connect(addr).await;
        client.expect("busy\n").await;
        client.expect_eof().await;
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_core_that_was_blocked_while_descriptors_were_short_accepts_again() {
    if !available("prlimit", &["--version"], "apt install util-linux") {
        return;
    }
    // Each core has some descriptors of its own, among them a duplicate of the port's.
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut command = Command::new("prlimit");
    command.arg(format!("--nofile={}", 20 + 5 * cores));
    command.args(["--", env!("CARGO_BIN_EXE_hold")]);
    let Some(program) = holding(&mut command, 100) else {
        return;
    };
    let addr = program.addr();
    let first = served(addr).await;
    let mut others = Vec::new();
    while others.len() < 3 {
        let client = served(addr).await;
        if client.1 != first.1 {
            others.push(client);
        }
    }
    let mut waiting = Vec::new();
    for _ in 0..40 {
        waiting.push(Client::connect(addr).await);
    }
    program.line_with("accepting pauses");
    // All cores wake for these, and wait for the end of the pause. One of them doesn't see it.
    for _ in 0..4 {
        waiting.push(Client::connect(addr).await);
    }
    let (mut blocked, core) = block(&program, first).await;
    // The connections of the free core make room.
    let (mut client, elsewhere) = others.pop().unwrap();
    drop((waiting, others));
    program.line_with("accepting works again");
    client.send("release\n").await;
    blocked.expect("released\n").await;
    let _blocked = block(&program, (client, elsewhere)).await;
    let (_client, here) = served(addr).await;
    assert_eq!(here, core);
}
