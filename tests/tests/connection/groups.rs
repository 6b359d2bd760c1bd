//! Groups: who is a member, and what a broadcast says.

use kai_tcp_server::{
    Action, Bytes, Group, Groups, JoinError, Membership, Options, Peer, Server, Socket, start, tcp_server, with,
};
use kai_tcp_server_tests::{Client, eventually};
use tokio::io::DuplexStream;

/// Its connections join one group; what one says all hear.
#[derive(Default)]
struct Chat {
    all: Group<Bytes>,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 1000, mailbox = 4)]
impl Chat {
    fn connected(&self, peer: Peer<Bytes>) -> Result<Membership<Bytes>, JoinError> {
        self.all.join(&peer)
    }

    async fn handle_call(&self, line: &[u8], socket: &mut Socket, me: &mut Membership<Bytes>) -> Action {
        match line {
            b"bye" => close("bye"),
            b"members" => reply(format_args!("{}", self.all.len())),
            // It takes no messages meanwhile.
            b"sleep" => {
                let _ = socket.recv().await;
                noreply
            }
            line => {
                let told = me.group().broadcast_except(me.peer(), Bytes::copy_from_slice(line));
                reply(format_args!("told {}, full {}", told.sent, told.full.len()))
            }
        }
    }

    fn handle_info(&self, line: Bytes) -> Action {
        reply(line)
    }
}

struct Play {
    server: Server,
    all: Group<Bytes>,
}

async fn play(group: Group<Bytes>, options: Options) -> Play {
    let chat = Chat { all: group.clone() };
    let server = start(with(chat, options)).await.unwrap();
    Play { server, all: group }
}

impl Play {
    async fn enter(&self) -> Client<DuplexStream> {
        let members = self.all.len();
        let client = Client::in_memory(&self.server).await;
        eventually("it is a member", || self.all.len() == members + 1).await;
        client
    }
}

fn in_memory() -> Options {
    Chat::OPTIONS.in_memory()
}

#[tokio::test]
async fn every_member_gets_what_is_broadcast_in_the_same_order() {
    let play = play(Group::new(), in_memory()).await;
    let mut clients = Vec::new();
    for _ in 0..5 {
        clients.push(play.enter().await);
    }
    clients[0].call("one\n", "told 4, full 0\n").await;
    let told = play.all.broadcast(Bytes::from_static(b"two"));
    assert_eq!((told.sent, told.full.len()), (5, 0));
    clients[0].expect("two\n").await;
    for client in &mut clients[1..] {
        client.expect("one\ntwo\n").await;
    }
}

#[tokio::test]
async fn a_connection_that_ends_has_left() {
    let play = play(Group::new(), in_memory()).await;
    let (mut first, mut second) = (play.enter().await, play.enter().await);
    let third = play.enter().await;
    second.call("bye\n", "bye\n").await;
    drop(third);
    eventually("two have left", || play.all.len() == 1).await;
    first.call("hello\n", "told 0, full 0\n").await;
    play.server.stop().await;
    assert!(play.all.is_empty());
    assert_eq!(play.all.broadcast(Bytes::from_static(b"nobody")).sent, 0);
}

#[tokio::test]
async fn a_membership_that_is_dropped_has_left_and_another_one_stays() {
    let play = play(Group::new(), in_memory()).await;
    let mut client = play.enter().await;
    let peer = play.all.peers().pop().unwrap();
    let twice = play.all.join(&peer).unwrap();
    play.all.broadcast(Bytes::from_static(b"twice"));
    client.expect("twice\ntwice\n").await;
    drop(twice);
    play.all.broadcast(Bytes::from_static(b"once"));
    client.expect("once\n").await;
    client.call("members\n", "1\n").await;
}

#[tokio::test]
async fn who_takes_no_messages_is_named_and_delays_nobody() {
    let play = play(Group::new(), in_memory()).await;
    let mut sleeper = play.enter().await;
    let asleep = play.all.peers().pop().unwrap();
    sleeper.send("sleep\n").await;
    eventually("it sleeps", || play.server.info().calls == 1).await;
    let mut awake = play.enter().await;
    for number in 0..6 {
        let told = play.all.broadcast(Bytes::from(format!("{number}")));
        awake.expect(format!("{number}\n")).await;
        let full: Vec<_> = told.full.iter().map(Peer::id).collect();
        if number < 4 {
            assert_eq!((told.sent, full), (2, vec![]), "{number}");
        } else {
            assert_eq!((told.sent, full), (1, vec![asleep.id()]), "{number}");
        }
    }
}

#[tokio::test]
async fn a_group_has_no_more_members_than_it_may_have() {
    let play = play(Group::limited(2), in_memory()).await;
    let (_first, mut second) = (play.enter().await, play.enter().await);
    // `connected` fails.
    Client::in_memory(&play.server).await.expect_eof().await;
    let peer = play.all.peers().pop().unwrap();
    assert_eq!(play.all.join(&peer).unwrap_err(), JoinError::Full);
    second.call("bye\n", "bye\n").await;
    eventually("one has left", || play.all.len() == 1).await;
    assert_eq!(play.all.join(&peer).unwrap_err(), JoinError::Gone);
    play.enter().await.call("members\n", "2\n").await;
}

/// A membership that somebody keeps takes no place for ever.
#[tokio::test]
async fn the_place_of_a_connection_that_has_ended_is_free_whoever_keeps_its_membership() {
    let play = play(Group::limited(2), in_memory()).await;
    let client = play.enter().await;
    let peer = play.all.peers().pop().unwrap();
    let kept = play.all.join(&peer).unwrap();
    drop(client);
    eventually("it has left", || play.all.is_empty()).await;
    let (mut first, _second) = (play.enter().await, play.enter().await);
    // Its place is another's by now.
    drop(kept);
    first.call("members\n", "2\n").await;
    assert_eq!(play.all.broadcast(Bytes::from_static(b"hello")).sent, 2);
}

#[tokio::test]
async fn a_name_is_one_group_as_long_as_somebody_has_it() {
    let names: Groups<Bytes> = Groups::limited(2, 10);
    let lobby = names.group("lobby").unwrap();
    let play = play(lobby, in_memory()).await;
    let client = play.enter().await;
    assert_eq!(names.group("lobby").unwrap().len(), 1);
    assert_eq!(names.find("lobby").unwrap().name(), Some("lobby"));
    assert!(names.find("other").is_none());
    let other = names.group("other").unwrap();
    assert_eq!(names.group("third").unwrap_err(), JoinError::TooManyGroups);
    let listed: Vec<_> = names
        .all()
        .iter()
        .map(|group| group.name().unwrap().to_owned())
        .collect();
    assert_eq!(listed, ["lobby", "other"]);
    // A group ends with the last who has it.
    drop(other);
    assert!(names.find("other").is_none());
    let peer = names.find("lobby").unwrap().peers().pop().unwrap();
    let member = names.group("third").unwrap().join(&peer).unwrap();
    assert_eq!(names.find("third").unwrap().len(), 1);
    drop(member);
    assert!(names.find("third").is_none());
    drop(client);
}

#[tokio::test]
async fn a_group_equals_its_clones_and_no_other_of_the_same_members() {
    let names: Groups<Bytes> = Groups::new();
    let play = play(names.group("lobby").unwrap(), in_memory()).await;
    let _client = play.enter().await;
    let peer = play.all.peers().pop().unwrap();
    let other = Group::new();
    let member = other.join(&peer).unwrap();
    assert_eq!(play.all, names.find("lobby").unwrap());
    assert_eq!(member.group(), &other.clone());
    assert_ne!(play.all, other);
}

/// More than one message may wait, and the first of them lies elsewhere than the others.
#[tokio::test]
async fn messages_that_wait_come_in_order_and_are_dropped_with_their_connection() {
    let play = play(Group::new(), in_memory()).await;
    let mut client = play.enter().await;
    let message = Bytes::from(vec![b'x'; 8]);
    for (round, waiting) in [1, 2, 4, 1, 3, 6].into_iter().enumerate() {
        client.send("sleep\n").await;
        eventually("it sleeps", || play.server.info().calls == round as u64 + 1).await;
        for number in 0..waiting {
            let told = play.all.broadcast(Bytes::from(format!("{number}")));
            assert_eq!(told.sent, usize::from(number < 4), "{number} of {waiting}");
        }
        let heard = "0\n1\n2\n3\n";
        client.call("wake\n", &heard[..2 * waiting.min(4)]).await;
    }
    client.send("sleep\n").await;
    for _ in 0..2 {
        play.all.broadcast(message.clone());
    }
    drop(client);
    eventually("no message outlives its connection", || message.is_unique()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn joins_leaves_and_broadcasts_may_come_at_the_same_time() {
    let names: Groups<Bytes> = Groups::new();
    let play = play(names.group("lobby").unwrap(), in_memory()).await;
    let client = play.enter().await;
    let peer = play.all.peers().pop().unwrap();
    let tasks: Vec<_> = (0..4)
        .map(|task| {
            let (names, peer) = (names.clone(), peer.clone());
            std::thread::spawn(move || {
                for round in 0..5_000 {
                    let group = names.group(["a", "b"][(task + round) % 2]).unwrap();
                    let member = group.join(&peer).unwrap();
                    drop(group);
                    if round % 16 == 0 {
                        member.group().broadcast(Bytes::from_static(b"x"));
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.join().unwrap();
    }
    let listed: Vec<_> = names
        .all()
        .iter()
        .map(|group| group.name().unwrap().to_owned())
        .collect();
    assert_eq!(listed, ["lobby"]);
    assert_eq!(play.all.len(), 1);
    drop(client);
}
