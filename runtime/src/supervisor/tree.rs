//! The supervision tree as a value that can be displayed.

use std::fmt;

/// A child that is a supervisor and so has a subtree.
pub(super) trait Subtree: Send + Sync {
    fn tree(&self, label: String) -> Tree;
}

/// A supervision tree, which displays as text.
///
/// # Examples
///
/// ```
/// use kai_tcp_server::Tree;
///
/// let leaf = |label: &str| Tree { label: label.into(), children: Vec::new() };
/// let tree = Tree { label: "echo".into(), children: vec![leaf("monitor"), leaf("acceptor_1")] };
/// assert_eq!(tree.to_string(), "echo\n├── monitor\n└── acceptor_1");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// The text on the line of this node.
    pub label: String,
    /// The nodes below this one.
    pub children: Vec<Tree>,
}

impl Tree {
    /// Returns a node without children.
    pub(crate) fn leaf(label: impl Into<String>) -> Self {
        Tree {
            label: label.into(),
            children: Vec::new(),
        }
    }

    /// Draws the nodes below this one, each line with the prefix `indent`.
    fn draw(&self, f: &mut fmt::Formatter<'_>, indent: &str) -> fmt::Result {
        let Some((last, others)) = self.children.split_last() else {
            return Ok(());
        };
        for child in others {
            write!(f, "\n{indent}├── {}", child.label)?;
            child.draw(f, &format!("{indent}│   "))?;
        }
        write!(f, "\n{indent}└── {}", last.label)?;
        last.draw(f, &format!("{indent}    "))
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.label)?;
        self.draw(f, "")
    }
}
