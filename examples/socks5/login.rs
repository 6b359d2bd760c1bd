//! The login of RFC 1929: a name and a password.

/// The name and the password that a client must know.
pub struct Login {
    name: String,
    password: String,
}

impl Login {
    /// Reads `name:password`, whose parts have at most 255 bytes, as in the protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, password) = text.split_once(':')?;
        let fits = |part: &str| (1..=255).contains(&part.len());
        (fits(name) && fits(password)).then(|| Login {
            name: name.to_owned(),
            password: password.to_owned(),
        })
    }

    pub fn is(&self, name: &[u8], password: &[u8]) -> bool {
        same(self.name.as_bytes(), name) & same(self.password.as_bytes(), password)
    }
}

/// Compares in a time that doesn't depend on where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |bits, (a, b)| bits | (a ^ b)) == 0
}
