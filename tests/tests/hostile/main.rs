//! Peers that are slow, endless or malicious.

mod flood;
mod hostile;
mod slow_clients;
