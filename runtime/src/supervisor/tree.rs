//! What a supervision tree looks like.

use std::fmt;

/// What a child has below itself in the tree, if it is a supervisor.
pub(super) trait Subtree: Send + Sync {
    fn tree(&self, label: String) -> Tree;
}

/// A supervision tree, to be displayed.
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
    /// What stands on this node's line.
    pub label: String,
    /// What stands below it.
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

    /// Draws what stands below this node, each line behind `indent`.
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
