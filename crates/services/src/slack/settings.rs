//! What Slack needs to be told.

use dispatch_core::alarm::Address;
use secrecy::SecretString;

use super::{Reader, SCHEME, Slack};
use crate::{
    http::Http,
    settings::{Format, Problem, Required, Setting, Settings},
};

const BOT_TOKEN: &str = "SLACK_BOT_TOKEN";
const SIGNING_SECRET: &str = "SLACK_SIGNING_SECRET";
const DEFAULT_CHANNEL: &str = "SLACK_DEFAULT_CHANNEL";
pub(crate) const API_URL: &str = "SLACK_API_URL";

const CHANNEL: Format = Format::new("a channel such as #name, name or C0123456789", |text| {
    let name = text.strip_prefix('#').unwrap_or(text);
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || matches!(c, '#' | '@'))
});

/// The settings of Slack.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: BOT_TOKEN,
        meaning: "Token of the app's bot, with the scopes of its manifest",
        format: Format::WORD,
        default: None,
        secret: true,
        required: Required::Yes,
    },
    Setting {
        name: SIGNING_SECRET,
        meaning: "Secret that Slack signs clicks with",
        format: Format::WORD,
        default: None,
        secret: true,
        required: Required::Yes,
    },
    Setting {
        name: DEFAULT_CHANNEL,
        meaning: "Channel that is told when a person cannot be reached",
        format: CHANNEL,
        default: None,
        secret: false,
        required: Required::Yes,
    },
    Setting {
        name: API_URL,
        meaning: "Where Slack's Web API is",
        format: Format::URL,
        default: Some("https://slack.com/api"),
        secret: false,
        required: Required::No,
    },
];

impl Slack {
    /// The client that the settings describe.
    ///
    /// # Errors
    /// The first setting that is missing or cannot be used.
    pub fn connect(settings: &Settings, http: &Http) -> Result<Self, Problem> {
        Ok(Slack::new(http, settings.need_url(API_URL)?, settings.need_secret(BOT_TOKEN)?))
    }
}

/// The fallback channel.
///
/// # Errors
/// When it is missing.
pub fn default_channel(settings: &Settings) -> Result<Address, Problem> {
    Ok(channel(settings.need(DEFAULT_CHANNEL)?))
}

/// What [`signature::verify`](super::signature::verify) needs.
///
/// # Errors
/// When it is missing.
pub fn signing_secret(settings: &Settings) -> Result<SecretString, Problem> {
    settings.need_secret(SIGNING_SECRET)
}

/// `#name`, an id, or a bare name, which lacks its `#`.
fn channel(setting: &str) -> Address {
    match Reader::of(setting) {
        Reader::Conversation(channel) => Address::new(SCHEME, channel),
        _ => Address::new(SCHEME, &format!("#{setting}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_may_be_set_in_three_ways() {
        let cases =
            [("#security", "slack:#security"), ("security", "slack:#security"), ("C0SECURITY", "slack:C0SECURITY")];
        for (setting, address) in cases {
            assert!(CHANNEL.fits(setting));
            assert_eq!(channel(setting).to_string(), address);
        }
        for setting in ["", "#", "@jane", "jane@example.com", "two words", "##x"] {
            assert!(!CHANNEL.fits(setting), "{setting}");
        }
    }
}
