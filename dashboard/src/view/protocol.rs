//! The table of a server's protocol.

use kai_tcp_server::Server;
use kai_tcp_server::protocol::{Arm, Closes, Protocol};
use serde_json::{Value, json};

/// Returns the table, and `null` for a server that has none to show.
pub(crate) fn of(server: &Server) -> Value {
    server.protocol().map_or(Value::Null, table)
}

fn table(protocol: &Protocol) -> Value {
    json!({
        "packet": protocol.codec.map_or_else(|| protocol.packet.to_string(), ToOwned::to_owned),
        "ignore_case": protocol.ignore_case,
        "states": protocol.states,
        "arms": protocol.arms.iter().map(arm).collect::<Vec<_>>(),
    })
}

fn arm(arm: &Arm) -> Value {
    json!({
        "name": arm.name,
        "pattern": arm.pattern,
        "docs": arm.docs.trim(),
        "guarded": arm.guarded,
        "states": arm.states,
        "next": arm.next.states,
        "closes": match arm.closes {
            Closes::Always => "yes",
            Closes::Sometimes => "maybe",
            Closes::Never => "no",
            _ => "unknown",
        },
    })
}
