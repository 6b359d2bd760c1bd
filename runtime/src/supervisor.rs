//! placeholder
/// A supervisor.
#[derive(Debug, Clone)]
pub struct Supervisor(());
