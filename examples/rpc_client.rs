//! A client of the rpc example. It cuts frames as the server does: `Decoder` and `Packet::encode`
//! do no I/O, so they serve a client as well.
//!
//! ```text
//! cargo run --example rpc_client                        # calls 127.0.0.1:10001
//! cargo run --example rpc_client -- 127.0.0.1:12345
//! ```

use std::time::Duration;

use bytes::BytesMut;
use kai_tcp_server::packet::Decoder;
use kai_tcp_server::{BoxError, Packet, Result};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest wait for the server.
const PATIENCE: Duration = Duration::from_secs(10);

struct Client {
    stream: TcpStream,
    decoder: Decoder,
    /// The received bytes that aren't decoded yet.
    input: BytesMut,
    id: u32,
}

impl Client {
    async fn connect(addr: &str) -> Result<Self, BoxError> {
        let connected = timeout(PATIENCE, TcpStream::connect(addr)).await?;
        Ok(Client {
            stream: connected.map_err(|error| format!("cannot connect to {addr}: {error}"))?,
            decoder: Decoder::new(Packet::Four).packet_size(65_536),
            input: BytesMut::new(),
            id: 0,
        })
    }

    /// Returns the next frame.
    async fn frame(&mut self) -> Result<bytes::Bytes, BoxError> {
        loop {
            if let Some(frame) = self.decoder.decode(&mut self.input)? {
                return Ok(frame);
            }
            if self.stream.read_buf(&mut self.input).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
    }

    /// Calls a method and waits for its response. Prints the ticks that come before it.
    ///
    /// The time limit is for the whole call. With a limit for each frame, a server that sends ticks
    /// and no response would keep the client waiting forever.
    async fn call<T: DeserializeOwned>(&mut self, method: &str, params: impl Serialize) -> Result<T, BoxError> {
        timeout(PATIENCE, self.exchange(method, params)).await?
    }

    async fn exchange<T: DeserializeOwned>(&mut self, method: &str, params: impl Serialize) -> Result<T, BoxError> {
        self.id += 1;
        let request = rmp_serde::to_vec(&(0, self.id, method, params))?;
        let mut output = BytesMut::new();
        Packet::Four.encode([&request[..]], &mut output)?;
        self.stream.write_all(&output).await?;
        loop {
            let frame = self.frame().await?;
            if print_tick(&frame) {
                continue;
            }
            let (_, id, error, _): (u8, u32, Option<String>, IgnoredAny) = rmp_serde::from_slice(&frame)?;
            if id != self.id {
                return Err(format!("a response to call {id}, which nobody waits for").into());
            }
            if let Some(error) = error {
                return Err(error.into());
            }
            let (.., result): (u8, u32, (), T) = rmp_serde::from_slice(&frame)?;
            return Ok(result);
        }
    }
}

/// Prints a frame if it is a tick; returns `false` if it isn't.
fn print_tick(frame: &[u8]) -> bool {
    let tick = rmp_serde::from_slice::<(u8, String, (u64,))>(frame);
    if let Ok((2, _, (number,))) = tick {
        println!("tick {number}");
        return true;
    }
    false
}

async fn call_each(addr: &str) -> Result<(), BoxError> {
    let mut client = Client::connect(addr).await?;
    println!("echo: {}", client.call::<String>("echo", ("hello",)).await?);
    println!("add: {}", client.call::<i64>("add", (40, 2)).await?);
    println!("sort: {:?}", client.call::<Vec<i64>>("sort", ([3, 1, 2],)).await?);
    println!("time: {} ms since 1970", client.call::<u64>("time", [(); 0]).await?);
    if let Err(error) = client.call::<i64>("add", ("one", "two")).await {
        println!("add of words: {error}");
    }
    if let Err(error) = client.call::<()>("divide", (1, 0)).await {
        println!("divide: {error}");
    }

    println!("subscribe: {}", client.call::<bool>("subscribe", [(); 0]).await?);
    let mut ticks = 0;
    while ticks < 3 {
        ticks += u32::from(print_tick(&timeout(PATIENCE, client.frame()).await??));
    }
    println!("unsubscribe: {}", client.call::<bool>("unsubscribe", [(); 0]).await?);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result {
    let addr = std::env::args().nth(1);
    let addr = addr.as_deref().unwrap_or("127.0.0.1:10001");
    Ok(call_each(addr).await?)
}
