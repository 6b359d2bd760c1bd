//! The example `chat`, run as a user runs it.
//!
//! Longer than other files, as it drives every command of one example.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use kai_tcp_server_tests::{Client, Example, available};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpSocket;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// The same time as in the tests' client.
const PATIENCE: Duration = Duration::from_secs(20);

/// The message to a member when the server stops.
const GOODBYE: &str = "* The server is closing: bye!\r\n";

struct Program {
    example: Example,
    chat: SocketAddr,
    admin: SocketAddr,
}

fn start() -> Program {
    let example = Example::start("chat", &["0", "0"]);
    let (chat, admin) = (example.addr(), example.addr());
    Program { example, chat, admin }
}

impl Program {
    /// Connects a member with this name.
    async fn member(&self, name: &str) -> Client {
        let mut member = Client::connect(self.chat).await;
        introduce(&mut member, name).await;
        member
    }

    async fn admin(&self) -> Client {
        Client::connect(self.admin).await
    }
}

async fn introduce(member: &mut Client, name: &str) {
    member.expect("* Welcome! What is your name?\r\n").await;
    let greeting = format!("* Hello {name}, this is the lobby. /help helps\r\n");
    member.call(format!("{name}\r\n"), greeting).await;
}

/// Sends a command to the admin's server, and returns the lines of its answer.
async fn ask(admin: &mut Client, command: &str) -> Vec<String> {
    admin.send(format!("{command}\n")).await;
    let mut answer = Vec::new();
    loop {
        let line = admin.line().await.trim_end().to_owned();
        let last = line == "OK" || line.starts_with("ERR");
        answer.push(line);
        if last {
            return answer;
        }
    }
}

#[tokio::test]
async fn members_of_a_room_hear_who_comes_what_is_said_and_who_leaves() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    bob.send("hello\r\n").await;
    anna.expect("<bob> hello\r\n").await;
    anna.call("/who\r\n", "* anna, bob\r\n").await;
    // Both line ends are accepted.
    anna.send("hi\nhow are you?\n").await;
    bob.expect("<anna> hi\r\n<anna> how are you?\r\n").await;
    bob.call("/quit\r\n", "* Bye!\r\n").await;
    bob.expect_eof().await;
    anna.expect("* bob left\r\n").await;
    anna.call("/who\r\n", "* anna\r\n").await;
}

#[tokio::test]
async fn the_room_hears_of_a_member_who_hangs_up_or_is_cut_off() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    bob.half_close().await;
    anna.expect("* bob left\r\n").await;
    let bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    bob.reset();
    anna.expect("* bob was cut off: reset\r\n").await;
}

#[tokio::test]
async fn rooms_are_separate() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    bob.call("/join den\r\n", "* You are in den\r\n").await;
    anna.expect("* bob went to den\r\n").await;
    anna.call("/rooms\r\n", "* den (1), lobby (1)\r\n").await;
    // A message in one room isn't sent to the other: the next line there is the whisper that
    // follows.
    bob.send("in the den\r\n/msg anna psst\r\n").await;
    anna.expect("<bob to you> psst\r\n").await;
    anna.send("in the lobby\r\n/msg bob yes?\r\n").await;
    bob.expect("<anna to you> yes?\r\n").await;
    bob.call("/leave\r\n", "* You are in lobby\r\n").await;
    anna.expect("* bob is here\r\n").await;
    anna.call("/rooms\r\n", "* lobby (2)\r\n").await;
}

#[tokio::test]
async fn a_name_is_one_members_alone_and_plain() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut other = Client::connect(chat.chat).await;
    other.expect("* Welcome! What is your name?\r\n").await;
    let taken = "! that name is taken: what is your name?\r\n";
    other.call("anna\r\n", taken).await;
    other.call("Anna\r\n", taken).await;
    let wrong = "! a name is 1 to 16 of a-z, 0-9, - and _: what is your name?\r\n";
    for name in ["", "b o b", "bob\x1b[2J", "ännchen", "seventeen-letters"] {
        other.call(format!("{name}\r\n"), wrong).await;
    }
    anna.call("/quit\r\n", "* Bye!\r\n").await;
    anna.expect_eof().await;
    // The client may see the end of the connection before the rooms do.
    let mut admin = chat.admin().await;
    while ask(&mut admin, "who").await != ["OK"] {}
    other
        .call("anna\r\n", "* Hello anna, this is the lobby. /help helps\r\n")
        .await;
}

#[tokio::test]
async fn no_control_character_reaches_another_terminal() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    bob.send("\x1b]0;title\x07 \x1b[2J a\rb\0c\u{9b}d\u{202e}e\u{7f} ok\r\n/msg anna \x1b[31mred\r\n")
        .await;
    anna.expect("<bob> ?]0;title? ?[2J a?b?c?d?e? ok\r\n<bob to you> ?[31mred\r\n")
        .await;
    let mut admin = chat.admin().await;
    assert_eq!(ask(&mut admin, "broadcast \x1b[5mblink").await, ["OK"]);
    anna.expect("* admin: ?[5mblink\r\n").await;
}

#[tokio::test]
async fn what_goes_wrong_is_said_in_the_protocol() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    bob.call("\u{fffd}\r\n/dance\r\n", "! no such command: /help lists them\r\n")
        .await;
    anna.expect("<bob> \u{fffd}\r\n").await;
    bob.call(b"\xff\xfe\r\n", "! that was no UTF-8: nobody heard it\r\n")
        .await;
    // The longest line there is, and one byte more.
    let longest = "x".repeat(512);
    bob.send(format!("{longest}\r\n")).await;
    anna.expect(format!("<bob> {longest}\r\n")).await;
    bob.call(format!("{longest}x\r\n"), "! a line has at most 512 bytes: bye\r\n")
        .await;
    bob.expect_eof().await;
    anna.expect("* bob was cut off: a frame exceeds packet_size\r\n").await;
}

#[tokio::test]
async fn the_admin_kicks_a_member_and_the_room_hears_of_it_once() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    let mut admin = chat.admin().await;
    assert_eq!(ask(&mut admin, "who").await, ["anna", "bob", "OK"]);
    assert_eq!(ask(&mut admin, "kick bob").await, ["OK"]);
    bob.expect_eof().await;
    anna.expect("* bob was kicked\r\n").await;
    assert_eq!(ask(&mut admin, "kick bob").await, ["ERR nobody has that name"]);
    assert_eq!(ask(&mut admin, "who").await, ["anna", "OK"]);
    // His name is free at once, and his connection's end announces nothing more.
    let mut bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    bob.send("again\r\n").await;
    anna.expect("<bob> again\r\n").await;
}

#[tokio::test]
async fn the_admin_sees_the_program() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    anna.call("/join den\r\n", "* You are in den\r\n").await;
    let mut admin = chat.admin().await;
    assert_eq!(ask(&mut admin, "rooms").await, ["den (1)", "OK"]);
    let stats = ask(&mut admin, "stats").await;
    assert_eq!(stats[..3], ["connected 1", "accepted 1", "lines 2"]);
    let tree = ask(&mut admin, "tree").await.join("\n");
    for part in [&format!("Chat on {}", chat.chat), &format!("Admin on {}", chat.admin)] {
        assert!(tree.contains(part.as_str()), "{tree}");
    }
    assert_eq!(tree.matches(" serves ").count(), 2, "{tree}");
    assert_eq!(ask(&mut admin, "nonsense").await, ["ERR help lists the commands"]);
}

#[tokio::test]
async fn an_http_request_says_nothing_and_stops_nothing() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    for first in ["POST / HTTP/1.1\r\n", "GET / HTTP/1.1\r\n", ""] {
        let head = format!("{first}Host: localhost\r\n\r\n");
        let mut page = Client::connect(chat.chat).await;
        page.expect("* Welcome! What is your name?\r\n").await;
        page.send(format!("{head}eve\r\nhello\r\n")).await;
        page.expect("! no web pages here: bye\r\n").await;
        page.expect_eof().await;
        let mut page = Client::connect(chat.admin).await;
        page.send(format!("{head}kick anna\r\nstop\r\n")).await;
        page.expect("ERR no web pages here\r\n").await;
        page.expect_eof().await;
    }
    // The attempt admitted no member and kicked none. To a member the text is ordinary talk.
    let mut bob = chat.member("bob").await;
    anna.expect("* bob is here\r\n").await;
    bob.send("POST / HTTP/1.1\r\n").await;
    anna.expect("<bob> POST / HTTP/1.1\r\n").await;
    let mut admin = chat.admin().await;
    assert_eq!(ask(&mut admin, "broadcast on HTTP/1.1").await, ["OK"]);
}

#[tokio::test]
async fn the_admins_stop_ends_the_program_with_success() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut unnamed = Client::connect(chat.chat).await;
    unnamed.expect("* Welcome! What is your name?\r\n").await;
    let mut admin = chat.admin().await;
    assert_eq!(ask(&mut admin, "stop").await, ["OK"]);
    admin.expect_eof().await;
    for member in [&mut anna, &mut unnamed] {
        member.expect(GOODBYE).await;
        member.expect_eof().await;
    }
    drop((anna, unnamed, admin));
    let (success, _) = chat.example.wait();
    assert!(success);
}

#[tokio::test]
async fn sigterm_ends_the_program_with_success_and_every_conversation_in_good_order() {
    let chat = start();
    let mut anna = chat.member("anna").await;
    let mut admin = chat.admin().await;
    assert_eq!(ask(&mut admin, "who").await, ["anna", "OK"]);
    chat.example.signal("TERM");
    anna.expect(GOODBYE).await;
    anna.expect_eof().await;
    admin.expect_eof().await;
    drop((anna, admin));
    let (success, _) = chat.example.wait();
    assert!(success);
}

#[test]
fn a_bad_argument_is_one_line_and_no_success() {
    let (success, log) = Example::start("chat", &["0", "port"]).wait();
    assert!(!success);
    assert_eq!(log, ["Error: \"port\" is no port: 0 takes a free one"]);
}

/// Reads until dave has said this number of lines; returns how often others were cut off meanwhile.
async fn hear_dave(mut member: Client, count: usize) -> usize {
    let mut lines = BufReader::new(member.stream()).lines();
    let (mut number, mut cut_off) = (0, 0);
    while number < count {
        let line = next(&mut lines).await;
        if let Some(said) = line.strip_prefix("<dave> ") {
            let expected = format!("{number} ");
            assert!(said.starts_with(&expected), "line {number} is {line:?}");
            number += 1;
        }
        cut_off += usize::from(line.contains(" was cut off: "));
    }
    cut_off
}

#[tokio::test]
async fn a_member_who_does_not_read_is_cut_off_and_holds_up_nobody() {
    const LINES: usize = 12_000;

    let chat = start();
    let (anna, bob) = (chat.member("anna").await, chat.member("bob").await);
    // A small buffer, so that its lag shows early.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("SO_RCVBUF can be set");
    let stream = socket.connect(chat.chat).await.expect("the example listens");
    let mut carol = Client::over(stream);
    introduce(&mut carol, "carol").await;
    let mut dave = chat.member("dave").await;

    let began = Instant::now();
    let readers = [anna, bob].map(|reader| tokio::spawn(hear_dave(reader, LINES)));
    let padding = "x".repeat(480);
    for number in 0..LINES {
        dave.send(format!("{number} {padding}\r\n")).await;
    }
    for reader in readers {
        let cut_off = reader.await.expect("every line comes, in order");
        assert_eq!(cut_off, 1, "carol is announced once");
    }
    println!("{LINES} lines in {:?}", began.elapsed());
    carol.expect_gone().await;
    let mut admin = chat.admin().await;
    assert_eq!(ask(&mut admin, "kick carol").await, ["ERR nobody has that name"]);
}

#[tokio::test]
async fn a_flood_costs_nobody_his_place_who_reads() {
    const LINES: usize = 10_000;

    let chat = start();
    let mut readers = Vec::new();
    for name in ["anna", "bob", "carol", "emil"] {
        readers.push(chat.member(name).await);
    }
    let mut dave = chat.member("dave").await;
    let began = Instant::now();
    let readers: Vec<_> = readers
        .into_iter()
        .map(|reader| tokio::spawn(hear_dave(reader, LINES)))
        .collect();
    let flood: Vec<String> = (0..LINES).map(|number| format!("{number} x\n")).collect();
    dave.send(flood.concat()).await;
    for reader in readers {
        assert_eq!(reader.await.expect("every line comes, in order"), 0);
    }
    println!("{LINES} lines in {:?}", began.elapsed());
}

async fn next(lines: &mut Lines<impl AsyncBufRead + Unpin>) -> String {
    let line = timeout(PATIENCE, lines.next_line())
        .await
        .expect("a line comes in time");
    line.expect("the connection lives").expect("another line comes")
}

/// A person at a terminal: netcat, driven through pipes.
struct Netcat {
    child: Child,
    keyboard: ChildStdin,
    screen: Lines<BufReader<ChildStdout>>,
}

impl Netcat {
    fn connect(addr: SocketAddr) -> Self {
        let mut child = Command::new("nc")
            .args([addr.ip().to_string(), addr.port().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("nc starts");
        let keyboard = child.stdin.take().expect("standard input is piped");
        let screen = child.stdout.take().expect("standard output is piped");
        Netcat {
            child,
            keyboard,
            screen: BufReader::new(screen).lines(),
        }
    }

    async fn types(&mut self, line: &str) {
        let line = format!("{line}\n");
        self.keyboard.write_all(line.as_bytes()).await.expect("nc runs");
    }

    async fn sees(&mut self, line: &str) {
        assert_eq!(next(&mut self.screen).await, line);
    }
}

#[tokio::test]
async fn people_talk_by_netcat() {
    if !available("nc", &["-h"], "Debian's netcat-openbsd") {
        return;
    }
    let chat = start();
    let mut anna = Netcat::connect(chat.chat);
    anna.sees("* Welcome! What is your name?").await;
    anna.types("Anna").await;
    anna.sees("* Hello anna, this is the lobby. /help helps").await;
    let mut bob = Netcat::connect(chat.chat);
    bob.sees("* Welcome! What is your name?").await;
    bob.types("bob").await;
    bob.sees("* Hello bob, this is the lobby. /help helps").await;
    anna.sees("* bob is here").await;
    bob.types("Grüß dich").await;
    anna.sees("<bob> Grüß dich").await;
    anna.types("/quit").await;
    anna.sees("* Bye!").await;
    bob.sees("* anna left").await;
    drop(anna.keyboard);
    let status = timeout(PATIENCE, anna.child.wait()).await;
    assert!(status.expect("nc ends").expect("nc was started").success());
}
