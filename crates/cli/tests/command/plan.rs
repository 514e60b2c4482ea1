//! `dispatch plan`.

use std::fs;

use tempfile::TempDir;

use crate::run::{dispatch, dispatch_in};

#[test]
fn a_question_is_planned_with_both_answers() {
    let message = r#"{
        "type": "Self-Service", "users": [{ "email": "jane@example.com", "slack": "jane", "github": "jane" }],
        "dedupKey": "2fa/jane", "answerTimeout": "PT4H", "pagerDutyServiceId": "PABC123",
        "body": { "github": { "title": "2FA off" }, "slack": { "actions": { "no": "Not me" } } }
    }"#;
    let expected = r#"2FA off (self-service)
  1. look in example-org/alarms for an open issue of this alarm; if there is one, count this as a repeat and stop
  2. open an issue in example-org/alarms, tagging @jane
  3. ask jane at slack:jane@example.com
  then wait for an answer
  on yes, "Yes":
    1. comment on the issue: who answered what, and when
    2. show the outcome to jane
    3. close the issue
  on no, "Not me":
    1. page for the no of jane, through PagerDuty's service PABC123
    2. comment on the issue: who answered what, and when
    3. show the outcome to jane
    4. comment on the issue: the link to the incident
    5. show the outcome to jane, with the page
    the issue stays open
  if nobody answers:
    after 2 h       1. remind jane
    after 4 h       2. page PagerDuty's service PABC123, because nobody answered
                    3. label the issue as unanswered
                    4. comment on the issue: nobody answered, and who was told
                    5. show the outcome to jane: it went on to others
    the issue stays open
  repeats share the key KEY ("2fa/jane")
"#;
    let done = dispatch(&["plan", "-"], message);
    let key = dispatch_core::alarm::Key::new(&dispatch_core::alarm::Repo::new("example-org", "alarms"), "2fa/jane");
    assert_eq!(done.out, expected.replace("KEY", key.as_str()));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

#[test]
fn every_example_has_a_plan_without_warnings() {
    for example in dispatch_local::examples::EXAMPLES {
        let done = dispatch(&["plan", "-"], example.message);
        assert_eq!(done.code, 0);
        assert!(done.out.lines().next().unwrap().ends_with(&format!("({})", example.name)), "{}", done.out);
        assert!(!done.out.contains("not as it should be"), "{}", done.out);
    }
}

#[test]
fn options_stand_for_the_deployment() {
    let message = r#"{"type": "low-priority", "body": {"github": {"title": "t"}}}"#;
    let done = dispatch(&["plan", "--repo", "example-org/log", "--default-user", "@example-org/ops", "-"], message);
    assert!(done.out.contains("  2. open an issue in example-org/log, tagging @example-org/ops\n"), "{}", done.out);
    let question = dispatch_local::examples::EXAMPLES[0].message;
    let silence = [
        "--answer-timeout",
        "PT8H",
        "--during",
        "working-hours",
        "--working-hours",
        "Mon-Fri 09:00-17:00 Europe/Berlin without 2026-11-23",
        "--at",
        "2026-11-20T15:00:00Z",
        "--escalation",
        r#"[{"onCall": "PABC123", "wait": "PT5M"}]"#,
    ];
    let done = dispatch(&[&["plan"], &silence[..], &["-"]].concat(), question);
    for part in [
        ", with an issue opened Fri 2026-11-20 16:00 Europe/Berlin (15:00 UTC):\n",
        "    Tue 2026-11-24 12:00 Europe/Berlin (11:00 UTC)  1. remind jane\n",
        "    Tue 2026-11-24 16:00 Europe/Berlin (15:00 UTC)  2. ask whoever is on call at on-call:PABC123\n",
        "    Tue 2026-11-24 16:05 Europe/Berlin (15:05 UTC)  ",
    ] {
        assert!(done.out.contains(part), "{part:?} in {}", done.out);
    }
    for (option, value, expected) in [
        ("--answer-timeout", "PT1S", "found text \"PT1S\", expected "),
        ("--working-hours", "9 to 5", "found \"to\", expected "),
        ("--escalation", "{}", "escalation: found an object, expected a list"),
    ] {
        let done = dispatch(&["plan", option, value, "-"], message);
        assert_eq!(done.code, 2);
        assert!(done.err.starts_with(&format!("error: {option}: {expected}")), "{}", done.err);
    }
    let done = dispatch(&["plan", "--repo", "alarms", "-"], message);
    assert_eq!((done.code, done.err.as_str()), (2, "error: --repo: found \"alarms\", expected owner/name\n"));
}

#[test]
fn what_cannot_be_read_is_planned_and_what_cannot_be_published_is_told() {
    let long = format!("{{\"type\": \"nag\", \"body\": {{\"github\": {{\"title\": \"{}\"}}}}}}", "x".repeat(262_144));
    let done = dispatch(&["plan", "-"], &format!("{long}\n{{\"type\": \"nag\""));
    assert_eq!(done.code, 0);
    let told =
        "cannot be published: found 262194 bytes, expected at most 262144, or SNS refuses it\n\nnot as it should be: ";
    assert!(done.out.starts_with(told), "{}", &done.out[..300]);
    assert!(done.out.contains("Unreadable message: "), "{}", done.out);

    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("empty.json"), "\n").unwrap();
    let done = dispatch_in(folder.path(), &["plan", "empty.json"], b"");
    let expected = "error: empty.json: found no message, expected a JSON object\n";
    assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (2, "", expected));
}
