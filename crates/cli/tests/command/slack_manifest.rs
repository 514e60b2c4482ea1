//! `dispatch slack-manifest`: what it prints is what Slack takes, and what the repository shows.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use dispatch_services::slack::{Need, SCOPES};
use serde_json::Value;

use crate::run::{Done, dispatch};

/// The address in the file that the repository shows.
const PLACEHOLDER: &str = "https://example.execute-api.eu-central-1.amazonaws.com/slack/interactivity";

fn top(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn printed(args: &[&str]) -> (Done, Value) {
    let done = dispatch(&[&["slack-manifest"], args].concat(), "");
    let manifest = serde_json::from_str(&done.out).unwrap_or_default();
    (done, manifest)
}

fn bot_scopes(manifest: &Value) -> BTreeSet<String> {
    let scopes = manifest["oauth_config"]["scopes"]["bot"].as_array().unwrap();
    scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_file_in_the_repository_is_what_is_printed() {
    let (done, _) = printed(&["--url", PLACEHOLDER]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let path = top("infra/slack-manifest.json");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &done.out).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap();
    assert!(kept == done.out, "run this test with UPDATE=1, and look at what changes in infra/slack-manifest.json");
}

#[test]
fn slack_takes_it_in_both_versions_of_its_schema() {
    for args in [&["--url", PLACEHOLDER][..], &["--url", PLACEHOLDER, "--minimal"]] {
        let (_, manifest) = printed(args);
        for version in [1, 2] {
            let schema = top(&format!("tests/fixtures/contracts/slack-app-manifest.v{version}.schema.json"));
            let schema: Value = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
            let validator = jsonschema::validator_for(&schema).unwrap();
            let errors: Vec<String> = validator.iter_errors(&manifest).map(|error| error.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new(), "version {version}");
            // The schema is not one that takes anything.
            let mut wrong = manifest.clone();
            wrong["display_information"]["long_description"] = "too short".into();
            assert!(!validator.is_valid(&wrong), "version {version}");
        }
    }
}

#[test]
fn it_asks_for_the_scopes_that_the_code_uses_and_for_no_other() {
    let listed = |wanted: &dyn Fn(Need) -> bool| -> BTreeSet<String> {
        SCOPES.iter().filter(|scope| wanted(scope.need)).map(|scope| scope.name.to_owned()).collect()
    };
    let (_, whole) = printed(&["--url", PLACEHOLDER]);
    let (_, minimal) = printed(&["--url", PLACEHOLDER, "--minimal"]);
    assert_eq!(bot_scopes(&whole), listed(&|_| true));
    assert_eq!(bot_scopes(&minimal), listed(&|need| need == Need::Needed));
    assert!(bot_scopes(&minimal).len() < bot_scopes(&whole).len());
}

#[test]
fn people_can_be_written_to_and_can_click() {
    let (_, manifest) = printed(&["--url", "https://alarms.example.com/prod/"]);
    assert_eq!(manifest["features"]["app_home"]["messages_tab_enabled"], true);
    let interactivity = &manifest["settings"]["interactivity"];
    assert_eq!(interactivity["is_enabled"], true);
    assert_eq!(interactivity["request_url"], "https://alarms.example.com/prod/slack/interactivity");
    let version = dispatch(&["--version"], "").out;
    let version = version.trim().trim_start_matches("dispatch ");
    let about = manifest["display_information"]["long_description"].as_str().unwrap();
    assert!(about.ends_with(&format!(" Version {version}.")), "{about}");
}

#[test]
fn an_address_that_will_not_do_is_told() {
    for (args, told) in [
        (&["--url", "http://alarms.example.com"][..], "expected https"),
        (&["--url", "alarms.example.com"], "expected an address such as https://"),
        (&[], "--url <URL>"),
    ] {
        let (done, _) = printed(args);
        assert!(done.code == 2 && done.err.contains(told) && done.out.is_empty(), "{done:?}");
    }
}
