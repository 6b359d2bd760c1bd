//! The domain of kai-tcp-server: the grammars and tables that the attribute and the runtime share.
//!
//! It turns text into values, without I/O, tokens or dependencies. A mistake is a value that
//! describes what is wrong. The caller puts it into words: the attribute for the author of a
//! program, the runtime for its operator.
//!
//! This crate is a part of kai-tcp-server and changes with it. Depend on kai-tcp-server instead.
#![forbid(unsafe_code)]

pub mod cidr;
pub mod duration;
pub mod listen;
pub mod option;
pub mod packet;
pub mod suggest;
pub mod template;
pub mod words;
