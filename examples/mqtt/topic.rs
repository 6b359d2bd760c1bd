//! Topics: the names that messages are published to, and the filters that select them.
//!
//! A name is a path of levels, such as `house/kitchen/lamp`. In a filter `+` stands for any one
//! level, and `#` at the end for any number of levels, also none.

/// The most levels of a topic and of a filter, so that it doesn't take long to compare them.
const LEVELS_MAX: usize = 32;

/// Returns whether messages can be published to a topic.
pub(crate) fn is_name(topic: &str) -> bool {
    !topic.is_empty() && !is_wild(topic) && !has_many_levels(topic)
}

/// Returns whether a topic or a filter has more levels than there may be.
pub(crate) fn has_many_levels(path: &str) -> bool {
    path.split('/').nth(LEVELS_MAX).is_some()
}

/// Returns whether a filter is one: a wildcard is a level of its own, and `#` the last one.
pub(crate) fn is_filter(filter: &str) -> bool {
    let (begin, last) = filter.rsplit_once('/').unwrap_or(("", filter));
    let mut levels = begin.split('/');
    !filter.is_empty() && levels.all(|level| level == "+" || !is_wild(level)) && (last.len() == 1 || !is_wild(last))
}

/// Returns whether a filter has a wildcard, so that more than one name may match.
pub(crate) fn is_wild(filter: &str) -> bool {
    filter.contains(['+', '#'])
}

/// Returns whether a filter selects a topic.
///
/// A filter that begins with a wildcard selects no topic that begins with `$`: those are the
/// broker's own.
pub(crate) fn matches(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let mut levels = topic.split('/');
    for wanted in filter.split('/') {
        if wanted == "#" {
            return true;
        }
        if !levels.next().is_some_and(|level| wanted == "+" || wanted == level) {
            return false;
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::{is_filter, is_name, matches};

    #[test]
    fn filters_select_the_topics_that_the_standard_says() {
        for (filter, topic) in [
            ("a/b", "a/b"),
            ("a/+", "a/b"),
            ("a/+", "a/"),
            ("+/b", "a/b"),
            ("+/+", "/b"),
            ("/+", "/b"),
            ("a/#", "a"),
            ("a/#", "a/b/c"),
            ("#", "a/b/c"),
            ("#", "/"),
            ("+/b/#", "a/b/c/d"),
            ("$SYS/#", "$SYS/broker"),
            ("$SYS/+", "$SYS/broker"),
        ] {
            assert!(matches(filter, topic), "{filter} and {topic}");
        }
        for (filter, topic) in [
            ("a/b", "a/c"),
            ("a/b", "a"),
            ("a", "a/b"),
            ("a", "A"),
            ("a/+", "a"),
            ("a/+", "a/b/c"),
            ("+", "/b"),
            ("a/b/#", "a"),
            ("#", "$SYS/broker"),
            ("+/broker", "$SYS/broker"),
            ("+/#", "$SYS"),
        ] {
            assert!(!matches(filter, topic), "{filter} and {topic}");
        }
    }

    #[test]
    fn names_have_some_levels_and_a_wildcard_is_a_level_of_its_own() {
        for filter in ["a", "/", "#", "+", "a/#", "+/a/+", "+/+/#", "$SYS/#", "a b/\u{fc}"] {
            assert!(is_filter(filter), "{filter}");
        }
        for filter in ["", "#/a", "a#", "a/b#", "a+/b", "a/+b", "##", "a/#/b", "+#"] {
            assert!(!is_filter(filter), "{filter}");
        }
        assert!(is_name("a//b") && is_name("$a"));
        assert!(is_name(&"/".repeat(31)) && !is_name(&"/".repeat(32)));
        assert!(!is_name("") && !is_name("a/+") && !is_name("#"));
    }
}
