//! A broadcast to a group, compared with a hand-written loop over channels, from the call until all
//! clients have it. Both run in memory, on one thread, with the same clients, which are counted
//! too.

use tokio::runtime::Builder;

use crate::callgrind;
use crate::members::Members;

/// Ten times fewer than in the benchmark of the time, as counting takes long.
const MEMBERS: usize = 1000;

/// The parts that are counted, and their bounds: the group's instructions divided by those of the
/// hand-written loop. The second part has the connections' work in it.
const BOUNDS: [(&str, f64); 2] = [("the call alone", 1.5), ("until all clients have it", 1.5)];

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

/// Prints the instructions of both; returns whether they are within the bounds.
pub(crate) fn compare() -> Result<bool, String> {
    println!("instructions for a broadcast to {MEMBERS} members");
    let counts: Vec<[u32; 2]> = WAYS
        .iter()
        .map(|way| {
            Ok([
                callgrind::of_function("*Members*broadcast*", way)?,
                callgrind::of_this_program(way)?,
            ])
        })
        .collect::<Result<_, String>>()?;
    let mut within = true;
    for (part, (what, bound)) in BOUNDS.into_iter().enumerate() {
        for (way, count) in WAYS.iter().zip(&counts) {
            println!("{:>8}  {way}, {what}", count[part]);
        }
        let ratio = f64::from(counts[0][part]) / f64::from(counts[1][part]);
        let said = if ratio <= bound { "" } else { "  TOO MUCH" };
        within &= ratio <= bound;
        println!("{ratio:>8.2}  to a group / by hand (at most {bound:.2}){said}");
    }
    Ok(within)
}
