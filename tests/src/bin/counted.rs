//! Servers that count their allocations. `counted MODE HANDLER` serves echo, and a meter on a port
//! of its own; `counted MODE HANDLER THREADS` does so under a multi-thread runtime, whose threads
//! steal tasks.

use std::alloc::System;

use bytes::Bytes;
use kai_tcp_server::{Action, Peer, Result, Socket, TcpServer, run, start, tcp_server};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::Builder;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Answers each line with three counts of this process: allocations since its start, their bytes,
/// and the bytes still allocated.
struct Meter;

#[tcp_server(port = 0)]
impl Meter {
    fn handle_call(&self, _: &[u8]) -> Action {
        let stats = ALLOCATOR.stats();
        let often = stats.allocations + stats.reallocations;
        let held = stats.bytes_allocated - stats.bytes_deallocated;
        reply(format_args!("{often} {} {held}\n", stats.bytes_allocated))
    }
}

/// Servers for each way to take a frame under each packet mode. All reply with the frame; `Reads`
/// first reads the next frame too.
macro_rules! modes {
    ($($mode:literal $module:ident ($($packet:tt)+);)+) => {
        $(mod $module {
            use super::*;

            pub(super) struct Slice;

            #[tcp_server(port = 0, max_processes = 100, packet = $($packet)+)]
            impl Slice {
                fn handle_call(&self, data: &[u8]) -> Action {
                    reply(data)
                }
            }

            pub(super) struct Text;

            #[tcp_server(port = 0, max_processes = 100, packet = $($packet)+)]
            impl Text {
                fn handle_call(&self, data: &str) -> Action {
                    reply(format_args!("{}{}", &data[..1], &data[1..]))
                }
            }

            pub(super) struct Session;

            #[tcp_server(port = 0, max_processes = 100, packet = $($packet)+)]
            impl Session {
                fn handle_call(&self, data: &[u8], calls: &mut u64) -> Action {
                    *calls += 1;
                    let (first, rest) = data.split_at(1);
                    reply((first, rest))
                }
            }

            pub(super) struct Shared;

            #[tcp_server(port = 0, max_processes = 100, packet = $($packet)+)]
            impl Shared {
                fn handle_call(&self, data: Bytes) -> Action {
                    reply(data)
                }
            }

            pub(super) struct WithSocket;

            #[tcp_server(port = 0, max_processes = 100, packet = $($packet)+)]
            impl WithSocket {
                async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
                    socket.send(data).await?;
                    Ok(noreply)
                }
            }

            pub(super) struct Reads;

            #[tcp_server(port = 0, max_processes = 100, packet = $($packet)+)]
            impl Reads {
                async fn handle_call(&self, data: &[u8], socket: &mut Socket) -> Result<Action> {
                    socket.send(data).await?;
                    Ok(match socket.recv().await? {
                        Some(next) => reply(next),
                        None => close,
                    })
                }
            }

            pub(super) struct Waits;

            #[tcp_server(port = 0, max_processes = 100, packet = $($packet)+)]
            impl Waits {
                async fn handle_call(&self, data: &[u8]) -> Action {
                    tokio::task::yield_now().await;
                    reply(data)
                }
            }

            pub(super) struct Kept;

            #[tcp_server(port = 0, max_processes = 100, packet = $($packet)+)]
            impl Kept {
                fn handle_call(&self, data: Bytes, last: &mut Bytes) -> Action {
                    *last = data.clone();
                    reply(data)
                }
            }
        })+

        fn serve_named(mode: &str, handler: &str, threads: Option<usize>) -> Result {
            match (mode, handler) {
                $(
                    ($mode, "slice") => serve($module::Slice, threads),
                    ($mode, "text") => serve($module::Text, threads),
                    ($mode, "session") => serve($module::Session, threads),
                    ($mode, "shared") => serve($module::Shared, threads),
                    ($mode, "socket") => serve($module::WithSocket, threads),
                    ($mode, "reads") => serve($module::Reads, threads),
                    ($mode, "waits") => serve($module::Waits, threads),
                    ($mode, "kept") => serve($module::Kept, threads),
                )+
                ("line(crlf)", "table") => serve(Table, threads),
                ("4", "table") => serve(Layouts, threads),
                ("4", "long") => serve(Long, threads),
                ("4", "longest") => serve(Longest, threads),
                ("4", "headers") => serve(Headers, threads),
                ("line", "told") => serve(Told, threads),
                ("line(crlf)", "busy") => serve(Busy, threads),
                ("line(crlf)", "large") => serve(Large(large()), threads),
                _ => panic!("there is no {mode} {handler}"),
            }
        }
    };
}

modes! {
    "raw" raw (raw);
    "raw(64)" blocks (raw(64));
    "1" one (1);
    "2" two (2);
    "4" four (4);
    "line" line (line);
    "line(crlf)" crlf (line(crlf));
    "line(lf)" lf (line(lf));
    "line(crlf | lf)" either (line(crlf | lf));
}

/// Returns the reply of `Large`. No two parts of it are equal.
fn large() -> Bytes {
    (0..16 * 1024 * 1024_u32).flat_map(u32::to_le_bytes).collect()
}

struct Large(Bytes);

#[tcp_server(port = 0, max_processes = 100, packet = line(crlf))]
impl Large {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"shared" => reply(("head", self.0.clone())),
            b"twice" => reply((self.0.clone(), "between", self.0.clone())),
            _ => reply((&self.0[..], "tail")),
        }
    }
}

/// Replies at once, and handles a message that never ends.
struct Busy;

#[tcp_server(port = 0, max_processes = 100, packet = line(crlf))]
impl Busy {
    fn connected(&self, peer: Peer<()>) -> Peer<()> {
        peer
    }

    fn handle_call(&self, data: &[u8], peer: &mut Peer<()>) -> Action {
        let _ = peer.send(());
        reply(data)
    }

    async fn handle_info(&self, (): ()) -> Action {
        std::future::pending().await
    }
}

struct Table;

#[tcp_server(port = 0, packet = line(crlf))]
impl Table {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"quit" => close,
            "set {key} {flags: u32} {_..} {ttl: i64}{quiet? quietly}" if !quiet && ttl > 0 => {
                reply((format_args!("set {key} {flags}"), &data[8..]))
            }
            _ => close("ERROR"),
        }
    }
}

struct Layouts;

#[tcp_server(port = 0, packet = 4)]
impl Layouts {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            bits!(version: u4, kind: u4, key: [u8; kind], rest: [u8]) => reply(([version << 4 | kind], key, rest)),
            _ => close,
        }
    }
}

/// Takes long frames and keeps nothing of them.
struct Long;

#[tcp_server(port = 0, max_processes = 100, packet = 4, packet_size = 8 * 1024 * 1024)]
impl Long {
    fn handle_call(&self, data: Bytes) -> Action {
        reply(data.slice(..1))
    }
}

/// Takes long frames, of which each connection keeps the last.
struct Longest;

#[tcp_server(port = 0, max_processes = 100, packet = 4, packet_size = 8 * 1024 * 1024)]
impl Longest {
    fn handle_call(&self, data: Bytes, last: &mut Bytes) -> Action {
        *last = data;
        reply(last.slice(..1))
    }
}

/// Takes frames as long as a header can say, and replies with the total of received bytes.
struct Headers;

#[tcp_server(port = 0, max_processes = 100, packet = 4, packet_size = 0x7fff_fff0)]
impl Headers {
    fn handle_call(&self, _: &[u8], socket: &mut Socket) -> Action {
        reply(socket.server().info().bytes_in.to_string())
    }
}

/// Replies through a message to itself for each frame.
struct Told;

#[tcp_server(port = 0, max_processes = 100, active = true)]
impl Told {
    fn connected(&self, peer: Peer<Bytes>) -> Peer<Bytes> {
        peer
    }

    fn handle_call(&self, data: Bytes, peer: &mut Peer<Bytes>) -> Action {
        match peer.send(data) {
            Ok(()) => noreply,
            Err(_) => close,
        }
    }

    fn handle_info(&self, data: Bytes) -> Action {
        reply(data)
    }
}

/// Serves as `run` does, or under a runtime with this number of threads.
fn serve(server: impl TcpServer, threads: Option<usize>) -> Result {
    let Some(threads) = threads else {
        return run((Meter, server));
    };
    let runtime = Builder::new_multi_thread().worker_threads(threads).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let meter = start(Meter).await?;
        eprintln!("the meter listens on {}", meter.local_addr());
        let server = start(server).await?;
        eprintln!("the server listens on {}", server.local_addr());
        server.wait().await
    })
}

fn main() -> Result {
    let arguments: Vec<String> = std::env::args().collect();
    match &arguments[..] {
        [_, mode, handler] => serve_named(mode, handler, None),
        [_, mode, handler, threads] => serve_named(mode, handler, Some(threads.parse().expect("how many threads"))),
        _ => panic!("usage: counted MODE HANDLER [THREADS]"),
    }
}
