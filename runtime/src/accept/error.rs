//! The meaning of an error of accept(2) for the next accept.

use std::io;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptError {
    /// It concerns one connection, which is gone. The next accept may succeed.
    Retry,
    /// The next accept would fail as well until something else changes. Unknown errors count as
    /// this.
    Pause,
    /// The listener itself is lost.
    Lost,
}

impl AcceptError {
    pub(crate) fn of(error: &io::Error) -> Self {
        error
            .raw_os_error()
            .map_or_else(|| AcceptError::without_code(error.kind()), AcceptError::of_code)
    }

    /// Judges an error without a code of the system. macOS returns connections without an address
    /// if the peer has reset them: that address can't be read. `NotConnected` is the end of
    /// in-memory connections.
    fn without_code(kind: io::ErrorKind) -> Self {
        match kind {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => AcceptError::Retry,
            io::ErrorKind::NotConnected => AcceptError::Lost,
            kind => AcceptError::of_kind(kind),
        }
    }

    fn of_code(code: i32) -> Self {
        if codes::LOST.contains(&code) {
            AcceptError::Lost
        } else if codes::RETRY.contains(&code) {
            AcceptError::Retry
        } else {
            AcceptError::of_kind(io::Error::from_raw_os_error(code).kind())
        }
    }

    /// Linux returns pending network errors of the new socket from accept(2), whose manual page
    /// says to treat them as EAGAIN. What a security module forbids (EACCES, EPERM) pauses: the
    /// connection stays in the backlog.
    fn of_kind(kind: io::ErrorKind) -> Self {
        use io::ErrorKind as Kind;
        match kind {
            Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::ConnectionRefused
            | Kind::Interrupted
            | Kind::WouldBlock
            | Kind::TimedOut
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::HostUnreachable => AcceptError::Retry,
            _ => AcceptError::Pause,
        }
    }
}

/// The codes that have no `ErrorKind`, or one that says too little.
#[cfg(any(target_os = "linux", target_os = "android"))]
mod codes {
    /// EBADF, EINVAL, ENOTSOCK.
    pub(super) const LOST: [i32; 3] = [9, 22, 88];
    /// ENONET, EPROTO, ENOPROTOOPT, EOPNOTSUPP, EHOSTDOWN.
    pub(super) const RETRY: [i32; 5] = [64, 71, 92, 95, 112];
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android"))))]
mod codes {
    /// EBADF, EINVAL, ENOTSOCK, as macOS and the BSDs number them.
    pub(super) const LOST: [i32; 3] = [9, 22, 38];
    /// EHOSTDOWN.
    pub(super) const RETRY: [i32; 1] = [64];
}

#[cfg(windows)]
mod codes {
    /// `ERROR_INVALID_HANDLE`, WSAEBADF, WSAEINVAL, WSAENOTSOCK.
    pub(super) const LOST: [i32; 4] = [6, 10009, 10022, 10038];
    pub(super) const RETRY: [i32; 0] = [];
}

#[cfg(not(any(unix, windows)))]
mod codes {
    pub(super) const LOST: [i32; 0] = [];
    pub(super) const RETRY: [i32; 0] = [];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn each_code_of_linux_means_what_accept_2_says() {
        // By number, as accept(2) and the headers of Linux list them.
        let (eagain, eintr, econnaborted, etimedout) = (11, 4, 103, 110);
        let network = [100, 101, 113, 71, 92, 112, 64, 95];
        for code in [eagain, eintr, econnaborted, etimedout].into_iter().chain(network) {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(AcceptError::of(&error), AcceptError::Retry, "{error}");
        }
        for (name, code) in [("EBADF", 9), ("EINVAL", 22), ("ENOTSOCK", 88)] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(AcceptError::of(&error), AcceptError::Lost, "{name}: {error}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn whatever_else_the_system_says_pauses() {
        let retried = [4, 11, 64, 71, 92, 95, 100, 101, 103, 104, 110, 111, 112, 113];
        let lost = [9, 22, 88];
        // ENOSPC (of epoll's watches), EACCES and EPERM (of a security module), EFAULT and ENOSYS
        // among them.
        for code in (1..=200).filter(|code| !retried.contains(code) && !lost.contains(code)) {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(AcceptError::of(&error), AcceptError::Pause, "{code}: {error}");
        }
    }

    #[test]
    fn what_has_no_code_is_judged_by_its_kind() {
        for (kind, meaning) in [
            (io::ErrorKind::ConnectionAborted, AcceptError::Retry),
            (io::ErrorKind::WouldBlock, AcceptError::Retry),
            (io::ErrorKind::OutOfMemory, AcceptError::Pause),
            (io::ErrorKind::PermissionDenied, AcceptError::Pause),
            (io::ErrorKind::Other, AcceptError::Pause),
            // An address that is none.
            (io::ErrorKind::InvalidInput, AcceptError::Retry),
            (io::ErrorKind::NotConnected, AcceptError::Lost),
        ] {
            assert_eq!(AcceptError::of(&kind.into()), meaning, "{kind}");
        }
    }
}
