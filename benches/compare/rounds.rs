//! The order of measurements: in each round every server runs each workload once, in a changing
//! order.
//!
//! So other load of the machine affects all servers alike, and the two runs of a ratio lie within
//! seconds.

use std::time::Duration;

use crate::arguments::Arguments;
use crate::figures::{Counted, Figures, Measured, throughput};
use crate::place::Carrier;
use crate::plan::{Kind, Outcome};
use crate::served::Served;
use crate::servers::Rival;
use crate::workloads::{SHORT, Workload};
use crate::{Result, certificate, instructions, process, stats, system_calls};

/// Returns the figures of each carrier of which anything is wanted.
pub(crate) fn measure(arguments: &Arguments) -> Result<Vec<Figures>> {
    certificate::make()?;
    let rivals = arguments.rivals();
    let mut all = Vec::new();
    for carrier in Carrier::ALL {
        let rivals = rivals.iter().copied().filter(|rival| rival.carrier == carrier);
        let rivals: Vec<&'static Rival> = rivals.collect();
        if !rivals.is_empty() {
            let figures = measure_over(carrier, rivals, arguments)?;
            all.extend(Some(figures).filter(|figures| !figures.is_empty()));
        }
    }
    if all.is_empty() {
        return Err("nothing of what is wanted can be measured here".into());
    }
    Ok(all)
}

fn measure_over(carrier: Carrier, rivals: Vec<&'static Rival>, arguments: &Arguments) -> Result<Figures> {
    let wants = |name: &str| arguments.wants(&format!("{}{name}", carrier.prefix()));
    let wanted = |workload: &Workload| wants(&workload.name());
    let (latency, others): (Vec<Workload>, Vec<Workload>) = Workload::all(carrier)
        .into_iter()
        .filter(wanted)
        .partition(|workload| workload.is_latency());
    let mut workloads: Vec<Measured> = others.into_iter().map(|workload| begin(workload, &rivals)).collect();
    rounds(arguments, &rivals, &mut workloads)?;
    // The rate of half load follows from the earlier measurements.
    let mut half: Vec<Measured> = latency.into_iter().map(|workload| begin(workload, &rivals)).collect();
    for measured in &mut half {
        measured.rate = Some(half_load(arguments, &rivals, measured.workload, &workloads)?);
    }
    rounds(arguments, &rivals, &mut half)?;
    workloads.append(&mut half);
    let mut counts: Vec<Counted> = Vec::new();
    if wants("system-calls") {
        counts.extend(system_calls::count(&rivals)?);
    }
    if wants("instructions") {
        counts.extend(instructions::count(&rivals)?);
    }
    Ok(Figures {
        carrier,
        rivals,
        rounds: arguments.rounds,
        workloads,
        counts,
    })
}

fn begin(workload: Workload, rivals: &[&'static Rival]) -> Measured {
    Measured {
        workload: affordable(workload),
        outcomes: vec![Vec::new(); rivals.len()],
        rate: None,
    }
}

/// Returns the workload with as many idle connections as one process can have.
fn affordable(workload: Workload) -> Workload {
    let Workload::Idle { connections } = workload else {
        return workload;
    };
    let most = process::descriptors().saturating_sub(100);
    if most < connections {
        eprintln!(
            "{most} idle connections instead of {connections}: a process may have no more descriptors (ulimit -Hn)"
        );
    }
    Workload::Idle {
        connections: connections.min(most),
    }
}

fn rounds(arguments: &Arguments, rivals: &[&'static Rival], workloads: &mut [Measured]) -> Result {
    if workloads.is_empty() {
        return Ok(());
    }
    for round in 0..arguments.rounds {
        eprintln!("round {} of {}", round + 1, arguments.rounds);
        // Each round has new processes, as the place of a process in memory affects it too.
        let served = rivals
            .iter()
            .map(|rival| Served::start(rival))
            .collect::<Result<Vec<_>>>()?;
        for (turn, measured) in workloads.iter_mut().enumerate() {
            for step in 0..rivals.len() {
                // Every other round runs in reverse, so that no server always follows the same one.
                let step = if round % 2 == 0 { step } else { rivals.len() - 1 - step };
                let place = (step + turn + round / 2) % rivals.len();
                let outcome = run(rivals[place], &served[place], measured, arguments.time)
                    .map_err(|error| format!("{}, {}: {error}", rivals[place].name, measured.workload.name()))?;
                measured.outcomes[place].push(outcome);
            }
        }
    }
    Ok(())
}

fn run(rival: &Rival, served: &Served, measured: &Measured, time: Duration) -> Result<Outcome> {
    match measured.workload {
        Workload::Busy {
            connections,
            in_flight,
            size,
        } => served.load(connections, in_flight, size, Kind::For(time)),
        Workload::Churn { connections } => served.load(connections, 1, SHORT, Kind::Churn(time)),
        // The server may reuse memory that earlier connections freed, so this needs a new process.
        Workload::Idle { connections } => Served::start(rival)?.load(connections, 1, SHORT, Kind::Idle),
        // As many connections as this server has never seen.
        Workload::Rush { connections } => Served::start(rival)?.load(connections, 1, SHORT, Kind::Rush(2 * time)),
        Workload::Burst { busy, connections } => {
            Served::start_working(rival)?.load(busy, 1, SHORT, Kind::Burst(connections))
        }
        Workload::Latency { connections } => {
            let rate = measured.rate.ok_or("there is no rate")?;
            served.load(connections, 1, SHORT, Kind::Rate(rate, 2 * time))
        }
    }
}

/// Returns half the rate that the slowest server sustains with so many connections, Erlang's
/// excluded.
fn half_load(
    arguments: &Arguments,
    rivals: &[&'static Rival],
    workload: Workload,
    measured: &[Measured],
) -> Result<f64> {
    let Workload::Latency { connections } = workload else {
        return Err("only latency has a load".into());
    };
    let busy = Workload::Busy {
        connections,
        in_flight: 1,
        size: SHORT,
    };
    let mut own = [begin(busy, rivals)];
    let measured = if let Some(measured) = measured.iter().find(|measured| measured.workload == busy) {
        measured
    } else {
        let few = arguments.with_rounds(3);
        rounds(&few, rivals, &mut own)?;
        &own[0]
    };
    let sustained = |outcomes: &Vec<Outcome>| {
        let mut rates: Vec<f64> = outcomes.iter().map(throughput).collect();
        rates.sort_unstable_by(f64::total_cmp);
        stats::quantile(&rates, 0.5)
    };
    let compiled = rivals
        .iter()
        .zip(&measured.outcomes)
        .filter(|(rival, _)| rival.counted || rivals.len() == 1);
    let slowest = compiled.map(|(_, outcomes)| sustained(outcomes)).min_by(f64::total_cmp);
    Ok(slowest.ok_or("nobody to ask for the rate")? / 2.0)
}
