//! What carries the bytes of connections, and where they come from.

#[cfg(unix)]
mod inherited;
mod inherited_systemd;
mod listeners;
#[cfg(unix)]
mod listeners_stop;
mod own;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod unix_files;
