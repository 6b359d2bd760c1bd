#![no_main]

use kai_tcp_server_tests::proxy;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| proxy::begins_alike_in_any_chunks(bytes));
