//! A `MessagePack`-RPC server. Requests and responses are `MessagePack`, each after its length in
//! four bytes. A client can subscribe: then the server also sends ticks unasked, even between a
//! request and its response.
//!
//! ```text
//! cargo run --example rpc             # on port 10001; `-- 0` takes a free port
//! cargo run --example rpc_client      # calls each method; `-- ADDRESS` calls elsewhere
//! ```
//!
//! A request is `[0, id, method, params]`, a response `[1, id, error, result]`, a notification
//! `[2, method, params]`: see <https://github.com/msgpack-rpc/msgpack-rpc/blob/master/spec.md>. The
//! methods:
//!
//! | method | params | result |
//! | --- | --- | --- |
//! | `echo` | `[text]` | the text |
//! | `add` | `[a, b]` | the sum |
//! | `sort` | `[[numbers…]]` | the numbers, in order |
//! | `time` | `[]` | milliseconds since 1970 |
//! | `subscribe`, `unsubscribe` | `[]` | whether this changed anything; subscribers get `[2, "tick", [n]]` |

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use kai_tcp_server::{
    Action, ChildSpec, CloseReason, ConnectionId, Error, ErrorKind, Failure, Peer, Result, SendError, Supervisor,
    tcp_server, with,
};
use rmp_serde::{Deserializer, decode, encode, to_vec};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

/// The time between two ticks.
const TICK: Duration = Duration::from_millis(250);

/// The maximum depth of a message, so that no peer can exhaust the stack.
const DEPTH: usize = 32;

/// `[0, id, method, params]`
type Request<P> = (u8, u32, String, P);
/// `[1, id, error, result]`
type Response<'a> = (u8, u32, Option<&'a str>, Option<&'a Value>);
/// `[2, method, params]`
type Notification<M, P> = (u8, M, P);

/// The result of a method.
#[derive(Serialize)]
#[serde(untagged)]
enum Value {
    Flag(bool),
    Number(i64),
    Time(u64),
    Text(String),
    Numbers(Vec<i64>),
}

#[derive(Default)]
struct Rpc {
    subscribers: Arc<Subscribers>,
}

/// The state of a connection.
struct Caller {
    peer: Peer<Bytes>,
    subscribed: bool,
}

/// A frame is one message; the server adds its length, so no line here has one.
///
/// ```transcript
/// # [0, 0, "echo", ["hi"]] is answered by [1, 0, nil, "hi"].
/// C: \x94\x00\x00\xa4echo\x91\xa2hi
/// S: \x94\x01\x00\xc0\xa2hi
/// C: \x94\x00\x01\xa3add\x92\x02\x03
/// S: \x94\x01\x01\xc0\x05
/// C: \x94\x00\x02\xa3sub\x92\x03\x02
/// S: \x94\x01\x02\xaeunknown method\xc0
/// # [0, 3, "subscribe", []]: a tick comes unasked, between requests.
/// C: \x94\x00\x03\xa9subscribe\x90
/// S: \x94\x01\x03\xc0\xc3
/// S! nothing
/// (wait 250ms)
/// S: \x93\x02\xa4tick\x91\x01
/// C: \x94\x00\x04\xabunsubscribe\x90
/// S: \x94\x01\x04\xc0\xc3
/// (wait 1s)
/// S! nothing
/// # A notification has no answer, and what isn't MessagePack-RPC ends the connection.
/// C: \x93\x02\xa4echo\x91\xa2hi
/// S! nothing
/// C: GET / HTTP/1.1
/// S! closed
/// ```
#[tcp_server(port = 10001, packet = 4, packet_size = 65_536, max_processes = 256)]
impl Rpc {
    /// Starts the ticker as a child of this server: the supervisor restarts it if it fails,
    /// and stops it with the server.
    fn init(&mut self, supervisor: &Supervisor) -> Result {
        let subscribers = Arc::clone(&self.subscribers);
        supervisor.start_child(ChildSpec::new("ticker", move || tick(Arc::clone(&subscribers))))?;
        Ok(())
    }

    fn connected(&self, peer: Peer<Bytes>) -> Caller {
        let subscribed = false;
        Caller { peer, subscribed }
    }

    /// Answers a request. Frames arrive in order, so pipelined requests are answered in order.
    fn handle_call(&self, data: &[u8], caller: &mut Caller) -> Result<Action, encode::Error> {
        if let Ok((0, id, method, _)) = message::<Request<IgnoredAny>>(data) {
            let done = self.call(&method, data, caller);
            let response: Response = match &done {
                Ok(value) => (1, id, None, Some(value)),
                Err(error) => (1, id, Some(error), None),
            };
            return Ok(reply(to_vec(&response)?));
        }
        match message::<Notification<String, IgnoredAny>>(data) {
            // A notification has no answer, and this server uses none.
            Ok((2, ..)) => Ok(noreply),
            // There is no id to answer to: the peer speaks another protocol.
            _ => Ok(close),
        }
    }

    /// Sends a tick. A tick that was in the mailbox when the caller unsubscribed is dropped.
    fn handle_info(&self, tick: Bytes, caller: &mut Caller) -> Action {
        if caller.subscribed { reply(tick) } else { noreply }
    }

    /// Keeps a subscriber that never calls. One that has gone is noticed, as it no
    /// longer takes its ticks.
    fn failed(&self, failure: &Failure, caller: &mut Caller) -> Action {
        match failure {
            Failure::Timeout if caller.subscribed => noreply,
            _ => close,
        }
    }

    fn closed(&self, caller: Caller, _: CloseReason) {
        self.subscribers.remove(&caller.peer);
    }

    fn call(&self, method: &str, data: &[u8], caller: &mut Caller) -> Result<Value, String> {
        match method {
            "echo" => params(data).map(|(text,)| Value::Text(text)),
            "add" => {
                let (a, b): (i64, i64) = params(data)?;
                a.checked_add(b)
                    .map(Value::Number)
                    .ok_or("the sum is out of range".into())
            }
            "sort" => {
                let (mut numbers,): (Vec<i64>,) = params(data)?;
                numbers.sort_unstable();
                Ok(Value::Numbers(numbers))
            }
            "time" => {
                let []: [(); 0] = params(data)?;
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Ok(Value::Time(u64::try_from(now.as_millis()).unwrap_or(u64::MAX)))
            }
            "subscribe" => {
                let []: [(); 0] = params(data)?;
                self.subscribers.add(&caller.peer);
                Ok(Value::Flag(!std::mem::replace(&mut caller.subscribed, true)))
            }
            "unsubscribe" => {
                let []: [(); 0] = params(data)?;
                self.subscribers.remove(&caller.peer);
                Ok(Value::Flag(std::mem::replace(&mut caller.subscribed, false)))
            }
            _ => Err("unknown method".into()),
        }
    }
}

/// Decodes a frame that is exactly one message.
fn message<T: DeserializeOwned>(frame: &[u8]) -> Result<T, decode::Error> {
    let mut decoder = Deserializer::new(frame);
    decoder.set_max_depth(DEPTH);
    let message = T::deserialize(&mut decoder)?;
    if decoder.into_inner().is_empty() {
        Ok(message)
    } else {
        Err(decode::Error::Uncategorized("bytes behind the message".into()))
    }
}

/// Decodes the parameters of a request for its method. The caller knows that the frame is a
/// request.
fn params<P: DeserializeOwned>(request: &[u8]) -> Result<P, String> {
    match message::<Request<P>>(request) {
        Ok((.., params)) => Ok(params),
        Err(error) => Err(format!("bad params: {error}")),
    }
}

/// The connections that get ticks. There are never more of them than connections.
#[derive(Default)]
struct Subscribers(Mutex<HashMap<ConnectionId, Peer<Bytes>>>);

impl Subscribers {
    /// Locks the subscribers. The guard is never held across an await. After a panic the map is
    /// still a valid list of peers, so poisoning is ignored.
    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Peer<Bytes>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, peer: &Peer<Bytes>) {
        self.lock().insert(peer.id(), peer.clone());
    }

    fn remove(&self, peer: &Peer<Bytes>) {
        self.lock().remove(&peer.id());
    }

    /// Sends a tick to all subscribers without waiting. A subscriber whose mailbox is full misses
    /// the tick, as the next one matters more.
    fn tell(&self, tick: &Bytes) {
        self.lock()
            .retain(|_, peer| !matches!(peer.send(tick.clone()), Err(SendError::Gone(_))));
    }
}

/// Runs the ticker.
async fn tick(subscribers: Arc<Subscribers>) -> Result<(), encode::Error> {
    let mut clock = tokio::time::interval(TICK);
    for number in 0_u64.. {
        clock.tick().await;
        let tick: Notification<&str, (u64,)> = (2, "tick", (number,));
        subscribers.tell(&to_vec(&tick)?.into());
    }
    Ok(())
}

fn main() -> Result {
    let mut options = Rpc::OPTIONS;
    if let Some(argument) = std::env::args_os().nth(1) {
        let port = argument.to_string_lossy().parse();
        let wrong = |_| {
            Error::new(
                ErrorKind::Options,
                format!("{:?} is no port: 0 takes a free one", argument.to_string_lossy()),
            )
        };
        options = options.port(port.map_err(wrong)?);
    }
    kai_tcp_server::run(with(Rpc::default(), options))
}
