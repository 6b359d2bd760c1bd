//! How many, how often, from where and how long: each limit, and what the log says of it.

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
