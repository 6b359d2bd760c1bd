//! An example, built and run as a user runs it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long an example may take to start, and to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running example; killed when this is dropped.
#[derive(Debug)]
pub struct Example {
    child: Child,
    /// What it writes to standard error, line by line.
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

    /// The same, with these variables in its environment.
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

    /// Builds an example that needs the feature of its own name, as the heavier ones do; starts nothing yet.
    ///
    /// # Panics
    ///
    /// If it doesn't build.
    pub fn with_its_feature(name: &str) -> Command {
        Command::new(build(name, Some(name)))
    }

    /// Starts any program that serves, as an example does.
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
        // Reads on when nobody listens, or the example would block on a full pipe.
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                eprintln!("{line}");
                let _ = lines.send(line);
            }
        });
        Example { child, log }
    }

    /// Waits until its server says where it listens: the next server, if it has several.
    ///
    /// # Panics
    ///
    /// If it doesn't say so.
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
    /// If none comes.
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

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends it a signal by its name, as `kill` does.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([format!("-{signal}"), self.id().to_string()])
            .status();
        assert!(status.expect("kill runs").success(), "kill -{signal} failed");
    }

    /// Waits for its end; whether it was a success, and what it still wrote to standard error.
    ///
    /// # Panics
    ///
    /// If it doesn't end.
    pub fn wait(mut self) -> (bool, Vec<String>) {
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("the example was started") {
                break status;
            }
            assert!(begin.elapsed() < PATIENCE, "it doesn't end");
            std::thread::sleep(Duration::from_millis(5));
        };
        (status.success(), self.log.iter().collect())
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds an example, so that a test never runs a stale one; says where it is.
fn build(name: &str, feature: Option<&str>) -> PathBuf {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let workspace = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(cargo);
    // Of the whole workspace, as the README says how to run them: with the features that `cargo test` has built it with, so that nothing is
    // built twice.
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
    // The tests are built into `deps` of the folder that has the examples.
    let this = std::env::current_exe().expect("a test knows where it is");
    let profile = this
        .ancestors()
        .nth(2)
        .expect("a test is built into a folder of the target folder");
    profile.join("examples").join(name)
}
