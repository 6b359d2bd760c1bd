//! The time of a scrape, with many connections and many arms.

use std::time::{Duration, Instant};

use kai_tcp_server::metrics::{Format, Metrics};
use kai_tcp_server::{Action, start, tcp_server, with};
use kai_tcp_server_tests::eventually;

const CONNECTIONS: usize = 10_000;

/// The bound of the fastest scrape: ten times what a debug build takes.
const BOUND: Duration = Duration::from_millis(50);

macro_rules! wide {
    ($($arm:tt)+) => {
        struct Wide;

        #[tcp_server(port = 0, max_processes = 10_000, packet = line(lf), latency = true)]
        impl Wide {
            fn handle_call(&self, line: &[u8]) -> Action {
                match line {
                    $($arm => reply("taken"),)+
                    _ => close,
                }
            }
        }
    };
}

wide! {
    "arm00" "arm01" "arm02" "arm03" "arm04" "arm05" "arm06" "arm07" "arm08" "arm09"
    "arm10" "arm11" "arm12" "arm13" "arm14" "arm15" "arm16" "arm17" "arm18" "arm19"
    "arm20" "arm21" "arm22" "arm23" "arm24" "arm25" "arm26" "arm27" "arm28" "arm29"
    "arm30" "arm31" "arm32" "arm33" "arm34" "arm35" "arm36" "arm37" "arm38" "arm39"
    "arm40" "arm41" "arm42" "arm43" "arm44" "arm45" "arm46" "arm47" "arm48" "arm49"
    "arm50" "arm51" "arm52" "arm53" "arm54" "arm55" "arm56" "arm57" "arm58" "arm59"
    "arm60" "arm61" "arm62" "arm63" "arm64" "arm65" "arm66" "arm67" "arm68" "arm69"
    "arm70" "arm71" "arm72" "arm73" "arm74" "arm75" "arm76" "arm77" "arm78" "arm79"
    "arm80" "arm81" "arm82" "arm83" "arm84" "arm85" "arm86" "arm87" "arm88" "arm89"
    "arm90" "arm91" "arm92" "arm93" "arm94" "arm95" "arm96" "arm97" "arm98" "arm99"
}

/// A busy machine delays a scrape, but not every one of many.
#[tokio::test]
async fn a_scrape_with_10_000_connections_and_100_arms_is_whole_and_soon_done() {
    let server = start(with(Wide, Wide::OPTIONS.in_memory())).await.unwrap();
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        clients.push(server.connect().await.unwrap());
    }
    eventually("all are there", || server.info().curr_connections == CONNECTIONS).await;
    let metrics = Metrics::new([server.clone()]);
    let mut fastest = Duration::MAX;
    for _ in 0..30 {
        let begin = Instant::now();
        let text = metrics.to_text(Format::OpenMetrics);
        fastest = fastest.min(begin.elapsed());
        let arms = text
            .lines()
            .filter(|line| line.starts_with("tcp_server_arm_calls_total{"));
        assert_eq!(arms.count(), 101);
        assert!(
            text.contains("tcp_server_connections{server=\"Wide\"} 10000\n"),
            "{text}"
        );
    }
    assert!(fastest < BOUND, "{fastest:?}");
    drop(clients);
    server.stop().await;
}
