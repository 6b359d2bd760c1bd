//! Recordings of what connections say, and their replay.

mod bounds;
mod desk;
mod disk;
mod examples;
mod goes_on;
mod hostile;
mod options;
mod played;
