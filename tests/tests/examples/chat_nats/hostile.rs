//! A program on nats-server that isn't a node, and publishes what no node would.

use std::time::Duration;

use super::cluster::{Member, Nats, Node};

const SUBJECTS: [&str; 2] = ["chat.nodes", "chat.room.lobby"];

/// Two members on two nodes who hear each other.
async fn anna_and_bob(nats: &Nats) -> ([Node; 2], Member, Member) {
    let [a, b] = ["a", "b"].map(|name| Node::start(name, nats));
    let (mut anna, mut bob) = (a.member("anna").await, b.member("bob").await);
    anna.sees_all(&["anna", "bob"]).await;
    bob.sees_all(&["anna", "bob"]).await;
    ([a, b], anna, bob)
}

/// Checks that anna hears bob. What bob says while a flood is heard may be lost.
async fn anna_hears_bob(mut anna: Member, mut bob: Member) -> [Member; 2] {
    let listening = tokio::spawn(async move {
        anna.hears("<bob@b> still here").await;
        anna
    });
    while !listening.is_finished() {
        bob.says("still here").await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    [listening.await.unwrap(), bob]
}

#[tokio::test]
async fn malformed_messages_are_ignored() {
    let Some(nats) = Nats::start() else { return };
    let (_nodes, anna, bob) = anna_and_bob(&nats).await;
    let now = u64::MAX.to_string();
    let long = "x".repeat(700);
    let malformed: Vec<Vec<u8>> = vec![
        b"".into(),
        b" ".into(),
        b"\xff\xfe".into(),
        b"x".into(),
        b"x 1x eve/lobby".into(),
        b"x -1 eve/lobby".into(),
        format!("x {now}0 eve hello").into(),
        format!("x\x1b[2J {now} eve hello").into(),
        format!("X {now} eve hello").into(),
        format!("x {now} Eve hello").into(),
        format!("x {now} eve\r\n hello").into(),
        format!("x {now} eve@b hello").into(),
        format!("x {now} eve/lobby/den").into(),
        format!("x {now} eve/lobby mallory/\x1b").into(),
        format!("x {now} eve").into(),
        format!("x {now}  hello").into(),
        format!("x {now} eve {long}").into(),
        format!("seventeen-letters {now} eve hello").into(),
        // The names of nodes: each node's own, of which it believes nothing.
        b"a ".into(),
    ];
    let mut publisher = nats.publisher();
    for round in 0..10_000 / malformed.len() {
        for message in &malformed {
            publisher.publish(SUBJECTS[round % 2], message);
        }
    }
    let huge = vec![b'x'; 1024 * 1024];
    for subject in SUBJECTS {
        for _ in 0..20 {
            publisher.publish(subject, &huge);
        }
    }
    publisher.flush();
    let [mut anna, _bob] = anna_hears_bob(anna, bob).await;
    for text in ["eve", "mallory", "hello", "left", "away", "cut off"] {
        anna.never_heard(text);
    }
    anna.sees_all(&["anna", "bob"]).await;
}

#[tokio::test]
async fn what_is_said_elsewhere_is_cleaned_too() {
    let Some(nats) = Nats::start() else { return };
    let (_nodes, mut anna, _bob) = anna_and_bob(&nats).await;
    let mut publisher = nats.publisher();
    publisher.publish(SUBJECTS[1], "x 1 eve \x1b]0;title\x07 \r\n* bob@b left\u{202e}\0");
    publisher.publish(SUBJECTS[1], "a 18446744073709551615 anna I am not anna");
    publisher.publish(SUBJECTS[1], "x 2 eve end");
    anna.hears("<eve@x> ?]0;title? ??* bob@b left??").await;
    anna.hears("<eve@x> end").await;
    anna.never_heard("not anna");
}

#[tokio::test]
async fn a_line_that_comes_again_or_after_a_later_one_is_not_heard() {
    let Some(nats) = Nats::start() else { return };
    let (_nodes, mut anna, _bob) = anna_and_bob(&nats).await;
    let mut publisher = nats.publisher();
    publisher.publish(SUBJECTS[0], "x 1 eve/lobby");
    anna.hears("* eve@x is here").await;
    for message in ["x 5 eve five", "x 5 eve again", "x 4 eve four", "x 6 eve six"] {
        publisher.publish(SUBJECTS[1], message);
    }
    anna.hears("<eve@x> five").await;
    assert_eq!(anna.line().await, "<eve@x> six");
    // An old beat says nothing either.
    publisher.publish(SUBJECTS[0], "x 1 eve/den");
    publisher.publish(SUBJECTS[0], "x 2");
    assert_eq!(anna.line().await, "* eve@x left");
}

#[tokio::test]
async fn nodes_and_members_that_are_made_up_have_an_end_and_cut_off_nobody() {
    let Some(nats) = Nats::start() else { return };
    let (_nodes, anna, bob) = anna_and_bob(&nats).await;
    let mut publisher = nats.publisher();
    // A crowd of one node is one line.
    let crowd: Vec<String> = (0..4000).map(|number| format!("m{number}/lobby")).collect();
    publisher.publish(SUBJECTS[0], format!("crowd 1 {}", crowd.join(" ")));
    publisher.publish(SUBJECTS[0], "crowd 2");
    // One too many.
    let crowd: Vec<String> = (0..4097).map(|number| format!("n{number}/lobby")).collect();
    publisher.publish(SUBJECTS[0], format!("crowd 3 {}", crowd.join(" ")));
    for number in 0..10_000 {
        publisher.publish(SUBJECTS[0], format!("n{number} 1 eve/lobby"));
        publisher.publish(SUBJECTS[1], format!("m{number} 1 mallory hello"));
    }
    publisher.flush();
    let [mut anna, _bob] = anna_hears_bob(anna, bob).await;
    let count = |text: &str| anna.heard.iter().filter(|line| line.contains(text)).count();
    assert_eq!(count("* 4000 members of crowd came or left"), 2);
    assert!(count("eve@n") <= 100, "{}", count("eve@n"));
    assert_eq!(count("4097"), 0);
    anna.never_heard("cut off");
    anna.never_heard("@b left");
    // All that was made up is forgotten.
    anna.sees_all(&["anna", "bob"]).await;
}

#[tokio::test]
async fn members_who_come_and_go_without_end_cut_off_nobody() {
    let Some(nats) = Nats::start() else { return };
    let (_nodes, anna, bob) = anna_and_bob(&nats).await;
    let mut publisher = nats.publisher();
    // As many as are still told one by one.
    let crowd: Vec<String> = (0..16).map(|number| format!("m{number}/lobby")).collect();
    for number in 0..2000 {
        let here = if number % 2 == 0 {
            crowd.join(" ")
        } else {
            String::new()
        };
        publisher.publish(SUBJECTS[0], format!("crowd {} {here}", number + 1));
    }
    publisher.flush();
    let [anna, _bob] = anna_hears_bob(anna, bob).await;
    anna.never_heard("cut off");
}
