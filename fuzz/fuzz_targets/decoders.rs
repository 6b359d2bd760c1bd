#![no_main]

use kai_tcp_server_tests::decoding::decodes_in_any_chunks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| decodes_in_any_chunks(input));
