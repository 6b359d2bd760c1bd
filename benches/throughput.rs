//! Decode throughput compared with tokio-util's nearest codec:
//! `cargo bench -p kai-tcp-server-benches --bench throughput`.

use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};

mod decoder_cases;

/// Decodes all frames of a buffer that arrive at once.
fn decode(criterion: &mut Criterion) {
    for case in decoder_cases::CASES {
        let mut group = criterion.benchmark_group(case.name.replace(" | ", "-or-"));
        group.throughput(Throughput::Bytes(case.wire.len() as u64));
        for way in case.ways {
            group.bench_function(way.name, |bencher| {
                let fill = || decoder_cases::filled(case.wire);
                bencher.iter_batched_ref(fill, |buffer| (way.decode)(buffer, &[]), BatchSize::SmallInput);
            });
        }
        group.finish();
    }
}

/// Decodes frames of 64 bytes that arrive byte by byte, with an attempt after each byte.
fn byte_by_byte(criterion: &mut Criterion) {
    for case in decoder_cases::CASES
        .iter()
        .filter(|case| case.name.ends_with(" 64 bytes"))
    {
        let mut group = criterion.benchmark_group(format!("{}, byte by byte", case.name.replace(" | ", "-or-")));
        group.throughput(Throughput::Bytes(case.wire.len() as u64));
        for way in case.ways {
            group.bench_function(way.name, |bencher| {
                let empty = || decoder_cases::empty(case.wire.len());
                bencher.iter_batched_ref(empty, |buffer| (way.decode)(buffer, case.wire), BatchSize::SmallInput);
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(30);
    targets = decode, byte_by_byte
}
criterion_main!(benches);
