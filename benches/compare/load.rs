//! The load generator: a separate process that calls, checks every byte of the replies, and
//! measures.
//!
//! It has a thread for each of its processors, each with its own epoll and its share of the
//! connections.

use std::process::exit;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::plan::{Kind, Outcome, Plan};
use crate::{Result, process, stats};

mod burst;
mod callers;
mod churn;
mod closed;
mod idle;
mod lines;
mod open;
mod poll;
mod rush;
mod wire;

/// The load of one thread.
trait Load {
    /// Calls until the server is in its normal state.
    fn warm_up(&mut self) -> Result;
    /// Calls until all requested calls are answered.
    fn measure(&mut self) -> Result<Part>;
}

/// The results of one thread.
struct Part {
    calls: u64,
    begin: Instant,
    end: Instant,
    /// The latencies of calls, in nanoseconds.
    latencies: Vec<f64>,
}

/// One thread's share of the load.
#[derive(Clone, Copy)]
struct Share {
    thread: usize,
    of: usize,
}

impl Share {
    /// Returns the thread's connections.
    fn connections(self, plan: &Plan) -> impl ExactSizeIterator<Item = u64> + use<> {
        self.numbers(plan.connections)
    }

    /// Returns the thread's numbers of `count`.
    fn numbers(self, count: usize) -> impl ExactSizeIterator<Item = u64> + use<> {
        (self.thread..count).step_by(self.of).map(|number| number as u64)
    }
}

/// Runs the plan and prints the results.
pub(crate) fn run(words: &[&str]) -> Result {
    let plan = Plan::from_words(words)?;
    let cores = process::load_cores()?;
    process::settle_in(&cores)?;
    let of = cores.len().min(plan.connections);
    let stage = Barrier::new(of + 1);
    let outcome = thread::scope(|scope| {
        let threads: Vec<_> = (0..of)
            .map(|thread| {
                let (plan, stage, core) = (&plan, &stage, cores[thread]);
                scope.spawn(move || or_exit(work(plan, Share { thread, of }, core, stage)))
            })
            .collect();
        let watched = or_exit(watch(&plan, &stage));
        let parts = threads.into_iter().filter_map(|thread| thread.join().ok()).collect();
        summarize(watched, parts)
    });
    println!("{}", outcome.to_line());
    Ok(())
}

/// Ends the process if a thread failed: the others wait at the barrier, and a failed run has no
/// result.
fn or_exit<T>(done: Result<T>) -> T {
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        exit(1)
    })
}

fn work(plan: &Plan, share: Share, core: usize, stage: &Barrier) -> Result<Part> {
    process::pin(&[core])?;
    let mut load: Box<dyn Load> = match plan.kind {
        Kind::For(_) | Kind::Calls(_) => Box::new(closed::Closed::connect(plan, share)?),
        Kind::Rate(..) => Box::new(open::Open::connect(plan, share)?),
        Kind::Churn(_) => Box::new(churn::Churn::new(plan, share)?),
        Kind::Idle => Box::new(idle::Idle::new(plan, share)),
        Kind::Burst(newcomers) => Box::new(burst::Burst::connect(plan, share, newcomers)?),
        Kind::Rush(time) => Box::new(rush::Rush::new(plan, share, time)?),
    };
    load.warm_up()?;
    stage.wait();
    stage.wait();
    let part = load.measure()?;
    stage.wait();
    stage.wait();
    Ok(part)
}

/// Reads the server's state before and after.
fn watch(plan: &Plan, stage: &Barrier) -> Result<Outcome> {
    let look = || -> Result<_> {
        let server = at_rest(plan.pid)?;
        // Reading this makes the kernel walk over all pages.
        let resident = if plan.kind == Kind::Idle {
            process::resident(plan.pid)?
        } else {
            0
        };
        Ok((server, resident, process::own_cpu_time()?))
    };
    stage.wait();
    hold(plan, "ready")?;
    let before = look()?;
    stage.wait();
    stage.wait();
    let generator = process::own_cpu_time()?;
    let after = look()?;
    hold(plan, "done")?;
    stage.wait();
    Ok(Outcome {
        server: after.0.saturating_sub(before.0),
        grown: after.1.saturating_sub(before.1),
        generator: generator.saturating_sub(before.2),
        ..Outcome::default()
    })
}

/// Prints its state and waits for a word, if the plan demands it.
fn hold(plan: &Plan, word: &str) -> Result {
    if plan.held {
        println!("{word}");
        std::io::stdin().read_line(&mut String::new())?;
    }
    Ok(())
}

/// Returns the processor time of a server once the server has nothing left to do.
fn at_rest(pid: i32) -> Result<Duration> {
    let mut time = process::cpu_time(pid)?;
    for _ in 0..100 {
        thread::sleep(Duration::from_millis(1));
        let now = process::cpu_time(pid)?;
        if now == time {
            break;
        }
        time = now;
    }
    Ok(time)
}

fn summarize(watched: Outcome, parts: Vec<Part>) -> Outcome {
    let begin = parts.iter().map(|part| part.begin).min();
    let end = parts.iter().map(|part| part.end).max();
    let elapsed = begin.zip(end).map_or(Duration::ZERO, |(begin, end)| end - begin);
    let (calls, threads) = (parts.iter().map(|part| part.calls).sum(), parts.len() as u64);
    let mut latencies: Vec<f64> = parts.into_iter().flat_map(|part| part.latencies).collect();
    latencies.sort_unstable_by(f64::total_cmp);
    let quantile = |of| Duration::from_nanos(stats::quantile(&latencies, of) as u64);
    let (p50, p99, p999, slowest) = (quantile(0.5), quantile(0.99), quantile(0.999), quantile(1.0));
    Outcome {
        calls,
        elapsed,
        threads,
        p50,
        p99,
        p999,
        slowest,
        ..watched
    }
}

/// Pseudo-random numbers, the same in each run (xorshift).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// Returns a number from 0 to just below 1.
    fn unit(&mut self) -> f64 {
        self.next() as f64 / (1_u64 << 48) as f64
    }
}

/// The silence after which a server counts as stuck.
const STUCK: Duration = Duration::from_secs(20);

/// The number of connections that are begun between two checks of the present ones.
const AT_ONCE: usize = 16;
