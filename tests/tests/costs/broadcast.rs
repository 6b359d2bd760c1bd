//! The allocations of a broadcast, counted by a process in which nothing else allocates meanwhile.

use std::process::Command;

#[test]
fn a_broadcast_of_a_shared_message_allocates_nothing_for_a_member_not_even_the_first_time() {
    let output = Command::new(env!("CARGO_BIN_EXE_broadcast"))
        .output()
        .expect("it starts");
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).expect("it writes numbers");
    let broadcasts: Vec<Vec<u32>> = lines
        .lines()
        .map(|line| {
            line.split(' ')
                .map(|number| number.parse().expect("a number"))
                .collect()
        })
        .collect();
    assert_eq!(broadcasts.len(), 3);
    for broadcast in broadcasts {
        let [sent, full, allocations] = broadcast[..] else {
            panic!("{lines}")
        };
        assert_eq!((sent, full), (10_000, 0));
        // The shared count of the message, and what the runtime's queue of 10,000 woken tasks
        // takes.
        assert!(allocations < 50, "{allocations}");
    }
}
