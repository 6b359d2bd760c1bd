//! Nodes of `chat_nats` behind HAProxy: what their members notice when something dies or stands
//! still.

use std::time::Duration;

use kai_tcp_server_tests::Client;
use tokio::net::TcpSocket;
use tokio::time::{Instant, sleep_until};

use super::cluster::{Member, say_and_hear_all};
use super::front::Seen;
use super::nodes::{Guest, Site};

const NAMES: [&str; 6] = ["anna", "bob", "carol", "dave", "emil", "fred"];

fn members(guests: Vec<Guest>) -> Vec<Member> {
    guests.into_iter().map(|guest| guest.member).collect()
}

#[tokio::test]
async fn each_line_reaches_each_member_once_on_any_node() {
    let Some(mut site) = Site::start().await else { return };
    let guests = site.members(&NAMES).await;
    for node in ["n1", "n2", "n3"] {
        let there = guests.iter().filter(|guest| guest.home == node).count();
        assert_eq!(there, 2, "HAProxy gives each node as many as the others");
    }
    // The nodes know the clients by their own addresses.
    for (client, guest) in (0..).zip(&guests) {
        let node = guest.home[1..].parse().expect("a number");
        let address = site.net.client(client).to_string();
        site.node(node).line_with(&address);
    }
    say_and_hear_all(&mut members(guests), 100).await;
}

/// Lets each member say something, some times, and something happen in the middle.
async fn talk(members: &mut [Member], rounds: usize, what: &str, in_the_middle: impl FnOnce()) -> Vec<String> {
    let mut in_the_middle = Some(in_the_middle);
    let mut said = Vec::new();
    for round in 0..rounds {
        if round == rounds / 2
            && let Some(happens) = in_the_middle.take()
        {
            happens();
        }
        for (number, member) in members.iter_mut().enumerate() {
            said.push(format!("{round} of {number}: {what}"));
            member.says(&said[said.len() - 1]).await;
        }
    }
    said
}

/// Waits until each member has heard what the others have said, and checks that it was once.
async fn hear_each_once(members: &mut [Member], said: &[String]) {
    let speakers = members.len();
    for (number, member) in members.iter_mut().enumerate() {
        let others = said.iter().enumerate().filter(|(place, _)| place % speakers != number);
        for (_, said) in others {
            if member.heard(said) == 0 {
                member.hears_a_line_with(&format!("> {said}")).await;
            }
        }
        let twice = said.iter().find(|said| member.heard(said) > 1);
        assert!(twice.is_none(), "heard twice: {twice:?}");
    }
}

/// Forgets what was heard.
fn forget(members: &mut [Member]) {
    members.iter_mut().for_each(|member| member.heard.clear());
}

#[tokio::test]
async fn a_node_that_is_killed_costs_the_others_its_own_members_alone() {
    let Some(mut site) = Site::start().await else { return };
    let guests = site.members(&NAMES).await;
    let (dying, living): (Vec<_>, Vec<_>) = guests.into_iter().partition(|guest| guest.home == "n3");
    let (mut dying, mut living) = (members(dying), members(living));
    assert_eq!((dying.len(), living.len()), (2, 4));
    forget(&mut living);
    let said = talk(&mut living, 100, "hello", || site.kill(3)).await;
    hear_each_once(&mut living, &said).await;
    for member in &mut living {
        for dead in &mut dying {
            dead.expect_gone().await;
            let left = format!("* {}@n3 left: its node is away", dead.name());
            if !member.heard.contains(&left) {
                member.hears(&left).await;
            }
        }
        let told: Vec<_> = member.heard.iter().filter(|line| !line.starts_with('<')).collect();
        assert_eq!(told.len(), dying.len(), "nothing else was told: {told:?}");
    }
    // It comes back, and takes members again.
    site.start_again(3);
    site.front.sees_soon(3, "is back", Seen::takes_connections).await;
    let mut names: Vec<&str> = vec!["gina", "hugo"];
    let mut back = Vec::new();
    for (client, name) in (10..).zip(&names) {
        back.push(Member::welcomed(site.connect(client).await).await.named(name).await);
    }
    let here: Vec<String> = living.iter().map(|member| member.name().to_owned()).collect();
    names.extend(here.iter().map(String::as_str));
    living.append(&mut back);
    for member in &mut living {
        member.sees_all(&names).await;
    }
    say_and_hear_all(&mut living, 20).await;
}

#[tokio::test]
async fn a_nats_server_that_stands_still_parts_the_nodes_and_nobody_on_a_node() {
    let Some(site) = Site::start().await else { return };
    let guests = site.members(&NAMES).await;
    let begin = Instant::now();
    site.nats.signal("STOP");
    let homes: Vec<String> = guests.iter().map(|guest| guest.home.clone()).collect();
    let mut all = members(guests);
    forget(&mut all);
    for member in &mut all {
        member.hears("* the other nodes are away").await;
    }
    for (number, member) in all.iter_mut().enumerate() {
        member.says(&format!("alone {number}")).await;
    }
    for (number, home) in homes.iter().enumerate() {
        for (other, _) in homes
            .iter()
            .enumerate()
            .filter(|(other, at)| *at == home && *other != number)
        {
            all[number].hears_a_line_with(&format!("> alone {other}")).await;
        }
    }
    sleep_until(begin + Duration::from_secs(5)).await;
    site.nats.signal("CONT");
    for member in &mut all {
        member.hears("* the other nodes are back").await;
    }
    for member in &mut all {
        member.sees_all(&NAMES).await;
    }
    for (number, member) in all.iter().enumerate() {
        for (other, at) in homes.iter().enumerate() {
            let most = usize::from(other != number && *at == homes[number]);
            assert!(
                member.heard(&format!("alone {other}")) <= most,
                "nobody hears it late or twice"
            );
        }
    }
    say_and_hear_all(&mut all, 50).await;
}

/// Reads nothing, and has little room for what comes.
async fn deaf(site: &Site) -> Client {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("SO_RCVBUF can be set");
    let stream = socket.connect(site.front.addr()).await.expect("HAProxy listens");
    let mut client = Client::over(stream);
    client.expect("* Welcome! What is your name?\r\n").await;
    client.send("deaf\r\n").await;
    client
}

#[tokio::test]
async fn a_member_that_never_reads_delays_nobody_and_is_cut_off() {
    let Some(site) = Site::start().await else { return };
    let mut all = members(site.members(&NAMES).await);
    let _deaf = deaf(&site).await;
    for member in &mut all {
        member.sees_all(&[&NAMES[..], &["deaf"]].concat()).await;
    }
    forget(&mut all);
    let padding = "x".repeat(440);
    // All hear a batch before they say the next one: a delay of one would be one of all.
    for batch in 0.. {
        assert!(batch < 1000, "it was never cut off");
        let said = talk(&mut all, 50, &format!("{batch} {padding}"), || ()).await;
        hear_each_once(&mut all, &said).await;
        let is_cut_off = |line: &String| line.starts_with("* deaf was cut off: ");
        if all.iter().any(|member| member.heard.iter().any(is_cut_off)) {
            println!("it was cut off in batch {batch}");
            return;
        }
        forget(&mut all);
    }
}
