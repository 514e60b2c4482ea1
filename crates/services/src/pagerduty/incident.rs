//! What a notice says as an incident, within PagerDuty's limits.

use dispatch_core::{
    notice::{Link, Notice, Text},
    text::{cut, one_line, shorten},
};

/// `payload.summary` of an event.
/// <https://developer.pagerduty.com/docs/send-alert-event>
pub(super) const SUMMARY_MAX: usize = 1_024;
/// The title of an incident.
pub(super) const TITLE_MAX: usize = 255;
/// `dedup_key` of an event and `incident_key` of an incident.
pub(super) const KEY_MAX: usize = 255;
/// Far below the 512 KB of an event, even when each character takes six bytes.
const DETAILS_MAX: usize = 50_000;
/// A note, and the note of a resolution.
pub(super) const NOTE_MAX: usize = 2_000;
const NO_HEADLINE: &str = "An alarm without a title";

/// One page, before a way to PagerDuty is chosen.
#[derive(Clone, Debug)]
pub(super) struct Incident {
    /// One line, any length.
    pub(super) headline: String,
    /// At most 255 characters, never empty.
    pub(super) key: String,
    pub(super) link: Option<Link>,
    paragraphs: Vec<String>,
}

impl Incident {
    pub(super) fn of(notice: &Notice) -> Self {
        let paragraphs = words(notice);
        let first = || paragraphs.first().map(|text| one_line(text));
        let headline = Some(one_line(&notice.headline)).filter(|line| !line.is_empty()).or_else(first);
        let headline = headline.unwrap_or_else(|| NO_HEADLINE.to_owned());
        // Without a key, a second sending would be a second page.
        let key = if notice.key.trim().is_empty() { &headline } else { &notice.key };
        Incident { key: cut(key, KEY_MAX).to_owned(), headline, link: notice.link.clone(), paragraphs }
    }

    /// Says above everything else what became of the service that was asked for.
    pub(super) fn explain(&mut self, text: String) {
        self.paragraphs.insert(0, text);
    }

    /// The headline within `limit` characters.
    pub(super) fn title(&self, limit: usize) -> String {
        shorten(&self.headline, limit).into_owned()
    }

    /// Everything but the link.
    pub(super) fn details(&self) -> String {
        shorten(&self.paragraphs.join("\n\n"), DETAILS_MAX).into_owned()
    }

    /// Everything; the link stands at the end unless a paragraph names it.
    pub(super) fn details_with_link(&self) -> String {
        let details = self.details();
        match &self.link {
            Some(link) if !details.contains(&link.url) => {
                format!("{details}\n\n{}: {}", one_line(&link.text), link.url).trim_start().to_owned()
            }
            _ => details,
        }
    }
}

/// A note on an incident that exists.
pub(super) fn note(notice: &Notice) -> String {
    let headline = one_line(&notice.headline);
    let mut lines = words(notice);
    if !headline.is_empty() && !lines.first().is_some_and(|first| first.contains(&headline)) {
        lines.insert(0, headline);
    }
    lines.extend(notice.link.as_ref().map(|link| link.url.clone()));
    shorten(&lines.join("\n"), NOTE_MAX).into_owned()
}

fn words(notice: &Notice) -> Vec<String> {
    let texts = notice.paragraphs.iter().chain(&notice.prompt).chain(&notice.footer);
    texts.map(Text::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            key: "k".repeat(300),
            headline: "Root  login\nfrom abroad".to_owned(),
            paragraphs: vec![
                Text::Plain("a & b".to_owned()),
                Text::Plain(" ".to_owned()),
                Text::Markup("*c*".to_owned()),
            ],
            link: Some(Link { url: "https://example.com/1".to_owned(), text: "example-org/alarms#1".to_owned() }),
            ..Notice::default()
        }
    }

    #[test]
    fn everything_is_said_within_the_limits() {
        let incident = Incident::of(&notice());
        assert_eq!(incident.key.len(), 255);
        assert_eq!(incident.title(TITLE_MAX), "Root login from abroad");
        assert_eq!(incident.details(), "a & b\n\n*c*");
        assert_eq!(incident.details_with_link(), "a & b\n\n*c*\n\nexample-org/alarms#1: https://example.com/1");
        assert_eq!(note(&notice()), "Root login from abroad\na & b\n*c*\nhttps://example.com/1");

        let long = Notice { headline: "x".repeat(2_000), ..notice() };
        let long = Incident::of(&long);
        assert_eq!(long.title(SUMMARY_MAX).chars().count(), 1_024);
        assert!(long.title(TITLE_MAX).ends_with("… [shortened]"));
    }

    #[test]
    fn a_link_that_is_told_already_is_not_told_twice() {
        let mut told = notice();
        told.paragraphs.push(Text::Plain("Audit log: https://example.com/1".to_owned()));
        assert_eq!(Incident::of(&told).details_with_link().matches("https://example.com/1").count(), 1);
    }

    #[test]
    fn an_empty_notice_still_pages() {
        let incident = Incident::of(&Notice::default());
        assert_eq!((incident.headline.as_str(), incident.key.as_str()), (NO_HEADLINE, NO_HEADLINE));
        let only_text = Notice { paragraphs: vec![Text::Plain("disk\nfull".to_owned())], ..Notice::default() };
        assert_eq!(Incident::of(&only_text).headline, "disk full");
    }

    #[test]
    fn the_details_keep_to_a_limit() {
        let mut incident =
            Incident::of(&Notice { paragraphs: vec![Text::Plain("é".repeat(400_000))], ..Notice::default() });
        incident.explain("why".to_owned());
        assert!(incident.details().starts_with("why\n\né"));
        assert_eq!(incident.details().chars().count(), DETAILS_MAX);
    }
}
