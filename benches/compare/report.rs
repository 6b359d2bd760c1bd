//! The report in Markdown: the promises, the ratios, and the measured figures.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Result;
use crate::bounds::{self, Judged, Verdict};
use crate::figures::{Count, Figures, Measured, Value, cpu, generator, memory, p50, p99, p999, slowest, throughput};
use crate::stats::{Estimate, FEWEST};
use crate::workloads::Workload;

/// The folder of the figures of a complete run.
const RESULTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../results");

/// The part of the time above which the generator, not the server, limits throughput.
const BOUND: f64 = 0.95;

/// The folder of the figures of other runs.
const SCRATCH: &str = env!("CARGO_TARGET_TMPDIR");

/// Writes the report and the plot. Those of a complete run go where the README links to.
pub(crate) fn keep(report: &str, plot: &str, whole: bool) -> Result {
    let folder = Path::new(if whole { RESULTS } else { SCRATCH });
    fs::create_dir_all(folder)?;
    let (markdown, svg) = (folder.join("compare.md"), folder.join("compare.svg"));
    fs::write(&markdown, report)?;
    fs::write(&svg, plot)?;
    eprintln!("written to {} and {}", markdown.display(), svg.display());
    Ok(())
}

pub(crate) fn markdown(figures: &[Figures], machine: &str) -> String {
    let mut text = String::new();
    write(&mut text, figures, machine).expect("a string takes what is written");
    text
}

fn write(text: &mut String, figures: &[Figures], machine: &str) -> Written {
    head(text, figures, machine)?;
    promises(text, figures)?;
    for figures in figures {
        all_ratios(text, figures)?;
        counts(text, figures)?;
        measured(text, figures)?;
    }
    Ok(())
}

type Written = Result<(), std::fmt::Error>;

fn head(text: &mut String, figures: &[Figures], machine: &str) -> Written {
    writeln!(text, "# Echo servers, side by side\n")?;
    writeln!(
        text,
        "Made by `cargo bench -p kai-tcp-server-compare`; [NOTES.md](../NOTES.md) says how it measures.\n"
    )?;
    writeln!(text, "{machine}\n")?;
    let rounds = figures.iter().map(|figures| figures.rounds).max().unwrap_or(0);
    let certain = if rounds < FEWEST {
        "their range: too few for more"
    } else {
        "95 % certain to hold the median"
    };
    writeln!(
        text,
        "Ratios are medians of {rounds} interleaved pairs; in brackets, where the interval lies ({certain}). A workload is connections × calls \
         in flight on each, and the bytes of a line.\n",
    )?;
    for rival in figures.iter().flat_map(|figures| &figures.rivals) {
        writeln!(text, "- **{}**: {}", rival.name, rival.what)?;
    }
    Ok(())
}

fn promises(text: &mut String, figures: &[Figures]) -> Written {
    let promises: Vec<_> = figures.iter().flat_map(bounds::judge).collect();
    if promises.is_empty() {
        return Ok(());
    }
    writeln!(text, "\n## What is promised\n")?;
    writeln!(text, "Met or missed by the whole interval; otherwise unresolved.\n")?;
    writeln!(text, "| promise | met | unresolved | missed |")?;
    writeln!(text, "| --- | --- | --- | --- |")?;
    for promise in promises {
        let say = |verdict, always: bool| {
            let all = promise.judged.iter().filter(|judged| judged.verdict == verdict);
            let (count, few) = (all.clone().count(), always || promise.judged.len() <= 3);
            let listed: Vec<String> = all.map(judged).collect();
            if few {
                listed.join("; ")
            } else {
                format!("{count} of {}", promise.judged.len())
            }
        };
        let (met, unresolved, missed) = (
            say(Verdict::Met, false),
            say(Verdict::Unresolved, true),
            say(Verdict::Missed, true),
        );
        writeln!(text, "| {} | {met} | {unresolved} | {missed} |", promise.what)?;
    }
    Ok(())
}

fn judged(judged: &Judged) -> String {
    format!("{}: {}", judged.of, estimate(judged.estimate))
}

fn all_ratios(text: &mut String, figures: &Figures) -> Written {
    let first = figures.first().name;
    let below = format!("{first} to the other: below 1 {first} is cheaper");
    ratios(
        text,
        figures,
        &format!("Server's processor time a call, {below}"),
        cpu,
        Workload::is_work,
    )?;
    ratios(
        text,
        figures,
        &format!("Throughput, {first} to the other: above 1 {first} is faster"),
        throughput,
        Workload::is_work,
    )?;
    ratios(
        text,
        figures,
        &format!("Memory of an idle connection, {below}"),
        memory,
        Workload::is_idle,
    )?;
    ratios(
        text,
        figures,
        &format!("Median latency, {below}"),
        p50,
        Workload::is_latency,
    )?;
    ratios(
        text,
        figures,
        &format!("Latency that 1 % exceed, {below}"),
        p99,
        Workload::has_latency,
    )?;
    ratios(
        text,
        figures,
        &format!("Latency that 0.1 % exceed, {below}"),
        p999,
        Workload::has_latency,
    )?;
    ratios(
        text,
        figures,
        &format!("Latency of the slowest call, {below}"),
        slowest,
        Workload::has_latency,
    )?;
    ratios(
        text,
        figures,
        &format!("The median first answer of a burst, {below}"),
        p50,
        Workload::is_burst,
    )?;
    ratios(
        text,
        figures,
        &format!("The last first answer of a burst, {below}"),
        slowest,
        Workload::is_burst,
    )
}

fn ratios(
    text: &mut String,
    figures: &Figures,
    title: &str,
    value: Value,
    which: impl Fn(Workload) -> bool,
) -> Written {
    let mut rows = figures
        .workloads
        .iter()
        .filter(|measured| which(measured.workload))
        .peekable();
    if rows.peek().is_none() || figures.rivals.len() < 2 {
        return Ok(());
    }
    heading(text, figures, title, figures.others().map(|(_, rival)| rival.name))?;
    for measured in rows {
        write!(text, "| {} |", measured.workload.title())?;
        for (place, _) in figures.others() {
            let ratio = measured.ratio(place, value).map_or_else(|| "–".to_owned(), estimate);
            write!(text, " {ratio} |")?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn counts(text: &mut String, figures: &Figures) -> Written {
    if figures.counts.is_empty() {
        return Ok(());
    }
    heading(
        text,
        figures,
        "Counted: a call of 64 B, 64 connections",
        figures.rivals.iter().map(|rival| rival.name),
    )?;
    for counted in &figures.counts {
        let (what, digits) = match counted.what {
            Count::SystemCalls => ("system calls", 2),
            Count::Instructions => ("instructions in user space", 0),
        };
        write!(text, "| {what}, {} in flight |", counted.in_flight)?;
        for each in &counted.each {
            let each = each.map_or_else(|| "–".to_owned(), |each| format!("{each:.digits$}"));
            write!(text, " {each} |")?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn measured(text: &mut String, figures: &Figures) -> Written {
    absolute(
        text,
        figures,
        "Measured: calls a second (`*`: the load generator was the limit)",
        throughput,
        Workload::is_work,
    )?;
    absolute(
        text,
        figures,
        "Measured: processor seconds of the server for a million calls",
        cpu,
        Workload::is_work,
    )?;
    absolute(
        text,
        figures,
        "Measured: bytes of memory for an idle connection",
        memory,
        Workload::is_idle,
    )?;
    let rates: Vec<String> = figures.workloads.iter().filter_map(rate).collect();
    let at = |of: &str| format!("Measured: {of}, in microseconds, {}", rates.join("; "));
    absolute(text, figures, &at("median latency"), p50, Workload::is_latency)?;
    absolute(text, figures, &at("latency that 1 % exceed"), p99, Workload::is_latency)?;
    absolute(
        text,
        figures,
        &at("latency that 0.1 % exceed"),
        p999,
        Workload::is_latency,
    )?;
    absolute(
        text,
        figures,
        &at("latency of the slowest call"),
        slowest,
        Workload::is_latency,
    )?;
    let full = |of: &str| format!("Measured: {of} under full load, in microseconds");
    absolute(
        text,
        figures,
        &full("latency that 1 % exceed"),
        p99,
        Workload::is_full_load,
    )?;
    absolute(
        text,
        figures,
        &full("latency that 0.1 % exceed"),
        p999,
        Workload::is_full_load,
    )?;
    absolute(
        text,
        figures,
        &full("latency of the slowest call"),
        slowest,
        Workload::is_full_load,
    )?;
    let burst = |of: &str| format!("Measured: the {of} first answer of a burst, in microseconds");
    absolute(text, figures, &burst("median"), p50, Workload::is_burst)?;
    absolute(text, figures, &burst("last"), slowest, Workload::is_burst)
}

fn rate(measured: &Measured) -> Option<String> {
    Some(format!(
        "{} at {} calls a second",
        measured.workload.title(),
        short(measured.rate?)
    ))
}

fn absolute(
    text: &mut String,
    figures: &Figures,
    title: &str,
    value: Value,
    which: impl Fn(Workload) -> bool,
) -> Written {
    let mut rows = figures
        .workloads
        .iter()
        .filter(|measured| which(measured.workload))
        .peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    heading(text, figures, title, figures.rivals.iter().map(|rival| rival.name))?;
    // Functions can't be compared, so the title tells whether figures are marked.
    let marked = title.contains('*');
    for measured in rows {
        write!(text, "| {} |", measured.workload.title())?;
        for place in 0..figures.rivals.len() {
            let limit = measured.of(place, generator).is_some_and(|busy| busy.median > BOUND);
            let value = measured.of(place, value).map_or_else(|| "–".to_owned(), estimate);
            write!(text, " {value}{} |", if marked && limit { "*" } else { "" })?;
        }
        writeln!(text)?;
    }
    Ok(())
}

fn heading<'a>(text: &mut String, figures: &Figures, title: &str, columns: impl Iterator<Item = &'a str>) -> Written {
    writeln!(text, "\n## {}{title}\n", figures.carrier.title())?;
    let columns: Vec<&str> = columns.collect();
    writeln!(text, "| | {} |", columns.join(" | "))?;
    writeln!(text, "| --- |{}", " ---: |".repeat(columns.len()))
}

fn estimate(of: Estimate) -> String {
    if of.low.to_bits() == of.high.to_bits() {
        return short(of.median);
    }
    format!("{} ({}–{})", short(of.median), short(of.low), short(of.high))
}

/// Formats three significant digits, with `k` or `M` for thousands and millions.
fn short(number: f64) -> String {
    match number {
        1e6.. => format!("{:.2}M", number / 1e6),
        1e4.. => format!("{:.1}k", number / 1e3),
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}
