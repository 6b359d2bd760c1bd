//! Servers with states: `#[derive(ProtocolState)]` and the option `state`.

mod callbacks;
mod described;
mod options;
mod seen;
mod switching;
