//! The limits of numbers, rates, addresses and times, and the log of each.

mod accept_rate;
mod addresses;
mod busy_log;
mod call_timeout;
mod close_timeout;
mod frame_timeout;
mod goodbye_limits;
mod limits_anew;
mod max_age;
mod max_processes;
mod overload;
mod raw_timeouts;
mod refused_log;
mod time_limits_log;
mod timeouts;
