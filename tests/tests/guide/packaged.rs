//! The README of the package: the repository's, with links that lead there from a registry's page
//! too. `UPDATE_LINKS=1` writes it.

use std::fs;
use std::path::PathBuf;

use super::markdown::{DOCS, Document, ELSEWHERE, in_repository, root};

/// Returns where a link of the repository leads from anywhere; `None` if it does so already.
fn from_anywhere(to: &str) -> Option<String> {
    if to.contains("://") {
        return None;
    }
    let (file, anchor) = to.split_once('#').unwrap_or((to, ""));
    let anchor = if anchor.is_empty() {
        String::new()
    } else {
        format!("#{anchor}")
    };
    let chapter = file
        .strip_prefix("guide/")
        .filter(|name| !ELSEWHERE.contains(name))
        .and_then(|name| name.strip_suffix(".md"));
    if let Some(chapter) = chapter {
        let module = match chapter {
            "README" => String::new(),
            name => format!("{}/", name.replace('-', "_")),
        };
        return Some(format!("{DOCS}guide/{module}index.html{anchor}"));
    }
    Some(format!("{}{anchor}", in_repository(file)))
}

#[test]
fn the_readme_of_the_package_is_the_repositorys_with_links_that_lead_there_from_anywhere() {
    let readme = Document::read(PathBuf::from("README.md"));
    let mut packaged = readme.text.clone();
    for link in readme.links() {
        if let Some(to) = from_anywhere(&link.to) {
            packaged = packaged.replace(&format!("]({})", link.to), &format!("]({to})"));
        }
    }
    let path = root().join("runtime/README.md");
    if std::env::var_os("UPDATE_LINKS").is_some() {
        fs::write(&path, &packaged).expect("it can be written");
    }
    let is = fs::read_to_string(&path).expect("it can be read");
    assert_eq!(
        is, packaged,
        "runtime/README.md isn't what README.md says: UPDATE_LINKS=1 writes it"
    );
    let packaged = Document {
        path: PathBuf::from("runtime/README.md"),
        text: packaged,
    };
    for link in packaged.links() {
        assert!(
            link.to.starts_with("https://"),
            "{} leads nowhere from a registry's page",
            link.to
        );
    }
}
