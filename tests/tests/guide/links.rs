//! Every relative link of every document leads to a file of the repository, and to a heading of it.

use std::path::{Component, Path, PathBuf};

use super::markdown::{Document, Link, all, root};

/// Returns the path without `.` and `..`; `None` if it leaves the repository.
fn resolved(folder: &Path, link: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in folder.join(link).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => path.pop().then_some(())?,
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// Returns what is wrong with a link of a document.
fn fault(document: &Document, link: &Link) -> Option<String> {
    let to = link.to.as_str();
    if to.contains("://") || to.starts_with("mailto:") {
        return None;
    }
    let (file, anchor) = to
        .split_once('#')
        .map_or((to, None), |(file, anchor)| (file, Some(anchor)));
    let folder = document.path.parent().expect("a file is in a folder");
    let path = if file.is_empty() {
        Some(document.path.clone())
    } else {
        resolved(folder, file)
    };
    let Some(path) = path else {
        return Some("it leaves the repository".to_owned());
    };
    let own = path == document.path;
    if !own && !root().join(&path).exists() {
        return Some(format!("there is no {}", path.display()));
    }
    let anchor = anchor?;
    if path.extension().is_none_or(|extension| extension != "md") {
        return None;
    }
    let anchors = if own {
        document.anchors()
    } else {
        Document::read(path.clone()).anchors()
    };
    let known = anchors.iter().any(|known| known == anchor);
    (!known).then(|| format!("{} has no heading #{anchor}, but {anchors:?}", path.display()))
}

#[test]
fn no_relative_link_of_any_document_is_dead() {
    let mut dead = Vec::new();
    let mut seen = 0;
    for document in all() {
        for link in document.links() {
            seen += 1;
            if let Some(fault) = fault(&document, &link) {
                dead.push(format!("{}: {}: {fault}", document.path.display(), link.to));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
    assert!(seen > 30, "only {seen} links were found");
}

#[test]
fn a_dead_link_is_found() {
    let document = Document {
        path: PathBuf::from("guide/one.md"),
        text: "# One Thing, `two`\n[a](no.md) [b](#two) [c] [d](../../up.md) [e](../README.md#no) [f](#one-thing-two) [g](../README.md)"
            .to_owned(),
    };
    let dead: Vec<_> = document
        .links()
        .iter()
        .map(|link| fault(&document, link).is_some())
        .collect();
    assert_eq!(dead, [true, true, true, true, true, false, false]);
}
