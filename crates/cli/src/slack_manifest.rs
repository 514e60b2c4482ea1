//! `dispatch slack-manifest`: the Slack app, as Slack is told of it.

use std::process::ExitCode;

use clap::{Args, FromArgMatches, ValueHint};
use dispatch_services::{
    VERSION,
    slack::{Need, SCOPES},
};
use serde_json::{Value, json};
use url::{Host, Url};

use crate::{Failure, command::Command, style};

/// `dispatch slack-manifest`.
pub(crate) const COMMAND: Command = Command {
    name: "slack-manifest",
    define: |command| SlackManifest::augment_args(command).after_help(EXAMPLES),
    run: |matches| run(&SlackManifest::from_arg_matches(matches)?),
};

const EXAMPLES: &str = "Examples:
  dispatch slack-manifest --url https://abc123.execute-api.eu-central-1.amazonaws.com > manifest.json
  dispatch slack-manifest --url https://abc123.execute-api.eu-central-1.amazonaws.com --minimal

Exit code 0: the manifest was printed; 2: the address will not do.";

/// Where requests of Slack's go, on the address of the deployment.
const PATH: [&str; 2] = ["slack", "interactivity"];
/// Source: the schema of manifests, `request_url`.
const URL_CHARS_MAX: usize = 3_500;

/// Print the manifest that makes the Slack app
///
/// Paste it at api.slack.com/apps with "Create New App", "From a manifest"; for an app that is there already,
/// under "App Manifest". It asks for the scopes that Dispatch makes use of and for no other. An app that gets another scope
/// must be installed in the workspace again.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct SlackManifest {
    /// Address that Slack sends clicks to: that of the deployment's API, with or without /slack/interactivity
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, value_parser = request_url)]
    pub(crate) url: Url,

    /// Leave out the scopes that Dispatch can do without. It then sends a message again whose reply was lost
    #[arg(long)]
    pub(crate) minimal: bool,
}

fn run(options: &SlackManifest) -> Result<ExitCode, Failure> {
    style::stdout(&format!("{:#}\n", manifest(&options.url, options.minimal)))?;
    Ok(ExitCode::SUCCESS)
}

/// <https://docs.slack.dev/reference/app-manifest>
fn manifest(request_url: &Url, minimal: bool) -> Value {
    let scopes = SCOPES.iter().filter(|scope| !minimal || scope.need == Need::Needed);
    let scopes: Vec<&str> = scopes.map(|scope| scope.name).collect();
    json!({
        "_metadata": { "major_version": 1, "minor_version": 1 },
        "display_information": {
            "name": "Dispatch",
            "description": "Asks the right person about an alarm, and pages when the answer is no.",
            "long_description": format!(
                "Dispatch routes alarms. When a monitoring system notices something that only you can explain, it asks \
                 you here whether it was you. Your answer is kept in the alarm's issue on GitHub. A no goes to whoever is \
                 on call, and so does silence where your team wants that.\n\nIn conversations it looks \
                 for its own messages and for nothing else. Version {VERSION}."
            ),
        },
        "features": {
            // Without its messages tab an app cannot send direct messages. People answer with buttons, not in words.
            "app_home": {
                "home_tab_enabled": false,
                "messages_tab_enabled": true,
                "messages_tab_read_only_enabled": true,
            },
            "bot_user": { "display_name": "Dispatch", "always_online": true },
        },
        "oauth_config": { "scopes": { "bot": scopes } },
        "settings": {
            "interactivity": { "is_enabled": true, "request_url": request_url.as_str() },
            "org_deploy_enabled": false,
            "socket_mode_enabled": false,
            // A token that changes would have to be kept somewhere.
            "token_rotation_enabled": false,
        },
    })
}

/// The address with the path that clicks go to. Slack sends them over TLS only; http will do for a stand-in of Slack.
fn request_url(text: &str) -> Result<Url, String> {
    let mut url: Url =
        text.trim().parse().map_err(|error| format!("expected an address such as https://… ({error})"))?;
    let scheme = url.scheme();
    if scheme != "https" && !(scheme == "http" && is_loopback(&url)) {
        return Err("expected https: Slack sends clicks nowhere else".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err("expected an address without a query, a fragment, a user and a password".to_owned());
    }
    let parts: Vec<String> = url.path_segments().into_iter().flatten().map(str::to_owned).collect();
    let mut parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    // Whatever there is of the path is not put there twice.
    if let Some(has) = (0..=PATH.len()).rev().find(|has| parts.ends_with(PATH.get(..*has).unwrap_or_default())) {
        parts.extend(PATH.iter().skip(has));
    }
    url.set_path(&parts.join("/"));
    if url.as_str().chars().count() > URL_CHARS_MAX {
        return Err(format!("expected at most {URL_CHARS_MAX} characters"));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_mended() {
        let whole = "https://abc.execute-api.eu-central-1.amazonaws.com/slack/interactivity";
        for given in ["", "/", "/slack", "/slack/", "/slack/interactivity", "/slack/interactivity/", "//"] {
            let given = format!(" https://abc.execute-api.eu-central-1.amazonaws.com{given} ");
            assert_eq!(request_url(&given).unwrap().as_str(), whole, "{given}");
        }
        for (given, mended) in [
            ("https://example.com/prod", "https://example.com/prod/slack/interactivity"),
            ("https://example.com/slack/other", "https://example.com/slack/other/slack/interactivity"),
            ("HTTPS://Example.com:8443", "https://example.com:8443/slack/interactivity"),
            ("http://127.0.0.1:4100", "http://127.0.0.1:4100/slack/interactivity"),
            ("http://localhost:4100/", "http://localhost:4100/slack/interactivity"),
            ("http://[::1]:4100", "http://[::1]:4100/slack/interactivity"),
        ] {
            assert_eq!(request_url(given).unwrap().as_str(), mended);
        }
    }

    #[test]
    fn what_slack_would_not_send_to_is_refused() {
        for given in [
            "",
            "example.com",
            "http://example.com",
            "http://127.0.0.1.example.com",
            "ftp://example.com",
            "https://example.com/?a=b",
            "https://example.com/#a",
            "https://jane@example.com",
            "https://jane:secret@example.com",
            &format!("https://example.com/{}", "a".repeat(URL_CHARS_MAX)),
        ] {
            assert!(request_url(given).is_err(), "{given}");
        }
    }
}
