//! Options: the effect of each, and their sources: the program, files and a reload.

mod listing;
mod options;
mod options_in_files;
mod reload;
mod reload_unnamed;
mod socket_options;
mod with;
