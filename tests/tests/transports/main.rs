//! What carries the bytes of connections, and where they come from.
