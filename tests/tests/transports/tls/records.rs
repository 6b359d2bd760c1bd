//! Malformed records, of a generator: the same checks as those of the fuzz target.

use std::sync::Arc;

use kai_tcp_server_tests::Random;
use kai_tcp_server_tests::tls_records::{end_their_connection_and_nothing_else, greeting, malformed};

use super::Authority;

#[test]
fn malformed_records_end_their_connection_and_nothing_else() {
    let greeting = greeting(Arc::new(Authority::new().client()));
    let mut random = Random(0x5eed_0f71_5c0d_ed01);
    for _ in 0..2_000 {
        end_their_connection_and_nothing_else(&malformed(&mut random, &greeting));
    }
}
