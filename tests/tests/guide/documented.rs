//! The guide in the documentation: `runtime/src/guide/links*.md` define the links of the chapters
//! as rustdoc resolves them. `UPDATE_LINKS=1` writes them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;

use super::markdown::{DOCS, ELSEWHERE, chapters, in_repository, root};

/// Returns where rustdoc finds what a link of a chapter names; `None` for pages that are elsewhere.
fn in_rustdoc(to: &str) -> Option<String> {
    let (file, anchor) = match to.split_once('#') {
        Some((file, anchor)) => (file, Some(anchor)),
        None => (to, None),
    };
    let with_anchor = |path: String| match anchor {
        Some(anchor) => format!("{path}#{anchor}"),
        None => path,
    };
    // No part of the package.
    if let Some(file) = file.strip_prefix("../") {
        return Some(with_anchor(in_repository(file)));
    }
    if ELSEWHERE.contains(&file) {
        return Some(with_anchor(in_repository(&format!("guide/{file}"))));
    }
    if file.strip_suffix(".svg").is_some() {
        return Some(picture(file));
    }
    if file == "README.md" {
        return Some(with_anchor("crate::guide".to_owned()));
    }
    if let Some(name) = file.strip_suffix(".md") {
        return Some(with_anchor(format!("crate::guide::{}", name.replace('-', "_"))));
    }
    let page = file.strip_prefix(DOCS)?;
    if page == "index.html" {
        return Some(with_anchor("crate".to_owned()));
    }
    let (folders, page) = page
        .rsplit_once('/')
        .map_or(("", page), |(folders, page)| (folders, page));
    let module: Vec<_> = folders
        .split('/')
        .filter(|name| !name.is_empty())
        .map(|name| format!("::{name}"))
        .collect();
    let module = module.concat();
    if page == "index.html" {
        return Some(with_anchor(format!("mod@crate{module}")));
    }
    let (kind, name) = page.strip_suffix(".html")?.split_once('.')?;
    let kind = match kind {
        "attr" | "macro" | "derive" => "macro@",
        "fn" => "fn@",
        _ => "",
    };
    let path = format!("{kind}crate{module}::{name}");
    // A method, a field or a variant is an item of its own for rustdoc.
    match anchor.and_then(|anchor| anchor.split_once('.')) {
        Some((_, item)) => Some(format!("{path}::{item}")),
        None => Some(with_anchor(path)),
    }
}

/// Returns a picture of the guide as a URL that contains it.
fn picture(name: &str) -> String {
    let svg = fs::read_to_string(root().join("guide").join(name)).expect("it is there");
    let mut url = "data:image/svg+xml,".to_owned();
    for byte in svg.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b':' | b';' | b'=' | b',' => {
                url.push(byte.into());
            }
            byte => write!(url, "%{byte:02X}").expect("a string takes it"),
        }
    }
    url
}

/// Returns the file with the links of the items that a feature has.
fn file_of(target: &str) -> &'static str {
    let begins = |names: &[&str]| {
        names.iter().any(|name| {
            let rest = target
                .split_once("crate::")
                .and_then(|(_, path)| path.strip_prefix(name));
            rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_'))
        })
    };
    match target {
        _ if target.starts_with("data:") => "links_pictures",
        _ if begins(&["codec"]) => "links_codec",
        _ if begins(&["describe"]) => "links_describe",
        _ if begins(&["metrics"]) => "links_metrics",
        _ if begins(&["ProxyInfo", "ProxyAddr", "ProxyTls", "Socket::proxy"]) => "links_proxy",
        _ if begins(&["test"]) => "links_test",
        _ if begins(&[
            "Tls",
            "TlsInfo",
            "TlsVersion",
            "With::tls",
            "Socket::tls",
            "Socket::start_tls",
        ]) =>
        {
            "links_tls"
        }
        _ if begins(&["record", "Server::record"]) => "links_record",
        _ if begins(&["upgrade", "Server::upgrade"]) => "links_upgrade",
        _ => "links",
    }
}

const FILES: [&str; 10] = [
    "links",
    "links_codec",
    "links_describe",
    "links_metrics",
    "links_pictures",
    "links_proxy",
    "links_record",
    "links_test",
    "links_tls",
    "links_upgrade",
];

#[test]
fn the_documentation_links_where_the_chapters_do() {
    let mut links: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    let mut targets: BTreeMap<String, String> = BTreeMap::new();
    for chapter in chapters() {
        for (label, to) in chapter.definitions() {
            if let Some(target) = in_rustdoc(&to) {
                // One file has the links of all chapters.
                let before = targets.insert(label.to_lowercase(), target.clone());
                assert!(
                    before.as_ref().is_none_or(|before| *before == target),
                    "[{label}] is two things, in {} {to}",
                    chapter.path.display()
                );
                links.entry(file_of(&target)).or_default().insert((label, target));
            }
        }
    }
    for file in FILES {
        let path = root().join(format!("runtime/src/guide/{file}.md"));
        let defined = links.remove(file).unwrap_or_default().into_iter();
        let defined: Vec<_> = defined
            .map(|(label, target)| format!("[{label}]: {target}\n"))
            .collect();
        let text = defined.concat();
        if std::env::var_os("UPDATE_LINKS").is_some() {
            fs::write(&path, &text).expect("it can be written");
        }
        let is = fs::read_to_string(&path).expect("it can be read");
        assert_eq!(
            is, text,
            "{file}.md isn't what the chapters say: UPDATE_LINKS=1 writes it"
        );
    }
}

#[test]
fn a_chapter_defines_its_links_at_its_end() {
    for chapter in chapters() {
        for link in chapter.links() {
            let elsewhere = in_rustdoc(&link.to).is_none() && link.to.contains("://");
            let here = link.to.starts_with('#');
            assert!(
                link.label.is_some() || elsewhere || here,
                "{}: rustdoc can't follow ({}): write [text][name], and define it at the end",
                chapter.path.display(),
                link.to
            );
        }
    }
}

#[test]
fn a_name_of_a_link_is_defined_once() {
    for chapter in chapters() {
        // `[name]: target`: the parser leaves out what is defined already, in any case of letters.
        let written = chapter
            .text
            .lines()
            .filter(|line| line.starts_with('[') && line.contains("]: "));
        assert_eq!(
            chapter.definitions().len(),
            written.count(),
            "{} defines a link twice",
            chapter.path.display()
        );
    }
}

#[test]
fn a_link_into_the_documentation_names_a_public_item() {
    let listed = fs::read_to_string(root().join("runtime/public-api.txt")).expect("it is there");
    for chapter in chapters() {
        for (label, to) in chapter.definitions() {
            let Some(page) = to.strip_prefix(DOCS) else { continue };
            let (page, anchor) = page
                .split_once('#')
                .map_or((page, None), |(page, anchor)| (page, Some(anchor)));
            let path = page
                .trim_end_matches("/index.html")
                .trim_end_matches(".html")
                .replace('/', "::");
            let (module, last) = path
                .rsplit_once("::")
                .map_or(("", path.as_str()), |(module, last)| (module, last));
            // A module or the crate: rustdoc looks for it.
            let Some((_, name)) = last.split_once('.') else {
                continue;
            };
            let name = if module.is_empty() {
                name.to_owned()
            } else {
                format!("{module}::{name}")
            };
            // The attribute has headings.
            let known = match anchor.and_then(|anchor| anchor.split_once('.')) {
                Some((_, item)) => listed.lines().any(|line| {
                    let of = line
                        .strip_prefix(&name)
                        .and_then(|rest| rest.strip_prefix(": ").or(rest.strip_prefix("::")));
                    of.is_some_and(|of| {
                        of.split(|char: char| !(char.is_alphanumeric() || char == '_'))
                            .any(|word| word == item)
                    })
                }),
                None => listed.lines().any(|line| {
                    line.split_whitespace().next_back() == Some(name.as_str()) || line.starts_with(&format!("{name}: "))
                }),
            };
            assert!(
                known,
                "{}: [{label}] leads to {to}, which isn't public",
                chapter.path.display()
            );
        }
    }
}
