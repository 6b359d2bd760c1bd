//! One connection: its calls, its callbacks, active and passive mode, and its end.

mod active;
mod call_loop;
mod callbacks;
mod closing;
mod goodbye;
mod groups;
mod inspected;
mod kai;
mod killed;
mod login;
mod memory_peers;
mod memory_peers_log;
mod passive;
mod pipelining;
mod presence;
mod running_out;
mod sessions;
mod turns;
mod watched_end;
mod wrapped_errors;
