#![deny(warnings)]
// What the message about a foreign error under kai's `Result` says to write, and what it leaves alone.

use std::fmt;

use kai_tcp_server::{Action, BoxError, Error, Result, tcp_server};

#[derive(Debug)]
struct BadSyntax;

impl fmt::Display for BadSyntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad syntax")
    }
}

impl std::error::Error for BadSyntax {}

fn parse(data: &[u8]) -> std::result::Result<usize, BadSyntax> {
    if data.is_empty() { Err(BadSyntax) } else { Ok(data.len()) }
}

struct AnyError;

#[tcp_server(port = 10000, packet = line(crlf))]
impl AnyError {
    fn handle_call(&self, data: &[u8]) -> Result<Action, kai_tcp_server::BoxError> {
        let length = parse(data)?;
        Ok(reply(length.to_string()))
    }
}

struct Converted;

#[tcp_server(port = 10000, packet = line(crlf))]
impl Converted {
    fn handle_call(&self, data: &[u8]) -> Result<Action> {
        let length = parse(data).map_err(kai_tcp_server::BoxError::from)?;
        let text = std::str::from_utf8(data)?;
        let number: u32 = text.parse()?;
        if number == 0 {
            Err("nothing")?;
        }
        Ok(reply(format!("{number} {length}")))
    }
}

struct OfStdAndTokio(tokio::sync::mpsc::Sender<Vec<u8>>);

#[tcp_server(port = 10000, packet = line(crlf))]
impl OfStdAndTokio {
    async fn handle_call(&self, data: &[u8]) -> Result<Action> {
        let home = std::env::var("HOME")?;
        let age = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
        let wait = std::time::Duration::try_from_secs_f64(0.5)?;
        self.0.send(data.to_vec()).await?;
        Ok(reply(format!("{home} {age:?} {wait:?}")))
    }
}

// An error of one's own may convert as it likes, or as what `std` has.
#[derive(Debug)]
struct Simple;

impl fmt::Display for Simple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simple")
    }
}

impl std::error::Error for Simple {}

impl kai_tcp_server::IntoError for Simple {}

fn simple() -> Result {
    Err(Simple)?
}

#[derive(Debug)]
struct Own;

impl From<Own> for Error {
    fn from(_: Own) -> Self {
        Error::from("own")
    }
}

fn own() -> std::result::Result<(), Own> {
    Err(Own)
}

fn converts() -> Result {
    own()?;
    Ok(())
}

fn generic<E>(result: std::result::Result<(), E>) -> Result
where
    Error: From<E>,
{
    result?;
    Ok(())
}

fn main() -> Result<(), BoxError> {
    assert_eq!(converts().unwrap_err().to_string(), "own");
    assert_eq!(simple().unwrap_err().to_string(), "simple");
    assert_eq!(generic::<Error>(converts()).unwrap_err().to_string(), "own");
    assert!(Converted.handle_call(b"").unwrap_err().to_string().contains("bad syntax"));
    assert_eq!(AnyError.handle_call(b"").unwrap_err().to_string(), "bad syntax");
    parse(b"!")?;
    let _ = (|| kai_tcp_server::run(AnyError), || kai_tcp_server::run(Converted));
    Ok(())
}
