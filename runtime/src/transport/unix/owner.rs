//! Users and groups by name, as the files of the system list them.

use std::fs;
use std::io::ErrorKind::NotFound;

use kai_tcp_server_spec::listen::Who;

use crate::error::{Error, ErrorKind, Result};

/// Whom a file is to belong to; `None` leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Owners {
    pub(super) user: Option<u32>,
    pub(super) group: Option<u32>,
}

/// Returns the number of a user.
pub(super) fn user(who: Who<'_>) -> Result<u32> {
    number(who, "user", "/etc/passwd")
}

/// Returns the number of a group.
pub(super) fn group(who: Who<'_>) -> Result<u32> {
    number(who, "group", "/etc/group")
}

fn number(who: Who<'_>, what: &str, file: &str) -> Result<u32> {
    let name = match who {
        Who::Number(number) => return Ok(number),
        Who::Name(name) => name,
    };
    let list = match fs::read(file) {
        Ok(list) => list,
        Err(error) if error.kind() == NotFound => Vec::new(),
        Err(error) => return Err(Error::new(ErrorKind::Listen, format!("cannot read {file}")).caused_by(error)),
    };
    find(&String::from_utf8_lossy(&list), name).ok_or_else(|| {
        let message = format!("there is no {what} {name} in {file}: who is listed elsewhere is named by number");
        Error::new(ErrorKind::Listen, message)
    })
}

/// Returns the number that stands third in the line of a name.
fn find(list: &str, name: &str) -> Option<u32> {
    list.lines().find_map(|line| {
        let mut fields = line.split(':');
        let number = (fields.next()? == name).then(|| fields.nth(1))??;
        number.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_first_in_its_line_and_its_number_third() {
        let list = "root:x:0:0:root:/root:/bin/sh\n# echo:x:1:1\necho:x:1000:33:e:/:/\nbad:x\nworse:x:no:1\n";
        assert_eq!(find(list, "root"), Some(0));
        assert_eq!(find(list, "echo"), Some(1000));
        for name in ["ech", "bad", "worse", "", "x"] {
            assert_eq!(find(list, name), None, "{name}");
        }
    }

    #[test]
    fn who_is_not_listed_is_named_by_number() {
        assert_eq!(user(Who::Number(7)).ok(), Some(7));
        let error = group(Who::Name("no-such-group")).expect_err("no such group");
        assert!(
            error.to_string().contains("no group no-such-group in /etc/group"),
            "{error}"
        );
    }
}
