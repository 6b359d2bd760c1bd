//! Peers that are slow, endless or malicious.

mod flood;
mod hostile;
mod slow_clients;

/// A lock for one crowd at a time, as crowds slow each other down.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
