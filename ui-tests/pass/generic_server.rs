#![deny(warnings)]

use std::collections::HashMap;
use std::marker::PhantomData;

use kai_tcp_server::{Action, CloseReason, Peer, Result, Socket, tcp_server};

pub trait Store: Send + Sync + 'static {
    type Key: Default + Send;
    fn get(&self, key: &[u8]) -> Option<&[u8]>;
    fn load(&self, key: &[u8]) -> impl Future<Output = Option<Vec<u8>>> + Send;
}

impl Store for HashMap<Vec<u8>, Vec<u8>> {
    type Key = Vec<u8>;
    fn get(&self, key: &[u8]) -> Option<&[u8]> {
        self.get(key).map(|value| &value[..])
    }
    async fn load(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(key).cloned()
    }
}

struct Cache<S>(S);

struct Session<S: Store, const N: usize> {
    peer: Peer<[u8; N]>,
    key: S::Key,
}

#[tcp_server(port = 0, max_processes = 4)]
impl<S: Store> Cache<S> {
    fn handle_call(&self, data: &[u8]) -> Action {
        match self.0.get(data) {
            Some(value) => reply(value),
            None => close,
        }
    }
}

struct Keyed<S, const N: usize>
where
    S: Store,
{
    store: S,
}

#[tcp_server(port = 0, max_processes = N, mailbox = LIMIT)]
impl<S, const N: usize> Keyed<S, N>
where
    S: Store,
    S::Key: 'static,
{
    async fn connected(&self, _: &mut Socket, peer: Peer<[u8; N]>) -> Session<S, N> {
        Session { peer, key: S::Key::default() }
    }

    async fn handle_call(&self, data: &[u8], session: &mut Session<S, N>) -> Result<Action> {
        let _ = (session.peer.clone(), &session.key);
        Ok(match self.store.load(data).await {
            Some(value) => reply(value),
            None => noreply,
        })
    }

    fn handle_info(&self, message: [u8; N]) -> Action {
        reply(message)
    }

    fn closed(&self, session: Session<S, N>, _: CloseReason) {
        drop(session);
    }
}

const LIMIT: usize = 4;

struct Counting<T>(PhantomData<fn(T)>);

#[tcp_server(port = 0)]
impl<T: Default + Send + AsRef<[u8]> + 'static> Counting<T> {
    fn handle_call(&self, data: &[u8], last: &mut T) -> Action {
        if data.is_empty() { noreply } else { reply(T::as_ref(last)) }
    }
}

fn main() {
    let _ = || kai_tcp_server::run(Cache(HashMap::new()));
    let _ = || kai_tcp_server::run(Keyed::<_, 8> { store: HashMap::new() });
    let _ = || kai_tcp_server::run(Counting::<String>(PhantomData));
}
