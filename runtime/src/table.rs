//! The runtime part of tables: templates, binary layouts, and the arms that are listed and counted.
//!
//! Nothing here knows of connections or servers.

pub(crate) mod arm;
pub(crate) mod bits;
pub(crate) mod counters;
pub(crate) mod template;
