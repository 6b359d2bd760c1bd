//! NATS, a node or a member that is away, for a time or for good.

use std::time::Duration;

use kai_tcp_server_tests::Client;
use tokio::net::TcpSocket;
use tokio::time::{Instant, sleep_until};

use super::cluster::{Member, Nats, Node, say_and_hear_all};

const AWAY: &str = "* the other nodes are away";
const BACK: &str = "* the other nodes are back";

#[tokio::test]
async fn a_node_that_starts_without_nats_serves_its_members_and_finds_nats_later() {
    let Some(mut nats) = Nats::absent() else { return };
    let a = Node::start("a", &nats);
    let (mut anna, mut abel) = (a.member("anna").await, a.member("abel").await);
    anna.hears(AWAY).await;
    abel.hears(AWAY).await;
    anna.says("hello").await;
    abel.hears("<anna> hello").await;
    nats.start_again();
    anna.hears(BACK).await;
    abel.hears(BACK).await;
    let b = Node::start("b", &nats);
    let mut members = [anna, abel, b.member("bob").await];
    for member in &mut members {
        member.sees_all(&["anna", "abel", "bob"]).await;
    }
    members[2].never_heard("the other nodes");
    say_and_hear_all(&mut members, 10).await;
}

/// Two nodes and their members, who know each other.
async fn two_nodes(nats: &Nats) -> ([Node; 2], [Member; 4]) {
    let nodes = ["a", "b"].map(|name| Node::start(name, nats));
    let [a, b] = &nodes;
    let mut members = [
        a.member("anna").await,
        a.member("abel").await,
        b.member("bob").await,
        b.member("bert").await,
    ];
    for member in &mut members {
        member.sees_all(&["anna", "abel", "bob", "bert"]).await;
    }
    forget_the_beginning(&mut members).await;
    (nodes, members)
}

/// Waits until all have heard who is here, which is told before any line that comes later.
async fn forget_the_beginning(members: &mut [Member]) {
    say_and_hear_all(members, 1).await;
    for member in members {
        member.heard.clear();
    }
}

/// Waits until all are told that the others are away, and lets them talk meanwhile.
async fn talk_while_away(members: &mut [Member; 4]) {
    for member in &mut *members {
        member.hears(AWAY).await;
    }
    let [anna, abel, bob, bert] = members;
    anna.sees_all(&["anna", "abel"]).await;
    anna.says("meanwhile on a").await;
    abel.hears("<anna> meanwhile on a").await;
    bert.says("meanwhile on b").await;
    bob.hears("<bert> meanwhile on b").await;
}

/// Waits until all are told that the others are back, and checks that nothing else has come of it.
async fn all_is_as_before(nats: &Nats, members: &mut [Member; 4]) {
    for member in &mut *members {
        member.hears(BACK).await;
    }
    for node in ["a", "b"] {
        nats.eventually_follows(node, &["chat.nodes", "chat.room.lobby"]).await;
    }
    for member in &mut *members {
        member.sees_all(&["anna", "abel", "bob", "bert"]).await;
    }
    say_and_hear_all(members, 10).await;
    for member in members {
        // No member has come or left, and lines that are said while NATS is away aren't kept.
        for text in ["left", "is here", "cut off", "@a> meanwhile", "@b> meanwhile"] {
            member.never_heard(text);
        }
        for line in [AWAY, BACK] {
            assert_eq!(member.heard.iter().filter(|heard| *heard == line).count(), 1);
        }
        let mut said: Vec<_> = member.heard.iter().filter(|line| line.starts_with('<')).collect();
        let count = said.len();
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), count, "{:?}", member.heard);
        member.heard.clear();
    }
}

#[tokio::test]
async fn nats_may_be_killed_and_started_again() {
    let Some(mut nats) = Nats::start() else { return };
    let (_nodes, mut members) = two_nodes(&nats).await;
    for _ in 0..2 {
        nats.kill();
        talk_while_away(&mut members).await;
        nats.start_again();
        all_is_as_before(&nats, &mut members).await;
    }
}

#[tokio::test]
async fn nats_may_stand_still_for_five_seconds() {
    let Some(nats) = Nats::start() else { return };
    let (_nodes, mut members) = two_nodes(&nats).await;
    let begin = Instant::now();
    nats.signal("STOP");
    // The nodes don't know it yet. Members of the same node hear each other at once.
    let [anna, abel, ..] = &mut members;
    for number in 0..20 {
        anna.says(&format!("under way {number}")).await;
        abel.hears(&format!("<anna> under way {number}")).await;
    }
    abel.never_heard(AWAY);
    talk_while_away(&mut members).await;
    sleep_until(begin + Duration::from_secs(5)).await;
    nats.signal("CONT");
    // Lines that were under way may come, and not twice.
    all_is_as_before(&nats, &mut members).await;
}

#[tokio::test]
async fn the_members_of_a_killed_node_leave_and_nobody_notices_anything_else() {
    let Some(nats) = Nats::start() else { return };
    let ([a, b], [anna, abel, bob, bert]) = two_nodes(&nats).await;
    let c = Node::start("c", &nats);
    let mut left = [anna, abel, c.member("carol").await];
    for member in &mut left {
        member.sees_all(&["anna", "abel", "bob", "bert", "carol"]).await;
    }
    forget_the_beginning(&mut left).await;
    b.example.signal("KILL");
    drop((bob, bert));
    for member in &mut left {
        member.sees_all(&["anna", "abel", "carol"]).await;
    }
    say_and_hear_all(&mut left, 10).await;
    for member in &left {
        let news = member.heard.iter().filter(|line| !line.starts_with('<'));
        let expected = ["* bert@b left: its node is away", "* bob@b left: its node is away"];
        assert_eq!(news.collect::<Vec<_>>(), expected);
    }
    // A new node of that name has nothing to do with the old one.
    let b = Node::start("b", &nats);
    let mut bob = b.member("bob").await;
    left[0].hears("* bob@b is here").await;
    bob.says("again").await;
    left[0].hears("<bob@b> again").await;
    drop((a, c));
}

#[tokio::test]
async fn a_member_that_never_reads_delays_nobody_on_any_node() {
    const WINDOWS: usize = 60;
    const LINES: usize = 200;

    let Some(nats) = Nats::start() else { return };
    let (nodes, [mut anna, mut abel, mut bob, _bert]) = two_nodes(&nats).await;
    // They read nothing, and so little waits in their sockets.
    let mut asleep = Vec::new();
    for node in &nodes {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut sleeper = Client::over(socket.connect(node.addr).await.unwrap());
        sleeper.call("sleeper\r\n", "* Welcome! What is your name?\r\n").await;
        asleep.push(sleeper);
    }
    anna.sees_all(&["anna", "abel", "bob", "bert", "sleeper", "sleeper"])
        .await;
    let padding = "x".repeat(450);
    for window in 0..WINDOWS {
        for number in 0..LINES {
            anna.says(&format!("{} {padding}", window * LINES + number)).await;
        }
        let last = format!("{} {padding}", window * LINES + LINES - 1);
        abel.hears(&format!("<anna> {last}")).await;
        bob.hears(&format!("<anna@a> {last}")).await;
    }
    for (reader, speaker) in [(&abel, "<anna> "), (&bob, "<anna@a> ")] {
        let said = reader.heard.iter().filter_map(|line| line.strip_prefix(speaker));
        let numbers = said.map(|line| line.split(' ').next().unwrap().parse::<usize>().unwrap());
        assert!(numbers.eq(0..WINDOWS * LINES));
        let cut_off = reader
            .heard
            .iter()
            .filter(|line| *line == "* sleeper was cut off: does not read");
        assert_eq!(cut_off.count(), 1);
    }
}
