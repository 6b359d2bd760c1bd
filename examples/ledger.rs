//! A ledger of accounts and transfers between them. Its frames are `serde` types as JSON, each
//! after its length in four bytes.
//!
//! ```text
//! cargo run --example ledger             # on port 10006; `-- 0` takes a free one
//! ```
//!
//! | request | reply |
//! | --- | --- |
//! | `{"open":{"account":"ann","balance":10}}` | `{"balance":10}` |
//! | `{"transfer":{"from":"ann","to":"bob","amount":3}}` | `{"balance":7}`, the rest |
//! | `{"balance":{"account":"bob"}}` | `{"balance":3}` |
//! | `"accounts"` | `{"accounts":2}`, the number of accounts |
//! | anything else | `{"refused":"…"}`; the connection stays open |
//!
//! The codec combines two existing ones: `LengthDelimitedCodec` finds the frame, `serde_json`
//! parses its content. A wrong length closes the connection, because the start of the next frame is
//! unknown. Wrong content is an item for `handle_call`.

use std::collections::BTreeMap;
use std::io;
use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use kai_tcp_server::{Action, Result, run, tcp_server, with};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

/// The longest frame. The codec allocates memory by the length field, so it needs a limit of its
/// own.
const FRAME_MAX: usize = 4096;

/// The maximum number of accounts, and the longest name of one.
const ACCOUNTS_MAX: usize = 10_000;
const NAME_MAX: usize = 64;

/// A codec of JSON frames. It decodes a `D`, or the error in the frame's content; it encodes any
/// type that implements `Serialize`.
struct Json<D> {
    frames: LengthDelimitedCodec,
    comes: PhantomData<fn() -> D>,
}

impl<D> Default for Json<D> {
    fn default() -> Self {
        Json {
            frames: LengthDelimitedCodec::builder().max_frame_length(FRAME_MAX).new_codec(),
            comes: PhantomData,
        }
    }
}

impl<D: DeserializeOwned> Decoder for Json<D> {
    type Item = serde_json::Result<D>;
    type Error = io::Error;

    fn decode(&mut self, input: &mut BytesMut) -> io::Result<Option<Self::Item>> {
        let frame = self.frames.decode(input)?;
        Ok(frame.map(|frame| serde_json::from_slice(&frame)))
    }
}

impl<D, S: Serialize> Encoder<S> for Json<D> {
    type Error = io::Error;

    fn encode(&mut self, item: S, output: &mut BytesMut) -> io::Result<()> {
        self.frames.encode(Bytes::from(serde_json::to_vec(&item)?), output)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
enum Request {
    Open { account: String, balance: u64 },
    Transfer { from: String, to: String, amount: u64 },
    Balance { account: String },
    Accounts,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Reply {
    Balance(u64),
    Accounts(usize),
    Refused(String),
}

#[derive(Default)]
struct Ledger {
    accounts: Mutex<BTreeMap<String, u64>>,
}

/// The frames are those of `packet = 4`, so a transcript may say so.
///
/// ```transcript
/// (packet 4)
/// C: {{"open":{{"account":"ann","balance":10}}}}
/// S: {{"balance":10}}
/// C: {{"open":{{"account":"bob","balance":0}}}}
/// S: {{"balance":0}}
/// C: {{"transfer":{{"from":"ann","to":"bob","amount":3}}}}
/// S: {{"balance":7}}
/// C: {{"transfer":{{"from":"ann","to":"bob","amount":8}}}}
/// S: {{"refused":"not so much is there"}}
/// C: "accounts"
/// S: {{"accounts":2}}
/// C: no JSON
/// S: {{"refused":"{_..}"}}
/// # A wrong length closes the connection.
/// C. \xff\xff\xff\xff
/// S! closed
/// ```
#[tcp_server(port = 10006, max_processes = 256, packet = Json::<Request>)]
impl Ledger {
    fn handle_call(&self, request: serde_json::Result<Request>) -> Action {
        let done = match request {
            Ok(Request::Open { account, balance }) => self.open(account, balance),
            Ok(Request::Transfer { from, to, amount }) => self.transfer(&from, &to, amount),
            Ok(Request::Balance { account }) => self.accounts().get(&account).copied().ok_or("no such account"),
            Ok(Request::Accounts) => return reply(Reply::Accounts(self.accounts().len())),
            Err(error) => return reply(Reply::Refused(error.to_string())),
        };
        reply(done.map_or_else(|why| Reply::Refused(why.to_owned()), Reply::Balance))
    }

    fn open(&self, account: String, balance: u64) -> Result<u64, &'static str> {
        let mut accounts = self.accounts();
        if account.is_empty() || account.len() > NAME_MAX {
            return Err("a name has 1 to 64 bytes");
        }
        if accounts.contains_key(&account) {
            return Err("there is such an account");
        }
        if accounts.len() == ACCOUNTS_MAX {
            return Err("the ledger is full");
        }
        accounts.insert(account, balance);
        Ok(balance)
    }

    /// Transfers the amount, or changes neither account.
    fn transfer(&self, from: &str, to: &str, amount: u64) -> Result<u64, &'static str> {
        let mut accounts = self.accounts();
        let (Some(&has), Some(&gets)) = (accounts.get(from), accounts.get(to)) else {
            return Err("no such account");
        };
        let left = has.checked_sub(amount).ok_or("not so much is there")?;
        if from == to {
            return Ok(has);
        }
        let gets = gets.checked_add(amount).ok_or("so much can't be counted")?;
        accounts.insert(from.to_owned(), left);
        accounts.insert(to.to_owned(), gets);
        Ok(left)
    }

    /// Locks the accounts. No code leaves them half changed, so poisoning is ignored.
    fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, u64>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn main() -> Result {
    let mut options = Ledger::OPTIONS;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments[..] {
        [] => {}
        [port] => options = options.port(port.parse().map_err(|_| format!("{port:?} is no port"))?),
        _ => return Err("too many arguments; usage: ledger [port]".into()),
    }
    run(with(Ledger::default(), options))
}
