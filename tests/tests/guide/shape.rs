//! Each chapter is short, begins with a program, and is found from the start page.

use pulldown_cmark::{Event, Tag};

use super::markdown::{Document, ELSEWHERE, chapters, root};

#[test]
fn each_chapter_has_at_most_300_lines() {
    for chapter in chapters() {
        let lines = chapter.text.lines().count();
        assert!(lines <= 300, "{} has {lines} lines", chapter.path.display());
    }
}

/// Returns the number of lines of text between the title and the first block of code.
fn lines_before_code(chapter: &Document) -> Option<usize> {
    let mut lines = chapter.text.lines();
    lines.next().filter(|title| title.starts_with("# "))?;
    lines
        .position(|line| line.starts_with("```"))
        .map(|lines| lines.saturating_sub(2))
}

#[test]
fn each_chapter_begins_with_a_program() {
    for chapter in &chapters()[1..] {
        let lines = lines_before_code(chapter).expect("a title, and a block of code");
        assert!(
            lines <= 8,
            "{}: {lines} lines stand before its first program",
            chapter.path.display()
        );
    }
}

/// Returns whether an example has these lines, however they are indented.
fn stands_in_an_example(code: &str) -> bool {
    let lines = |text: &str| text.lines().map(str::trim).collect::<Vec<_>>().join("\n");
    let examples = std::fs::read_dir(root().join("examples")).expect("it is there");
    let files = examples.map(|entry| entry.expect("it can be read").path());
    let mut sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    sources.any(|path| {
        let source = std::fs::read_to_string(path).expect("it can be read");
        lines(&source).contains(&lines(code))
    })
}

#[test]
fn each_block_of_rust_is_run_or_compiled() {
    for chapter in chapters() {
        let mut events = chapter.events().into_iter();
        while let Some(event) = events.next() {
            let Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Fenced(language))) = event else {
                continue;
            };
            let language = language.as_ref();
            assert!(
                !language.is_empty(),
                "{}: a block says what it is: `rust`",
                chapter.path.display()
            );
            // A part of an example, which is compiled there.
            if language == "rust,ignore"
                && let Some(Event::Text(code)) = events.next()
                && stands_in_an_example(&code)
            {
                continue;
            }
            if language.starts_with("rust")
                && let Some(Event::Text(code)) = events.next()
            {
                let hidden = code.lines().find(|line| line.starts_with("# "));
                // The repository's page would show them.
                assert_eq!(hidden, None, "{}: rustdoc would hide a line", chapter.path.display());
            }
            let untested = ["ignore", "text,rust", "should_panic"];
            assert!(
                !untested.iter().any(|word| language.contains(word)),
                "{}: {language}",
                chapter.path.display()
            );
        }
    }
}

#[test]
fn each_chapter_is_a_module_and_the_start_page_leads_to_it() {
    let chapters = chapters();
    let (start, chapters) = chapters.split_first().expect("a start page");
    let modules = std::fs::read_to_string(root().join("runtime/src/guide.rs")).expect("it is there");
    let linked: Vec<_> = start.links().into_iter().map(|link| link.to).collect();
    for chapter in chapters {
        let name = chapter.name();
        assert!(linked.contains(&name), "the start page doesn't lead to {name}");
        if ELSEWHERE.contains(&name.as_str()) {
            continue;
        }
        let module = name.trim_end_matches(".md").replace('-', "_");
        assert!(
            modules.contains(&format!("{module} = \"{name}\";")),
            "{name} is no module of guide.rs"
        );
    }
}

/// A word of each question that the table answers.
const QUESTIONS: [&str; 29] = [
    "greet a client",
    "TLS",
    "test a handler",
    "test a whole server",
    "share state",
    "timer",
    "all connections",
    "rooms or topics",
    "rate of a command",
    "database pool",
    "blocks",
    "Docker",
    "JSON",
    "metrics",
    "TOML",
    "two servers",
    "pick the port",
    "checksum",
    "quotes",
    "login",
    "upload",
    "pass bytes on",
    "requests ids",
    "cancel",
    "jobs when the server stops",
    "IPv6",
    "Unix socket",
    "client in the same crate",
    "versions",
];

#[test]
fn the_start_page_answers_each_question_by_a_link() {
    let start = &chapters()[0];
    let table = start.text.split("## ").find(|part| part.starts_with("How do I"));
    let rows: Vec<_> = table
        .expect("it is there")
        .lines()
        .filter(|line| line.contains("? |"))
        .collect();
    assert_eq!(rows.len(), QUESTIONS.len());
    for question in QUESTIONS {
        let row = rows.iter().find(|row| row.contains(question));
        let row = row.unwrap_or_else(|| panic!("no question about {question}"));
        assert!(row.contains("]["), "{row} leads nowhere");
    }
}
