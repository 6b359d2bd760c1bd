//! The allocations per frame of a warm server, counted by the server's own process, over real
//! sockets.
//!
//! Longer than other files, as each server is counted by the same steps.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

#[cfg(target_os = "linux")]
use kai_tcp_server_tests::virtual_size;
use kai_tcp_server_tests::{Example, resident};

const MODES: [&str; 9] = [
    "raw",
    "raw(64)",
    "1",
    "2",
    "4",
    "line",
    "line(crlf)",
    "line(lf)",
    "line(crlf | lf)",
];

/// The usual length of a frame on the wire, in bytes.
const USUAL: usize = 64;

/// A length near the default of `packet_size`.
const LONG: usize = 65_000;

/// Builds a frame with this number of bytes on the wire.
fn frame(mode: &str, size: usize) -> Vec<u8> {
    let mut frame = vec![b'x'; size];
    let header = match mode {
        "1" => 1,
        "2" => 2,
        "4" => 4,
        _ => 0,
    };
    let length = (size - header).to_be_bytes();
    frame[..header].copy_from_slice(&length[length.len() - header..]);
    if mode.starts_with("line") {
        frame[size - 1] = b'\n';
    }
    if mode.contains("crlf") {
        frame[size - 2] = b'\r';
    }
    frame
}

fn can_be_long(mode: &str) -> bool {
    !matches!(mode, "1" | "raw(64)")
}

/// The way in which frames are sent.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Each after the answer to the previous one.
    OneByOne,
    /// Sixteen at a time, or as many as fit into one write.
    Pipelined,
    /// In segments that end anywhere in a frame.
    InPieces,
}

impl Way {
    /// Returns the number of bytes that are sent before answers are read.
    fn segment(self, frame: usize) -> usize {
        match self {
            Way::OneByOne => frame,
            Way::Pipelined => 16 * frame,
            Way::InPieces => 16 * frame - frame / 3,
        }
    }
}

/// A server in its own process that counts its allocations, with a connection that asks for the
/// counts.
struct Counted {
    process: Example,
    addr: SocketAddr,
    meter: BufReader<TcpStream>,
    line: String,
}

impl Counted {
    /// Starts it as `run` serves: each connection stays on its thread.
    fn start(mode: &str, handler: &str) -> Self {
        Counted::with(&[mode, handler])
    }

    fn with(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_counted"));
        command.args(arguments);
        // Otherwise glibc would place large allocations among small ones after the first was freed,
        // and small ones would keep them alive.
        command.env("MALLOC_MMAP_THRESHOLD_", "131072");
        let process = Example::run(&mut command);
        let meter = TcpStream::connect(process.addr()).expect("the meter listens");
        let mut counted = Counted {
            addr: process.addr(),
            process,
            meter: BufReader::new(meter),
            line: String::new(),
        };
        // Asking allocates nothing from the second time on.
        counted.allocations();
        counted
    }

    /// Returns the number of allocations of the process.
    fn allocations(&mut self) -> u64 {
        self.meter()[0]
    }

    /// Returns the process's number of allocations, their bytes, and the bytes still allocated.
    fn meter(&mut self) -> [u64; 3] {
        self.meter.get_mut().write_all(b"?\n").expect("the meter reads");
        self.line.clear();
        self.meter.read_line(&mut self.line).expect("the meter answers");
        let mut numbers = self.line.split_whitespace();
        [(); 3].map(|()| {
            let number = numbers.next().expect("three numbers");
            number.parse().expect("it answers with numbers")
        })
    }

    fn id(&self) -> u32 {
        self.process.id()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).expect("the server listens");
        stream.set_nodelay(true).expect("it is a TCP socket");
        stream
    }

    /// Returns the allocations of `calls` calls on a warm connection.
    ///
    /// It is the minimum of a few counts: input may arrive in new portions, which allocate one more
    /// buffer once. The cost of frames or reads shows in each count.
    fn cost(&mut self, way: Way, frame: &[u8], calls: usize) -> u64 {
        let mut stream = self.connect();
        echo(&mut stream, way, frame, 160);
        let mut least = u64::MAX;
        for _ in 0..5 {
            let before = self.allocations();
            echo(&mut stream, way, frame, calls);
            least = least.min(self.allocations() - before);
            if least == 0 {
                break;
            }
        }
        least
    }
}

/// Sends a frame `calls` times, and checks the replies.
fn echo(stream: &mut TcpStream, way: Way, frame: &[u8], calls: usize) {
    let wire = frame.repeat(calls);
    let mut answer = vec![0; wire.len()];
    let (mut sent, mut got) = (0, 0);
    for segment in wire.chunks(way.segment(frame.len())) {
        stream.write_all(segment).expect("the server reads");
        sent += segment.len();
        let whole = sent / frame.len() * frame.len();
        stream.read_exact(&mut answer[got..whole]).expect("the server answers");
        got = whole;
    }
    assert!(answer == wire, "the answer is not what was sent");
}

/// Counts the allocations of usual frames for each way to send them, and of long ones.
#[track_caller]
fn costs_nothing(modes: &[&str], handlers: &[&str], frame: impl Fn(&str, usize) -> Vec<u8>) {
    for handler in handlers {
        for mode in modes {
            let mut counted = Counted::start(mode, handler);
            let mut free = |way, size, calls| {
                let cost = counted.cost(way, &frame(mode, size), calls);
                assert_eq!(
                    cost, 0,
                    "{mode}, {handler}: {calls} frames of {size} bytes, {way:?}, cost allocations"
                );
            };
            free(Way::OneByOne, USUAL, 500);
            free(Way::Pipelined, USUAL, 10_000);
            free(Way::InPieces, USUAL, 2_000);
            if can_be_long(mode) {
                free(Way::OneByOne, LONG, 100);
            }
        }
    }
}

#[test]
fn a_frame_that_is_lent_costs_no_allocation() {
    costs_nothing(&MODES, &["slice", "text", "session", "waits"], frame);
}

#[test]
fn a_frame_beside_the_socket_costs_no_allocation() {
    costs_nothing(&MODES, &["socket"], frame);
}

#[test]
fn a_frame_to_keep_costs_no_allocation_unless_it_is_kept() {
    costs_nothing(&MODES, &["shared"], frame);
}

#[test]
fn a_table_costs_no_allocation() {
    costs_nothing(&["line(crlf)"], &["table"], |mode, size| {
        let mut frame = frame(mode, size);
        frame[..9].copy_from_slice(b"set k 17 ");
        let end = size - 4;
        frame[end..end + 2].copy_from_slice(b" 7");
        frame
    });
    costs_nothing(&["4"], &["table"], |mode, size| {
        let mut frame = frame(mode, size);
        frame[4] = 0x45;
        frame
    });
}

/// The handler reads the second frame of each call itself. `raw` has no second frame.
#[test]
fn reading_in_a_call_costs_no_allocation() {
    for mode in &MODES[1..] {
        let mut counted = Counted::start(mode, "reads");
        let cost = counted.cost(Way::Pipelined, &frame(mode, USUAL), 10_000);
        assert_eq!(cost, 0, "{mode}");
    }
}

/// Each frame is sent to the connection as a message, whose handler replies.
#[test]
fn a_message_costs_no_allocation() {
    let mut counted = Counted::start("line", "told");
    for (way, calls) in [(Way::OneByOne, 500), (Way::Pipelined, 10_000)] {
        let cost = counted.cost(way, &frame("line", USUAL), calls);
        assert_eq!(cost, 0, "{way:?}");
    }
}

/// Returns the bytes that `counted` calls large.
fn large() -> Vec<u8> {
    (0..16 * 1024 * 1024_u32).flat_map(u32::to_le_bytes).collect()
}

#[test]
fn a_large_reply_that_is_shared_is_sent_without_a_copy() {
    let mut counted = Counted::start("line(crlf)", "large");
    let large = large();
    let mut stream = counted.connect();
    let [_, before, _] = counted.meter();
    for (line, expected) in [
        ("shared\r\n", [b"head", &large[..], b"\r\n"].concat()),
        ("twice\r\n", [&large[..], b"between", &large[..], b"\r\n"].concat()),
    ] {
        stream.write_all(line.as_bytes()).expect("the server reads");
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer).expect("the server answers");
        assert!(answer == expected, "{line}");
    }
    let [_, after, _] = counted.meter();
    let allocated = after - before;
    assert!(allocated < 1024 * 1024, "{allocated} bytes for replies of 192 MiB");
    // Borrowed bytes are copied if the peer doesn't take them at once.
    stream.write_all(b"borrowed\r\n").expect("the server reads");
    let mut answer = vec![0; large.len() + 6];
    stream.read_exact(&mut answer).expect("the server answers");
    assert!(answer == [&large[..], b"tail\r\n"].concat());
}

/// Returns the memory of each connection after `request` and its `answer`.
fn held(handler: &str, request: &[u8], answer: &[u8]) -> u64 {
    const CONNECTIONS: usize = 32;
    let mut counted = Counted::start("line(crlf)", handler);
    let mut clients = Vec::new();
    let mut ask = || {
        for _ in 0..CONNECTIONS {
            let mut stream = counted.connect();
            stream.write_all(request).expect("the server reads");
            let mut got = vec![0; answer.len()];
            stream.read_exact(&mut got).expect("the server answers");
            assert_eq!(got, answer);
            clients.push(stream);
        }
        let [.., held] = counted.meter();
        held
    };
    // The count of a warm server.
    let before = ask();
    ask().saturating_sub(before) / CONNECTIONS as u64
}

/// The rest of the reply stays in the server's own bytes, and the frame is handled: a connection
/// that waits for such a peer needs no read buffer.
#[test]
fn a_peer_that_does_not_read_what_is_shared_holds_no_read_buffer() {
    let each = held("large", b"shared\r\n", b"head");
    println!("{each} bytes each");
    // There is one buffer for the output.
    assert!(each < 32 * 1024, "{each} bytes each");
}

#[test]
fn a_message_that_waits_behind_a_frame_holds_no_buffer() {
    let each = held("busy", b"line\r\n", b"line\r\n");
    println!("{each} bytes each");
    assert!(each < 8 * 1024, "{each} bytes each");
}

/// This holds for all frame lengths that a peer chooses: the rest of a buffer may be as long as
/// another whole buffer.
#[test]
fn what_threads_keep_is_bounded_for_frames_of_all_lengths() {
    const KIB: usize = 1024;
    const CONNECTIONS: usize = 32;
    // The most that a pool may keep, and by which a warm server's lists may grow.
    const MOST: u64 = 1280 * 1024;
    for handler in ["long", "longest"] {
        let mut counted = Counted::start("4", handler);
        let converse = |counted: &Counted, frame: &[u8]| {
            let (first, rest) = frame.split_at(frame.len() / 2);
            // All are connected at the same time, so that each has its own buffer.
            let mut streams: Vec<TcpStream> = (0..CONNECTIONS).map(|_| counted.connect()).collect();
            for part in [first, rest] {
                for stream in &mut streams {
                    stream.write_all(part).expect("the server reads");
                }
            }
            for stream in &mut streams {
                let mut answer = [0; 5];
                stream.read_exact(&mut answer).expect("the server answers");
                assert_eq!(answer, *b"\0\0\0\x01x");
            }
        };
        converse(&counted, &frame("4", USUAL));
        // The threads that serve: one if a single thread serves all, otherwise several, including
        // the meter's.
        let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
        let [.., before] = counted.meter();
        let resident_before = resident(counted.id());
        for length in [
            48 * KIB,
            8 * KIB * KIB - 16 * KIB,
            8 * KIB * KIB - 64 * KIB,
            8 * KIB * KIB - 256 * KIB,
            8 * KIB * KIB - 100 * KIB,
        ] {
            converse(&counted, &frame("4", length));
            // The server frees a connection's memory as soon as it sees the close.
            let mut held = 0;
            let freed = (0..200).any(|_| {
                held = counted.meter()[2].saturating_sub(before);
                let freed = held < threads * MOST;
                if !freed {
                    thread::sleep(Duration::from_millis(50));
                }
                freed
            });
            assert!(freed, "{handler}: {held} bytes are kept of frames of {length}");
        }
        let grown = resident(counted.id()).saturating_sub(resident_before);
        println!("{handler}: {grown} bytes of RSS more");
        assert!(grown < 16 * KIB * KIB, "{handler}: {grown} bytes of RSS more");
    }
}

/// Each read costs a buffer and its reference count, however many frames arrive together.
#[test]
fn frames_that_are_kept_cost_two_allocations_a_read() {
    for mode in MODES {
        let mut counted = Counted::start(mode, "kept");
        let frame = frame(mode, USUAL);
        let cost = counted.cost(Way::OneByOne, &frame, 200);
        assert!(cost <= 2 * 200, "{mode}: {cost} for 200 reads");
        let (calls, reads) = (16_000, 1_000);
        let cost = counted.cost(Way::Pipelined, &frame, calls);
        assert!(cost <= 2 * reads, "{mode}: {cost} for {reads} reads");
    }
}

/// A waiting connection holds no buffer and nothing of earlier calls, and space for a call only if
/// the server's calls may wait. tokio's part of it is 512 bytes.
#[test]
fn an_idle_connection_takes_little_memory() {
    let at_once = ["slice", "text", "shared", "session"].map(|handler| (handler, 1200));
    let may_wait = ["socket", "waits"].map(|handler| (handler, 1700));
    for (handler, most) in at_once.into_iter().chain(may_wait) {
        let mut counted = Counted::start("line", handler);
        let frame = frame("line", USUAL);
        let mut clients = Vec::new();
        let mut connect = |counted: &mut Counted, connections: usize| {
            for _ in 0..connections {
                let mut stream = counted.connect();
                echo(&mut stream, Way::OneByOne, &frame, 16);
                clients.push(stream);
            }
            let [.., held] = counted.meter();
            held
        };
        // The counts of a warm server; the median of a few, as a thread may still allocate its
        // first buffers, and lists grow in steps.
        let mut before = connect(&mut counted, 16);
        let mut each = [(); 3].map(|()| {
            let connections = 24;
            let after = connect(&mut counted, connections);
            let grown = after.saturating_sub(before);
            before = after;
            grown / connections as u64
        });
        each.sort_unstable();
        assert!(each[1] <= most, "{handler}: {} bytes", each[1]);
    }
}

/// There, connections move from thread to thread, and each thread has its own buffers. So the cost
/// isn't zero at first, but no frame has a cost.
#[test]
fn on_threads_that_share_their_tasks_frames_cost_nothing_either() {
    const CONNECTIONS: usize = 64;
    const CALLS: usize = 4_800;
    for (mode, handler) in [
        ("line", "slice"),
        ("4", "slice"),
        ("line(crlf)", "socket"),
        ("4", "shared"),
    ] {
        let mut counted = Counted::with(&[mode, handler, "4"]);
        let frame = frame(mode, USUAL);
        let mut streams: Vec<_> = (0..CONNECTIONS).map(|_| counted.connect()).collect();
        let mut crowd = |calls| {
            thread::scope(|scope| {
                for stream in &mut streams {
                    scope.spawn(|| echo(stream, Way::InPieces, &frame, calls));
                }
            });
        };
        crowd(160);
        let before = counted.allocations();
        crowd(CALLS);
        let cost = counted.allocations() - before;
        let calls = (CONNECTIONS * CALLS) as u64;
        println!("{mode}, {handler}: {cost} allocations for {calls} calls");
        assert!(
            1_000 * cost < calls,
            "{mode}, {handler}: {cost} allocations for {calls} calls"
        );
    }
}

/// Asks with a frame of five bytes how many bytes have arrived.
#[cfg(target_os = "linux")]
fn bytes_in(asking: &mut TcpStream) -> u64 {
    asking.write_all(b"\0\0\0\x01a").expect("the server reads");
    let mut length = [0; 4];
    asking.read_exact(&mut length).expect("the server answers");
    let mut answer = vec![0; u32::from_be_bytes(length) as usize];
    asking.read_exact(&mut answer).expect("the server answers");
    let answer = String::from_utf8(answer).expect("text");
    answer.parse().expect("it answers with a number")
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_is_allocated_on_the_word_of_a_header() {
    let counted = Counted::start("4", "headers");
    let mut warm = counted.connect();
    bytes_in(&mut warm);
    let before = virtual_size(counted.id());
    let mut clients = Vec::new();
    for _ in 0..7 {
        let mut client = counted.connect();
        client
            .write_all(&[0x30, 0, 0, 0, b'a', b'b', b'c'])
            .expect("the server reads");
        clients.push(client);
    }
    let begin = std::time::Instant::now();
    let mut asked = 2;
    while bytes_in(&mut warm) != 5 * asked + 7 * 7 {
        assert!(begin.elapsed() < Duration::from_secs(20), "all of it comes");
        asked += 1;
    }
    // Measured after the read. Memory reserved by the length in one header would be 768 MiB.
    let grown = virtual_size(counted.id()).saturating_sub(before);
    assert!(grown < 512 * 1024 * 1024, "grown by {grown} bytes");
    drop(clients);
}
