//! The page from outside: over HTTP, and in a browser.

mod browser;
mod controls;
mod crowd;
mod failing;
mod figures;
mod hostile;
mod http;
mod servers;
