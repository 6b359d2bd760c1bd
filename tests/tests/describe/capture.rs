//! Captures of connections, and what `tshark` shows of them.

use std::process::Command;

use kai_tcp_server::Protocol;
use kai_tcp_server::describe::Description;
use kai_tcp_server_tests::{Folder, available};
use serde_json::Value;

/// The packets of one connection: Ethernet, IPv4 and TCP, without checksums.
pub(crate) struct Capture {
    packets: Vec<Vec<u8>>,
    port: u16,
    /// The port of the client, which tells connections to one server apart.
    client: u16,
    /// The next sequence number of the client and of the server.
    sequences: [u32; 2],
}

impl Capture {
    pub(crate) fn new(port: u16) -> Self {
        Capture::of_client(port, 40000)
    }

    pub(crate) fn of_client(port: u16, client: u16) -> Self {
        let mut capture = Capture {
            packets: Vec::new(),
            port,
            client,
            sequences: [1000, 2000],
        };
        capture.segment(true, 0x02, b"");
        capture.segment(false, 0x12, b"");
        capture
    }

    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Adds a segment of the client's.
    pub(crate) fn client(&mut self, data: &[u8]) -> &mut Self {
        self.segment(true, 0x18, data);
        self
    }

    pub(crate) fn server(&mut self, data: &[u8]) -> &mut Self {
        self.segment(false, 0x18, data);
        self
    }

    fn segment(&mut self, from_client: bool, flags: u8, data: &[u8]) {
        let (own, other) = if from_client { (0, 1) } else { (1, 0) };
        let mut packet = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
        let length = u16::try_from(40 + data.len()).expect("it is short");
        packet.extend([0x45, 0]);
        packet.extend(length.to_be_bytes());
        packet.extend([0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        if !from_client {
            packet.swap(29, 33);
        }
        let ports = [self.client, self.port];
        packet.extend(ports[own].to_be_bytes());
        packet.extend(ports[other].to_be_bytes());
        packet.extend(self.sequences[own].to_be_bytes());
        packet.extend(self.sequences[other].to_be_bytes());
        packet.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        packet.extend(data);
        let syn = u32::from(flags & 2 != 0);
        self.sequences[own] += u32::try_from(data.len()).expect("it is short") + syn;
        self.packets.push(packet);
    }
}

/// Writes a pcap file: version 2.4, Ethernet.
fn pcap(captures: &[Capture]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 0x0004_0000, 1] {
        bytes.extend(word.to_le_bytes());
    }
    for packet in captures.iter().flat_map(|capture| &capture.packets) {
        let length = u32::try_from(packet.len()).expect("it is short");
        for word in [1, 0, length, length] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(packet);
    }
    bytes
}

/// Runs `tshark` with the dissectors of these protocols, each with its name and port, and returns
/// what it shows of each connection: the layers of its protocol, in order.
pub(crate) fn dissect(protocols: &[(&str, &'static Protocol, u16)], captures: &[Capture]) -> Vec<Vec<Value>> {
    let scripts = protocols.iter().map(|(name, protocol, port)| {
        let description = Description::new(name, protocol).port(*port);
        (*name, description.wireshark())
    });
    dissect_by(&scripts.collect::<Vec<_>>(), captures, &[])
}

/// Does the same by dissectors that are written already, with more arguments.
///
/// It runs once for all, as it starts slowly, and is ended by force if it doesn't end.
pub(crate) fn dissect_by(scripts: &[(&str, String)], captures: &[Capture], arguments: &[&str]) -> Vec<Vec<Value>> {
    let folder = Folder::new();
    let file = folder.path("capture.pcap");
    std::fs::write(&file, pcap(captures)).expect("the folder is there");
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", "120", "tshark", "-r"]).arg(&file);
    command.args(["-T", "json", "--no-duplicate-keys"]).args(arguments);
    for (name, text) in scripts {
        let script = folder.path(format!("{name}.lua"));
        std::fs::write(&script, text).expect("the folder is there");
        command.arg("-X").arg(format!("lua_script:{}", script.display()));
    }
    let output = command.output().expect("tshark runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !errors.contains("Lua") && !errors.contains("lua"),
        "{}: {errors}",
        output.status
    );
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("Lua Error") && !text.contains("_ws.lua.error"), "{text}");
    let packets: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let mut shown: Vec<Vec<Value>> = captures.iter().map(|_| Vec::new()).collect();
    for packet in &packets {
        let layers = &packet["_source"]["layers"];
        let stream = layers["tcp"]["tcp.stream"]
            .as_str()
            .and_then(|stream| stream.parse().ok());
        let stream: usize = stream.unwrap_or_else(|| panic!("no connection: {packet:#}"));
        for (name, _) in scripts {
            // Several frames of a packet are a list.
            match layers.get(format!("kai_{}", name.to_lowercase())) {
                Some(Value::Array(several)) => shown[stream].extend(several.iter().cloned()),
                Some(one) => shown[stream].push(one.clone()),
                None => {}
            }
        }
    }
    shown
}

pub(crate) fn is_there() -> bool {
    available("tshark", &["--version"], "the package tshark of Debian")
}
