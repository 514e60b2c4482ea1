//! Markdown of issues and comments to HTML that is safe to put into a page.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Renders Markdown as GitHub would, with nothing in it that acts: raw HTML but `<sub>` is shown as text, HTML comments are
/// dropped, links lead to `http`, `https` and `mailto` only, and images become their description.
pub(super) fn safe_html(markdown: &str) -> String {
    let options = Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS;
    let mut guard = Guard::default();
    let events = Parser::new_ext(markdown, options).flat_map(|event| guard.pass(event));
    let mut out = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut out, events);
    out
}

/// Replaces the events that could do harm.
#[derive(Default)]
struct Guard {
    /// The raw HTML of the block that is being read, which comes line by line.
    raw: Option<String>,
    /// For each open link, whether it is kept.
    links: Vec<bool>,
}

impl Guard {
    fn pass<'a>(&mut self, event: Event<'a>) -> Vec<Event<'a>> {
        match event {
            Event::Start(Tag::HtmlBlock) => {
                self.raw = Some(String::new());
                Vec::new()
            }
            Event::End(TagEnd::HtmlBlock) => shown(&self.raw.take().unwrap_or_default()),
            Event::Html(html) | Event::InlineHtml(html) => match &mut self.raw {
                Some(raw) => {
                    raw.push_str(&html);
                    Vec::new()
                }
                None => inline(&html),
            },
            Event::Start(Tag::Link { ref dest_url, .. }) => {
                let keep = leads_somewhere_safe(dest_url);
                self.links.push(keep);
                if keep { vec![event] } else { Vec::new() }
            }
            Event::End(TagEnd::Link) => {
                if self.links.pop().unwrap_or(false) {
                    vec![event]
                } else {
                    Vec::new()
                }
            }
            Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => Vec::new(),
            event => vec![event],
        }
    }
}

/// A block of raw HTML, without its comments, as a paragraph of text.
fn shown<'a>(raw: &str) -> Vec<Event<'a>> {
    let text = without_comments(raw);
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    let paragraph = Event::Start(Tag::Paragraph);
    vec![paragraph, Event::Text(CowStr::from(text.to_owned())), Event::End(TagEnd::Paragraph)]
}

/// Raw HTML within a line. Small print may stay: it has no attributes and does nothing.
fn inline<'a>(raw: &str) -> Vec<Event<'a>> {
    if matches!(raw, "<sub>" | "</sub>") {
        return vec![Event::InlineHtml(CowStr::from(raw.to_owned()))];
    }
    let text = without_comments(raw);
    if text.is_empty() { Vec::new() } else { vec![Event::Text(CowStr::from(text))] }
}

/// Cuts out `<!-- … -->`; a comment that is never closed reaches to the end.
fn without_comments(html: &str) -> String {
    let mut kept = String::new();
    let mut rest = html;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before);
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

fn leads_somewhere_safe(address: &str) -> bool {
    address
        .split_once(':')
        .is_some_and(|(scheme, _)| ["http", "https", "mailto"].contains(&scheme.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::safe_html;

    #[test]
    fn ordinary_markdown_is_rendered() {
        let html = safe_html("Turn **off** `2FA`\n\n- [runbook](https://example.com/a?b=1&c=2)\n");
        assert!(html.contains("<strong>off</strong>"), "{html}");
        assert!(html.contains("<code>2FA</code>"), "{html}");
        assert!(html.contains("<li><a href=\"https://example.com/a?b=1&amp;c=2\">runbook</a></li>"), "{html}");
    }

    #[test]
    fn raw_html_is_text() {
        let html = safe_html("<script>alert(1)</script>\n\nand <img src=x onerror=alert(1)> too");
        assert!(!html.contains("<script"), "{html}");
        assert!(!html.contains("<img"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    }

    #[test]
    fn comments_are_dropped() {
        let html = safe_html("before\n\n<!-- dispatch:key\nsecond line -->\n\nafter <!-- inline --> end");
        assert!(!html.contains("dispatch:key"), "{html}");
        assert!(!html.contains("second line"), "{html}");
        assert!(!html.contains("inline"), "{html}");
        assert!(html.contains("before") && html.contains("after") && html.contains("end"), "{html}");
    }

    #[test]
    fn links_lead_to_the_web_or_to_mail_only() {
        for bad in ["javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "//example.com", "/etc"] {
            let html = safe_html(&format!("[text]({bad})"));
            assert_eq!(html, "<p>text</p>\n", "{bad}");
        }
        assert!(safe_html("[text](mailto:jane@example.com)").contains("href=\"mailto:jane@example.com\""));
        assert!(safe_html("<javascript:alert(1)>").find("href").is_none());
        assert_eq!(safe_html("![alt](https://example.com/x.png)"), "<p>alt</p>\n");
    }
}
