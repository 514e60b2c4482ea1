//! Plans of messages, as text.

use dispatch_core::alarm::Address;

use super::*;

fn plan(message: &str) -> String {
    of_message(message, &defaults(), None)
}

#[test]
fn a_page_names_its_service() {
    let page = |service: &str| {
        plan(&format!(r#"{{"type": "high", "body": {{"pagerduty": {{"title": "Root", "service": "{service}"}}}}}}"#))
    };
    let expected = "Root (high-priority)\n  1. page PagerDuty's default service at once: no issue, and nobody is asked\n  \
                    repeats join the incident that is open under the key \"Root\"\n";
    assert_eq!(page(""), expected);
    assert!(page("PABC123").contains("1. page PagerDuty's service PABC123 at once"), "{}", page("PABC123"));
}

#[test]
fn a_repeat_ends_early_unless_people_are_told_again() {
    let message = |kind: &str, more: &str| {
        plan(&format!(
            r#"{{"type": "{kind}", "users": [{{"slack": "joe"}}], "body": {{"github": {{"title": "t"}}}}{more}}}"#
        ))
    };
    let open = "1. look in example-org/alarms for an open issue of this alarm; if there is one, count this as a repeat";
    assert!(message("low-priority", "").contains(&format!("{open} and stop\n")));
    assert!(message("nag", "").contains(&format!("{open} and open none\n")));
    assert!(message("low-priority", r#", "retrigger": false"#).contains("for an issue of this alarm, open or closed;"));
}

#[test]
fn who_has_no_address_is_not_waited_for() {
    let text = plan(r#"{"type": "self-service", "users": [{"github": "jane"}], "body": {"github": {"title": "t"}}}"#);
    assert!(text.contains("3. ask jane, who has no address\n  4. leave a note in the fallback channel\n"), "{text}");
    assert!(text.contains("  nobody can be asked: the issue stays open\n"), "{text}");
    assert!(!text.contains("on yes"), "{text}");
}

#[test]
fn what_cannot_be_read_has_a_plan() {
    let text = plan("{\"type\": \"nope\"}");
    assert!(text.starts_with("not as it should be: type: found text \"nope\", expected one of "), "{text}");
    assert!(text.contains("  2. open an issue in example-org/alarms\n"), "{text}");
}

#[test]
fn messages_stand_before_what_is_not_json() {
    let file = |text: &str| File::of("a.json", text.as_bytes());
    assert_eq!(texts(&file("{\"a\": 1} [{\"b\": 2}]\n{\"c\": ")).unwrap(), ["{\"a\": 1}", "{\"b\": 2}", "{\"c\":"]);
    assert!(texts(&file(" \n")).is_err());
    assert!(texts(&File::of("a.json", b"\xFF")).is_err());
}

/// What follows silence, of a question with these fields, published on a Saturday at 16:00 UTC.
fn silence(fields: &str, defaults: &Defaults) -> String {
    let message = format!(
        r#"{{"type": "self-service", "users": [{{"slack": "jane"}}], "body": {{"github": {{"title": "t"}}}}, {fields}}}"#
    );
    let text = of_message(&message, defaults, Some("2026-11-21T16:00:00Z".parse().unwrap()));
    let (_, silence) = text.split_once("if nobody answers").unwrap();
    silence.split_once("  repeats share").unwrap().0.to_owned()
}

#[test]
fn instants_are_shown_where_they_are_asked_for() {
    let expected = ":
    after 2 h, Sat 2026-11-21 18:00 UTC  1. remind jane
    after 4 h, Sat 2026-11-21 20:00 UTC  2. page PagerDuty, because nobody answered
                                         3. label the issue as unanswered
                                         4. comment on the issue: nobody answered, and who was told
                                         5. show the outcome to jane: it went on to others
    the issue stays open
";
    assert_eq!(silence(r#""answerTimeout": "PT4H""#, &defaults()), expected);
}

#[test]
fn working_hours_stop_the_clock() {
    let hours = Hours::read("Mon-Fri 09:00-17:00 Asia/Kolkata").unwrap();
    let defaults = Defaults { hours, keeps_hours: true, patience_s: Some(10 * 3_600), ..defaults() };
    let text = silence(r#""remindAfter": "PT1H""#, &defaults);
    let head = ", with an issue opened Sat 2026-11-21 21:30 Asia/Kolkata (16:00 UTC):\n    \
                (the clock runs Mon-Fri 09:00-17:00 Asia/Kolkata; somebody whose zone Slack knows has these hours there)\n";
    assert!(text.starts_with(head), "{text}");
    assert!(text.contains("    Mon 2026-11-23 10:00 Asia/Kolkata (04:30 UTC)  1. remind jane\n"), "{text}");
    assert!(text.contains("    Tue 2026-11-24 11:00 Asia/Kolkata (05:30 UTC)  2. page PagerDuty, "), "{text}");
    let urgent = silence(r#""urgency": "high""#, &defaults);
    assert!(urgent.contains("after 10 h, Sun 2026-11-22 02:00 UTC  2. page PagerDuty"), "{urgent}");
}

#[test]
fn each_step_of_an_escalation_has_its_time() {
    let chain = r##"[{"slackId": "U0JOE", "slack": "joe", "wait": "PT30M"}, {"channel": "#security"}]"##;
    let chain = chain_of(chain, &Address::new("slack", "#security")).unwrap();
    let defaults = Defaults { chain, patience_s: Some(3_600), ..defaults() };
    let text = silence(r#""remindAfter": "off""#, &defaults);
    for part in [
        "after 1 h, Sat 2026-11-21 17:00 UTC         1. ask joe at slack:U0JOE\n",
        "after 1 h 30 min, Sat 2026-11-21 17:30 UTC  ",
        ". tell #security that nobody answered\n",
        "after 1 h 45 min, Sat 2026-11-21 17:45 UTC  ",
        ". page PagerDuty, because nobody answered\n",
    ] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
}

#[test]
fn without_a_deadline_it_waits_for_ever() {
    assert_eq!(silence(r#""retrigger": true"#, &defaults()), ": waits for ever\n");
    let reminded = silence(r#""remindAfter": "PT1H""#, &defaults());
    assert!(reminded.ends_with("1. remind jane\n    then waits for ever\n"), "{reminded}");
}

#[test]
fn silence_counts_also_where_nobody_can_be_asked() {
    let text = plan(
        r#"{"type": "self-service", "users": [{"github": "jane"}], "answerTimeout": "PT1H",
            "body": {"github": {"title": "t"}}}"#,
    );
    assert!(
        text.contains("  nobody can be asked\n  if nobody answers:\n    after 1 h       1. page PagerDuty"),
        "{text}"
    );
}

#[test]
fn the_end_of_an_alarm_has_a_plan() {
    let text = plan(r#"{"type": "resolve", "dedupKey": "2fa/jane"}"#);
    let key = dispatch_core::alarm::Key::new(&Repo::new("example-org", "alarms"), "2fa/jane");
    assert!(text.contains(&format!("  close the issue of alarm {key}, ")), "{text}");
    assert!(text.contains("under the key \"2fa/jane\" at PagerDuty's default service\n"), "{text}");
}
