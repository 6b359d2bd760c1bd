//! The option `latency`: the times of calls, by arm.

use std::time::Duration;

use kai_tcp_server::metrics::{ArmLatency, Format, Metrics};
use kai_tcp_server::{Action, Options, Server, start, tcp_server, with};
use kai_tcp_server_tests::{Client, eventually};
use tokio::time::sleep;

struct Kitchen;

#[tcp_server(port = 0, packet = line(lf), latency = true, call_timeout = "5s")]
impl Kitchen {
    async fn handle_call(&self, line: &str) -> Result<Action, &'static str> {
        match line {
            #[name = "wait"]
            "wait {ms: u64}" => {
                sleep(Duration::from_millis(ms)).await;
                Ok(reply("done"))
            }
            #[name = "fail"]
            "fail" => {
                sleep(Duration::from_millis(30)).await;
                Err("as asked")
            }
            #[name = "panic"]
            "panic" => {
                sleep(Duration::from_millis(40)).await;
                panic!("as asked")
            }
            "bye" => Ok(close("bye")),
            #[name = "other"]
            _ => Ok(reply("what?")),
        }
    }
}

/// Calls that never wait.
struct Quick;

#[tcp_server(port = 0, packet = line(lf), latency = true)]
impl Quick {
    fn handle_call(&self, line: &[u8]) -> Action {
        match line {
            b"panic" => panic!("as asked"),
            b"same" => reply("same"),
            _ => reply("what?"),
        }
    }
}

async fn kitchen(options: Options) -> Server {
    start(with(Kitchen, options.in_memory())).await.unwrap()
}

fn of(server: &Server, arm: &str) -> ArmLatency {
    let latency = server.latency();
    latency.into_iter().find(|of| of.arm == arm).unwrap()
}

/// Time stands still but where a call waits, so that its time is exact.
#[tokio::test(start_paused = true)]
async fn a_call_that_waits_counts_to_its_end() {
    let server = kitchen(Kitchen::OPTIONS).await;
    let mut client = Client::in_memory(&server).await;
    client.call("wait 7\n", "done\n").await;
    client.call("wait 300\n", "done\n").await;
    client.call("x\nx\n", "what?\nwhat?\n").await;
    let wait = of(&server, "wait");
    assert_eq!((wait.calls, wait.sum), (2, Duration::from_millis(307)));
    let full: Vec<_> = wait.buckets().filter(|&(_, calls)| calls > 0).collect();
    assert_eq!(
        full,
        [
            (Some(Duration::from_millis(10)), 1),
            (Some(Duration::from_millis(500)), 1)
        ]
    );
    let other = of(&server, "other");
    assert_eq!((other.calls, other.sum), (2, Duration::ZERO));
    server.stop().await;
}

/// Each is counted once, with the time until it ended: else the longest calls would be missing.
#[tokio::test(start_paused = true)]
async fn a_call_that_fails_panics_or_is_cut_counts_until_then() {
    let server = kitchen(Kitchen::OPTIONS).await;
    for (sent, arm, ms) in [
        ("fail\n", "fail", 30),
        ("panic\n", "panic", 40),
        ("wait 9000\n", "wait", 5000),
    ] {
        let mut client = Client::in_memory(&server).await;
        client.send(sent).await;
        client.rest().await;
        let of = of(&server, arm);
        assert_eq!((of.calls, of.sum), (1, Duration::from_millis(ms)), "{arm}");
    }
    // One that is closed from outside.
    let mut client = Client::in_memory(&server).await;
    client.send("wait 4000\n").await;
    sleep(Duration::from_millis(1500)).await;
    assert!(server.close(server.connections()[0].id));
    client.rest().await;
    let of = of(&server, "wait");
    assert_eq!((of.calls, of.sum), (2, Duration::from_millis(6500)));
    server.stop().await;
}

/// The histogram of each arm has as many calls as the counter of the arm.
#[tokio::test]
async fn each_call_is_in_the_histogram_of_its_arm_whatever_becomes_of_it() {
    let server = start(with(Quick, Quick::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    // Many that come together.
    client.send("same\nother\nsame\n".repeat(700)).await;
    for _ in 0..700 {
        client.expect("same\nwhat?\nsame\n").await;
    }
    client.send("panic\n").await;
    client.rest().await;
    eventually("the connection has ended", || server.info().curr_connections == 0).await;
    let counted = server.info().arms.into_iter().map(|arm| (arm.name, arm.calls));
    let timed = server.latency().into_iter().map(|of| (of.arm, of.calls));
    assert_eq!(timed.collect::<Vec<_>>(), counted.collect::<Vec<_>>());
    assert_eq!(server.latency().iter().map(|of| of.calls).sum::<u64>(), 2101);
    server.stop().await;
}

#[tokio::test(start_paused = true)]
async fn both_formats_show_the_histogram_in_seconds() {
    let server = kitchen(Kitchen::OPTIONS).await;
    let mut client = Client::in_memory(&server).await;
    client.call("wait 7\n", "done\n").await;
    for format in [Format::Prometheus, Format::OpenMetrics] {
        let text = Metrics::new([server.clone()]).to_text(format);
        let name = "tcp_server_call_duration_seconds";
        for line in [
            format!("# TYPE {name} histogram"),
            format!("{name}_sum{{server=\"Kitchen\",arm=\"wait\"}} 0.007"),
            format!("{name}_count{{server=\"Kitchen\",arm=\"wait\"}} 1"),
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
        }
        let bucket = |le: &str| {
            // The formats order labels differently.
            let le = format!("le=\"{le}\"");
            let of_wait =
                |line: &&str| line.contains("_bucket{") && line.contains("arm=\"wait\"") && line.contains(&le);
            let line = text.lines().find(of_wait)?;
            line.rsplit_once(' ')?.1.parse::<u64>().ok()
        };
        assert_eq!(
            (bucket("0.005"), bucket("0.01"), bucket("+Inf")),
            (Some(0), Some(1), Some(1)),
            "{text}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn without_the_option_there_is_none_of_it() {
    let server = kitchen(Kitchen::OPTIONS.latency(false)).await;
    let mut client = Client::in_memory(&server).await;
    client.call("x\n", "what?\n").await;
    assert_eq!(server.latency(), []);
    let text = Metrics::new([server.clone()]).to_text(Format::OpenMetrics);
    assert!(!text.contains("call_duration"), "{text}");
    server.stop().await;
}

/// A call of a server without a table enters no arm.
#[tokio::test(start_paused = true)]
async fn calls_without_an_arm_have_no_name() {
    struct Bare;

    #[tcp_server(port = 0, packet = line(lf), latency = true)]
    impl Bare {
        async fn handle_call(&self, line: &[u8]) -> Action {
            sleep(Duration::from_millis(2)).await;
            reply(line)
        }
    }

    let server = start(with(Bare, Bare::OPTIONS.in_memory())).await.unwrap();
    let mut client = Client::in_memory(&server).await;
    client.call("a\n", "a\n").await;
    let latency = server.latency();
    let shown: Vec<_> = latency.iter().map(|of| (of.arm, of.calls, of.sum)).collect();
    assert_eq!(shown, [("", 1, Duration::from_millis(2))]);
    server.stop().await;
}
