//! An echo server whose options come from four places: the defaults, the attribute, a TOML file and
//! the environment. Each overrides those before it.
//!
//! ```text
//! cargo run --features configured --example configured                    # with configured.toml
//! cargo run --features configured --example configured -- other.toml
//! CONFIGURED_PORT=10001 cargo run --features configured --example configured
//! kill -HUP PID                                                           # reads the file anew
//! ```
//!
//! If the environment alone is enough, no other crate is needed: the attribute has
//! `env = "CONFIGURED"`.

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use kai_tcp_server::{Action, Options, Result, run, tcp_server, with};

/// The file that is read if the arguments name no other.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/configured.toml");

struct Configured {
    /// The path of the options' file.
    file: String,
}

#[tcp_server(port = 10000, max_processes = 2)]
impl Configured {
    fn handle_call(&self, data: &[u8]) -> Action {
        match data {
            b"bye\r\n" => close(b"cya\r\n"),
            data => reply(data),
        }
    }

    /// Reads the file again on SIGHUP. Options that can change in a running server change; the log
    /// says of each option whether it did.
    fn reload(&self) -> Result<Options> {
        read(&self.file)
    }
}

fn read(file: &str) -> Result<Options> {
    let options = Figment::from(Serialized::defaults(Configured::OPTIONS))
        // `Toml::file` would treat a missing file as an empty one.
        .merge(Toml::file_exact(file))
        .merge(Env::prefixed("CONFIGURED_"))
        .extract()
        .map_err(|error| error.to_string())?;
    Ok(options)
}

fn main() -> Result {
    let file = std::env::args().nth(1).unwrap_or_else(|| FILE.to_owned());
    let options = read(&file)?;
    run(with(Configured { file }, options))
}
