//! A till: one table, of which three things follow. The server serves it, the transcripts in its
//! documents are tests of it, and its client speaks to it.
//!
//! ```text
//! cargo run --example till        # on port 10007; `-- 0` takes a free port
//! cargo test --example till       # plays the transcripts, and calls the server by its client
//! nc 127.0.0.1 10007
//! ```

use kai_tcp_server::{Action, Result, run, tcp_server, with};

#[derive(Default)]
struct Till;

/// Counts the money of each connection.
///
/// ```transcript
/// C: deposit 5
/// S: {sum: u32}
/// C: deposit {sum}
/// S: 10
/// C: withdraw {sum}
/// S: {sum}
/// C: rob
/// S: what?
/// C: quit
/// S: bye
/// S! closed
/// ```
#[tcp_server(port = 10007, packet = line(crlf | lf), max_processes = 1000, recv_timeout = "1m", client = TillClient)]
impl Till {
    fn handle_call(&self, data: &[u8], balance: &mut u64) -> Action {
        match data {
            /// Adds to what this connection has.
            ///
            /// ```transcript
            /// C: deposit 4294967295
            /// S: 4294967295
            /// # More is no `u32`, so another arm takes it.
            /// C: deposit 4294967296
            /// S: what?
            /// ```
            "deposit {sum: u32}" => {
                *balance = balance.saturating_add(sum.into());
                reply(format_args!("{balance}"))
            }
            /// Takes from what this connection has.
            ///
            /// ```transcript
            /// C: withdraw 1
            /// S: not so much
            /// ```
            "withdraw {sum: u32}" if u64::from(sum) <= *balance => {
                *balance -= u64::from(sum);
                reply(format_args!("{balance}"))
            }
            "withdraw {_: u32}" => reply("not so much"),
            /// Writes a line to the log, which nobody answers.
            ///
            /// ```transcript
            /// C: note the till is empty
            /// S! nothing
            /// # A silent peer is cut off.
            /// C: (wait 1m)
            /// S! closed
            /// ```
            "note {text..}" => {
                tracing::info!("{text:?}");
                noreply
            }
            b"quit" => close("bye"),
            _ => reply("what?"),
        }
    }
}

fn main() -> Result {
    let mut options = Till::OPTIONS;
    if let Some(port) = std::env::args().nth(1) {
        options = options.port(port.parse().map_err(|_| format!("{port:?} is no port"))?);
    }
    run(with(Till, options))
}

#[cfg(test)]
mod tests {
    use kai_tcp_server::{ErrorKind, Result, start, with};

    use super::{Till, TillClient};

    #[tokio::test]
    async fn its_client_calls_it() -> Result {
        let server = start(with(Till, Till::OPTIONS.in_memory())).await?;
        let mut till = TillClient::new(server.connect().await?);
        assert_eq!(till.deposit(7).await?, "7");
        assert_eq!(till.withdraw(5).await?, "2");
        assert_eq!(till.withdraw(5).await?, "not so much");
        till.note("two are left").await?;
        let injected = till.note("paid\r\ndeposit 100").await.unwrap_err();
        assert_eq!(injected.kind(), ErrorKind::InvalidValue);
        till.send_deposit(1).await?;
        till.send_deposit(2).await?;
        assert_eq!((till.recv().await?, till.recv().await?), ("3".into(), "5".into()));
        assert_eq!(till.quit().await?, "bye");
        Ok(())
    }
}
