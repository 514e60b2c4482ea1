//! Texts within limits, and texts that do no harm where they are shown.

use std::{borrow::Cow, collections::HashSet};

/// What stands at the end of a text that had to be cut.
pub const SHORTENED: &str = " … [shortened]";

/// `text` within `limit` characters (Unicode scalar values), cut visibly when it is longer.
///
/// A `<…>` token of Slack's markup is kept whole or left out. With a `limit` below the length of
/// [`SHORTENED`] the mark is a bare `…`.
pub fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    if text.chars().nth(limit).is_none() {
        return Cow::Borrowed(text);
    }
    let mark_chars = SHORTENED.chars().count();
    let mark = if limit >= 2 * mark_chars { SHORTENED } else { "…" };
    let room = limit.saturating_sub(mark.chars().count());
    let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    let mut kept = text.get(..end).unwrap_or_default();
    if let Some(open) = kept.rfind('<')
        && !kept.get(open..).unwrap_or_default().contains('>')
        && text.get(open..).unwrap_or_default().find('>').is_some_and(|close| close < 512)
    {
        kept = kept.get(..open).unwrap_or_default();
    }
    let mut short = kept.trim_end().to_owned();
    short.push_str(if limit == 0 { "" } else { mark });
    Cow::Owned(short)
}

/// The first `limit` characters, without a mark: for keys that must stay comparable.
pub fn cut(text: &str, limit: usize) -> &str {
    text.char_indices().nth(limit).map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

/// What an error of a reader says is expected. What stands before that may quote the value that was found.
pub fn without_values(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once("expected ").map_or_else(|| text.clone(), |(_, expected)| format!("expected {expected}"))
}

/// Escapes the three characters that start anything in Slack's markup.
///
/// Source: <https://docs.slack.dev/messaging/formatting-message-text>, "Escaping text".
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Defuses mass mentions (`<!channel>`, `<!here>`, `<!everyone>`, user groups) in Slack's markup;
/// dates and everything else a sender may intend stay as they are.
pub fn defuse_slack(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("<!") {
        let (before, token) = rest.split_at(at);
        safe.push_str(before);
        let harmless = token.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("<!date^"));
        safe.push_str(if harmless { "<!" } else { "&lt;!" });
        rest = token.get(2..).unwrap_or_default();
    }
    safe.push_str(rest);
    safe
}

/// Other ways to write an `@` in Markdown.
const AT: [&str; 6] = ["&#64;", "&#064;", "&#x40;", "&#X40;", "&#x040;", "&commat;"];

/// Names that some service takes for everyone at once.
const EVERYONE: [&str; 5] = ["everyone", "here", "channel", "all", "team"];

/// Defuses mentions of teams (`@org/team`) and of everyone in GitHub's Markdown, except those in
/// `named`. A zero-width space behind the `@` keeps them readable.
pub fn defuse_github(text: &str, named: &[String]) -> String {
    let text = &*AT.iter().fold(Cow::Borrowed(text), |text, entity| match text.contains(entity) {
        true => Cow::Owned(text.replace(entity, "@")),
        false => text,
    });
    let named: HashSet<String> = named.iter().map(|name| name.to_ascii_lowercase()).collect();
    let mut safe = String::with_capacity(text.len());
    let mut before = None;
    for (at, c) in text.char_indices() {
        safe.push(c);
        if c == '@' && !before.is_some_and(|before: char| before.is_ascii_alphanumeric()) {
            let name = handle(text.get(at + 1..).unwrap_or_default());
            let mass = name.contains('/') || EVERYONE.iter().any(|word| name.eq_ignore_ascii_case(word));
            if mass && !named.contains(&name.to_ascii_lowercase()) {
                safe.push('\u{200B}');
            }
        }
        before = Some(c);
    }
    safe
}

/// The longest start of `text` that GitHub takes for a user or an `org/team`.
fn handle(text: &str) -> &str {
    let mut slashes = 0;
    let end = text
        .find(|c: char| {
            slashes += usize::from(c == '/');
            !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/')) || slashes > 1
        })
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default().trim_end_matches('/')
}

/// `text` on one line: runs of white space and control characters become one space.
pub fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `text` as a Markdown code block that it cannot leave.
pub fn code_block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// `text` with the fence that its last code block lacks, so that what is put behind it is no part of
/// the block. A fence that needs more than `room` characters is left out.
pub fn close_code(text: &str, room: usize) -> Cow<'_, str> {
    let mut open: Option<&str> = None;
    for line in text.lines() {
        let indent = line.bytes().take_while(|b| *b == b' ').count();
        let line = line.get(indent..).filter(|_| indent < 4).unwrap_or_default();
        let mark = if line.starts_with('~') { '~' } else { '`' };
        let (fence, rest) = line.split_at(line.bytes().take_while(|b| char::from(*b) == mark).count());
        match open {
            Some(opened) if fence.starts_with(opened) && rest.trim().is_empty() => open = None,
            None if fence.len() >= 3 && (mark == '~' || !rest.contains('`')) => open = Some(fence),
            _ => {}
        }
    }
    match open {
        Some(fence) if fence.len() < room => Cow::Owned(format!("{text}\n{fence}")),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_within_its_limit_is_untouched() {
        assert_eq!(shorten("abc", 3), "abc");
        assert_eq!(shorten("", 0), "");
    }

    #[test]
    fn a_cut_is_visible_and_keeps_tokens_whole() {
        let text = format!("{} <https://example.com/a/very/long/path|link> tail", "x".repeat(60));
        let short = shorten(&text, 90);
        assert_eq!(short, format!("{}{SHORTENED}", "x".repeat(60)));
        assert_eq!(shorten("abcdef", 3), "ab…");
    }

    #[test]
    fn mass_mentions_lose_their_force_and_other_markup_stays() {
        let text = "<!channel> <!here|here> <!subteam^S1> <!date^1^{time}|x> <@U1> *b* <https://x|y>";
        let safe = "&lt;!channel> &lt;!here|here> &lt;!subteam^S1> <!date^1^{time}|x> <@U1> *b* <https://x|y>";
        assert_eq!(defuse_slack(text), safe);
    }

    #[test]
    fn only_the_teams_that_the_message_names_are_mentioned() {
        let named = ["example-org/security".to_owned()];
        let text = "@jane @example-org/security @example-org/everybody @everyone jane@example.com/x";
        let safe = "@jane @example-org/security @\u{200B}example-org/everybody @\u{200B}everyone jane@example.com/x";
        assert_eq!(defuse_github(text, &named), safe);
    }

    #[test]
    fn an_entity_is_an_at_sign_too() {
        assert_eq!(defuse_github("&#64;a/b &commat;everyone", &[]), "@\u{200B}a/b @\u{200B}everyone");
    }

    #[test]
    fn a_code_block_holds_whatever_is_put_into_it() {
        assert_eq!(code_block("a"), "```text\na\n```");
        assert_eq!(code_block("``` x ````"), "`````text\n``` x ````\n`````");
    }

    #[test]
    fn a_letter_of_another_alphabet_before_a_mention_does_not_hide_it() {
        assert_eq!(
            defuse_github("é@example-org/all x@example-org/all", &[]),
            "é@\u{200B}example-org/all x@example-org/all"
        );
    }

    #[test]
    fn an_open_code_block_is_closed_and_a_closed_one_left_alone() {
        let rows = [
            ("a", "a"),
            ("```\nb\n```", "```\nb\n```"),
            ("```\nb", "```\nb\n```"),
            ("a\n````text\n```\nb", "a\n````text\n```\nb\n````"),
            ("  ~~~\n```\nb", "  ~~~\n```\nb\n~~~"),
            ("```a `b` ```\nc", "```a `b` ```\nc"),
            ("    ```\nc", "    ```\nc"),
            ("```\na\n``` b", "```\na\n``` b\n```"),
            ("``````````````````\na", "``````````````````\na"),
        ];
        for (text, closed) in rows {
            assert_eq!(close_code(text, 10), closed);
        }
    }

    #[test]
    fn a_key_is_cut_without_a_mark_and_between_characters() {
        assert_eq!((cut("éèê", 2), cut("ab", 2), cut("", 0)), ("éè", "ab", ""));
    }

    #[test]
    fn one_line_has_no_control_characters() {
        assert_eq!(one_line("  a\r\n\tb\u{0}c \u{7f}"), "a b c");
    }

    proptest! {
        #[test]
        fn no_code_block_stays_open(text in "[`~a\n ]{0,60}") {
            let closed = close_code(&text, usize::MAX);
            prop_assert_eq!(close_code(&closed, usize::MAX), &*closed);
        }

        #[test]
        fn shortening_keeps_the_limit_and_says_so(text in ".{0,200}", limit in 0usize..120) {
            let short = shorten(&text, limit);
            prop_assert!(short.chars().count() <= limit);
            prop_assert_eq!(short == text, text.chars().count() <= limit);
        }

        #[test]
        fn no_mass_mention_survives(text in "[<!a-z^|> ]{0,60}") {
            let safe = defuse_slack(&text).to_lowercase();
            prop_assert_eq!(safe.matches("<!").count(), safe.matches("<!date^").count());
        }
    }
}
