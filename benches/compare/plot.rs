//! The plot: a point and an interval for each ratio of processor time and of throughput.

use std::fmt::Write as _;

use crate::figures::{Figures, Measured, Value, cpu, throughput};

/// The colour of each server beside the first. The colours differ in lightness too.
const COLOURS: &[&str] = &["#1f6f9f", "#111111", "#d0721c", "#2f9e57", "#a83279", "#8a8a2e"];

const LABELS: f64 = 150.0;
const PANEL: f64 = 360.0;
const GAP: f64 = 40.0;
const TOP: f64 = 76.0;
const LINE: f64 = 9.0;

/// A panel: its values, and the ends of its logarithmic scale.
struct Panel {
    title: String,
    value: Value,
    left: f64,
    ticks: &'static [f64],
}

impl Panel {
    fn x(&self, ratio: f64) -> f64 {
        let (low, high) = (self.ticks[0], self.ticks[self.ticks.len() - 1]);
        let part = (ratio.clamp(low, high) / low).ln() / (high / low).ln();
        self.left + part * PANEL
    }
}

pub(crate) fn svg(figures: &Figures) -> String {
    let rows: Vec<&Measured> = figures
        .workloads
        .iter()
        .filter(|measured| measured.workload.is_work())
        .collect();
    let first = figures.first().name;
    let panels = [
        Panel {
            title: format!("processor time a call, {first} / other: left of 1 {first} is cheaper"),
            value: cpu,
            left: LABELS,
            ticks: &[0.05, 0.1, 0.2, 0.5, 1.0, 2.0],
        },
        Panel {
            title: format!("throughput, {first} / other: right of 1 {first} is faster"),
            value: throughput,
            left: LABELS + PANEL + GAP,
            ticks: &[0.5, 1.0, 2.0, 5.0, 10.0, 20.0],
        },
    ];
    let row = LINE * (figures.rivals.len().saturating_sub(1)) as f64 + 8.0;
    let (width, height) = (LABELS + 2.0 * PANEL + GAP + 20.0, TOP + row * rows.len() as f64 + 30.0);
    let mut svg = String::new();
    draw(&mut svg, figures, &rows, &panels, (width, height, row)).expect("a string takes what is written");
    svg
}

fn draw(
    svg: &mut String,
    figures: &Figures,
    rows: &[&Measured],
    panels: &[Panel],
    (width, height, row): (f64, f64, f64),
) -> std::fmt::Result {
    writeln!(
        svg,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">
<rect width="{width}" height="{height}" fill="white"/>
<text x="10" y="20" font-size="14">An echo of lines: {} beside others (connections × in flight, bytes of a line)</text>"#,
        figures.first().name
    )?;
    for (place, rival) in figures.others() {
        let (x, colour) = (10.0 + 90.0 * (place - 1) as f64, COLOURS[(place - 1) % COLOURS.len()]);
        writeln!(svg, r#"<circle cx="{}" cy="36" r="4" fill="{colour}"/>"#, x + 4.0)?;
        writeln!(svg, r#"<text x="{}" y="40">{}</text>"#, x + 12.0, rival.name)?;
    }
    let bottom = TOP + row * rows.len() as f64;
    for panel in panels {
        writeln!(svg, r#"<text x="{}" y="60">{}</text>"#, panel.left, panel.title)?;
        for &tick in panel.ticks {
            let (x, stroke) = (
                panel.x(tick),
                if (0.99..1.01).contains(&tick) { "#444" } else { "#ddd" },
            );
            writeln!(svg, r#"<path d="M{x:.1} {TOP}V{bottom:.1}" stroke="{stroke}"/>"#)?;
            writeln!(
                svg,
                r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle">{tick}</text>"#,
                bottom + 16.0
            )?;
        }
    }
    for (number, measured) in rows.iter().enumerate() {
        let top = TOP + row * number as f64;
        writeln!(
            svg,
            r#"<text x="10" y="{:.1}">{}</text>"#,
            top + row / 2.0 + 4.0,
            measured.workload.title()
        )?;
        writeln!(svg, r##"<path d="M10 {top:.1}H{:.1}" stroke="#eee"/>"##, width - 20.0)?;
        for panel in panels {
            for (place, _) in figures.others() {
                let Some(ratio) = measured.ratio(place, panel.value) else {
                    continue;
                };
                let (y, colour) = (
                    top + 4.0 + LINE * (place as f64 - 0.5),
                    COLOURS[(place - 1) % COLOURS.len()],
                );
                let [low, median, high] = [ratio.low, ratio.median, ratio.high].map(|ratio| panel.x(ratio));
                writeln!(
                    svg,
                    r#"<path d="M{low:.1} {y:.1}H{high:.1}" stroke="{colour}" stroke-width="2"/>"#
                )?;
                writeln!(svg, r#"<circle cx="{median:.1}" cy="{y:.1}" r="3.5" fill="{colour}"/>"#)?;
            }
        }
    }
    writeln!(svg, "</svg>")
}
