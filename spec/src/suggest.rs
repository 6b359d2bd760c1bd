//! Suggestions: the name that was probably meant.

/// Returns the nearest of `names` if it is near enough to be meant. A shorter name allows fewer
/// typing errors.
///
/// A very long word costs nothing, because no name is near it.
///
/// # Examples
///
/// ```
/// use kai_tcp_server_spec::suggest::nearest;
///
/// assert_eq!(nearest("prot", ["port", "packet"]), Some("port"));
/// assert_eq!(nearest("colour", ["port", "packet"]), None);
/// ```
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters = word.chars().count();
    names
        .into_iter()
        .filter(|name| letters.abs_diff(name.chars().count()) <= allowed(name))
        .map(|name| (distance(word, name), name))
        .filter(|&(distance, name)| distance <= allowed(name))
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

/// Returns how many typing errors may lead to a name.
fn allowed(name: &str) -> usize {
    match name.len() {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Returns how many letters to insert, remove, replace or swap with their neighbour to turn `a`
/// into `b`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// Joins the items with commas, and with `word` before the last.
pub fn join(items: impl IntoIterator<Item = String>, word: &str) -> String {
    let mut items: Vec<String> = items.into_iter().collect();
    match items.pop() {
        Some(last) if !items.is_empty() => format!("{} {word} {last}", items.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// Lists names: `a`, `b` and `c`, each in backquotes.
pub fn all_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    join(names.into_iter().map(|name| format!("`{name}`")), "and")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slip_counts_once() {
        for (a, b, slips) in [
            ("", "", 0),
            ("", "ab", 2),
            ("port", "port", 0),
            ("prot", "port", 1),
            ("por", "port", 1),
            ("porrt", "port", 1),
            ("part", "port", 1),
            ("tropa", "port", 4),
            ("größe", "grösse", 2),
        ] {
            assert_eq!(distance(a, b), slips, "{a} {b}");
            assert_eq!(distance(b, a), slips, "{b} {a}");
        }
    }

    #[test]
    fn a_short_name_is_meant_by_itself_alone() {
        assert_eq!(nearest("pi", ["ip"]), None);
        assert_eq!(nearest("ip", ["ip"]), Some("ip"));
        assert_eq!(nearest("nmae", ["name"]), Some("name"));
        assert_eq!(nearest("nmea", ["name"]), None);
        assert_eq!(nearest("blakcolg", ["backlog"]), None);
        assert_eq!(nearest("nodeyal", ["nodelay_x"]), None);
    }

    #[test]
    fn the_nearest_of_some_is_meant() {
        assert_eq!(
            nearest("recv_timout", ["send_timeout", "recv_timeout"]),
            Some("recv_timeout")
        );
        assert_eq!(nearest("terminal", ["terminate", "terminals"]), Some("terminals"));
    }

    #[test]
    fn a_long_word_is_near_to_none() {
        let long = "x".repeat(1 << 20);
        assert_eq!(nearest(&long, ["max_processes"]), None);
    }

    #[test]
    fn a_list_reads_as_a_sentence() {
        assert_eq!(all_of([]), "");
        assert_eq!(all_of(["a"]), "`a`");
        assert_eq!(all_of(["a", "b"]), "`a` and `b`");
        assert_eq!(all_of(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
