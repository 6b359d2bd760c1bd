//! Peers that are slow, endless or malicious.

mod flood;
mod hostile;
mod slow_clients;

/// One crowd at a time, or they slow down each other.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
