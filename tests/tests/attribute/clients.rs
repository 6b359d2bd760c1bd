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
