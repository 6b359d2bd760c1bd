//! The plan of a load generator and its result. Both travel as words between two processes.

use std::net::Ipv4Addr;
use std::str::FromStr;
use std::time::Duration;

use crate::Result;
use crate::place::Place;

/// The kind of load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Each reply allows the next call, for this time.
    For(Duration),
    /// Each reply allows the next call, for this number of calls on each connection.
    Calls(u64),
    /// Calls begin at random times, with this total rate per second, for this time.
    Rate(f64, Duration),
    /// Connections make one call each, for this time.
    Churn(Duration),
    /// Connections make one call and stay.
    Idle,
    /// Connections call without pause, and this number come at once; each newcomer makes one call.
    Burst(usize),
    /// All connections come at once, and each calls without pause for this time.
    Rush(Duration),
}

/// One run of the load generator.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) place: Place,
    /// The server's process.
    pub(crate) pid: i32,
    /// The address that connections come from. It differs in each run, so that ports in `TIME_WAIT`
    /// don't run out.
    pub(crate) source: Ipv4Addr,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    /// The bytes of a line, with its end.
    pub(crate) size: usize,
    pub(crate) warm_up: Duration,
    pub(crate) kind: Kind,
    /// Whether the generator reports that it is ready, and waits for a word before it measures.
    pub(crate) held: bool,
}

impl Plan {
    pub(crate) fn to_words(&self) -> Vec<String> {
        let (kind, rate, much) = match self.kind {
            Kind::For(time) => ("for", 0.0, nanos(time)),
            Kind::Calls(calls) => ("calls", 0.0, calls),
            Kind::Rate(rate, time) => ("rate", rate, nanos(time)),
            Kind::Churn(time) => ("churn", 0.0, nanos(time)),
            Kind::Idle => ("idle", 0.0, 0),
            Kind::Burst(connections) => ("burst", 0.0, connections as u64),
            Kind::Rush(time) => ("rush", 0.0, nanos(time)),
        };
        vec![
            self.place.to_string(),
            self.pid.to_string(),
            self.source.to_string(),
            self.connections.to_string(),
            self.in_flight.to_string(),
            self.size.to_string(),
            nanos(self.warm_up).to_string(),
            kind.to_owned(),
            rate.to_string(),
            much.to_string(),
            self.held.to_string(),
        ]
    }

    pub(crate) fn from_words(words: &[&str]) -> Result<Self> {
        let mut words = Words(words.iter());
        let (place, pid, source) = (words.next()?, words.next()?, words.next()?);
        let (connections, in_flight, size) = (words.next()?, words.next()?, words.next()?);
        let warm_up = Duration::from_nanos(words.next()?);
        let (kind, rate, much): (String, f64, u64) = (words.next()?, words.next()?, words.next()?);
        let time = Duration::from_nanos(much);
        let kind = match &kind[..] {
            "for" => Kind::For(time),
            "calls" => Kind::Calls(much),
            "rate" => Kind::Rate(rate, time),
            "churn" => Kind::Churn(time),
            "idle" => Kind::Idle,
            "burst" => Kind::Burst(usize::try_from(much)?),
            "rush" => Kind::Rush(time),
            other => return Err(format!("there is no load {other}").into()),
        };
        let held = words.next()?;
        Ok(Plan {
            place,
            pid,
            source,
            connections,
            in_flight,
            size,
            warm_up,
            kind,
            held,
        })
    }
}

/// The results of one run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    /// The number of calls, or of connections if each makes one call.
    pub(crate) calls: u64,
    pub(crate) elapsed: Duration,
    /// The processor time of the server.
    pub(crate) server: Duration,
    /// The processor time of all threads of the load generator.
    pub(crate) generator: Duration,
    pub(crate) threads: u64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    pub(crate) p999: Duration,
    /// The latency of the slowest call.
    pub(crate) slowest: Duration,
    /// The bytes by which the server grew.
    pub(crate) grown: u64,
}

impl Outcome {
    pub(crate) fn to_line(self) -> String {
        let [elapsed, server, generator] = [self.elapsed, self.server, self.generator].map(nanos);
        let [p50, p99, p999, slowest] = [self.p50, self.p99, self.p999, self.slowest].map(nanos);
        let Outcome {
            calls, threads, grown, ..
        } = self;
        format!("{calls} {elapsed} {server} {generator} {threads} {p50} {p99} {p999} {slowest} {grown}")
    }

    pub(crate) fn from_line(line: &str) -> Result<Self> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut words = Words(words.iter());
        let mut next = || words.next::<u64>();
        Ok(Outcome {
            calls: next()?,
            elapsed: Duration::from_nanos(next()?),
            server: Duration::from_nanos(next()?),
            generator: Duration::from_nanos(next()?),
            threads: next()?,
            p50: Duration::from_nanos(next()?),
            p99: Duration::from_nanos(next()?),
            p999: Duration::from_nanos(next()?),
            slowest: Duration::from_nanos(next()?),
            grown: next()?,
        })
    }
}

/// Words that are read in order.
struct Words<'a>(std::slice::Iter<'a, &'a str>);

impl Words<'_> {
    fn next<T: FromStr>(&mut self) -> Result<T> {
        let word = self.0.next().ok_or("a word is missing")?;
        word.parse().map_err(|_| format!("{word} can't be read").into())
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
