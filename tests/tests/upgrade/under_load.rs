//! Replacements while clients have many calls in flight.

use crate::chain::Chain;
use crate::load::Load;

/// Replaces so often.
async fn replaced(times: u64) {
    let mut chain = Chain::start(&[], &[]);
    let load = Load::begin(chain.addr().await, 100, 200).await;
    for _ in 0..times {
        load.answers(5_000).await;
        chain.replace().await;
    }
    load.answers(5_000).await;
    let seen = load.end().await;
    let (median, longest) = seen.pause();
    println!(
        "{} lines, {} lost, {} wrong; pause at a replacement: median {median:?}, longest {longest:?}",
        seen.answered,
        seen.lost,
        seen.wrong.len()
    );
    seen.is_whole();
    let all_serve = usize::try_from(times).expect("not so many") + 1;
    assert_eq!(seen.processes.len(), all_serve, "each process has answered");
    let said = chain.stop().await;
    assert!(
        !said.iter().any(|line| line.contains("WARN") || line.contains("ERROR")),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_line_is_answered_once_and_in_order_over_ten_replacements() {
    replaced(10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn each_line_is_answered_once_and_in_order_over_a_hundred_replacements() {
    replaced(100).await;
}
