//! Reads documents: their links, headings and blocks.

use std::fs;
use std::path::{Path, PathBuf};

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

/// A document of the repository.
pub(crate) struct Document {
    /// The path from the root of the repository.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// A link, with how it is written.
pub(crate) struct Link {
    pub(crate) to: String,
    /// The name of its definition, if it has one.
    pub(crate) label: Option<String>,
}

/// The chapters whose programs need another package, which has them in its own documentation and
/// runs them.
pub(crate) const ELSEWHERE: [&str; 1] = ["live-page.md"];

/// The documentation of the crate, for whoever reads outside of it.
pub(crate) const DOCS: &str = "https://docs.rs/kai-tcp-server/latest/kai_tcp_server/";

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns where a file of the repository is shown, or its bytes, by the address in the manifest.
pub(crate) fn in_repository(file: &str) -> String {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("it can be read");
    let mut lines = manifest.lines();
    let address = lines.find_map(|line| line.strip_prefix("repository = \""));
    let address = address
        .and_then(|rest| rest.strip_suffix('"'))
        .expect("the manifest names the repository");
    let is_picture = [".png", ".svg"].iter().any(|extension| file.ends_with(extension));
    let view = if is_picture { "raw" } else { "blob" };
    format!("{address}/{view}/HEAD/{file}")
}

/// Returns the documents that people read in the repository, wherever they are.
pub(crate) fn all() -> Vec<Document> {
    let mut found = Vec::new();
    for folder in [
        "",
        "benches",
        "dashboard",
        "examples",
        "fuzz",
        "guide",
        "macros",
        "spec",
        "tests",
        ".github",
        "examples/deploy",
        "tests/vectors",
    ] {
        let folder = Path::new(folder);
        let Ok(files) = fs::read_dir(root().join(folder)) else {
            continue;
        };
        for file in files {
            let file = file.expect("the folder can be read");
            // A link to another document.
            if file.file_type().is_ok_and(|kind| kind.is_symlink()) {
                continue;
            }
            let name = PathBuf::from(file.file_name());
            if name.extension().is_some_and(|extension| extension == "md") {
                found.push(Document::read(folder.join(name)));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Returns the chapters of the guide, its start page first.
pub(crate) fn chapters() -> Vec<Document> {
    let mut chapters = all();
    chapters.retain(|document| document.path.starts_with("guide"));
    chapters.sort_by_key(|document| document.name() != "README.md");
    chapters
}

impl Document {
    pub(crate) fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(root().join(&path)).expect("it can be read");
        Document { path, text }
    }

    pub(crate) fn name(&self) -> String {
        self.path.file_name().expect("a file").to_string_lossy().into_owned()
    }

    /// Reads it. A reference without a definition is a link to nowhere, not text in brackets.
    pub(crate) fn events(&self) -> Vec<Event<'_>> {
        let parser = Parser::new_with_broken_link_callback(
            &self.text,
            Options::ENABLE_TABLES,
            Some(|_: pulldown_cmark::BrokenLink| Some((CowStr::from("no definition"), CowStr::from("")))),
        );
        parser.collect()
    }

    pub(crate) fn links(&self) -> Vec<Link> {
        let of = |event| match event {
            Event::Start(Tag::Link { dest_url, id, .. } | Tag::Image { dest_url, id, .. }) => Some(Link {
                to: dest_url.into_string(),
                label: (!id.is_empty()).then(|| id.into_string()),
            }),
            _ => None,
        };
        self.events().into_iter().filter_map(of).collect()
    }

    /// Returns the names and targets of the definitions of links.
    pub(crate) fn definitions(&self) -> Vec<(String, String)> {
        let parser = Parser::new(&self.text);
        let defined = parser.reference_definitions().iter();
        defined
            .map(|(name, link)| (name.to_owned(), link.dest.to_string()))
            .collect()
    }

    /// Returns the anchors of its headings, as the repository's web page and rustdoc make them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        let (mut anchors, mut heading) = (Vec::new(), None::<String>);
        for event in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => anchors.extend(heading.take().map(|text| anchor(&text))),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                _ => {}
            }
        }
        anchors
    }
}

fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().chars().collect::<Vec<_>>().into_iter();
    kept.filter(|char| char.is_alphanumeric() || " -_".contains(*char))
        .map(|char| if char == ' ' { '-' } else { char })
        .collect()
}
