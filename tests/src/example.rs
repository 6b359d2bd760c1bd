//! An example, built and run as a user does.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The longest time in which an example must start or end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running example. Dropping it kills the process.
#[derive(Debug)]
pub struct Example {
    child: Child,
    /// The lines of its standard error.
    log: Receiver<String>,
}

impl Example {
    /// Builds and starts an example with these arguments.
    ///
    /// # Panics
    ///
    /// If it doesn't build or start.
    pub fn start(name: &str, args: &[&str]) -> Self {
        Example::run(Command::new(build(name, None)).args(args))
    }

    /// Builds and starts an example with these arguments and environment variables.
    ///
    /// # Panics
    ///
    /// If it doesn't build or start.
    pub fn start_under(name: &str, args: &[&str], variables: &[(&str, &str)]) -> Self {
        Example::run(
            Command::new(build(name, None))
                .args(args)
                .envs(variables.iter().copied()),
        )
    }

    /// Builds an example that needs the feature of its own name, as the heavier ones do, and
    /// returns its command without starting it.
    ///
    /// # Panics
    ///
    /// If it doesn't build.
    pub fn with_its_feature(name: &str) -> Command {
        Command::new(build(name, Some(name)))
    }

    /// Builds an example, and returns the path of the program.
    ///
    /// # Panics
    ///
    /// If it doesn't build.
    pub fn path(name: &str) -> PathBuf {
        build(name, None)
    }

    /// Starts any program that serves as an example does.
    ///
    /// # Panics
    ///
    /// If it doesn't start.
    pub fn run(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let (lines, log) = channel();
        let stderr = BufReader::new(child.stderr.take().expect("standard error is piped"));
        // This thread continues after the receiver is dropped, or the example would block on a full
        // pipe.
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                eprintln!("{line}");
                let _ = lines.send(line);
            }
        });
        Example { child, log }
    }

    /// Waits until a server logs its address: the next server, if the example has several.
    ///
    /// # Panics
    ///
    /// If no server does.
    pub fn addr(&self) -> SocketAddr {
        let line = self.line_with(" listens on ");
        let (_, rest) = line.split_once(" listens on ").expect("the line says where");
        let addr = rest.split([' ', ',']).next().unwrap_or_default();
        addr.parse().unwrap_or_else(|_| panic!("no address: {addr:?}"))
    }

    /// Waits for a log line that contains `text`.
    ///
    /// # Panics
    ///
    /// If no such line comes.
    pub fn line_with(&self, text: &str) -> String {
        loop {
            let line = self
                .log
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("no line says {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, as `kill` does.
    ///
    /// # Panics
    ///
    /// If the process has ended.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([format!("-{signal}"), self.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success(), "kill -{signal} failed");
    }

    /// Waits for the end. Returns whether it was a success, and the rest of standard error.
    ///
    /// # Panics
    ///
    /// If the process doesn't end.
    pub fn wait(mut self) -> (bool, Vec<String>) {
        let begin = Instant::now();
        let success = loop {
            if let Some(success) = self.success() {
                break success;
            }
            assert!(begin.elapsed() < PATIENCE, "it doesn't end");
            std::thread::sleep(Duration::from_millis(5));
        };
        (success, self.log.iter().collect())
    }

    /// Returns whether the program has ended with success; `None` while it runs.
    ///
    /// # Panics
    ///
    /// If the system lost it.
    pub fn success(&mut self) -> Option<bool> {
        let status = self.child.try_wait().expect("the example was started");
        status.map(|status| status.success())
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The examples that were built since this program began: cargo takes a while to find that nothing
/// has changed.
static BUILT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Builds an example, so that a test never runs a stale one; returns its path.
fn build(name: &str, feature: Option<&str>) -> PathBuf {
    let mut built = BUILT.lock().unwrap_or_else(PoisonError::into_inner);
    if !built.contains(name) {
        make(name, feature);
        built.insert(name.to_owned());
    }
    // The tests are in `deps` of the folder with the examples.
    let this = std::env::current_exe().expect("a test knows where it is");
    let profile = this
        .ancestors()
        .nth(2)
        .expect("a test is built into a folder of the target folder");
    profile.join("examples").join(name)
}

fn make(name: &str, feature: Option<&str>) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(cargo);
    // Build for the whole workspace, with the features of `cargo test`, so that nothing is built
    // twice.
    command
        .current_dir(workspace)
        .args(["build", "--quiet", "--workspace", "--example", name]);
    command.args(feature.map(|feature| format!("--features={feature}")));
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    assert!(
        command.status().expect("cargo runs").success(),
        "the example {name} doesn't build"
    );
}
