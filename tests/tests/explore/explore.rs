//! The faults that an exploration finds, and those that it doesn't.

use std::panic::catch_unwind;

use kai_tcp_server::test::{Frames, explore};
use kai_tcp_server::{
    Action, BoxError, Frame, ListedArm, Options, Peer, Protocol, ProtocolState, Result, Socket, TcpServer, input,
    tcp_server,
};

use crate::sink::{Fault, Sink};

/// Explores a server that has a fault, and returns the report.
fn fails<S: TcpServer>(make: fn() -> S, seed: u64, steps: u64) -> String {
    let failed = catch_unwind(|| explore(make(), seed, steps)).expect_err("the fault is found");
    let report = failed.downcast_ref::<String>();
    report.expect("the report is text").clone()
}

#[test]
fn a_server_without_a_fault_is_explored_without_a_word() {
    explore(Sink::new(Fault::None), 1, 20_000);
}

#[test]
fn the_report_of_a_planted_fault_says_how_to_repeat_it() {
    let report = fails(|| Sink::new(Fault::RsetKeeps), 5, 100_000);
    assert!(report.starts_with("a callback panicked\n  seed 5, step "), "{report}");
    let again = report.rsplit_once("test::explore(server, 5, ").expect(&report).1;
    let step = again.trim_end_matches([')', '`']).parse().expect(&report);
    assert!(step <= 100_000, "{report}");
    // The same seed does the same, up to that step, and no step before it fails.
    assert_eq!(fails(|| Sink::new(Fault::RsetKeeps), 5, step), report);
    explore(Sink::new(Fault::RsetKeeps), 5, step - 1);
}

/// Finds a fault by the seeds from 1 on, in less than half of the steps that are promised.
fn is_found(make: fn() -> Sink, seeds: u64, report_begins: &str) {
    for seed in 1..=seeds {
        let report = fails(make, seed, 50_000);
        assert!(report.starts_with(report_begins), "{report}");
    }
}

#[test]
fn a_mail_to_those_of_the_mail_before_rset_is_found() {
    is_found(|| Sink::new(Fault::RsetKeeps), 3, "a callback panicked\n");
}

#[test]
fn a_mail_to_those_of_the_mail_before_a_second_ehlo_is_found() {
    is_found(|| Sink::new(Fault::EhloKeeps), 3, "a callback panicked\n");
}

#[test]
fn a_state_that_is_not_left_behind_a_mail_is_found() {
    is_found(|| Sink::new(Fault::StaysInText), 3, "a callback panicked\n");
}

#[test]
fn an_error_that_leads_on_is_found() {
    is_found(|| Sink::new(Fault::ErrorLeadsOn), 3, "a callback panicked\n");
}

#[test]
fn a_counter_that_runs_over_is_found() {
    is_found(|| Sink::new(Fault::Counts), 3, "a callback panicked\n");
}

#[test]
fn an_address_that_few_think_of_is_found() {
    is_found(|| Sink::new(Fault::Route), 1, "a callback panicked\n");
}

#[test]
fn a_call_that_never_ends_is_found() {
    is_found(
        || Sink::new(Fault::Hangs),
        3,
        "the server hangs: a call doesn't end, though the input has\n",
    );
}

#[test]
fn a_hang_of_frames_that_arrive_together_is_found() {
    is_found(
        || Sink::new(Fault::HangsTogether),
        2,
        "the server hangs: a call doesn't end, though the input has\n",
    );
}

/// The copy's table is the example's, but for the arms that have a fault and the one for blanks
/// behind a command, as no call of the copy calls another.
#[test]
fn the_copy_has_the_table_of_the_example() {
    let table = |text: &'static str| -> Vec<&'static str> {
        let begin = text.find("        match (state, data) {").expect("it has a table");
        let table = &text[begin..];
        let end = table.find("\n        }\n").expect("it ends");
        table[..end].lines().collect()
    };
    let (mut example, copy) = (
        table(include_str!("../../../examples/smtp.rs")),
        table(include_str!("sink.rs")),
    );
    example.retain(|line| !line.contains("Blanks at the end") && !line.contains("self.handle_call("));
    assert_eq!(example.len(), copy.len());
    let differ: Vec<_> = example.iter().zip(&copy).filter(|(one, other)| one != other).collect();
    let [(take, _), (ehlo, _), (rset, _)] = differ[..] else {
        panic!("{differ:?}")
    };
    assert!(take.contains("self.take(session)"), "{take}");
    assert!(ehlo.contains("\"ehlo {name}\""), "{ehlo}");
    assert!(rset.contains("\"rset\""), "{rset}");
}

struct Table;

#[tcp_server(port = 0, packet = line(lf))]
impl Table {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "one {n: u8}" => reply([n]),
            b"quit" => close,
            _ => reply("what?"),
        }
    }
}

/// The same with other actions than its table has.
struct Otherwise {
    closes_in: &'static [u8],
    stays_in: &'static [u8],
}

impl TcpServer for Otherwise {
    type Input = input::Slice;
    type Session = ();
    type Message = ();

    const ARMS: &'static [ListedArm] = Table::ARMS;

    fn protocol() -> Option<&'static Protocol> {
        Some(Table::PROTOCOL)
    }

    fn options(&self) -> Options {
        Table::OPTIONS
    }

    async fn connected(&self, _: &mut Socket, _: Peer<()>) -> Result<(), BoxError> {
        Ok(())
    }

    async fn handle_call<'a>(&'a self, data: Frame<'a, Self>, (): &'a mut ()) -> Result<Action<'a>, BoxError> {
        let action = Table.handle_call(data);
        if !self.closes_in.is_empty() && data.starts_with(self.closes_in) {
            return Ok(Action::close());
        }
        if !self.stays_in.is_empty() && data.starts_with(self.stays_in) {
            return Ok(Action::noreply());
        }
        drop(action);
        Ok(Table.handle_call(data))
    }
}

#[test]
fn a_close_where_no_arm_closes_is_found() {
    let right = || Otherwise {
        closes_in: b"",
        stays_in: b"",
    };
    explore(right(), 3, 2000);
    let report = fails(
        || Otherwise {
            closes_in: b"one 7",
            stays_in: b"",
        },
        3,
        100_000,
    );
    assert!(
        report.starts_with("the connection was closed by an arm that never closes: one"),
        "{report}"
    );
    let report = fails(
        || Otherwise {
            closes_in: b"",
            stays_in: b"quit",
        },
        3,
        100_000,
    );
    assert!(
        report.starts_with("an arm that always closes left the connection open: quit"),
        "{report}"
    );
}

/// Says it with a word of its own when a call panics, reads more in a call, waits, and has messages.
struct Busy;

#[tcp_server(port = 0, packet = 2, call_timeout = "10s")]
impl Busy {
    fn connected(&self, peer: Peer<&'static str>) -> Peer<&'static str> {
        peer
    }

    async fn handle_call(&self, data: &[u8], socket: &mut Socket, peer: &mut Peer<&'static str>) -> Result<Action> {
        Ok(match data {
            bits!(1u8, len: u8, body: [u8; len]) => {
                let more = socket.recv_exact(usize::from(len)).await?;
                reply([body, &more].concat())
            }
            bits!(2u8) => {
                let _ = peer.send("bye");
                noreply
            }
            bits!(3u8, _: u8) => {
                std::future::pending::<()>().await;
                noreply
            }
            bits!(4u8, rest: [u8]) => reply(vec![0; rest.len() * 5000]),
            _ => Err("no such frame")?,
        })
    }

    fn handle_info(&self, word: &'static str) -> Action {
        close(word)
    }
}

#[test]
fn errors_messages_and_time_limits_close_without_an_arm_that_closes() {
    explore(Busy, 4, 5000);
}

/// Waits until the client leaves, and takes nothing more meanwhile.
struct Patient;

#[tcp_server(port = 0, packet = line(lf))]
impl Patient {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"wait" => {
                socket.closed().await;
                noreply
            }
            data => reply(data),
        }
    }
}

#[test]
fn a_call_that_waits_until_the_client_leaves_is_none_that_hangs() {
    for seed in 4..=5 {
        explore(Patient, seed, 7000);
    }
}

#[test]
fn frames_are_the_same_for_a_seed() {
    let steps = |seed| Frames::new(Sink::PROTOCOL, seed).take(200).collect::<Vec<_>>();
    assert_eq!(steps(1), steps(1));
    assert_ne!(steps(1), steps(2));
    for (at, arm) in Table::PROTOCOL.iter().enumerate() {
        let mut frames = Frames::new(Table::PROTOCOL, 5);
        let frame = frames.valid(arm);
        let action = Table.handle_call(&frame);
        match at {
            0 => assert!(frame.starts_with(b"one "), "{action:?}"),
            1 => assert_eq!((action, frames.sent(&frame)), (Action::close(), b"quit\n".to_vec())),
            _ => {}
        }
    }
}

#[derive(Clone, Copy, ProtocolState)]
enum Stage {
    #[initial]
    Start,
    Named,
    #[state(packet = 4)]
    Blocks,
    #[state(packet = 2)]
    Deep,
}

/// Has a fault in its deepest state, whose frames begin otherwise; whatever is wrong leads back.
struct Stages {
    faulty: bool,
}

#[tcp_server(port = 0, packet = line(crlf), state = Stage)]
impl Stages {
    fn handle_call(&self, stage: Stage, data: &[u8]) -> Action {
        match (stage, data) {
            (Stage::Start, "user {name}") => reply(name).next(Stage::Named),
            (Stage::Named, b"blocks") => reply("go on").next(Stage::Blocks),
            (Stage::Blocks, bits!(0xb1u8, key: u32)) => self.open(key),
            (Stage::Deep, bits!(0xd1u8, len: u16, body: [u8; len], 0xd2u8)) => {
                assert!(!self.faulty || body.is_empty(), "nobody thought of a body");
                reply("deep")
            }
            _ => reply("no").next(Stage::Start),
        }
    }

    /// Its state can't be told from the table's words alone.
    fn open(&self, key: u32) -> Action {
        reply(format_args!("{key} {}", self.faulty)).next(Stage::Deep)
    }
}

#[test]
fn frames_follow_the_state_of_the_server_and_its_packet_mode() {
    explore(Stages { faulty: false }, 1, 5000);
    for seed in 1..=5 {
        let report = fails(|| Stages { faulty: true }, seed, 5000);
        assert!(report.starts_with("a callback panicked\n"), "{report}");
        assert!(report.contains(r"`\xd1"), "{report}");
    }
}
