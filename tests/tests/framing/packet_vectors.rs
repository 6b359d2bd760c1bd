//! Erlang's decoding of byte streams, vector by vector: see `tests/vectors/README.md`.
//!
//! `PACKET_VECTORS` names another folder of vectors, relative to the workspace. It needn't have all
//! vectors.

mod decode;
mod http;
mod send;
mod switch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kai_tcp_server::Packet;
use serde_json::Value;

/// Returns the packet mode that a vector names, or `None` for the mode that is left out.
fn mode(name: &str) -> Result<Option<Packet>, String> {
    let plain = match name {
        // `gen_tcp` uses this mode only for its own TLS.
        "ssl_tls" => return Ok(None),
        // The suffix `_bin` in Erlang means binaries instead of strings.
        "http_bin" | "httph_bin" => name.trim_end_matches("_bin"),
        name => name,
    };
    let mode = kai_tcp_server_tests::MODES.iter().find(|mode| mode.name == plain);
    mode.map(|mode| Some(mode.packet))
        .ok_or_else(|| format!("unknown packet mode {name:?}"))
}

/// The modes whose vectors must be present in the project's own folder.
const MODES: [&str; 12] = [
    "raw", "1", "2", "4", "line", "asn1", "cdr", "sunrm", "fcgi", "tpkt", "http", "httph",
];

/// The outcome of one vector.
enum Outcome {
    Ran,
    /// The vector has the mode that is left out.
    Left,
}

type Checked = Result<Outcome, String>;

/// Checks that an object has only fields that this test reads.
fn only(object: &Value, names: &[&str]) -> Result<(), String> {
    let fields = object.as_object().ok_or_else(|| format!("{object} is no object"))?;
    match fields.keys().find(|name| !names.contains(&name.as_str())) {
        Some(name) => Err(format!("unknown field {name:?}")),
        None => Ok(()),
    }
}

/// Reads a field that every vector of its kind has.
fn field<'a, T>(vector: &'a Value, name: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Result<T, String> {
    read(&vector[name]).ok_or_else(|| format!("field {name:?} is missing or of another type"))
}

fn list<T>(vector: &Value, name: &str, read: impl Fn(&Value) -> Result<T, String>) -> Result<Vec<T>, String> {
    field(vector, name, Value::as_array)?.iter().map(read).collect()
}

fn number(value: &Value) -> Result<usize, String> {
    value
        .as_u64()
        .and_then(|number| number.try_into().ok())
        .ok_or_else(|| format!("{value} is no number"))
}

/// Checks a vector of any kind, and returns its kind.
fn check(vector: &Value) -> (String, Checked) {
    let name = vector["type"].as_str().unwrap_or_default();
    if vector["ops"].is_array() {
        ("switch".to_owned(), switch::check(vector))
    } else if vector["payload"].is_string() {
        (format!("send {name}"), send::check(name, vector))
    } else {
        (name.to_owned(), decode::check(name, vector))
    }
}

#[derive(Default)]
struct Tally {
    ran: BTreeMap<String, usize>,
    left: BTreeMap<String, usize>,
    failed: Vec<String>,
}

impl Tally {
    fn add(&mut self, vector: &Value) {
        let (kind, checked) = check(vector);
        match checked {
            Ok(Outcome::Ran) => *self.ran.entry(kind).or_default() += 1,
            Ok(Outcome::Left) => *self.left.entry(kind).or_default() += 1,
            Err(why) => self.failed.push(format!("{}: {why}", vector["id"])),
        }
    }

    fn print(&self) {
        for (what, tally) in [("ran", &self.ran), ("left out", &self.left)] {
            let parts: Vec<String> = tally.iter().map(|(kind, n)| format!("{kind}: {n}")).collect();
            println!("{what} ({}): {}", tally.values().sum::<usize>(), parts.join(", "));
        }
    }
}

/// Returns all `*.jsonl` of the folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be read to its end").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    files
}

#[test]
fn packet_vectors() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let given = std::env::var_os("PACKET_VECTORS");
    let folder = given
        .as_ref()
        .map_or_else(|| tests.join("vectors"), |given| tests.join("..").join(given));
    let mut tally = Tally::default();
    for file in files(&folder) {
        let text = std::fs::read_to_string(&file).expect("a vector file is UTF-8");
        for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
            match serde_json::from_str(line) {
                Ok(vector) => tally.add(&vector),
                Err(error) => tally.failed.push(format!("{}:{number}: {error}", file.display())),
            }
        }
    }
    tally.print();
    assert!(
        tally.failed.is_empty(),
        "{} failed:\n{}",
        tally.failed.len(),
        tally.failed.join("\n")
    );
    assert!(!tally.ran.is_empty(), "no vector of any mode in {}", folder.display());
    if given.is_none() {
        let decoded = MODES.iter().map(|&mode| mode.to_owned());
        let sent = MODES.iter().map(|mode| format!("send {mode}"));
        for kind in decoded.chain(sent).chain(["switch".to_owned()]) {
            assert!(tally.ran.contains_key(&kind), "no vector of {kind}");
        }
    }
}
