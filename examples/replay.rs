//! Plays a recording against a server, and shows the first difference.
//!
//! A server whose `kai-tcp-server` has the feature `record` makes recordings: by
//! `record(dir = "recordings")` in its attribute, by the environment
//! (`TILL_RECORD_DIR=recordings`), or by `Server::record`. Then
//!
//! ```text
//! cargo run --example replay -- recordings 127.0.0.1:10000
//! cargo run --example replay -- recordings/echo-…-00001.transcript 127.0.0.1:10000 --paced --only 7
//! ```
//!
//! plays all files of the directory, or one file, as fast as the server answers; with `--paced` in
//! the recorded time, with `--only` one connection. It ends with 0 if the server said the same,
//! with 1 if it didn't, and with 2 if nothing could be played.

use std::net::ToSocketAddrs as _;
use std::process::ExitCode;

use kai_tcp_server::test::Replay;

const USAGE: &str = "usage: replay RECORDING HOST:PORT [--paced] [--only CONNECTION]";

fn main() -> ExitCode {
    match played() {
        Ok(Ok(replayed)) => {
            println!("{replayed}");
            ExitCode::SUCCESS
        }
        Ok(Err(difference)) => {
            eprintln!("{difference}");
            ExitCode::from(1)
        }
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(2)
        }
    }
}

type Played = Result<kai_tcp_server::test::Replayed, kai_tcp_server::test::Difference>;

fn played() -> Result<Played, kai_tcp_server::BoxError> {
    let mut arguments = std::env::args().skip(1);
    let (Some(path), Some(addr)) = (arguments.next(), arguments.next()) else {
        return Err(USAGE.into());
    };
    let mut replay = Replay::read(path).map_err(|error| with_its_cause(&error))?;
    while let Some(argument) = arguments.next() {
        replay = match argument.as_str() {
            "--paced" => replay.paced(),
            "--only" => {
                let connection = arguments.next().ok_or(USAGE)?;
                replay.only(connection.trim_start_matches('#').parse()?)
            }
            _ => return Err(USAGE.into()),
        };
    }
    let addr = addr.to_socket_addrs()?.next().ok_or("the name has no address")?;
    Ok(replay.at(addr))
}

/// The system's reason stands behind an error that says what was tried.
fn with_its_cause(error: &kai_tcp_server::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
