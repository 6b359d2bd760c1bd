//! The time of a broadcast to 10,000 members, compared with a loop over `try_send` by hand:
//! `cargo bench -p kai-tcp-server-benches --bench broadcast`.
//!
//! Both kinds of members are there from the start, on one thread. A round is one broadcast to each
//! kind, in an order that alternates, and the wait until all clients have it; the times are those
//! of the broadcast alone, and of all of it. The ratio of a round is one value; the result is the
//! median of all rounds with its 95 % confidence interval. The program fails if even the lower end
//! is over the bound.

#![allow(
    clippy::cast_precision_loss,      // of the statistics: counts stay far below 2^52
    clippy::cast_possible_truncation, // and places in a list are no negative numbers
    clippy::cast_sign_loss
)]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

use self::members::Members;
use self::stats::Estimate;

mod members;
#[expect(dead_code, reason = "the comparison of servers uses the rest")]
#[path = "compare/stats.rs"]
mod stats;

const MEMBERS: usize = 10_000;
const ROUNDS: usize = 200;
/// The most that a broadcast may take, compared with the loop by hand.
const BOUND: f64 = 1.5;

/// The times of one broadcast: of itself, and until all clients have it.
async fn time(members: &mut Members) -> [Duration; 2] {
    let begin = Instant::now();
    let sent = members.broadcast();
    let told = begin.elapsed();
    assert_eq!(sent, MEMBERS);
    members.receive().await;
    [told, begin.elapsed()]
}

fn main() -> ExitCode {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let rounds = runtime.block_on(async {
        let mut all = [Members::declared(MEMBERS).await, Members::by_hand(MEMBERS)];
        let mut rounds = Vec::new();
        for round in 0..ROUNDS {
            let mut times = [[Duration::ZERO; 2]; 2];
            for turn in 0..2 {
                let way = (round + turn) % 2;
                times[way] = time(&mut all[way]).await;
            }
            rounds.push(times);
        }
        // The first ones fill buffers.
        rounds.split_off(ROUNDS / 10)
    });
    println!("100 bytes to {MEMBERS} members, {} rounds", rounds.len());
    let mut within = true;
    for (part, what) in ["the broadcast", "until all clients have it"].into_iter().enumerate() {
        let median = |way: usize| Estimate::of(rounds.iter().map(|times| times[way][part].as_secs_f64() * 1e6));
        let ratio = Estimate::of(
            rounds
                .iter()
                .map(|[declared, by_hand]| declared[part].div_duration_f64(by_hand[part])),
        );
        let (Some(declared), Some(by_hand), Some(ratio)) = (median(0), median(1), ratio) else {
            continue;
        };
        let missed = ratio.low > BOUND;
        within &= !missed;
        println!(
            "{what}: {:.0} µs, by hand {:.0} µs; ratio {:.2} ({:.2}–{:.2}), at most {BOUND:.2}{}",
            declared.median,
            by_hand.median,
            ratio.median,
            ratio.low,
            ratio.high,
            if missed { "  TOO MUCH" } else { "" }
        );
    }
    if within { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
