//! The arms of a server's table, as they are counted.

/// An arm of a server's table, as much of it as a running server needs.
///
/// [`TcpServer::ARMS`](crate::TcpServer::ARMS) lists them; the attribute makes the list. What else
/// is known of an arm is an [`Arm`](crate::protocol::Arm), in the constant `PROTOCOL` of the
/// server's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ListedArm {
    /// The name of the arm.
    pub name: &'static str,
    /// The pattern as it is written.
    pub pattern: &'static str,
}

impl ListedArm {
    /// Makes an arm; the attribute calls this.
    #[doc(hidden)]
    pub const fn new(name: &'static str, pattern: &'static str) -> Self {
        ListedArm { name, pattern }
    }
}

/// The number of calls of an arm, as listed in [`ServerInfo`](crate::ServerInfo).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArmInfo {
    /// The name of the arm.
    pub name: &'static str,
    /// The pattern as it is written.
    pub pattern: &'static str,
    /// The number of calls that ran the arm, including calls that failed or were cut.
    pub calls: u64,
}
