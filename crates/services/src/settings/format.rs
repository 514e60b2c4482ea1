//! What the value of a setting looks like.

use url::Url;

use crate::http::is_here;

/// What the value of a setting looks like. A service may declare its own.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// In words, as the end of "expected …".
    pub expected: &'static str,
    check: fn(&str) -> bool,
}

impl Format {
    /// Any text.
    pub const TEXT: Format = Format::new("a text", |_| true);

    /// One word: visible ASCII characters only, as in names, ids and tokens.
    pub const WORD: Format =
        Format::new("one word without spaces", |text| text.bytes().all(|byte| byte.is_ascii_graphic()));

    /// A whole number above zero.
    pub const NUMBER: Format =
        Format::new("a whole number above 0", |text| text.parse::<u64>().is_ok_and(|number| number > 0));

    /// An address to send requests to. Without TLS only on this machine: tokens travel there.
    pub const URL: Format = Format::new("an https:// address, or http:// on this machine", is_safe);

    /// A format of its own: `expected` in words, and whether a text has it.
    pub const fn new(expected: &'static str, check: fn(&str) -> bool) -> Self {
        Format { expected, check }
    }

    /// Whether a text has this format.
    pub fn fits(&self, text: &str) -> bool {
        (self.check)(text)
    }
}

fn is_safe(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    plain && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && is_here(&url)))
}
