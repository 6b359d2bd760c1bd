//! The supervisor on its own, and a server under another one.

mod child;
mod supervisor;
mod supervisor_log;
