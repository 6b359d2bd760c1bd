//! The clients that `client = …` declares: what they send, what they refuse to send, and what they
//! return.

#![allow(clippy::unused_self, clippy::trivially_copy_pass_by_ref)] // a callback's signature is given

use bytes::Bytes;
use kai_tcp_server::{Action, Error, ErrorKind, Server, start, tcp_server, with};
use tokio::io::DuplexStream;

struct Till;

#[tcp_server(port = 0, packet = line(crlf | lf), client = TillClient)]
impl Till {
    fn handle_call(&self, data: &[u8], balance: &mut u64) -> Action {
        match data {
            /// Adds to what this connection has.
            "deposit {sum: u32}" => {
                *balance += u64::from(sum);
                reply(format_args!("{balance}"))
            }
            "withdraw {sum: u32}" if u64::from(sum) <= *balance => {
                *balance -= u64::from(sum);
                reply(format_args!("{balance}"))
            }
            "withdraw {_: u32}" => reply("not so much"),
            "note {text..}" => {
                let _ = text;
                noreply
            }
            b"quit" => close("bye"),
            _ => reply("what?"),
        }
    }
}

async fn connected<S: kai_tcp_server::TcpServer>(server: S) -> (Server, DuplexStream) {
    let options = server.options();
    let server = start(with(server, options.in_memory())).await.unwrap();
    let stream = server.connect().await.unwrap();
    (server, stream)
}

#[tokio::test]
async fn a_call_sends_a_frame_and_returns_the_next() -> Result<(), Error> {
    let (_server, stream) = connected(Till).await;
    let mut till = TillClient::new(stream);
    assert_eq!(till.deposit(5).await?, "5");
    till.note("nothing comes back").await?;
    till.note("").await?;
    assert_eq!(till.withdraw(3).await?, "2");
    assert_eq!(till.withdraw(3).await?, "not so much");
    till.send_deposit(1).await?;
    till.send_deposit(1).await?;
    assert_eq!(
        (till.recv().await?, till.recv().await?),
        (Bytes::from("3"), Bytes::from("4"))
    );
    assert_eq!(till.quit().await?, "bye");
    let closed = till.recv().await.unwrap_err();
    assert_eq!(closed.kind(), ErrorKind::Closed);
    Ok(())
}

/// A server with states beside the frame, of which the client knows nothing.
#[derive(Clone, Copy, PartialEq)]
enum Phase {
    Command,
    Text,
}

#[derive(Default)]
struct Mail {
    text: bool,
    lines: usize,
}

struct Sink;

#[tcp_server(port = 0, packet = line(crlf), client = pub(crate) SinkClient)]
impl Sink {
    fn handle_call(&self, data: &[u8], mail: &mut Mail) -> Action {
        let phase = if mail.text { Phase::Text } else { Phase::Command };
        match (phase, data) {
            #[name = "end"]
            (Phase::Text, b".") => {
                mail.text = false;
                reply(mail.lines.to_string())
            }
            #[name = "line"]
            (Phase::Text, _) => {
                mail.lines += 1;
                noreply
            }
            (_, b"noop") => reply("ok"),
            #[name = "begin"]
            (Phase::Command, b"data") => {
                mail.text = true;
                reply("go on")
            }
            (Phase::Command, "mail {from}") => reply(from),
            _ => reply("what?"),
        }
    }
}

#[tokio::test]
async fn arms_of_other_states_take_nothing() -> Result<(), Error> {
    let (_server, stream) = connected(Sink).await;
    let mut sink = SinkClient::new(stream);
    assert_eq!(sink.mail("ann").await?, "ann");
    assert_eq!(sink.noop().await?, "ok");
    assert_eq!(sink.begin().await?, "go on");
    sink.line(b"hello").await?;
    // The end of the text is taken by the arm before it.
    let refused = sink.line(b".").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidValue);
    sink.line(b"..").await?;
    sink.send_bytes(b".\r\n").await?;
    assert_eq!(sink.recv().await?, "2");
    Ok(())
}

/// Arms that can't be told to reply have no call, so each of these names is free.
struct Quiet;

#[tcp_server(port = 0, packet = line(lf), client = QuietClient)]
impl Quiet {
    async fn handle_call(&self, data: &[u8], socket: &mut kai_tcp_server::Socket) -> Action {
        match data {
            "set {key}{quiet? noreply}" => {
                if quiet {
                    noreply
                } else {
                    reply(key)
                }
            }
            "made {key}" => made(key),
            "more {n: usize}" => {
                for _ in 0..n {
                    let _ = socket.send("more").await;
                }
                reply("end")
            }
            "once {key}" if key == "a" => reply(key),
            // For frames that another arm of the name doesn't take, so it has no method.
            "once {_..}" => noreply,
            "type {x}" | "kind {x}" => reply(x),
            _ => close,
        }
    }
}

fn made(key: &str) -> Action<'_> {
    Action::reply(key)
}

trait Free: Sized {
    fn set(&self) {}
    fn made(&self) {}
    fn more(&self) {}
    fn once(&self) {}
}

impl<S> Free for QuietClient<S> {}

#[tokio::test]
async fn an_arm_that_may_be_silent_is_only_sent() -> Result<(), Error> {
    let (_server, stream) = connected(Quiet).await;
    let mut quiet = QuietClient::new(stream);
    quiet.set();
    quiet.made();
    quiet.more();
    quiet.once();
    quiet.send_set("a", true).await?;
    quiet.send_set("b", false).await?;
    quiet.send_made("c").await?;
    quiet.send_more(2).await?;
    quiet.send_once("d").await?;
    for expected in ["b", "c", "more", "more", "end"] {
        assert_eq!(quiet.recv().await?, expected);
    }
    assert_eq!(quiet.r#type("t").await?, "t");
    Ok(())
}

struct Shelf<T: Clone, const N: usize>([T; N]);

#[tcp_server(port = 0, packet = 2, client = ShelfClient)]
impl<T, const N: usize> Shelf<T, N>
where
    T: Clone + std::str::FromStr + std::fmt::Display + PartialEq + Send + Sync + 'static,
{
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            "find {what: T}" => match self.0.iter().position(|item| *item == what) {
                Some(at) => reply(at.to_string()),
                None => reply("none"),
            },
            #[cfg(any())]
            "find {what..}" => reply(what),
            #[cfg(not(any()))]
            /// Counts.
            "count" => reply(N.to_string()),
            #[cfg(any())]
            "never" => reply("never"),
            _ => close,
        }
    }
}

#[tokio::test]
async fn a_generic_server_has_a_generic_client() -> Result<(), Error> {
    let (_server, stream) = connected(Shelf([3_u8, 5])).await;
    let mut shelf = ShelfClient::<u8, 2, _>::new(stream);
    assert_eq!(shelf.find(5).await?, "1");
    assert_eq!(shelf.find(6).await?, "none");
    assert_eq!(shelf.count().await?, "2");
    Ok(())
}

/// Polls once, and drops.
async fn cut<F: Future>(future: F) -> bool {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_reply_to_the_next() -> Result<(), Error> {
    let (_server, stream) = connected(Till).await;
    let mut till = TillClient::new(stream);
    assert!(!cut(till.deposit(1)).await);
    assert!(!cut(till.deposit(1)).await);
    assert_eq!(till.deposit(1).await?, "3");
    assert!(!cut(till.deposit(1)).await);
    till.send_deposit(1).await?;
    assert!(!cut(till.recv()).await);
    assert_eq!(till.recv().await?, "5");
    Ok(())
}

/// The stream takes three bytes at a time, so each method is cut in the middle of its frame.
#[tokio::test]
async fn a_frame_that_is_cut_is_sent_whole() -> Result<(), Error> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (mut server, stream) = tokio::io::duplex(3);
    let mut till = TillClient::new(stream);
    assert!(!cut(till.send_deposit(100)).await);
    // Nothing has been read, so this one isn't begun.
    assert!(!cut(till.send_deposit(200)).await);
    let mut begun = [0; 3];
    server.read_exact(&mut begun).await?;
    assert_eq!(&begun, b"dep");
    let told = async {
        let mut rest = [0; 20];
        server.read_exact(&mut rest).await?;
        server.write_all(b"7\r\n").await?;
        server.write_all(b"8\r\n").await?;
        Ok::<_, Error>(rest)
    };
    let (rest, replies) = tokio::join!(told, async {
        Ok::<_, Error>((till.deposit(3).await?, till.recv().await?))
    });
    assert_eq!(&rest?, b"osit 100\r\ndeposit 3\r\n"[..20].as_ref());
    assert_eq!(replies?, ("7".into(), "8".into()));
    Ok(())
}

#[tokio::test]
async fn what_comes_is_bounded_and_an_end_is_told() -> Result<(), Error> {
    use tokio::io::AsyncWriteExt as _;

    let (mut server, stream) = tokio::io::duplex(1024);
    let mut till = TillClient::new(stream).packet_size(10);
    server.write_all(b"0123456789\r\n0123456789a").await?;
    assert_eq!(till.recv().await?, "0123456789");
    for _ in 0..2 {
        assert_eq!(till.recv().await.unwrap_err().kind(), ErrorKind::TooLong);
    }
    let (mut server, stream) = tokio::io::duplex(1024);
    let mut till = TillClient::new(stream);
    server.write_all(b"1\r\nhalf").await?;
    drop(server);
    // It can't be sent, but what was said before is still read.
    assert_eq!(till.send_deposit(1).await.unwrap_err().kind(), ErrorKind::Reset);
    assert_eq!(till.recv().await?, "1");
    let closed = till.recv().await.unwrap_err();
    assert_eq!(
        closed.to_string(),
        "the server closed the connection 4 bytes into a frame"
    );
    assert_eq!(till.recv_exact(4).await?, "half");
    assert_eq!(till.recv_exact(1).await.unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(
        till.recv_exact(usize::MAX).await.unwrap_err().kind(),
        ErrorKind::RecvLimit
    );
    Ok(())
}
