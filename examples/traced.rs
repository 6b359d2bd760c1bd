//! The spans of connections and calls: as lines of JSON on standard error, and as traces of
//! OpenTelemetry on standard output. `cargo run --example traced --features traced`, then
//! `nc -C 127.0.0.1 10000`. To send traces to a collector, take the exporter of opentelemetry-otlp.

use std::io;

use kai_tcp_server::{Action, tcp_server};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

struct Shop;

#[tcp_server(port = 10000, packet = line(crlf | lf))]
impl Shop {
    fn handle_call(&self, line: &[u8]) -> Action {
        match line {
            #[name = "buy"]
            "buy {what} {count: u32}" => {
                tracing::info!(what, count, "sold");
                reply("sold")
            }
            b"quit" => close("bye"),
            _ => reply("what?"),
        }
    }
}

fn main() -> kai_tcp_server::Result {
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(opentelemetry_stdout::SpanExporter::default())
        .build();
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("shop"));
    let lines = tracing_subscriber::fmt::layer().json().with_writer(io::stderr);
    // All events at `info`, and the spans of calls, which are at `debug`.
    let asked = Targets::new()
        .with_default(LevelFilter::INFO)
        .with_target("kai_tcp_server::span", LevelFilter::DEBUG);
    tracing_subscriber::registry()
        .with(asked)
        .with(lines)
        .with(traces)
        .init();
    let ran = kai_tcp_server::run(Shop);
    // The rest is exported.
    let _ = provider.shutdown();
    ran
}
