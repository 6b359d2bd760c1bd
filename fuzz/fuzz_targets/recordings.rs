#![no_main]

use kai_tcp_server_tests::recordings::is_played_or_refused;

libfuzzer_sys::fuzz_target!(|text: &[u8]| {
    is_played_or_refused(text);
});
