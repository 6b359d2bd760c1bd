//! Tests of the attribute outside of the compiler; what the compiler says of whole programs is
//! tested in `ui-tests`.

mod arbitrary;
mod documentation;
mod rewriting;
mod robustness;
mod snapshots;
mod suggestions;
mod values;
