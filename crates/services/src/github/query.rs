//! The words of a search.

use dispatch_core::alarm::Repo;

/// Longest query that GitHub takes, in characters.
/// <https://docs.github.com/en/rest/search/search#limitations-on-query-length>
const QUERY_CHARS_MAX: usize = 256;

/// Finds issues by their title, as nearly as a query can; compare what it finds with the title.
///
/// A title that does not fit is looked for by its beginning, up to a whole word.
pub(super) fn by_title(repo: &Repo, title: &str, closed: bool) -> String {
    let state = if closed { "" } else { " is:open" };
    let frame = format!("repo:{repo} is:issue{state} in:title");
    let room = QUERY_CHARS_MAX.saturating_sub(frame.chars().count() + 3);
    let phrase = beginning(&clean(title), room);
    if phrase.is_empty() { frame } else { format!("{frame} \"{phrase}\"") }
}

/// Without the characters that end or escape a phrase, and with single spaces.
fn clean(title: &str) -> String {
    let plain = title.replace(|c: char| matches!(c, '"' | '\\') || c.is_control(), " ");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn beginning(text: &str, chars_max: usize) -> String {
    let kept: String = text.chars().take(chars_max).collect();
    let is_whole = kept.len() == text.len() || text.get(kept.len()..).is_some_and(|rest| rest.starts_with(' '));
    match kept.rsplit_once(' ') {
        Some((words, _)) if !is_whole => words.to_owned(),
        _ => kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(title: &str, closed: bool) -> String {
        by_title(&Repo::new("example-org", "alarms"), title, closed)
    }

    #[test]
    fn a_title_is_a_phrase_and_never_more_than_that() {
        let start = "repo:example-org/alarms is:issue";
        assert_eq!(query("2FA off", false), format!("{start} is:open in:title \"2FA off\""));
        assert_eq!(query("2FA off", true), format!("{start} in:title \"2FA off\""));
        let sly = query("x\" repo:example-org/secret \\\n\"y", true);
        assert_eq!(sly, format!("{start} in:title \"x repo:example-org/secret y\""));
        assert_eq!(query(" \"\" ", true), format!("{start} in:title"));
    }

    #[test]
    fn a_long_title_is_cut_between_words() {
        let long = query(&"störung ".repeat(100), false);
        assert!(long.chars().count() <= QUERY_CHARS_MAX, "{long}");
        assert!(long.ends_with("störung\""), "{long}");
        assert_eq!(query(&"ö".repeat(1000), false).chars().count(), QUERY_CHARS_MAX);
    }

    #[test]
    fn a_cut_right_behind_a_word_keeps_it() {
        assert_eq!(beginning("ab cd ef", 5), "ab cd");
        assert_eq!(beginning("ab cd ef", 4), "ab");
        assert_eq!(beginning("ab cd", 9), "ab cd");
    }
}
