//! A program under `run`, and those that replace it one after the other.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kai_tcp_server_tests::{Folder, next, replaced};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The processes, of which the last one serves. All are killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Chain {
    first: Child,
    /// The number of the process that serves.
    pub(crate) serving: u32,
    /// The lines of all processes' standard error.
    log: UnboundedReceiver<String>,
    /// The lines that were read.
    pub(crate) said: Vec<String>,
    folder: Folder,
}

impl Chain {
    /// Starts the first process.
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replaced"));
        command.args(arguments).envs(variables.iter().copied());
        Chain::run(command)
    }

    /// Starts the first process by this command, which becomes it.
    pub(crate) fn run(mut command: Command) -> Self {
        let folder = Folder::new();
        let fault = format!("@{}", folder.path("fault").display());
        let mut first = command
            .env(replaced::FAULT, fault)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("the program starts");
        let (lines, log) = unbounded_channel();
        let stderr = BufReader::new(first.stderr.take().expect("standard error is piped"));
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                eprintln!("{line}");
                let _ = lines.send(line);
            }
        });
        Chain {
            serving: first.id(),
            first,
            log,
            said: Vec::new(),
            folder,
        }
    }

    /// Waits for the next line that contains one of these texts.
    pub(crate) async fn line_with(&mut self, texts: &[&str]) -> String {
        self.line_or_end(texts).await.expect("a process is there")
    }

    /// The same; `None` once all processes have ended.
    pub(crate) async fn line_or_end(&mut self, texts: &[&str]) -> Option<String> {
        loop {
            let line = next(&mut self.log).await?;
            self.said.push(line.clone());
            if texts.iter().any(|text| line.contains(text)) {
                return Some(line);
            }
        }
    }

    /// Waits until all servers listen, and returns where the first one says that it does.
    pub(crate) async fn addr(&mut self) -> SocketAddr {
        self.addrs(1).await[0]
    }

    /// Waits until so many servers listen, and returns where each says that it does.
    pub(crate) async fn addrs(&mut self, servers: usize) -> Vec<SocketAddr> {
        let mut addrs = Vec::new();
        for _ in 0..servers {
            let line = self.line_with(&[" listens on "]).await;
            let (_, rest) = line.split_once(" listens on ").expect("the line says where");
            let addr = rest.split([' ', ',']).next().unwrap_or_default();
            addrs.push(addr.parse().expect("the line has an address"));
        }
        // From here on signals are obeyed.
        for _ in 0..servers {
            self.line_with(&["INFO reach "]).await;
        }
        addrs
    }

    /// Says what is wrong with the processes that start from here on.
    pub(crate) fn set_fault(&self, fault: &str) {
        std::fs::write(self.folder.path("fault"), fault).expect("the file can be written");
    }

    /// Asks the process that serves for an upgrade.
    pub(crate) fn ask(&self) {
        signal(self.serving, Signal::USR2);
    }

    /// Waits for the upgrade that was asked for. Returns false if it failed.
    pub(crate) async fn upgraded(&mut self) -> bool {
        let line = self.line_with(&["has taken over", "upgrade failed"]).await;
        match new_process(&line) {
            Some(pid) => {
                self.serving = pid;
                true
            }
            None => false,
        }
    }

    /// Replaces the process that serves.
    pub(crate) async fn replace(&mut self) {
        self.ask();
        assert!(self.upgraded().await, "the upgrade succeeds: {:?}", self.said.last());
    }

    /// Ends the process that serves, and waits until all have ended.
    pub(crate) async fn stop(mut self) -> Vec<String> {
        signal(self.serving, Signal::TERM);
        while let Some(line) = next(&mut self.log).await {
            self.said.push(line);
        }
        std::mem::take(&mut self.said)
    }

    /// Returns the status of the first process once it has ended.
    pub(crate) fn first_success(&mut self) -> Option<bool> {
        let status = self.first.try_wait().expect("it was started");
        status.map(|status| status.success())
    }

    pub(crate) fn first_id(&self) -> u32 {
        self.first.id()
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if let Some(group) = pid(self.first.id()) {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.first.wait();
    }
}

/// Returns the number of the process that a log line says has taken over.
fn new_process(line: &str) -> Option<u32> {
    let (_, rest) = line.split_once(": process ")?;
    rest.split(' ').next()?.parse().ok()
}

fn pid(number: u32) -> Option<Pid> {
    Pid::from_raw(number.try_into().ok()?)
}

/// Signals a process; one that has ended doesn't mind.
pub(crate) fn signal(number: u32, signal: Signal) {
    if let Some(pid) = pid(number) {
        let _ = kill_process(pid, signal);
    }
}

/// Returns the children of a process that run.
pub(crate) fn children(number: u32) -> Vec<u32> {
    // Not by `children` in the folder of each thread, which may leave one out that is just made.
    let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers.filter(|&child| runs_under(child) == Some(number)).collect()
}

/// Returns whether a process runs: it is there and no zombie.
pub(crate) fn runs(number: u32) -> bool {
    runs_under(number).is_some()
}

/// Returns the parent of a process that runs.
fn runs_under(number: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(parent)
}

/// Waits for a moment in which other tasks run.
pub(crate) async fn moment() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
