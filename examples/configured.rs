//! An echo server whose options come from four places, each of which prevails over those before it: the defaults, the attribute, a
//! TOML file, the environment.
//!
//! ```text
//! cargo run --features configured --example configured                    # with configured.toml
//! cargo run --features configured --example configured -- other.toml
//! CONFIGURED_PORT=10001 cargo run --features configured --example configured
//! kill -HUP PID                                                           # reads the file anew
//! ```
//!
//! Where the environment alone is enough, the attribute does it without another crate: `env = "CONFIGURED"`.

use figment::Figment;
use figment::providers::{Env, Format as _, Serialized, Toml};
use kai_tcp_server::{Action, Options, Result, run, tcp_server, with};

/// What is read where the arguments name no other file.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/configured.toml");

struct Configured {
    /// What its options are read from.
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

    /// A HUP has the file read anew: what can change while the server runs does so, and the log says so of each option.
    fn reload(&self) -> Result<Options> {
        read(&self.file)
    }
}

fn read(file: &str) -> Result<Options> {
    let options = Figment::from(Serialized::defaults(Configured::OPTIONS))
        // `Toml::file` would take a file that isn't there for one that says nothing.
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
