//! A digest: one issue an hour and repository for what is more than GitHub takes.
//!
//! It is an alarm as any other, with a journal, an issue and comments; what it lists are facts of its
//! journal. An alarm that stands in a digest keeps its own journal, and people are asked as ever.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alarm::{Address, Again, Alarm, Repo};

/// The type of a digest, where alarms have that of their message.
pub const KIND: &str = "digest";

/// Lines in one digest; whatever comes behind them begins another part.
pub const LINES_MAX: usize = 1_000;

/// Lines in one comment: at most this many at their longest fit into GitHub's limit.
pub const LINES_A_PAGE: usize = 20;

/// One thing that a digest tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The line that it belongs to: a life, or one of many things of a life.
    pub line: String,
    /// What it is there: two items of one line with the same name are versions of one thing.
    pub name: String,
    /// What the alarm is called.
    pub title: String,
    /// The alarm's own issue, if it has one.
    pub url: Option<String>,
    /// What is told, ready to be shown.
    pub text: String,
    /// Its place in the order of all items of the digest, from 1. A newer version has a newer turn.
    pub turn: usize,
}

/// Items that stand together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// As [`Item::line`].
    pub name: String,
    /// What the alarm is called.
    pub title: String,
    /// The alarm's own issue, if it has one.
    pub url: Option<String>,
    /// What is told: names and texts, in the order in which they first came.
    pub parts: Vec<(String, String)>,
    /// The newest turn among them.
    pub turn: usize,
}

/// Adds an item to the lines that it belongs to.
pub(crate) fn add(lines: &mut Vec<Line>, item: &Item) {
    let Item { name, title, url, text, turn, .. } = item;
    let Some(line) = lines.iter_mut().find(|line| line.name == item.line) else {
        let parts = vec![(name.clone(), text.clone())];
        lines.push(Line { name: item.line.clone(), title: title.clone(), url: url.clone(), parts, turn: *turn });
        return;
    };
    line.turn = line.turn.max(*turn);
    match line.parts.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => known.clone_from(text),
        None => line.parts.push((name.clone(), text.clone())),
    }
}

/// The pages of a digest, each with its newest turn.
pub(crate) fn pages(lines: &[Line]) -> impl Iterator<Item = (usize, usize)> {
    let newest = |page: &[Line]| page.iter().map(|line| line.turn).max().unwrap_or(0);
    lines.chunks(LINES_A_PAGE).map(newest).enumerate()
}

/// The digest of the hour that `now` is in; `part` counts from 0, for hours with more alarms than one
/// digest holds. `mention` is the user or `org/team` to tag.
pub fn alarm(repo: &Repo, now: Timestamp, part: usize, mention: Option<&str>) -> Alarm {
    let hour = now.strftime("%Y-%m-%d %H:00 UTC").to_string();
    let behind = if part == 0 { String::new() } else { format!(", part {}", part + 1) };
    Alarm {
        kind: KIND.to_owned(),
        request_id: format!("digest {hour}{behind}"),
        repo: repo.clone(),
        dedup: format!("dispatch digest {hour}{behind}"),
        title: format!("More alarms than GitHub takes, {hour}{behind}"),
        body: "More came within a short time than GitHub accepts as issues and comments. What was above is listed \
               below, in comments that are kept up to date. People were asked in Slack and paged as ever.\n\n\
               Dispatch does not close this issue: whoever has read it does."
            .to_owned(),
        labels: Vec::new(),
        mentions: mention.map(ToOwned::to_owned).into_iter().collect(),
        named: mention.map(ToOwned::to_owned).into_iter().collect(),
        people: Vec::new(),
        list_people: false,
        message: None,
        link: false,
        question: None,
        again: Again::Count,
        retrigger: true,
        deputies: Vec::new(),
        chain: Vec::new(),
        page: Address::new("pagerduty", ""),
        evidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{at, defaults};

    fn item(line: &str, name: &str, text: &str, turn: usize) -> Item {
        let (line, name) = (line.to_owned(), name.to_owned());
        Item { line, name, title: "t".to_owned(), url: None, text: text.to_owned(), turn }
    }

    #[test]
    fn a_newer_version_takes_the_place_of_an_older_one_and_keeps_its_line() {
        let mut lines = Vec::new();
        for item in [item("a", "x", "1", 1), item("b", "x", "2", 2), item("a", "y", "3", 3), item("a", "x", "4", 4)] {
            add(&mut lines, &item);
        }
        let told: Vec<_> = lines.iter().map(|line| (line.name.as_str(), line.turn, line.parts.len())).collect();
        assert_eq!(told, [("a", 4, 2), ("b", 2, 1)]);
        assert_eq!(lines[0].parts[0], ("x".to_owned(), "4".to_owned()));
    }

    #[test]
    fn every_page_has_the_newest_turn_of_its_lines() {
        let mut lines = Vec::new();
        for n in 0..LINES_A_PAGE + 1 {
            add(&mut lines, &item(&n.to_string(), "x", "", n + 1));
        }
        assert_eq!(pages(&lines).collect::<Vec<_>>(), [(0, LINES_A_PAGE), (1, LINES_A_PAGE + 1)]);
        add(&mut lines, &item("0", "y", "", 99));
        assert_eq!(pages(&lines).collect::<Vec<_>>(), [(0, 99), (1, LINES_A_PAGE + 1)]);
        assert_eq!(pages(&[]).count(), 0);
    }

    #[test]
    fn a_digest_belongs_to_its_hour_its_part_and_its_repository() {
        let repo = defaults().repo;
        let key = |second, part| alarm(&repo, at(second), part, None).key();
        assert_eq!(key(0, 0), key(3_599, 0));
        assert_ne!(key(0, 0), key(3_600, 0));
        assert_ne!(key(0, 0), key(0, 1));
    }
}
