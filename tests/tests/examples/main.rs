//! The examples, run as a user runs them.

mod chat;
mod chat_nats;
mod configured;
mod dns;
mod ledger;
mod memcached;
mod modbus;
mod mqtt;
mod redis;
mod rpc;
mod secure_echo;
mod smtp;
mod socks5;
mod throttled;
