//! The costs of serving: allocations, system calls, memory.

mod allocations;
mod broadcast;
mod serving;
