//! What PagerDuty needs to be told: one way in, or both.

use secrecy::SecretString;

use super::{PagerDuty, events::Events, rest::Rest};
use crate::{
    http::Http,
    settings::{Format, Problem, Required, Setting, Settings},
};

const ROUTING_KEY: &str = "PAGERDUTY_ROUTING_KEY";
const API_KEY: &str = "PAGERDUTY_API_KEY";
const SERVICE_ID: &str = "PAGERDUTY_SERVICE_ID";
const FROM_ADDRESS: &str = "PAGERDUTY_FROM_ADDRESS";
/// The name of the setting that [`webhook_secret`] reads.
pub const WEBHOOK_SECRET: &str = "PAGERDUTY_WEBHOOK_SECRET";
const API_URL: &str = "PAGERDUTY_API_URL";
const EVENTS_URL: &str = "PAGERDUTY_EVENTS_URL";

/// The length of every routing key.
const ROUTING_KEY_CHARS: usize = 32;

const EMAIL: Format = Format::new("an e-mail address", |text| {
    (Format::WORD.fits(text)) && text.split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
});

/// The settings of PagerDuty: a routing key, or a key of the REST interface with a service and a
/// sender, or all of them.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: ROUTING_KEY,
        meaning: "Integration key (Events API v2) of the service that is paged by default; preferred",
        format: Format::WORD,
        default: None,
        secret: true,
        required: Required::Unless(API_KEY),
    },
    Setting {
        name: API_KEY,
        meaning: "Key of the REST interface, which reaches services that messages name",
        format: Format::WORD,
        default: None,
        secret: true,
        required: Required::Unless(ROUTING_KEY),
    },
    Setting {
        name: SERVICE_ID,
        meaning: "Service that is paged by default through the REST interface",
        format: Format::WORD,
        default: None,
        secret: false,
        required: Required::With(API_KEY),
    },
    Setting {
        name: FROM_ADDRESS,
        meaning: "E-mail address of a PagerDuty user who is never on call; incidents come from there",
        format: EMAIL,
        default: None,
        secret: false,
        required: Required::With(API_KEY),
    },
    Setting {
        name: WEBHOOK_SECRET,
        meaning: "Secret of the webhook subscription, which PagerDuty signs with; without it webhooks are refused",
        format: Format::WORD,
        default: None,
        secret: true,
        required: Required::No,
    },
    Setting {
        name: API_URL,
        meaning: "Where PagerDuty's REST interface is, without a path",
        format: Format::URL,
        default: Some("https://api.pagerduty.com"),
        secret: false,
        required: Required::No,
    },
    Setting {
        name: EVENTS_URL,
        meaning: "Where PagerDuty takes events, without a path",
        format: Format::URL,
        default: Some("https://events.pagerduty.com"),
        secret: false,
        required: Required::No,
    },
];

impl PagerDuty {
    /// The client that the settings describe.
    ///
    /// # Errors
    /// The first setting that is missing or cannot be used.
    pub fn connect(settings: &Settings, http: &Http) -> Result<Self, Problem> {
        let events = settings.text(ROUTING_KEY).map(|_| events(settings, http)).transpose()?;
        let rest = settings.text(API_KEY).map(|_| rest(settings, http)).transpose()?;
        if events.is_none() && rest.is_none() {
            return Err(settings.problem(ROUTING_KEY, format!("a routing key, unless {API_KEY} is set")));
        }
        if rest.is_none() && (settings.text(SERVICE_ID).is_some() || settings.text(FROM_ADDRESS).is_some()) {
            tracing::warn!("{API_KEY} is not set, so messages cannot choose a PagerDuty service");
        }
        Ok(PagerDuty { events, rest })
    }
}

/// What PagerDuty signs webhooks with, if there are any.
pub fn webhook_secret(settings: &Settings) -> Option<SecretString> {
    settings.secret(WEBHOOK_SECRET)
}

fn events(settings: &Settings, http: &Http) -> Result<Events, Problem> {
    if settings.need(ROUTING_KEY)?.chars().count() != ROUTING_KEY_CHARS {
        tracing::warn!("{ROUTING_KEY} does not have {ROUTING_KEY_CHARS} characters: PagerDuty will refuse it");
    }
    Ok(Events::new(http.clone(), settings.need_url(EVENTS_URL)?, settings.need_secret(ROUTING_KEY)?))
}

fn rest(settings: &Settings, http: &Http) -> Result<Rest, Problem> {
    Ok(Rest {
        http: http.clone(),
        base: settings.need_url(API_URL)?,
        key: settings.need_secret(API_KEY)?,
        from: settings.need(FROM_ADDRESS)?.to_owned(),
        service: settings.need(SERVICE_ID)?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Problems;

    async fn read(values: &[(&str, &str)]) -> Result<Settings, Problems> {
        let lookup = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        Settings::read(&[SETTINGS], lookup, |_| async { unreachable!("nothing is encrypted") }).await
    }

    async fn ways(values: &[(&str, &str)]) -> (bool, bool) {
        let pager = PagerDuty::connect(&read(values).await.unwrap(), &Http::new().unwrap()).unwrap();
        (pager.events.is_some(), pager.rest.is_some())
    }

    async fn problems(values: &[(&str, &str)]) -> Vec<&'static str> {
        read(values).await.unwrap_err().into_iter().map(|problem| problem.name).collect()
    }

    #[tokio::test]
    async fn one_way_must_be_complete() {
        let event = (ROUTING_KEY, "0123456789abcdef0123456789abcdef");
        let rest = [(API_KEY, "key"), (SERVICE_ID, "PABC123"), (FROM_ADDRESS, "dispatch@example.com")];
        assert_eq!(ways(&[event]).await, (true, false));
        assert_eq!(ways(&rest).await, (false, true));
        assert_eq!(ways(&[event, rest[0], rest[1], rest[2]]).await, (true, true));
        assert_eq!(ways(&[event, rest[1]]).await, (true, false));

        assert_eq!(problems(&[]).await, [ROUTING_KEY, API_KEY]);
        assert_eq!(problems(&rest[..1]).await, [SERVICE_ID, FROM_ADDRESS]);
        assert_eq!(problems(&[event, (FROM_ADDRESS, "nobody")]).await, [FROM_ADDRESS]);
    }

    #[tokio::test]
    async fn a_client_without_a_way_is_not_made() {
        let problem = PagerDuty::connect(&Settings::default(), &Http::new().unwrap()).unwrap_err();
        assert_eq!(problem.name, ROUTING_KEY);
    }
}
