#![no_main]

use kai_tcp_server_tests::decoding::switches_in_any_chunks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| switches_in_any_chunks(input));
