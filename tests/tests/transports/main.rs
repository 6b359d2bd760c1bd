//! What carries the bytes of connections beside plain TCP.

mod tls;
