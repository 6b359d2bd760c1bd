//! Members who hear what is broadcast: connections of a declared server in a `Group`, and tasks
//! written by hand with a channel each. Both are in memory, on the thread that broadcasts.

use bytes::{Bytes, BytesMut};
use kai_tcp_server::{Action, Group, JoinError, Membership, Peer, Server, start, tcp_server, with};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::select;
use tokio::sync::mpsc::{self, Receiver, Sender};

/// The most messages that wait for a member, either way.
const MAILBOX: usize = 64;

/// A message of 100 bytes. The member's connection ends it as a line.
pub(crate) const MESSAGE: Bytes = Bytes::from_static(&[b'x'; 100]);

/// Members of either kind, and what is at the other ends of their connections.
pub(crate) struct Members {
    way: Way,
    clients: Vec<DuplexStream>,
}

enum Way {
    Declared { all: Group<Bytes>, _server: Server },
    ByHand(Vec<Sender<Bytes>>),
}

struct Room {
    all: Group<Bytes>,
}

#[tcp_server(port = 0, packet = line(lf), max_processes = 20_000, mailbox = MAILBOX, recv_timeout = infinity)]
impl Room {
    fn connected(&self, peer: Peer<Bytes>) -> Result<Membership<Bytes>, JoinError> {
        self.all.join(&peer)
    }

    fn handle_call(&self, _: &[u8], _: &mut Membership<Bytes>) -> Action {
        noreply
    }

    fn handle_info(&self, line: Bytes) -> Action {
        reply(line)
    }
}

impl Members {
    /// Members that are connections of a declared server.
    pub(crate) async fn declared(count: usize) -> Self {
        let all = Group::new();
        let room = Room { all: all.clone() };
        let server = start(with(room, Room::OPTIONS.in_memory())).await.expect("it starts");
        let mut clients = Vec::new();
        for _ in 0..count {
            clients.push(server.connect().await.expect("it runs"));
        }
        while all.len() < count {
            tokio::task::yield_now().await;
        }
        let way = Way::Declared { all, _server: server };
        Members { way, clients }
    }

    /// Members that are tasks written by hand.
    pub(crate) fn by_hand(count: usize) -> Self {
        let (mut senders, mut clients) = (Vec::new(), Vec::new());
        for _ in 0..count {
            let (client, stream) = tokio::io::duplex(64 * 1024);
            let (sender, receiver) = mpsc::channel(MAILBOX);
            tokio::spawn(member(stream, receiver));
            senders.push(sender);
            clients.push(client);
        }
        let way = Way::ByHand(senders);
        Members { way, clients }
    }

    /// Sends the message to all, without waiting; returns how many it was sent to.
    #[inline(never)]
    pub(crate) fn broadcast(&self) -> usize {
        match &self.way {
            Way::Declared { all, .. } => all.broadcast(MESSAGE).sent,
            Way::ByHand(senders) => {
                let sent = senders.iter().filter(|sender| sender.try_send(MESSAGE).is_ok());
                sent.count()
            }
        }
    }

    /// Waits until all have sent it on to their clients.
    pub(crate) async fn receive(&mut self) {
        let mut line = [0; 101];
        for client in &mut self.clients {
            client.read_exact(&mut line).await.expect("it is sent on");
            assert_eq!((&line[..100], line[100]), (&MESSAGE[..], b'\n'));
        }
    }
}

/// Sends on all that waits in one write, and reads what its client says.
async fn member(mut stream: DuplexStream, mut messages: Receiver<Bytes>) {
    let (mut input, mut output) = (BytesMut::new(), Vec::new());
    loop {
        select! {
            message = messages.recv() => {
                let mut next = message;
                while let Some(message) = next {
                    output.extend_from_slice(&message);
                    output.push(b'\n');
                    next = messages.try_recv().ok();
                }
                if output.is_empty() || stream.write_all(&output).await.is_err() {
                    return;
                }
                output.clear();
            }
            read = stream.read_buf(&mut input) => match read {
                Ok(1..) => input.clear(),
                _ => return,
            },
        }
    }
}
