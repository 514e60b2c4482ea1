//! What is said of the findings: text for people, or an object a line for programs.

use std::{io, process::ExitCode};

use serde_json::{Value, json};

use super::finding::{Finding, Verdict};
use crate::style;

/// The widest name that others are lined up with.
const NAME_CHARS_MAX: usize = 34;
/// How far what was seen and the mend stand from the edge.
const INDENT: usize = 10;

/// The findings about one service.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) findings: Vec<Finding>,
}

/// Prints everything, and says how it ended: 1 when something is wrong.
pub(super) fn tell(sections: &[Section], json: bool) -> io::Result<ExitCode> {
    let all = || sections.iter().flat_map(|section| &section.findings);
    let wrong = all().filter(|finding| finding.is_wrong()).count();
    let text = if json {
        let lines = sections.iter().flat_map(|section| section.findings.iter().map(|finding| line(section, finding)));
        lines.map(|line| format!("{line}\n")).collect()
    } else {
        let notes = all().filter(|finding| matches!(finding.verdict, Verdict::Note(_))).count();
        let skipped = all().filter(|finding| matches!(finding.verdict, Verdict::Skipped(_))).count();
        sections.iter().map(block).collect::<String>() + &ending(wrong, notes, skipped)
    };
    style::stdout(&text)?;
    Ok(ExitCode::from(u8::from(wrong > 0)))
}

/// What programs read: always the same members, `null` where there is nothing to say.
fn line(section: &Section, finding: &Finding) -> Value {
    let (verdict, text, mend) = match &finding.verdict {
        Verdict::Ok(detail) => ("ok", detail, None),
        Verdict::Note(text) => ("note", text, None),
        Verdict::Wrong { found, mend } => ("wrong", found, Some(mend)),
        Verdict::Skipped(why) => ("skipped", why, None),
    };
    json!({ "service": section.title, "what": finding.what, "verdict": verdict, "text": text, "mend": mend })
}

fn block(section: &Section) -> String {
    let (usual, chosen): (Vec<_>, Vec<_>) = section.findings.iter().partition(|finding| finding.usual);
    let widths = chosen.iter().map(|finding| finding.what.chars().count());
    let width = widths.max().unwrap_or_default().min(NAME_CHARS_MAX);
    let mut text = format!("{}\n", style::strong(section.title));
    for finding in chosen {
        text.push_str(&row(finding, width));
    }
    let (defaults, absent): (Vec<_>, Vec<_>) =
        usual.into_iter().partition(|finding| finding.verdict != Verdict::Ok("not set".to_owned()));
    let names =
        |findings: &[&Finding]| findings.iter().map(|finding| finding.what.as_str()).collect::<Vec<_>>().join(", ");
    for (word, findings) in [("by default: ", defaults), ("not set, not needed: ", absent)] {
        if !findings.is_empty() {
            let list = wrapped(&format!("{word}{}", names(&findings)), &" ".repeat(INDENT));
            text.push_str(&format!("{}\n", style::faint(&list)));
        }
    }
    text + "\n"
}

fn row(finding: &Finding, width: usize) -> String {
    let (word, seen) = match &finding.verdict {
        Verdict::Ok(detail) => (style::good("ok     "), style::faint(detail)),
        Verdict::Note(text) => (style::odd("note   "), text.clone()),
        Verdict::Wrong { found, .. } => (style::bad("wrong  "), found.clone()),
        Verdict::Skipped(why) => (style::faint("skipped"), style::faint(why)),
    };
    let row = format!("  {word} {:width$}  {seen}", finding.what);
    let row = format!("{}\n", row.trim_end());
    match &finding.verdict {
        Verdict::Wrong { mend, .. } => format!("{row}{}\n", wrapped(&format!("→ {mend}"), &" ".repeat(INDENT))),
        _ => row,
    }
}

/// Breaks a text between words, every line behind `indent`.
fn wrapped(text: &str, indent: &str) -> String {
    const LINE_CHARS_MAX: usize = 100;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE_CHARS_MAX => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n")
}

fn ending(wrong: usize, notes: usize, skipped: usize) -> String {
    let verdict = match wrong {
        0 => style::good("Nothing is wrong."),
        1 => style::bad("1 thing is wrong."),
        many => style::bad(&format!("{many} things are wrong.")),
    };
    let rest = [(notes, "noted"), (skipped, "not looked at")];
    let rest: Vec<String> =
        rest.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    match rest.is_empty() {
        true => format!("{verdict}\n"),
        false => format!("{verdict} {}\n", style::faint(&format!("({})", rest.join(", ")))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mend_stands_below_what_is_wrong_and_defaults_share_a_line() {
        let section = Section {
            title: "Slack",
            findings: vec![
                Finding::ok("token", "dispatch"),
                Finding::wrong("channel", "it is archived", "Unarchive it."),
                Finding::usual("SLACK_API_URL", "https://slack.com/api"),
                Finding::usual("SLACK_OTHER", "not set"),
            ],
        };
        let expected = "Slack\n  ok      token    dispatch\n  wrong   channel  it is archived\n\
                        \x20         → Unarchive it.\n\
                        \x20         by default: SLACK_API_URL\n          not set, not needed: SLACK_OTHER\n\n";
        assert_eq!(block(&section), expected);
        assert_eq!(ending(0, 0, 0), "Nothing is wrong.\n");
        assert_eq!(ending(2, 1, 0), "2 things are wrong. (1 noted)\n");
    }

    #[test]
    fn long_mends_are_broken_between_words() {
        let text = wrapped(&"word ".repeat(40), "  ");
        assert!(text.lines().all(|line| line.starts_with("  word") && line.chars().count() <= 100), "{text}");
        assert_eq!(text.split_whitespace().count(), 40);
    }
}
