//! Tests of templates and tables outside of the compiler.

mod anew;
mod bounds;
mod checking;
mod cost;
mod covered;
mod covering;
mod reading;
mod ways;
