//! The supervisor alone, and a server under another supervisor.

mod child;
mod supervisor;
mod supervisor_log;
