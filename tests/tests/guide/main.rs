//! The guide and the other documents: no link is dead, the guide has its shape, and the
//! documentation links where the repository does.

mod documented;
mod links;
mod markdown;
mod packaged;
mod shape;
