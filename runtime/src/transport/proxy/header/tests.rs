use std::net::SocketAddr;

use proxy_protocol_rs::HeaderBuilder;

use super::*;
