//! Frames: every packet mode, codecs, HTTP, invalid frames.

mod any_pace;
mod codecs;
mod codecs_log;
mod decoders_random;
mod hostile_frames;
mod http;
mod mode_servers;
mod packet_modes;
mod packet_vectors;
mod replies;
mod switching;
