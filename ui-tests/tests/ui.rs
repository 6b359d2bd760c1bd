//! Compiles every wrong program: `fail/`, a folder a subject, against the messages beside it.
//!
//! After a message has changed, `TRYBUILD=overwrite cargo test -p kai-tcp-server-ui-tests` writes the new ones.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("fail/*/*.rs");
}
