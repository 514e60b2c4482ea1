//! What GitHub needs to be told.

use dispatch_core::alarm::Repo;
use jiff::Timestamp;
use secrecy::SecretString;

use super::{
    Credentials, GitHub,
    auth::{jwt, read_key},
    wire::is_name,
};
use crate::{
    http::Http,
    settings::{Format, Problem, Required, Setting, Settings},
};

const OWNER: &str = "GITHUB_OWNER";
const REPO: &str = "GITHUB_REPO";
const TOKEN: &str = "GITHUB_TOKEN";
const APP_ID: &str = "GITHUB_APP_ID";
const APP_PRIVATE_KEY: &str = "GITHUB_APP_PRIVATE_KEY";
const APP_INSTALLATION_ID: &str = "GITHUB_APP_INSTALLATION_ID";
const DEFAULT_USER: &str = "GITHUB_DEFAULT_USER";
pub(super) const ALLOW_PUBLIC: &str = "GITHUB_ALLOW_PUBLIC";
/// The name of the setting that [`webhook_secret`] reads.
pub const WEBHOOK_SECRET: &str = "GITHUB_WEBHOOK_SECRET";
pub(crate) const API_URL: &str = "GITHUB_API_URL";

const KEY: Format = Format::new("an RSA private key of 2,048 bits or more, as PEM", |text| {
    read_key(&SecretString::from(text)).is_some()
});
const USER: Format = Format::new("a user or org/team", |text| {
    let name = text.strip_prefix('@').unwrap_or(text);
    name.splitn(2, '/').all(is_name)
});

const YES: &str = "yes";
const YES_OR_NO: Format = Format::new("yes or no", |text| matches!(text, YES | "no"));

/// The settings of GitHub. With both a token and an app, the app is used.
pub const SETTINGS: &[Setting] = &[
    Setting {
        name: OWNER,
        meaning: "User or organisation of the repository where issues go by default",
        format: Format::new("the name of a user or organisation", is_name),
        default: None,
        secret: false,
        required: Required::Yes,
    },
    Setting {
        name: REPO,
        meaning: "Repository where issues go by default",
        format: Format::new("the name of a repository, without its owner", is_name),
        default: None,
        secret: false,
        required: Required::Yes,
    },
    Setting {
        name: TOKEN,
        meaning: "Personal token that may write issues",
        format: Format::WORD,
        default: None,
        secret: true,
        required: Required::Unless(APP_ID),
    },
    Setting {
        name: APP_ID,
        meaning: "Id or client id of a GitHub App that may write issues",
        format: Format::WORD,
        default: None,
        secret: false,
        required: Required::With(APP_PRIVATE_KEY),
    },
    Setting {
        name: APP_PRIVATE_KEY,
        meaning: "Private key of the app; line breaks may be written \\n",
        format: KEY,
        default: None,
        secret: true,
        required: Required::With(APP_ID),
    },
    Setting {
        name: APP_INSTALLATION_ID,
        meaning: "Installation of the app; looked up by repository when it is not given",
        format: Format::NUMBER,
        default: None,
        secret: false,
        required: Required::No,
    },
    Setting {
        name: DEFAULT_USER,
        meaning: "Who is tagged in an issue when the message names nobody",
        format: USER,
        default: None,
        secret: false,
        required: Required::No,
    },
    Setting {
        name: ALLOW_PUBLIC,
        meaning: "Whether issues may be opened in public repositories, where everybody reads what an alarm says",
        format: YES_OR_NO,
        default: Some("no"),
        secret: false,
        required: Required::No,
    },
    Setting {
        name: WEBHOOK_SECRET,
        meaning: "Secret that GitHub signs webhooks with; without it they are refused",
        format: Format::TEXT,
        default: None,
        secret: true,
        required: Required::No,
    },
    Setting {
        name: API_URL,
        meaning: "Where GitHub's REST API is, such as https://HOST/api/v3 for Enterprise Server",
        format: Format::URL,
        default: Some("https://api.github.com"),
        secret: false,
        required: Required::No,
    },
];

impl GitHub {
    /// The client that the settings describe. Must be called within a Tokio runtime.
    ///
    /// # Errors
    /// The first setting that is missing or cannot be used.
    pub fn connect(settings: &Settings, http: &Http) -> Result<Self, Problem> {
        let credentials = match settings.text(APP_ID) {
            None => Credentials::Personal(settings.need_secret(TOKEN)?),
            Some(id) => Credentials::App {
                id: id.to_owned(),
                private_key: settings.need_secret(APP_PRIVATE_KEY)?,
                installation: settings.text(APP_INSTALLATION_ID).and_then(|number| number.parse().ok()),
            },
        };
        let github = GitHub::new(http, &settings.need_url(API_URL)?, credentials)
            .map_err(|_| settings.problem(APP_PRIVATE_KEY, KEY.expected))?;
        Ok(github.with_public(settings.text(ALLOW_PUBLIC) == Some(YES)))
    }
}

/// Where issues go by default.
///
/// # Errors
/// When a name is missing.
pub fn default_repo(settings: &Settings) -> Result<Repo, Problem> {
    Ok(Repo::new(settings.need(OWNER)?, settings.need(REPO)?))
}

/// What the app of the settings proves with who it is, for ten minutes from `now`; `None` without an app, or with a
/// key that cannot sign.
pub fn app_word(settings: &Settings, now: Timestamp) -> Option<SecretString> {
    let key = read_key(&settings.secret(APP_PRIVATE_KEY)?)?;
    jwt(settings.text(APP_ID)?, &key, now)
}

/// The user or `org/team` that is tagged when a message names nobody, without `@`.
pub fn default_user(settings: &Settings) -> Option<String> {
    settings.text(DEFAULT_USER).map(|name| name.strip_prefix('@').unwrap_or(name).to_owned())
}

/// What GitHub signs webhooks with, if there are any.
pub fn webhook_secret(settings: &Settings) -> Option<SecretString> {
    settings.secret(WEBHOOK_SECRET)
}
