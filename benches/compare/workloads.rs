//! What servers are asked to do.

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Workload {
    /// Answers make room for calls.
    Busy {
        connections: usize,
        in_flight: usize,
        size: usize,
    },
    /// Connections that make one call each, so many at a time.
    Churn { connections: usize },
    /// Connections that made one call and stay.
    Idle { connections: usize },
    /// Calls of 64 bytes at half the rate that the slowest server sustains.
    Latency { connections: usize },
    /// So many connections that come at once and call from their first moment.
    Rush { connections: usize },
    /// So many connections that come at once, to a server that works at each call and is kept busy by others.
    Burst { busy: usize, connections: usize },
}

/// Bytes in a line where nothing else is said.
pub(crate) const SHORT: usize = 64;
const LONG: usize = 4096;

impl Workload {
    /// All, in the order of the tables.
    pub(crate) fn all() -> Vec<Workload> {
        let mut all = Vec::new();
        for size in [SHORT, LONG] {
            for in_flight in [1, 16] {
                for connections in [1, 64, 1000] {
                    all.push(Workload::Busy {
                        connections,
                        in_flight,
                        size,
                    });
                }
            }
        }
        all.push(Workload::Churn { connections: 64 });
        all.push(Workload::Idle { connections: 10_000 });
        all.push(Workload::Rush { connections: 1000 });
        all.push(Workload::Burst {
            busy: 500,
            connections: 500,
        });
        all.extend([64, 1000].map(|connections| Workload::Latency { connections }));
        all
    }

    /// As `--only` calls it.
    pub(crate) fn name(self) -> String {
        match self {
            Workload::Busy {
                connections,
                in_flight,
                size,
            } => format!("{connections}x{in_flight}x{size}"),
            Workload::Churn { .. } => "churn".to_owned(),
            Workload::Idle { .. } => "idle".to_owned(),
            Workload::Latency { connections } => format!("latency-{connections}"),
            Workload::Rush { connections } => format!("rush-{connections}"),
            Workload::Burst { connections, .. } => format!("burst-{connections}"),
        }
    }

    /// As a reader wants it.
    pub(crate) fn title(self) -> String {
        match self {
            Workload::Busy {
                connections,
                in_flight,
                size,
            } => {
                let size = if size < 1024 {
                    format!("{size} B")
                } else {
                    format!("{} KiB", size / 1024)
                };
                format!("{} × {in_flight}, {size}", grouped(connections))
            }
            Workload::Churn { .. } => "connect, call, close".to_owned(),
            Workload::Idle { connections } => format!("{} idle", grouped(connections)),
            Workload::Latency { connections } => format!("{}, half load", grouped(connections)),
            Workload::Rush { connections } => format!("{} from the start", grouped(connections)),
            Workload::Burst { busy, connections } => {
                format!("{} at once beside {}", grouped(connections), grouped(busy))
            }
        }
    }

    /// Many calls on connections that stay.
    pub(crate) fn is_busy(self) -> bool {
        matches!(self, Workload::Busy { .. })
    }

    pub(crate) fn is_churn(self) -> bool {
        matches!(self, Workload::Churn { .. })
    }

    /// Whether throughput and processor time are what it is about.
    pub(crate) fn is_work(self) -> bool {
        self.is_busy() || self.is_churn()
    }

    pub(crate) fn is_idle(self) -> bool {
        matches!(self, Workload::Idle { .. })
    }

    pub(crate) fn is_latency(self) -> bool {
        matches!(self, Workload::Latency { .. })
    }

    /// Whether it is about connections that come at once, and their first answers alone.
    pub(crate) fn is_burst(self) -> bool {
        matches!(self, Workload::Burst { .. })
    }

    /// Whether all calls are made as fast as they are answered, so that latency is that of full load.
    pub(crate) fn is_full_load(self) -> bool {
        self.is_work() || matches!(self, Workload::Rush { .. })
    }

    /// Whether how long each call takes was measured.
    pub(crate) fn has_latency(self) -> bool {
        self.is_full_load() || self.is_latency()
    }

    /// Whether replies that leave together make the difference: 64 connections, 16 in flight, short lines.
    pub(crate) fn is_gathered(self) -> bool {
        matches!(
            self,
            Workload::Busy {
                connections: 64,
                in_flight: 16,
                size: SHORT
            }
        )
    }

    /// A thousand connections with one short call each, at half load, at full load, and at full load from the start.
    pub(crate) fn is_any_crowd(self) -> bool {
        self.is_crowd() || matches!(self, Workload::Rush { .. })
    }

    /// A thousand connections with one short call each, at half load and at full load.
    pub(crate) fn is_crowd(self) -> bool {
        let full = matches!(
            self,
            Workload::Busy {
                connections: 1000,
                in_flight: 1,
                size: SHORT
            }
        );
        full || matches!(self, Workload::Latency { connections: 1000 })
    }
}

/// With a comma before each three digits.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
