//! Tests of templates and tables outside of the compiler.

mod bounds;
mod checking;
mod cost;
mod covering;
mod reading;
