//! Options: each acts, and they come from the program, from files and from a reload.

mod options;
mod options_in_files;
mod reload;
mod socket_options;
mod with;
