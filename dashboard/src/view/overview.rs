//! The figures of all servers, which the stream of events tells.

use kai_tcp_server::metrics::ArmLatency;
use kai_tcp_server::{ArmInfo, Refused, ServerInfo, ServerState, Timeouts};
use serde_json::{Map, Value, json};

use super::millis;
use crate::snapshot::{Seen, Snapshot};

/// Returns the figures of a snapshot.
pub(crate) fn of(snapshot: &Snapshot) -> Value {
    json!({
        "at": millis(snapshot.at),
        "servers": snapshot.servers.iter().map(server).collect::<Vec<_>>(),
    })
}

fn server(seen: &Seen) -> Value {
    let info = &seen.info;
    json!({
        "number": seen.server.number(),
        "name": seen.server.label(),
        "listens": info.local_addrs.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "state": info.state.to_string(),
        "suspended": matches!(info.state, ServerState::Suspended(_)),
        "connections": info.curr_connections,
        "max_processes": info.max_processes,
        "accepted": info.accepted,
        "calls": info.calls,
        "bytes_in": info.bytes_in,
        "bytes_out": info.bytes_out,
        "restarts": info.restarts,
        "full_mailboxes": info.full_mailboxes,
        "failed_handshakes": info.failed_handshakes,
        "refused": refused(&info.refused),
        "closed": closed(info),
        "timeouts": timeouts(&info.timeouts),
        "states": info.states.iter().map(|state| json!({"name": state.name, "connections": state.connections})).collect::<Vec<_>>(),
        "arms": arms(seen),
    })
}

/// Returns the arms, with the times of their calls in seconds where the option `latency` counts
/// them.
fn arms(seen: &Seen) -> Value {
    let times = seen.server.latency();
    let arm = |(place, arm): (usize, &ArmInfo)| {
        let latency = times.get(place).map(latency);
        json!({"name": arm.name, "pattern": arm.pattern, "calls": arm.calls, "latency": latency})
    };
    seen.info.arms.iter().enumerate().map(arm).collect()
}

fn latency(times: &ArmLatency) -> Value {
    let seconds = |share| times.quantile(share).map(|time| time.as_secs_f64());
    json!({"p50": seconds(0.5), "p99": seconds(0.99)})
}

fn refused(refused: &Refused) -> Value {
    json!({"overloaded": refused.overloaded, "per_ip": refused.per_ip, "denied": refused.denied})
}

fn closed(info: &ServerInfo) -> Value {
    let one = |closed: &kai_tcp_server::ClosedInfo| (closed.reason.to_string(), Value::from(closed.connections));
    Value::Object(info.closed.iter().map(one).collect::<Map<_, _>>())
}

fn timeouts(timeouts: &Timeouts) -> Value {
    json!({
        "recv_timeout": timeouts.recv,
        "frame_timeout": timeouts.frame,
        "send_timeout": timeouts.send,
        "call_timeout": timeouts.call,
        "handshake_timeout": timeouts.handshake,
    })
}
