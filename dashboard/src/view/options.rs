//! The options of a server, each with its origin.

use kai_tcp_server::{OptionSource, Server};
use serde_json::{Value, json};

/// Returns the options in the order of the documentation. Certificates and keys of TLS are options
/// by their paths, never by what is in the files.
pub(crate) fn of(server: &Server) -> Value {
    let options = server.options();
    let option = |option: &kai_tcp_server::OptionInfo| {
        json!({
            "name": option.name,
            "value": option.value,
            "origin": option.source.to_string(),
            "default": option.source == OptionSource::BuiltIn,
        })
    };
    options.iter().map(option).collect()
}
