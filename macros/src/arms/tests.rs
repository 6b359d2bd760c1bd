//! Tests of templates and tables outside of the compiler.

mod checking;
mod cost;
mod parsing;
mod reading;
