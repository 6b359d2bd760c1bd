//! The example `chat_nats`: several nodes, connected by Debian's nats-server.

#[path = "chat_nats/cluster.rs"]
mod cluster;
#[path = "chat_nats/hostile.rs"]
mod hostile;
#[path = "chat_nats/outages.rs"]
mod outages;

use self::cluster::{Member, Nats, Node, say_and_hear_all};
use kai_tcp_server_tests::Example;

#[tokio::test]
async fn each_line_reaches_each_member_once_on_any_node() {
    let Some(nats) = Nats::start() else { return };
    let nodes = ["a", "b", "c"].map(|name| Node::start(name, &nats));
    let mut members = Vec::new();
    for (node, name) in [(0, "anna"), (0, "abel"), (1, "bob"), (2, "carol"), (2, "cleo")] {
        members.push(nodes[node].member(name).await);
    }
    for member in &mut members {
        member.sees_all(&["anna", "abel", "bob", "carol", "cleo"]).await;
    }
    say_and_hear_all(&mut members, 100).await;
    // Rooms are separate on all nodes.
    let [anna, _, bob, carol, _] = &mut members[..] else {
        unreachable!()
    };
    for member in [&mut *anna, &mut *bob] {
        member.says("/join den").await;
        member.hears("* You are in den").await;
    }
    for member in [&mut *anna, &mut *bob] {
        member.sees_all(&["anna", "bob"]).await;
    }
    carol.sees_all(&["abel", "carol", "cleo"]).await;
    anna.says("in the den").await;
    bob.hears("<anna@a> in the den").await;
    bob.says("/leave").await;
    carol.hears("* bob@b is here").await;
    anna.hears("* bob@b went to lobby").await;
    carol.never_heard("in the den");
    anna.says("/rooms").await;
    anna.hears("* den (1), lobby (4)").await;
}

#[tokio::test]
async fn a_name_is_one_members_on_a_node_and_another_nodes_too() {
    let Some(nats) = Nats::start() else { return };
    let (a, b) = (Node::start("a", &nats), Node::start("b", &nats));
    let mut here = a.member("anna").await;
    let mut there = b.member("anna").await;
    here.hears("* anna@b is here").await;
    there.sees_all(&["anna", "anna@a"]).await;
    here.says("hello").await;
    there.hears("<anna@a> hello").await;
    let mut second = Member::connect(&a).await;
    second.says("anna").await;
    second.hears("! that name is taken: what is your name?").await;
    there.says("/quit").await;
    here.hears("* anna@b left").await;
    here.sees_all(&["anna"]).await;
}

#[tokio::test]
async fn a_room_is_subscribed_to_by_its_first_member_and_no_longer_with_its_last() {
    let Some(nats) = Nats::start() else { return };
    let a = Node::start("a", &nats);
    nats.eventually_follows("a", &["chat.nodes"]).await;
    let mut anna = a.member("anna").await;
    nats.eventually_follows("a", &["chat.nodes", "chat.room.lobby"]).await;
    let mut abel = a.member("abel").await;
    abel.says("/join den").await;
    nats.eventually_follows("a", &["chat.nodes", "chat.room.den", "chat.room.lobby"])
        .await;
    anna.says("/join den").await;
    nats.eventually_follows("a", &["chat.nodes", "chat.room.den"]).await;
    abel.says("/quit").await;
    anna.hears("* abel left").await;
    assert_eq!(nats.followed_by("a"), ["chat.nodes", "chat.room.den"]);
    drop(anna);
    nats.eventually_follows("a", &["chat.nodes"]).await;
    // A name that isn't one of a room reaches NATS under no circumstances.
    let mut anna = a.member("anna").await;
    for room in [">", "*", "a.b", "a b", "DEN", "a-room-with-17-char"] {
        anna.says(&format!("/join {room}")).await;
        anna.hears_a_line_with("1 to 16 of a-z, 0-9, - and _").await;
    }
    assert_eq!(nats.followed_by("a"), ["chat.nodes", "chat.room.lobby"]);
}

#[tokio::test]
async fn a_node_that_stops_says_that_its_members_leave() {
    let Some(nats) = Nats::start() else { return };
    let (a, b) = (Node::start("a", &nats), Node::start("b", &nats));
    let (mut anna, mut bob) = (a.member("anna").await, b.member("bob").await);
    anna.hears("* bob@b is here").await;
    b.example.signal("TERM");
    bob.hears("* The server is closing: bye!").await;
    drop(bob);
    anna.hears("* bob@b left").await;
    let (success, log) = b.example.wait();
    assert!(success, "{log:?}");
    anna.sees_all(&["anna"]).await;
}

#[tokio::test]
async fn a_second_node_of_a_name_is_not_heard_and_the_log_says_so() {
    let Some(nats) = Nats::start() else { return };
    let (first, second) = (Node::start("a", &nats), Node::start("a", &nats));
    first.example.line_with("another node is called \"a\"");
    second.example.line_with("another node is called \"a\"");
}

#[test]
fn a_wrong_variable_is_one_line_and_no_success() {
    for (variable, value, says) in [
        ("NATS_URL", "what is this", "NATS_URL: \"what is this\": "),
        ("NODE_NAME", "a.b", "NODE_NAME: a name is 1 to 16 of a-z, 0-9, - and _"),
        ("CHAT_PROT", "1", "CHAT_PROT"),
    ] {
        let mut command = Example::with_its_feature("chat_nats");
        let (success, log) = Example::run(command.env(variable, value)).wait();
        assert!(!success, "{variable}");
        assert!(log.len() == 1 && log[0].contains(says), "{log:?}");
    }
}
