#![no_main]

use kai_tcp_server_tests::tables;

libfuzzer_sys::fuzz_target!(|frame: &[u8]| {
    tables::decides(frame);
    // Eight bytes are a seed, too, of frames that the tables' arms match or nearly match.
    if let Ok(seed) = frame.try_into() {
        tables::decides_on_frames(u64::from_le_bytes(seed));
    }
});
