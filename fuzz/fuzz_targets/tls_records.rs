#![no_main]

use kai_tcp_server_tests::tls_records::end_their_connection_and_nothing_else;

libfuzzer_sys::fuzz_target!(|input: &[u8]| end_their_connection_and_nothing_else(input));
