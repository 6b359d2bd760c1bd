//! The faults of a certificate or its key, found before a client meets them.

use std::time::Duration;

use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage};

use crate::error::{Error, ErrorKind, Result};

/// A certificate that has less time left is worth a warning.
const SOON: Duration = Duration::from_hours(14 * 24);

const DAY: Duration = Duration::from_hours(24);

/// Returns a warning if the certificate expires soon.
///
/// # Errors
///
/// It is none, or isn't valid now.
pub(super) fn judge(path: &str, chain: &[CertificateDer<'_>]) -> Result<Option<String>> {
    let problem = |what: &str| Error::new(ErrorKind::Options, format!("tls_cert {path} {what}"));
    let Some(der) = chain.first() else { return Ok(None) };
    let certificate =
        EndEntityCert::try_from(der).map_err(|error| problem("holds no certificate of X.509").caused_by(error))?;
    let now = UnixTime::now();
    match validity(&certificate, now) {
        Some(Invalid::Expired { ago }) => return Err(problem(&format!("expired {}", days(ago, "ago")))),
        Some(Invalid::NotYet { left }) => {
            return Err(problem(&format!(
                "isn't valid yet: it will be {}",
                days(left, "from now")
            )));
        }
        None => {}
    }
    let soon = UnixTime::since_unix_epoch(Duration::from_secs(now.as_secs()) + SOON);
    Ok(match validity(&certificate, soon) {
        Some(Invalid::Expired { ago }) => {
            let left = SOON.saturating_sub(ago);
            Some(format!("tls_cert {path} expires {}", days(left, "from now")))
        }
        _ => None,
    })
}

/// Returns a warning if other users of the machine may read the key.
#[cfg(unix)]
pub(super) fn judge_mode(path: &str) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o004 != 0).then(|| {
        format!(
            "tls_key {path} may be read by every user of this machine (mode {:03o}): `chmod o= {path}`",
            mode & 0o777
        )
    })
}

#[cfg(not(unix))]
pub(super) fn judge_mode(_: &str) -> Option<String> {
    None
}

enum Invalid {
    Expired { ago: Duration },
    NotYet { left: Duration },
}

/// Returns why a certificate isn't valid at `time`.
///
/// It is verified, as webpki says so only there: its time comes before who signed it, which is
/// nobody here.
fn validity(certificate: &EndEntityCert<'_>, time: UnixTime) -> Option<Invalid> {
    let between = |from: UnixTime, to: UnixTime| Duration::from_secs(to.as_secs().saturating_sub(from.as_secs()));
    let verified = certificate.verify_for_usage(&[], &[], &[], time, KeyUsage::server_auth(), None, None);
    match verified.err()? {
        webpki::Error::CertExpired { time, not_after } => Some(Invalid::Expired {
            ago: between(not_after, time),
        }),
        webpki::Error::CertNotValidYet { time, not_before } => Some(Invalid::NotYet {
            left: between(time, not_before),
        }),
        _ => None,
    }
}

/// Returns a time in days, or in hours if it is shorter.
fn days(time: Duration, when: &str) -> String {
    let (count, unit) = if time >= DAY {
        (time.as_secs() / DAY.as_secs(), "day")
    } else {
        (time.as_secs() / 3600, "hour")
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} {when}")
}
