//! Changes between passive, active, once and counts within pipelined input, in any packet mode. No
//! buffered byte is lost, and none is taken twice or early.

use kai_tcp_server::{Action, Active, BoxError, Frame, Options, Packet, Peer, Socket, TcpServer, input, start};
use kai_tcp_server_tests::{Client, MODES, Mode, next};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Uses all ways to take frames within each eight frames, and reports each frame and its way.
struct Switching {
    packet: Packet,
    told: UnboundedSender<(How, Vec<u8>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Called,
    Received,
    RanOut,
}

struct State {
    peer: Peer<()>,
    frames: usize,
}

/// Returns the way of this frame, and whether a count has run out after it.
fn expected(frame: usize) -> (How, bool) {
    match frame % 8 {
        3 | 7 => (How::Called, true),
        4 | 6 => (How::Received, false),
        _ => (How::Called, false),
    }
}

impl Switching {
    fn tell(&self, how: How, frame: &[u8]) -> Result<(), BoxError> {
        Ok(self.told.send((how, frame.to_vec()))?)
    }

    async fn receive(&self, socket: &mut Socket, state: &mut State) -> Result<(), BoxError> {
        let frame = socket.recv().await?.ok_or("the input ended")?;
        state.frames += 1;
        self.tell(How::Received, &frame)
    }
}

impl TcpServer for Switching {
    type Input = input::WithSocket<input::Slice>;
    type Session = State;
    type Message = ();

    const TAKES_MESSAGES: bool = true;

    fn options(&self) -> Options {
        Options::new().in_memory().packet(self.packet).active(Active::True)
    }

    async fn connected(&self, _: &mut Socket, peer: Peer<()>) -> Result<State, BoxError> {
        Ok(State { peer, frames: 0 })
    }

    async fn handle_call<'a>(
        &'a self,
        (data, socket): Frame<'a, Self>,
        state: &'a mut State,
    ) -> Result<Action<'a>, BoxError> {
        self.tell(How::Called, data)?;
        let frame = state.frames % 8;
        state.frames += 1;
        match frame {
            0 => socket.set_active(Active::Once),
            1 => socket.set_active(Active::Count(2)),
            5 => {
                socket.set_active(Active::False);
                let _ = state.peer.send(());
            }
            _ => {}
        }
        Ok(Action::noreply())
    }

    async fn handle_info<'a>(
        &'a self,
        (): (),
        socket: &'a mut Socket,
        state: &'a mut State,
    ) -> Result<Action<'a>, BoxError> {
        self.receive(socket, state).await?;
        socket.set_active(Active::Count(1));
        Ok(Action::noreply())
    }

    async fn passive<'a>(&'a self, socket: &'a mut Socket, state: &'a mut State) -> Result<Action<'a>, BoxError> {
        self.tell(How::RanOut, b"")?;
        if state.frames % 8 == 4 {
            self.receive(socket, state).await?;
        }
        socket.set_active(Active::True);
        Ok(Action::noreply())
    }
}

const FRAMES: usize = 24;

fn frame(mode: &Mode, nth: usize) -> Vec<u8> {
    let letter = b'a' + u8::try_from(nth).expect("there are few");
    match mode.packet {
        Packet::Raw => vec![letter],
        Packet::RawExact(size) => vec![letter; size],
        // Every third frame is empty.
        _ => vec![letter; nth % 3],
    }
}

/// Returns the next reported events.
async fn events(told: &mut UnboundedReceiver<(How, Vec<u8>)>, count: usize) -> Vec<(How, Vec<u8>)> {
    let mut events = Vec::new();
    for _ in 0..count {
        events.push(next(told).await.expect("the server runs"));
    }
    events
}

#[tokio::test]
async fn each_frame_is_taken_once_in_order_and_as_it_was_said_when_it_came() {
    // `raw` has no frames, and under `httph` the last header waits for the next byte.
    let without = [Packet::Raw, Packet::Httph];
    for mode in MODES.iter().filter(|mode| !without.contains(&mode.packet)) {
        let frames: Vec<Vec<u8>> = (0..FRAMES).map(|nth| frame(mode, nth)).collect();
        let input: Vec<u8> = frames.iter().flat_map(|frame| (mode.wire)(frame)).collect();
        let mut script = Vec::new();
        for (nth, frame) in frames.iter().enumerate() {
            let (how, runs_out) = expected(nth);
            script.push((how, mode.frame(frame)));
            script.extend(runs_out.then(|| (How::RanOut, Vec::new())));
        }
        let (sender, mut told) = unbounded_channel();
        let server = start(Switching {
            packet: mode.packet,
            told: sender,
        })
        .await
        .unwrap();
        for middle in 0..input.len() {
            let mut client = Client::in_memory(&server).await;
            client.send(&input[..middle]).await;
            tokio::task::yield_now().await;
            client.send(&input[middle..]).await;
            assert_eq!(
                events(&mut told, script.len()).await,
                script,
                "{}: cut at {middle}",
                mode.name
            );
            client.half_close().await;
            client.expect_eof().await;
        }
        let mut client = Client::in_memory(&server).await;
        for byte in &input {
            client.send([*byte]).await;
            tokio::task::yield_now().await;
        }
        assert_eq!(
            events(&mut told, script.len()).await,
            script,
            "{}: byte by byte",
            mode.name
        );
        assert!(told.try_recv().is_err(), "{}: and nothing else", mode.name);
    }
}

/// Under `raw` a frame is what has arrived. None of it is lost, however it is taken.
#[tokio::test]
async fn under_raw_no_byte_is_lost() {
    let (sender, mut told) = unbounded_channel();
    let server = start(Switching {
        packet: Packet::Raw,
        told: sender,
    })
    .await
    .unwrap();
    let mut client = Client::in_memory(&server).await;
    let sent: Vec<u8> = (0..100).collect();
    for pieces in sent.chunks(3) {
        client.send(pieces).await;
        tokio::task::yield_now().await;
    }
    let mut got = Vec::new();
    while got.len() < sent.len() {
        got.extend(next(&mut told).await.expect("the server runs").1);
    }
    assert_eq!(got, sent);
}
