#![no_main]

use kai_tcp_server_tests::tables;

libfuzzer_sys::fuzz_target!(|frame: &[u8]| tables::decides(frame));
