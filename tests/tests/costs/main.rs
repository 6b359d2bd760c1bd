//! What serving costs: allocations, system calls, memory.

mod allocations;
mod serving;
