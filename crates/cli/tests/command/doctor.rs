//! `dispatch doctor`: a right set-up has nothing wrong, and each planted fault is found, with its mend, and alone.

mod aws;
mod functions;
mod github;
mod pagerduty;
mod settings;
mod slack;
mod ward;

use serde_json::Value;

use self::ward::{Plant, Ward};

/// The name of the label that Dispatch uses.
const LABEL: &str = "unanswered";

#[test]
fn nothing_is_wrong_with_a_right_set_up_and_nothing_stays() {
    let ward = Ward::right();
    let findings = ward.examine(&["--page", "--message", "jane@example.com"]);
    assert_eq!(findings.code, 0, "{findings:#?}");
    for finding in &findings.all {
        assert_eq!(finding["verdict"], "ok", "{finding}");
    }
    assert!(findings.all.len() > 60, "{}", findings.all.len());
    for what in
        ["scope chat:write", "fallback channel", "may write issues", "on call", "queue alarms", "store", "clock"]
    {
        assert!(findings.all.iter().any(|finding| finding["what"] == what), "{what}");
    }
    assert_eq!(ward.fakes.violations(), Vec::<String>::new());
    assert_eq!(dispatch_tests::contract::check(&ward.fakes.requests()), Vec::<String>::new());
    assert!(ward.fakes.pagerduty.incidents().iter().all(|incident| incident.status == "resolved"));
    assert_eq!(ward.fakes.github.labels("example-org/alarms"), [LABEL]);
    assert_eq!(std::fs::read_dir(ward.folder.path().join("doctor")).map_or(0, Iterator::count), 0);
}

#[test]
fn unasked_nobody_is_paged_or_written_to() {
    let ward = Ward::right();
    let findings = ward.examine(&[]);
    assert_eq!(findings.code, 0, "{findings:#?}");
    let skipped: Vec<&Value> = findings.all.iter().filter(|finding| finding["verdict"] == "skipped").collect();
    let what: Vec<&str> = skipped.iter().map(|finding| finding["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["messages tab", "routing key"]);
    assert!(ward.fakes.pagerduty.incidents().is_empty());
    assert!(ward.fakes.slack.dm("jane").is_empty());
    let channel = ward.fakes.slack.messages("#security");
    assert!(channel.iter().all(|message| message.ephemeral_to.as_deref() == Some("U0DISPATCH")), "{channel:?}");
}

#[test]
fn a_label_that_is_missing_is_mended_when_asked() {
    let ward = Ward::with(|_| {}, false);
    assert_eq!(ward.examine(&[]).wrong(), ["labels"]);
    let mended = ward.examine(&["--fix"]);
    assert_eq!(
        (mended.code, ward.fakes.github.labels("example-org/alarms")),
        (0, vec![LABEL.to_owned()]),
        "{mended:#?}"
    );
    assert_eq!(ward.examine(&[]).code, 0);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_no_secret_with_it() {
    let mut ward = Ward::right();
    ward.set("SLACK_DEFAULT_CHANNEL", "#nowhere");
    ward.set("GITHUB_DEFAULT_USER", "nobody");
    ward.fakes.github.make_public("example-org/alarms", true).unwrap();
    ward.fakes.pagerduty.put_on_call(Vec::new());
    let findings = ward.examine(&[]);
    assert_eq!(findings.wrong(), ["fallback channel", "private", "default user", "on call"]);
    let text = ward.run(&[]);
    assert_eq!(text.code, 1);
    assert!(text.out.contains("\n  wrong   fallback channel"), "{}", text.out);
    assert!(
        text.out.contains("\n          → Create the channel and type `/invite @dispatch` in it; if"),
        "{}",
        text.out
    );
    assert!(text.out.ends_with("\n4 things are wrong. (2 not looked at)\n"), "{}", text.out);
    for name in
        ["SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "GITHUB_TOKEN", "PAGERDUTY_API_KEY", "PAGERDUTY_ROUTING_KEY"]
    {
        let secret = &ward.environment[name];
        assert!(!text.out.contains(secret) && !text.err.contains(secret), "{name}");
    }
}

/// Each fault on a set-up of its own.
fn find_each(plants: &[Plant]) {
    for plant in plants {
        plant.is_found();
    }
}
