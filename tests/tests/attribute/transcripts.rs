//! Transcripts in documents are tests, which this program runs with the others.

#![allow(clippy::unused_self, clippy::trivially_copy_pass_by_ref)] // a callback's signature is given

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use kai_tcp_server::{Action, Packet, Socket, start, tcp_server, test};

static PLAYED: AtomicUsize = AtomicUsize::new(0);

#[derive(Default)]
struct Till;

/// Counts money.
///
/// ```transcript
/// C: deposit 5
/// S: {sum: u32}
/// C: deposit {sum}
/// S: 10
/// C: quit
/// S: bye
/// S! closed
/// ```
///
/// Other fences are left alone:
///
/// ```
/// let no_transcript = "C: deposit 5";
/// ```
#[tcp_server(port = 0, packet = line(crlf | lf), recv_timeout = "1m")]
impl Till {
    fn connected(&self) -> u64 {
        PLAYED.fetch_add(1, Relaxed);
        0
    }

    fn handle_call(&self, data: &[u8], balance: &mut u64) -> Action {
        match data {
            /// Adds to what this connection has.
            ///
            /// ```transcript
            /// C: deposit 1
            /// S: 1
            /// # A silent peer is cut off.
            /// (wait 59s)
            /// S! nothing
            /// C: (wait 1s)
            /// S! closed
            /// ```
            "deposit {sum: u32}" => {
                *balance += u64::from(sum);
                reply(format_args!("{balance}"))
            }
            /** Ends.

            ```transcript
            C: quit
            S: bye
            ```
            */
            b"quit" => close("bye"),
            _ => reply("what?"),
        }
    }
}

/// Each of the three was found where it stands, and leaves no fence in the table.
#[test]
fn a_transcript_of_an_arm_is_no_part_of_its_document() {
    assert_eq!(Till::PROTOCOL[0].docs, "Adds to what this connection has.");
    assert_eq!(Till::PROTOCOL[1].docs, "Ends.");
    let before = PLAYED.load(Relaxed);
    till_transcript_1();
    till_transcript_2();
    till_transcript_3();
    assert!(PLAYED.load(Relaxed) >= before + 3);
}

struct Store<T>(T);

/// ```transcript
/// C: x
/// S: \x07
/// ```
#[tcp_server(port = 0, packet = 2, example = Store(7_u8))]
impl<T: Clone + Into<u8> + Send + Sync + 'static> Store<T> {
    fn handle_call(&self, _: &[u8]) -> Action {
        reply(vec![self.0.clone().into()])
    }
}

macro_rules! servers {
    ($($name:ident says $word:literal),*) => {$(
        #[derive(Default)]
        struct $name;

        /// ```transcript
        /// C: hello
        /// S: {_}
        /// ```
        #[tcp_server(port = 0, packet = line(lf))]
        impl $name {
            fn handle_call(&self, _: &[u8]) -> Action {
                reply($word)
            }
        }
    )*};
}

servers!(One says "one", Another says "another");

/// The place in the file is told, as a doc comment's line is.
#[test]
fn a_failure_shows_the_place_in_the_file() {
    let lines = [line!(), line!() + 1];
    let failed = catch_unwind(|| kai_tcp_server::__private::documented(Till, file!(), &lines, "C: deposit 1\nS: 2"));
    let told = *failed.unwrap_err().downcast::<String>().unwrap();
    let place = format!("{}:{}: the server sent something else", file!(), lines[1]);
    assert!(told.contains(&place), "{told}");
}

/// A server that isn't in memory.
#[test]
fn a_transcript_is_played_at_an_address() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(start(Till)).unwrap();
    let addr: SocketAddr = server.local_addr();
    test::transcript_at(
        addr,
        Packet::LineCrlf,
        "C: deposit 7\nS: {sum}\nS! nothing\nC: deposit 0\nS: {sum}\nC: quit\nS: bye\nS! closed",
    );
    let failed = catch_unwind(AssertUnwindSafe(|| {
        test::transcript_at(addr, Packet::LineCrlf, "C: quit\nS: cya");
    }));
    let told = *failed.unwrap_err().downcast::<String>().unwrap();
    assert!(
        told.starts_with("line 2 of the transcript: the server sent something else"),
        "{told}"
    );
    runtime.block_on(async { server.stop().await });
    let failed = catch_unwind(AssertUnwindSafe(|| {
        test::transcript_at(addr, Packet::LineCrlf, "C: quit\nS: bye");
    }));
    let told = *failed.unwrap_err().downcast::<String>().unwrap();
    assert!(told.contains("cannot connect"), "{told}");
}

#[derive(Default)]
struct Modes;

#[tcp_server(port = 0, packet = line)]
impl Modes {
    async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Action {
        match data {
            b"raw\r\n" => {
                socket.set_packet(Packet::Raw);
                tokio::time::sleep(Duration::from_millis(500)).await;
                reply("ok")
            }
            data => reply(data),
        }
    }
}

#[test]
fn each_mode_has_its_frames() {
    test::transcript(
        Modes,
        r"
        C: a line
        S: a line
        C. a bare one\n
        S. a bare one\n
        C: raw
        (packet raw)
        S: ok
        C: \x00\x01
        S: \x00\x01
        ",
    );
}

static OF_A_FN: AtomicUsize = AtomicUsize::new(0);

#[derive(Default)]
struct Documented;

/// ~~~transcript
/// C: a
/// S: a
/// ~~~
#[tcp_server(port = 0, packet = line(crlf))]
impl Documented {
    /// ```transcript
    /// C: b
    /// S: b
    /// ```
    fn handle_call(&self, data: &[u8]) -> Action {
        OF_A_FN.fetch_add(1, Relaxed);
        self.same(data)
    }

    /// ````transcript
    /// C: c c
    /// S: {twice} {twice}
    /// ````
    fn same<'a>(&self, data: &'a [u8]) -> Action<'a> {
        reply(data)
    }
}

/// In whatever fence, on whatever item of the block: each is found.
#[test]
fn a_transcript_of_an_item_is_a_test() {
    documented_transcript_1();
    documented_transcript_2();
    documented_transcript_3();
    assert!(OF_A_FN.load(Relaxed) >= 3);
}
