//! Tests of templates and tables outside of the compiler.

mod checking;
mod cost;
mod covering;
mod parsing;
mod reading;
