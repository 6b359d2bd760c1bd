//! Header names and methods that Erlang knows, and the canonical case of names.

/// The longest name whose case Erlang changes.
const LONGEST: usize = 50;

/// Space for the canonical name of a header; [`Http::header`](super::Http::header) borrows from it.
#[derive(Clone, Debug)]
pub struct Canonical([u8; LONGEST]);

impl Canonical {
    /// Returns empty space.
    pub const fn new() -> Self {
        Canonical([0; LONGEST])
    }

    /// Returns the name with a capital letter at the start and after each hyphen, and small letters
    /// elsewhere. Erlang ignores a hyphen in the place of a capital letter.
    pub(super) fn of<'a>(&'a mut self, raw: &'a str) -> &'a str {
        let Some(name) = self.0.get_mut(..raw.len()) else {
            return raw;
        };
        let mut capital = true;
        for (byte, sent) in name.iter_mut().zip(raw.bytes()) {
            *byte = if capital {
                sent.to_ascii_uppercase()
            } else {
                sent.to_ascii_lowercase()
            };
            capital = !capital && sent == b'-';
        }
        std::str::from_utf8(name).unwrap_or(raw)
    }
}

impl Default for Canonical {
    fn default() -> Self {
        Canonical::new()
    }
}

/// Returns whether Erlang has an atom for the method.
pub(super) fn is_known_method(method: &str) -> bool {
    matches!(method, "OPTIONS" | "GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "TRACE")
}

/// Returns the number that Erlang gives a name in canonical case, or 0 if Erlang doesn't know it.
///
/// `gen_tcp` reports a header by this number and as an atom, or as a string. Without the numbers
/// the two can't be told apart: 184 of the 314 headers in the vectors from Erlang/OTP have one.
pub(super) fn number(field: &str) -> u8 {
    match field {
        "Cache-Control" => 1,
        "Connection" => 2,
        "Date" => 3,
        "Pragma" => 4,
        "Transfer-Encoding" => 5,
        "Upgrade" => 6,
        "Via" => 7,
        "Accept" => 8,
        "Accept-Charset" => 9,
        "Accept-Encoding" => 10,
        "Accept-Language" => 11,
        "Authorization" => 12,
        "From" => 13,
        "Host" => 14,
        "If-Modified-Since" => 15,
        "If-Match" => 16,
        "If-None-Match" => 17,
        "If-Range" => 18,
        "If-Unmodified-Since" => 19,
        "Max-Forwards" => 20,
        "Proxy-Authorization" => 21,
        "Range" => 22,
        "Referer" => 23,
        "User-Agent" => 24,
        "Age" => 25,
        "Location" => 26,
        "Proxy-Authenticate" => 27,
        "Public" => 28,
        "Retry-After" => 29,
        "Server" => 30,
        "Vary" => 31,
        "Warning" => 32,
        "Www-Authenticate" => 33,
        "Allow" => 34,
        "Content-Base" => 35,
        "Content-Encoding" => 36,
        "Content-Language" => 37,
        "Content-Length" => 38,
        "Content-Location" => 39,
        "Content-Md5" => 40,
        "Content-Range" => 41,
        "Content-Type" => 42,
        "Etag" => 43,
        "Expires" => 44,
        "Last-Modified" => 45,
        "Accept-Ranges" => 46,
        "Set-Cookie" => 47,
        "Set-Cookie2" => 48,
        "X-Forwarded-For" => 49,
        "Cookie" => 50,
        "Keep-Alive" => 51,
        "Proxy-Connection" => 52,
        _ => 0,
    }
}
