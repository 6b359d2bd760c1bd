//! What an error of accept(2) means for the next one.

use std::io;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AcceptError {
    /// It was about one connection: the next may be well.
    Retry,
    /// Descriptors or memory are short: it would fail again at once.
    Pause,
    /// The listener itself is lost.
    Lost,
}

impl AcceptError {
    /// Linux hands pending network errors of the new socket to accept(2), which says to treat them as EAGAIN.
    pub(crate) fn of(error: &io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::ConnectionAborted
            | Kind::ConnectionReset
            | Kind::ConnectionRefused
            | Kind::Interrupted
            | Kind::WouldBlock
            | Kind::TimedOut
            | Kind::PermissionDenied
            | Kind::NetworkDown
            | Kind::NetworkUnreachable
            | Kind::HostUnreachable => AcceptError::Retry,
            Kind::OutOfMemory => AcceptError::Pause,
            _ => AcceptError::of_code(error.raw_os_error()),
        }
    }

    /// What the standard library has no kind for, by the numbers of Linux; elsewhere a pause is the safe reading of what is
    /// not known.
    #[cfg(target_os = "linux")]
    fn of_code(code: Option<i32>) -> Self {
        const EPROTO: i32 = 71;
        const ENOPROTOOPT: i32 = 92;
        const EHOSTDOWN: i32 = 112;
        const ENONET: i32 = 64;
        const EOPNOTSUPP: i32 = 95;
        const ENFILE: i32 = 23;
        const EMFILE: i32 = 24;
        const ENOBUFS: i32 = 105;
        match code {
            Some(EPROTO | ENOPROTOOPT | EHOSTDOWN | ENONET | EOPNOTSUPP) => AcceptError::Retry,
            Some(ENFILE | EMFILE | ENOBUFS) => AcceptError::Pause,
            _ => AcceptError::Lost,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn of_code(code: Option<i32>) -> Self {
        code.map_or(AcceptError::Lost, |_| AcceptError::Pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn each_code_of_linux_means_what_accept_2_says() {
        // By number, as accept(2) and the headers of Linux list them.
        let (eagain, eintr, econnaborted, eperm, etimedout) = (11, 4, 103, 1, 110);
        let network = [100, 101, 113, 71, 92, 112, 64, 95];
        for code in [eagain, eintr, econnaborted, eperm, etimedout]
            .into_iter()
            .chain(network)
        {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(AcceptError::of(&error), AcceptError::Retry, "{error}");
        }
        for (name, code) in [("ENFILE", 23), ("EMFILE", 24), ("ENOBUFS", 105), ("ENOMEM", 12)] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(AcceptError::of(&error), AcceptError::Pause, "{name}: {error}");
        }
        for (name, code) in [("EBADF", 9), ("EFAULT", 14), ("EINVAL", 22), ("ENOTSOCK", 88)] {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(AcceptError::of(&error), AcceptError::Lost, "{name}: {error}");
        }
    }

    #[test]
    fn what_has_no_code_is_judged_by_its_kind() {
        for (kind, meaning) in [
            (io::ErrorKind::ConnectionAborted, AcceptError::Retry),
            (io::ErrorKind::WouldBlock, AcceptError::Retry),
            (io::ErrorKind::OutOfMemory, AcceptError::Pause),
        ] {
            assert_eq!(AcceptError::of(&kind.into()), meaning, "{kind}");
        }
    }
}
