//! HAProxy with the configuration that is shipped, in front of nodes on loopback addresses.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use kai_tcp_server_tests::{Client, Folder, available, eventually};
use tokio::net::{TcpSocket, TcpStream};

pub(crate) const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/deploy/haproxy.cfg");

/// The bits of `srv_admin_state` that an agent's `drain` sets.
const FORCED_DRAIN: u32 = 0x08;
/// The `srv_op_state` of a node that serves.
const RUNNING: u32 = 2;

pub(crate) fn is_there() -> bool {
    available("haproxy", &["-v"], "the Debian package haproxy")
}

/// Loopback addresses and ports of a test's own, the same ports on each node.
#[derive(Clone, Copy)]
pub(crate) struct Net {
    block: [u8; 2],
    port: u16,
    health: u16,
    agent: u16,
}

impl Net {
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU8 = AtomicU8::new(1);
        let own = u8::try_from(std::process::id() % 250).expect("it is small") + 1;
        let block = [NUMBER.fetch_add(1, Relaxed), own];
        let first = Ipv4Addr::new(127, block[0], block[1], 11);
        // All are bound at once, so that they differ. They are none of those that the system gives
        // to who asks for port 0 meanwhile, at all addresses.
        let mut ports = 20_000..32_000;
        let mut free = || {
            ports
                .find_map(|port| TcpListener::bind((first, port)).ok())
                .expect("a port is free")
        };
        let free = [free(), free(), free()];
        let [port, health, agent] = free.map(|free| free.local_addr().expect("it is bound").port());
        Net {
            block,
            port,
            health,
            agent,
        }
    }

    fn ip(self, last: u8) -> Ipv4Addr {
        Ipv4Addr::new(127, self.block[0], self.block[1], last)
    }

    /// Returns the address of a node, which is 1, 2 or 3.
    pub(crate) fn node(self, node: u8) -> SocketAddr {
        SocketAddrV4::new(self.ip(10 + node), self.port).into()
    }

    pub(crate) fn health(self, node: u8) -> SocketAddr {
        SocketAddrV4::new(self.ip(10 + node), self.health).into()
    }

    pub(crate) fn agent(self, node: u8) -> SocketAddr {
        SocketAddrV4::new(self.ip(10 + node), self.agent).into()
    }

    /// Returns the address of a client, without its port.
    pub(crate) fn client(self, client: u8) -> Ipv4Addr {
        self.ip(100 + client)
    }

    /// Connects to HAProxy from an address of a client's own.
    pub(crate) async fn connect_from(self, client: u8, front: SocketAddr) -> std::io::Result<Client<TcpStream>> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddrV4::new(self.client(client), 0).into())?;
        Ok(Client::over(socket.connect(front).await?))
    }
}

/// A node as HAProxy sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) is_up: bool,
    pub(crate) drains: bool,
    pub(crate) weight: u32,
}

impl Seen {
    pub(crate) fn takes_connections(self) -> bool {
        self.is_up && !self.drains && self.weight > 0
    }
}

/// A running HAProxy. Dropping it kills the process.
pub(crate) struct Front {
    child: Child,
    /// Kept, so that clients can connect while no HAProxy runs; they are served by the next one.
    listener: TcpListener,
    folder: Folder,
}

impl Drop for Front {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!(
                "{}",
                fs::read_to_string(self.folder.path("haproxy.log")).unwrap_or_default()
            );
        }
    }
}

/// Replaces a part of the configuration, which must be there.
fn replaced(config: &str, part: &str, by: &str) -> String {
    assert!(config.contains(part), "{CONFIG} has no {part:?}");
    config.replace(part, by)
}

impl Front {
    /// Starts HAProxy with the shipped configuration, changed only in its addresses and ports, its
    /// user and its socket.
    pub(crate) fn start(net: Net) -> Self {
        let folder = Folder::new();
        let mut config = fs::read_to_string(CONFIG).expect("it is there");
        for node in [1, 2, 3] {
            let shipped = format!("10.0.0.1{node}:10008");
            config = replaced(&config, &shipped, &net.node(node).to_string());
        }
        let socket = folder.path("admin.sock").display().to_string();
        for (part, by) in [
            ("    user haproxy\n    group haproxy\n", ""),
            ("/run/haproxy/admin.sock", &socket),
            ("log /dev/log local0", "log stdout format raw local0"),
            // It takes over the socket that it finds as its standard input.
            ("bind :10008", "bind fd@0"),
            ("check port 9000", &format!("check port {}", net.health)),
            ("agent-port 9001", &format!("agent-port {}", net.agent)),
        ] {
            config = replaced(&config, part, by);
        }
        fs::write(folder.path("haproxy.cfg"), config).expect("the folder is there");
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let child = spawn(&listener, &folder);
        Front {
            child,
            listener,
            folder,
        }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.listener.local_addr().expect("it is bound")
    }

    /// Returns the process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills HAProxy, and with it all its connections.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal: `STOP` lets it stand still, `CONT` go on.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args([format!("-{signal}"), id]).status();
        assert!(status.expect("kill runs").success());
    }

    /// Starts HAProxy again after [`kill`](Self::kill).
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(&self.listener, &self.folder);
    }

    /// Sends a command to HAProxy's socket; `None` while HAProxy starts.
    fn ask(&self, command: &str) -> Option<String> {
        let mut socket = UnixStream::connect(self.folder.path("admin.sock")).ok()?;
        socket.set_read_timeout(Some(std::time::Duration::from_secs(20))).ok()?;
        socket.write_all(format!("{command}\n").as_bytes()).ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        Some(answer)
    }

    /// Returns how HAProxy sees a node; `None` while it starts.
    pub(crate) fn sees(&self, node: u8) -> Option<Seen> {
        let states = self.ask("show servers state nodes")?;
        let name = format!("node{node}");
        let mut lines = states.lines().filter_map(|line| line.strip_prefix("# ").or(Some(line)));
        let columns: Vec<&str> = lines.nth(1)?.split(' ').collect();
        let row: Vec<&str> = lines
            .map(|line| line.split(' ').collect())
            .find(|row: &Vec<&str>| row.contains(&&*name))?;
        let number = |column| {
            let at = columns.iter().position(|name| *name == column)?;
            row.get(at)?.parse::<u32>().ok()
        };
        Some(Seen {
            is_up: number("srv_op_state")? == RUNNING,
            drains: number("srv_admin_state")? & FORCED_DRAIN != 0,
            weight: number("srv_uweight")?,
        })
    }

    /// Waits until HAProxy sees a node so.
    pub(crate) async fn sees_soon(&self, node: u8, what: &str, condition: impl Fn(Seen) -> bool) {
        let what = format!("HAProxy sees that node {node} {what}");
        eventually(&what, || self.sees(node).is_some_and(&condition)).await;
    }
}

fn spawn(listener: &TcpListener, folder: &Folder) -> Child {
    let listener = listener.try_clone().expect("a descriptor is free");
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(folder.path("haproxy.log"));
    let log = log.expect("the folder is there");
    Command::new("haproxy")
        .arg("-db")
        .arg("-f")
        .arg(folder.path("haproxy.cfg"))
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(log.try_clone().expect("a descriptor is free"))
        .stderr(log)
        .spawn()
        .expect("it starts")
}
