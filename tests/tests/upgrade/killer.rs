//! Processes that are killed at random moments of the handover.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Random};
use rustix::process::Signal;
use tokio::time::sleep;

use crate::chain::{Chain, children, moment, runs, signal};
use crate::load::{Load, Seen};

const CLIENTS: usize = 10;
const IN_FLIGHT: usize = 20;

/// The words of a new process that has nothing more to take over, or can't take anything.
const NO_MORE: [&str; 2] = ["taken over from the old process", "begins anew"];

/// A program with clients that are answered.
struct Scene {
    chain: Chain,
    load: Load,
    addr: SocketAddr,
    /// The time that a replacement takes.
    takes: Duration,
}

impl Scene {
    async fn begin() -> Self {
        let mut chain = Chain::start(&[], &[]);
        let addr = chain.addr().await;
        let load = Load::begin(addr, CLIENTS, IN_FLIGHT).await;
        load.answers(100).await;
        let begin = Instant::now();
        chain.replace().await;
        let takes = begin.elapsed();
        chain.line_with(&NO_MORE).await;
        Scene {
            chain,
            load,
            addr,
            takes,
        }
    }

    /// Asks for an upgrade, and waits for a moment of it.
    async fn ask(&self, random: &mut Random) {
        self.load.answers(100).await;
        self.chain.ask();
        let span = usize::try_from(self.takes.as_micros()).unwrap() * 5 / 4 + 1;
        sleep(Duration::from_micros(random.below(span) as u64)).await;
    }

    async fn end(self) -> Seen {
        let seen = self.load.end().await;
        assert!(seen.wrong.is_empty(), "{:?}", seen.wrong);
        drop(self.chain);
        seen
    }
}

/// Kills the new process so often; returns how often before and after it said that it serves.
async fn kill_new_ones(times: usize, seed: u64) -> (usize, usize) {
    let (mut before, mut after) = (0, 0);
    let mut random = Random(seed);
    let mut scene = Scene::begin().await;
    while before + after < times {
        scene.ask(&mut random).await;
        let old = scene.chain.serving;
        let mut new = None;
        // An old process that is gone has been replaced.
        while new.is_none() && runs(old) {
            new = children(old).pop();
            moment().await;
        }
        if let Some(new) = new {
            signal(new, Signal::KILL);
        }
        if scene.chain.upgraded().await {
            after += 1;
            // Its connections have ended with it; nothing was answered twice.
            scene.end().await;
            scene = Scene::begin().await;
        } else {
            before += 1;
            let answers = scene.load.answers.load(std::sync::atomic::Ordering::SeqCst);
            scene.load.answers(100).await;
            assert!(scene.load.answers.load(std::sync::atomic::Ordering::SeqCst) >= answers + 100);
            assert!(
                scene.load.all_there(),
                "a connection is lost with a process that didn't serve it"
            );
            let mut client = Client::connect(scene.addr).await;
            client.call("x\n", format!("x 1 {}\n", scene.chain.serving)).await;
        }
    }
    scene.load.end().await.is_whole();
    scene.chain.stop().await;
    (before, after)
}

/// The fate of a program whose old process was killed.
#[derive(Debug, Default)]
struct OldKilled {
    /// No new process was there, or none that had what it needs.
    alone: usize,
    /// The new process has taken the port over, and no connection.
    port: usize,
    /// The new process has taken some connections over.
    some: usize,
    /// It has taken all of them over.
    all: usize,
}

/// Kills the old process so often.
async fn kill_old_ones(times: usize, seed: u64) -> OldKilled {
    let mut random = Random(seed);
    let mut outcome = OldKilled::default();
    for _ in 0..times {
        let mut scene = Scene::begin().await;
        scene.ask(&mut random).await;
        let old = scene.chain.serving;
        signal(old, Signal::KILL);
        let taken = match scene.chain.line_or_end(&NO_MORE).await {
            Some(line) if line.contains(NO_MORE[0]) => connections(&line),
            // It began anew, or ended.
            _ => {
                outcome.alone += 1;
                assert_eq!(scene.end().await.lost, CLIENTS);
                continue;
            }
        };
        match taken {
            0 => outcome.port += 1,
            CLIENTS => outcome.all += 1,
            _ => outcome.some += 1,
        }
        let mut client = Client::connect(scene.addr).await;
        client.send("x\n").await;
        assert!(!client.line().await.contains(&old.to_string()), "a new process answers");
        scene.load.answers(if taken > 0 { 100 } else { 0 }).await;
        let what = scene.end().await;
        assert_eq!(
            CLIENTS - what.lost,
            taken,
            "what was taken over goes on: {:?}",
            what.last
        );
    }
    outcome
}

/// Returns how many connections a new process says that it has taken over.
fn connections(line: &str) -> usize {
    let (_, rest) = line.split_once("from the old process: ").expect("it says so");
    rest.split(' ').next().and_then(|n| n.parse().ok()).expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_process_that_is_killed_before_it_serves_takes_no_connection_with_it() {
    let counts = kill_new_ones(30, 11).await;
    println!("killed before and after it served: {counts:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_handed_over_goes_on_when_the_old_process_is_killed() {
    let outcome = kill_old_ones(20, 12).await;
    println!("{outcome:?}");
}

fn by_hand(default: u64, variable: &str) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn a_thousand_kills() {
    let (times, seed) = (usize::try_from(by_hand(500, "KILLS")).unwrap(), by_hand(1, "SEED"));
    println!(
        "new ones killed before and after they served: {:?}",
        kill_new_ones(times, seed).await
    );
    println!("old ones: {:?}", kill_old_ones(times, seed + 1).await);
}
