//! What the attribute and the runtime of kai-tcp-server both know, once.
//!
//! Text in, values out: no I/O, no tokens, no dependencies. A mistake is a value that says what is
//! wrong; whoever asked puts it into words, the attribute for whoever writes a program, the runtime
//! for whoever operates one.
//!
//! This crate is a part of kai-tcp-server and changes with it: depend on that one.
#![forbid(unsafe_code)]

pub mod cidr;
pub mod duration;
pub mod option;
pub mod packet;
pub mod suggest;
pub mod template;
pub mod words;
