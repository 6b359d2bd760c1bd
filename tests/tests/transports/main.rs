//! Transports: the listeners of a server, and what carries the bytes of its connections.

#[cfg(unix)]
mod inherited;
mod inherited_systemd;
mod listeners;
#[cfg(unix)]
mod listeners_stop;
mod own;
mod proxy;
mod tls;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
mod unix_files;
