//! What can be wrong at GitHub.

use dispatch_simulator::fake::{Fault, Kind, github::APP_PRIVATE_KEY};
use serde_json::json;

use super::{Plant, find_each, ward::Ward};

const REPO: &str = "example-org/alarms";

/// Dispatch is a GitHub App there.
fn as_app(ward: &mut Ward) {
    ward.unset("GITHUB_TOKEN");
    ward.set("GITHUB_APP_ID", "4711");
    ward.set("GITHUB_APP_PRIVATE_KEY", APP_PRIVATE_KEY);
}

#[test]
fn an_app_that_is_right_has_nothing_wrong() {
    let mut ward = Ward::right();
    as_app(&mut ward);
    let findings = ward.examine(&[]);
    assert_eq!(findings.wrong(), Vec::<&str>::new());
    assert!(findings.all.iter().any(|finding| finding["what"] == "installation" && finding["text"] == "815"));
}

#[test]
fn each_fault_of_the_token_is_found() {
    find_each(&[
        Plant::new("expired", |ward| ward.set("GITHUB_TOKEN", "ghp_other"), "token", "personal-access-tokens/new"),
        Plant::new(
            "single sign-on",
            |_| {},
            "token",
            "Open https://github.com/orgs/example-org/sso?authorization_request=1",
        )
        .prepared(|fakes| {
            fakes.github.sso = Some("https://github.com/orgs/example-org/sso?authorization_request=1".to_owned());
        }),
        Plant::new("it may only read", |_| {}, "may write issues", "Issues: Read and write")
            .prepared(|fakes| fakes.github.may_write = false),
        Plant::new(
            "its requests are used up",
            |ward| {
                let body =
                    json!({ "resources": { "core": { "limit": 5_000, "remaining": 0, "reset": 0, "used": 5_000 } } });
                let kind = Kind::Answer { status: 200, body: body.to_string() };
                ward.fakes.github.fault(Fault::new("rate-limit/get", kind).always());
            },
            "rate limit",
            "give Dispatch its own",
        ),
    ]);
}

#[test]
fn each_fault_of_the_repository_is_found() {
    find_each(&[
        Plant::new(
            "no such repository",
            |ward| ward.set("GITHUB_REPO", "elsewhere"),
            "repository",
            "gh repo create example-org/elsewhere",
        ),
        Plant::new("archived", |ward| ward.fakes.github.archive(REPO, true).unwrap(), "repository", "Unarchive it at "),
        Plant::new(
            "public",
            |ward| ward.fakes.github.make_public(REPO, true).unwrap(),
            "private",
            "Make it private at ",
        ),
        Plant::new(
            "without issues",
            |ward| ward.fakes.github.enable_issues(REPO, false).unwrap(),
            "issues",
            "--enable-issues",
        ),
        Plant::new(
            "no such user",
            |ward| ward.set("GITHUB_DEFAULT_USER", "nobody"),
            "default user",
            "Set GITHUB_DEFAULT_USER",
        ),
        Plant::new(
            "a user who may not read",
            |ward| ward.set("GITHUB_DEFAULT_USER", "@eve"),
            "default user",
            "Collaborators and teams",
        )
        .prepared(|fakes| fakes.github.strangers = vec!["eve".to_owned()]),
        Plant::new(
            "a foreign team",
            |ward| ward.set("GITHUB_DEFAULT_USER", "other-org/security"),
            "default user",
            "a team of example-org",
        ),
        Plant::new(
            "no such team",
            |ward| ward.set("GITHUB_DEFAULT_USER", "example-org/ghosts"),
            "default user",
            "/orgs/example-org/new-team",
        )
        .prepared(|fakes| fakes.github.scopes = Some(vec!["repo".to_owned(), "read:org".to_owned()])),
    ]);
}

#[test]
fn each_fault_of_an_app_is_found() {
    find_each(&[
        Plant::new("not installed", as_app, "installation", "https://github.com/apps/dispatch-app/installations/new")
            .prepared(|fakes| fakes.github.app.as_mut().unwrap().installed = false),
        Plant::new("suspended", as_app, "installation", "choose Unsuspend")
            .prepared(|fakes| fakes.github.app.as_mut().unwrap().suspended = true),
        Plant::new("it may only read issues", as_app, "may write issues", "set Issues to Read and write")
            .prepared(|fakes| fakes.github.app.as_mut().unwrap().issues = "read".to_owned()),
        Plant::new(
            "the key of another app",
            |ward| {
                as_app(ward);
                ward.set("GITHUB_APP_ID", "1");
            },
            "app",
            "Compare GITHUB_APP_ID",
        ),
        Plant::new(
            "another installation",
            |ward| {
                as_app(ward);
                ward.set("GITHUB_APP_INSTALLATION_ID", "1");
            },
            "installation",
            "Set GITHUB_APP_INSTALLATION_ID to 815",
        ),
    ]);
}

#[test]
fn a_token_that_ends_soon_is_noted_and_a_team_that_cannot_be_seen_is_not_blamed() {
    let ward = Ward::with(|fakes| fakes.github.token_ends = Some("2020-01-01 00:00:00 UTC".to_owned()), true);
    let findings = ward.examine(&[]);
    let told =
        findings.all.iter().find(|finding| finding["what"] == "token" && finding["service"] == "GitHub").unwrap();
    assert_eq!((findings.code, told["verdict"].as_str()), (0, Some("note")), "{findings:#?}");

    let mut ward = Ward::right();
    ward.set("GITHUB_DEFAULT_USER", "example-org/secret");
    let findings = ward.examine(&[]);
    let told = findings.all.iter().find(|finding| finding["what"] == "default user").unwrap();
    assert_eq!((findings.code, told["verdict"].as_str()), (0, Some("skipped")), "{findings:#?}");
}
