//! Typed frames of HTTP, in the vectors' notation.

use kai_tcp_server::packet::{Http, Scheme, Uri};
use kai_tcp_server_tests::hex;
use serde_json::{Value, json};

/// Returns a vector's frame with runs of equal bytes expanded.
pub(crate) fn expected(frame: &Value) -> Result<Value, String> {
    match frame {
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("hex") => {
            Ok(bytes(&hex::bytes(&fields["hex"])?))
        }
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| Ok((name.clone(), expected(value)?)))
            .collect(),
        other => Ok(other.clone()),
    }
}

/// Converts a frame of this crate to the vectors' notation.
pub(crate) fn written(frame: &Http) -> Value {
    match *frame {
        Http::Request {
            method,
            known,
            uri,
            version: (major, minor),
        } => json!({"t": "request", "method": name(method, known), "uri": of_uri(uri), "version": [major, minor]}),
        Http::Response {
            version: (major, minor),
            code,
            phrase,
        } => json!({"t": "response", "version": [major, minor], "code": code, "phrase": bytes(phrase)}),
        Http::Header {
            field,
            number,
            raw,
            value,
        } => json!({
            "t": "header",
            "n": number,
            "field": name(field, number > 0),
            "raw": bytes(raw.as_bytes()),
            "value": bytes(value),
        }),
        Http::EndOfHeaders => json!({"t": "eoh"}),
        Http::Error(text) => json!({"t": "error", "text": bytes(text)}),
        Http::Data(data) => json!({"t": "data", "data": bytes(data)}),
    }
}

fn of_uri(uri: Uri) -> Value {
    match uri {
        Uri::Star => json!({"k": "star"}),
        Uri::AbsPath(path) => json!({"k": "abs_path", "path": bytes(path)}),
        Uri::Absolute {
            scheme,
            host,
            port,
            path,
        } => {
            let scheme = match scheme {
                Scheme::Http => "http",
                Scheme::Https => "https",
            };
            let scheme = json!({"atom": scheme});
            json!({"k": "absolute", "scheme": scheme, "host": bytes(host), "port": port, "path": bytes(path)})
        }
        Uri::Scheme { scheme, rest } => json!({"k": "scheme", "scheme": bytes(scheme), "rest": bytes(rest)}),
        Uri::Other(text) => json!({"k": "other", "text": bytes(text)}),
    }
}

/// Writes a name; one that Erlang knows is an atom.
fn name(name: &str, known: bool) -> Value {
    if known {
        json!({"atom": name})
    } else {
        bytes(name.as_bytes())
    }
}

fn bytes(bytes: &[u8]) -> Value {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    json!({"hex": pairs.concat()})
}
