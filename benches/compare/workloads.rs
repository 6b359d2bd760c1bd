//! The workloads.

use crate::place::Carrier;

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Workload {
    /// Connections that call again when an answer comes.
    Busy {
        connections: usize,
        in_flight: usize,
        size: usize,
    },
    /// Connections that make one call each; `connections` at a time.
    Churn { connections: usize },
    /// Connections that make one call and stay.
    Idle { connections: usize },
    /// Calls of 64 bytes at half the rate that the slowest server sustains.
    Latency { connections: usize },
    /// Connections that come at once and call from the start.
    Rush { connections: usize },
    /// Connections that come at once, to a server that works at each call and is kept busy by
    /// others.
    Burst { busy: usize, connections: usize },
}

/// The default bytes of a line.
pub(crate) const SHORT: usize = 64;
const LONG: usize = 4096;

impl Workload {
    /// Returns all workloads of a carrier, in the order of the tables.
    pub(crate) fn all(carrier: Carrier) -> Vec<Workload> {
        match carrier {
            Carrier::Tcp => Workload::over_tcp(),
            // A whole handshake for each connection takes its time.
            Carrier::Tls => Workload::over_another(2000),
            Carrier::Unix => Workload::over_another(10_000),
        }
    }

    fn over_another(idle: usize) -> Vec<Workload> {
        let mut all = Vec::new();
        for size in [SHORT, LONG] {
            all.extend([1, 16].map(|in_flight| Workload::Busy {
                connections: 64,
                in_flight,
                size,
            }));
        }
        all.push(Workload::Churn { connections: 64 });
        all.push(Workload::Idle { connections: idle });
        all
    }

    fn over_tcp() -> Vec<Workload> {
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

    /// Returns the name for `--only`.
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

    /// Returns the title for readers.
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

    /// Returns whether connections stay and make many calls.
    pub(crate) fn is_busy(self) -> bool {
        matches!(self, Workload::Busy { .. })
    }

    pub(crate) fn is_churn(self) -> bool {
        matches!(self, Workload::Churn { .. })
    }

    /// Returns whether the workload is about throughput and processor time.
    pub(crate) fn is_work(self) -> bool {
        self.is_busy() || self.is_churn()
    }

    pub(crate) fn is_idle(self) -> bool {
        matches!(self, Workload::Idle { .. })
    }

    pub(crate) fn is_latency(self) -> bool {
        matches!(self, Workload::Latency { .. })
    }

    /// Returns whether the workload is about the first answers of connections that come at once.
    pub(crate) fn is_burst(self) -> bool {
        matches!(self, Workload::Burst { .. })
    }

    /// Returns whether calls follow answers at once, so that latency is that of full load.
    pub(crate) fn is_full_load(self) -> bool {
        self.is_work() || matches!(self, Workload::Rush { .. })
    }

    /// Returns whether the latency of each call is measured.
    pub(crate) fn has_latency(self) -> bool {
        self.is_full_load() || self.is_latency()
    }

    /// Returns whether the workload shows the effect of replies that leave together: 64
    /// connections, 16 in flight, short lines.
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

    /// Returns whether it is a thousand connections with one short call each, at half load, at full
    /// load, or at full load from the start.
    pub(crate) fn is_any_crowd(self) -> bool {
        self.is_crowd() || matches!(self, Workload::Rush { .. })
    }

    /// Returns whether it is a thousand connections with one short call each, at half load or at
    /// full load.
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

/// Formats a number with a comma before each three digits.
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
