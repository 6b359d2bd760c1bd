//! Options: each acts, and they come from the program, from files and from a reload.

mod listing;
mod options;
mod options_in_files;
mod reload;
mod reload_unnamed;
mod socket_options;
mod with;
