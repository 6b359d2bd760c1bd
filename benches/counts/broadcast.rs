//! A broadcast to a group, compared with a hand-written loop over channels, from the call until all
//! clients have it. Both run in memory, on one thread, with the same clients, which are counted too.

use tokio::runtime::Builder;

use crate::callgrind;
use crate::members::Members;

/// Ten times fewer than in the benchmark of the time, as counting takes long.
const MEMBERS: usize = 1000;

/// The bound: the group's instructions divided by those of the hand-written loop.
const BOUND: f64 = 1.5;

const WAYS: [&str; 2] = ["broadcast to a group", "broadcast by hand"];

/// Broadcasts `times` times in the way that `name` names; returns `false` for an unknown name.
pub(crate) fn repeat(name: &str, times: u32) -> bool {
    if !WAYS.contains(&name) {
        return false;
    }
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    runtime.block_on(async {
        let mut members = if name == WAYS[0] {
            Members::declared(MEMBERS).await
        } else {
            Members::by_hand(MEMBERS)
        };
        for _ in 0..times {
            assert_eq!(members.broadcast(), MEMBERS);
            members.receive().await;
        }
    });
    true
}

/// Prints the instructions of both; returns whether they are within the bound.
pub(crate) fn compare() -> Result<bool, String> {
    println!("instructions for a broadcast to {MEMBERS} members and their clients");
    let mut counts = [0.0; WAYS.len()];
    for (way, count) in WAYS.iter().zip(&mut counts) {
        let counted = callgrind::of_this_program(way)?;
        println!("{counted:>8}  {way}");
        *count = f64::from(counted);
    }
    let ratio = counts[0] / counts[1];
    let said = if ratio <= BOUND { "" } else { "  TOO MUCH" };
    println!("{ratio:>8.2}  to a group / by hand (at most {BOUND:.2}){said}");
    Ok(ratio <= BOUND)
}
