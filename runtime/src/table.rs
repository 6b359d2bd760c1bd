//! The runtime part of tables: templates, binary layouts, the table as data, and the arms that are
//! counted.
//!
//! Nothing here knows of connections or servers.

pub(crate) mod arm;
pub(crate) mod bits;
pub(crate) mod counters;
#[cfg(feature = "metrics")]
pub(crate) mod latency;
pub mod protocol;
#[cfg(any(feature = "describe", feature = "test"))]
pub(crate) mod sample;
pub(crate) mod state;
pub(crate) mod template;
