//! The echo server of the examples, with an acceptor slot for each connection.

use std::net::SocketAddr;
use std::path::Path;

use kai_tcp_server::{Action, tcp_server, with};

use super::work;
use crate::{Result, certificate};

struct Echo;

// The environment switches `latency` on where the feature `metrics` has it.
#[tcp_server(port = 10000, max_processes = 20_000, env = "COMPARE")]
impl Echo {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }
}

/// The variant that works at each call.
struct Working;

#[tcp_server(port = 10000, max_processes = 20_000)]
impl Working {
    fn handle_call(&self, data: &[u8]) -> Action {
        work();
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }
}

pub(super) fn serve(addr: SocketAddr) -> Result {
    let options = Echo::OPTIONS.ip(addr.ip()).port(addr.port());
    Ok(kai_tcp_server::run(with(Echo, options)).map_err(|error| format!("{error:?}"))?)
}

pub(super) fn serve_working(addr: SocketAddr) -> Result {
    let options = Working::OPTIONS.ip(addr.ip()).port(addr.port());
    Ok(kai_tcp_server::run(with(Working, options)).map_err(|error| format!("{error:?}"))?)
}

pub(super) fn serve_tls(addr: SocketAddr) -> Result {
    let (certificate, key) = certificate::files();
    let options = Echo::OPTIONS.ip(addr.ip()).port(addr.port());
    let options = options.tls_cert(one(&certificate)?).tls_key(one(&key)?);
    Ok(kai_tcp_server::run(with(Echo, options)).map_err(|error| format!("{error:?}"))?)
}

/// Returns a path as options want it, once for the process.
fn one(path: &Path) -> Result<&'static [&'static str]> {
    let path = path.to_str().ok_or("a path that is no text")?;
    Ok(vec![&*path.to_owned().leak()].leak())
}

struct OnUnix;

#[tcp_server(listen = ["unix:/tmp/compare.sock"], max_processes = 20_000)]
impl OnUnix {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }
}

pub(super) fn serve_unix(path: &Path) -> Result {
    let listener = format!("unix:{}", path.display());
    let options = OnUnix::OPTIONS.listen(vec![&*listener.leak()].leak());
    Ok(kai_tcp_server::run(with(OnUnix, options)).map_err(|error| format!("{error:?}"))?)
}
