//! What happens while nobody answers, told as tables: seconds count from the opening of the issue.

use super::*;
use crate::{
    alarm::{Address, Signal},
    notice::Receipt,
    source, words,
};

/// A question to jane with these fields besides.
pub(super) fn asks(fields: &Value) -> Value {
    let mut message = self_service();
    message["answerTimeout"] = json!("PT4H");
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    message
}

/// A life whose people have just been asked.
pub(super) fn asked(message: &Value) -> Journal {
    let mut journal = journal(message);
    journal.push(at(0), opened());
    rehearse(&mut journal, at(0));
    journal
}

pub(super) fn asked_with(message: &Value, facts: impl IntoIterator<Item = (i64, Fact)>) -> Journal {
    let mut journal = asked(message);
    for (second, fact) in facts {
        journal.push(at(second), fact);
    }
    journal
}

fn brief_fact(fact: &Fact) -> String {
    match fact {
        Fact::RemindDue { who } => format!("remind {who:?}"),
        Fact::Silent { wave, who } => format!("silent {wave} {who:?}"),
        Fact::ClimbDue { wave, rung } => format!("climb {wave}.{rung}"),
        other => format!("{other:?}"),
    }
}

/// What time will bring, without the looks at the issue.
pub(super) fn table(journal: &Journal) -> Vec<String> {
    let due = timetable(journal).into_iter().filter(|due| due.fact != Fact::Looked);
    due.map(|due| format!("{} {}", due.at.as_second() - at(0).as_second(), brief_fact(&due.fact))).collect()
}

/// What is done through silence to the end, apart from texts: `7200 remind 0.0`.
pub(super) fn played(mut journal: Journal) -> Vec<String> {
    let played = rehearse_silence(&mut journal);
    let acts = played.into_iter().flat_map(|(at, _, steps)| steps.into_iter().map(move |step| (at, step)));
    let acts = acts.filter(|(_, step)| !matches!(step, Step::Remark(_) | Step::Show { .. } | Step::Mark));
    acts.map(|(time, act)| format!("{} {}", time.as_second() - at(0).as_second(), step(&act))).collect()
}

#[test]
fn the_deadline_counts_from_the_opening_and_one_reminder_comes_at_half_of_it() {
    let message = asks(&json!({}));
    assert_eq!(table(&asked(&message)), ["7200 remind [0]", "14400 silent 0 [0]"]);
    assert_eq!(played(asked(&message)), ["7200 remind 0.0", "14400 climb 0.0"]);
}

#[test]
fn another_time_for_the_reminder_and_none() {
    let rows: [(Value, &[&str]); 5] = [
        (json!({ "remindAfter": "PT30M" }), &["1800 remind [0]", "14400 silent 0 [0]"]),
        (json!({ "remindAfter": "PT3H59M59S" }), &["14399 remind [0]", "14400 silent 0 [0]"]),
        (json!({ "remindAfter": "off" }), &["14400 silent 0 [0]"]),
        (json!({ "answerTimeout": "off" }), &[]),
        (json!({ "answerTimeout": "off", "remindAfter": "PT30M" }), &["1800 remind [0]"]),
    ];
    for (fields, expected) in rows {
        assert_eq!(table(&asked(&asks(&fields))), expected, "{fields}");
    }
}

#[test]
fn nobody_is_reminded_of_a_question_that_they_never_got() {
    let mut journal = journal(&asks(&json!({})));
    journal.push(at(0), opened());
    assert_eq!(table(&journal), ["14400 silent 0 [0]"]);
    journal.push(at(1), unreached(0, 0));
    assert_eq!(table(&journal), ["14400 silent 0 [0]"]);
    assert_eq!(played(journal), ["3600 fall back 0", "14400 climb 0.0"]);
}

#[test]
fn a_snooze_moves_the_reminder_and_never_the_deadline() {
    let message = asks(&json!({ "snooze": true }));
    type Row<'a> = (&'a [(i64, Fact)], &'a [&'a str]);
    let rows: [Row<'_>; 6] = [
        (&[(600, snoozed(0, 4_200))], &["4200 remind [0]", "14400 silent 0 [0]"]),
        (&[(600, snoozed(0, 9_000))], &["9000 remind [0]", "14400 silent 0 [0]"]),
        (&[(600, snoozed(0, 4_200)), (4_200, remind_due(0))], &["14400 silent 0 [0]"]),
        (&[(7_200, remind_due(0)), (7_300, snoozed(0, 10_900))], &["10900 remind [0]", "14400 silent 0 [0]"]),
        (&[(600, snoozed(0, 4_200)), (700, snoozed(0, 4_300))], &["4300 remind [0]", "14400 silent 0 [0]"]),
        (&[(600, snoozed(0, 14_400))], &["14400 silent 0 [0]"]),
    ];
    for (facts, expected) in rows {
        assert_eq!(table(&asked_with(&message, facts.to_vec())), expected, "{facts:?}");
    }
}

#[test]
fn a_reminder_can_be_put_off_twice_and_never_beyond_the_deadline() {
    let ways = |journal: &Journal, now| -> Vec<(String, i64)> {
        let ways = words::snoozes(journal, &Progress::of(journal), 0, at(now)).into_iter();
        ways.map(|(name, _, until)| (name, until.as_second() - at(0).as_second())).collect()
    };
    let called = |way: &str, until: i64| (way.to_owned(), until);
    let short = asks(&json!({ "snooze": true }));
    assert_eq!(ways(&asked(&short), 600), [called("1h", 4_200)]);
    assert_eq!(ways(&asked(&short), 10_800), []);
    // Opened at three in the night, UTC; nine o'clock of the next day is 30 hours away.
    let long = asks(&json!({ "snooze": true, "answerTimeout": "P2D" }));
    let all = [called("1h", 3_600), called("4h", 14_400), called("tomorrow", 108_000)];
    assert_eq!(ways(&asked(&long), 0), all);
    let in_new_york = Fact::Reached {
        who: 0,
        round: 0,
        receipt: Receipt { at: Address::new("slack", "D0"), id: "1".to_owned(), reader: None, url: None },
        zone: Some("America/New_York".to_owned()),
    };
    // It is the evening before there, and five hours behind.
    assert_eq!(ways(&asked_with(&long, [(1, in_new_york)]), 0)[2], called("tomorrow", 39_600));

    let buttons = |journal: &Journal| {
        let notice = words::reach(journal, &issue(), &Progress::of(journal), 0, 0);
        notice.buttons.into_iter().map(|button| button.action).collect::<Vec<_>>()
    };
    let once = asked_with(&long, [(1, snoozed(0, 3_601))]);
    assert_eq!((ways(&once, 0).len(), buttons(&once)), (3, ["yes", "no", "snooze"].map(str::to_owned).to_vec()));
    let twice = asked_with(&long, [(1, snoozed(0, 3_601)), (2, snoozed(0, 3_602))]);
    assert_eq!((ways(&twice, 0).len(), buttons(&twice)), (0, ["yes", "no"].map(str::to_owned).to_vec()));
}

#[test]
fn whoever_snoozes_sees_it_until_they_are_reminded() {
    let journal = asked_with(&asks(&json!({ "snooze": true })), [(600, snoozed(0, 4_200))]);
    assert_eq!(next(&journal), "comment snoozed 0, show 0 snoozed 0");
    let mut journal = journal;
    rehearse(&mut journal, at(600));
    journal.push(at(4_200), remind_due(0));
    assert_eq!(next(&journal), "remind 0.0");
}

#[test]
fn outside_of_working_hours_the_clock_stands() {
    let asked_in = |fields: Value, zone: Option<&str>| {
        let mut journal = journal(&asks(&fields));
        journal.push(at(0), opened());
        let Fact::Reached { who, round, receipt, .. } = reached(0, 0) else { panic!() };
        journal.push(at(1), Fact::Reached { who, round, receipt, zone: zone.map(str::to_owned) });
        table(&journal)
    };
    // Opened on a Saturday at three, UTC: Monday at nine is 53 hours away in Berlin and 59 in New York.
    let hour = 3_600;
    let keeps = json!({ "during": "working-hours", "workingHours": "Mon-Fri 09:00-17:00 Europe/Berlin" });
    let rows = [
        (keeps.clone(), None, [55 * hour, 57 * hour]),
        (keeps.clone(), Some("America/New_York"), [61 * hour, 63 * hour]),
        (keeps.clone(), Some("Nowhere/Atlantis"), [55 * hour, 57 * hour]),
        (json!({ "during": "always", "workingHours": "Mon-Fri 09:00-17:00 UTC" }), None, [2 * hour, 4 * hour]),
    ];
    for (fields, zone, [remind, silent]) in rows {
        let expected = [format!("{remind} remind [0]"), format!("{silent} silent 0 [0]")];
        assert_eq!(asked_in(fields.clone(), zone), expected, "{fields} {zone:?}");
    }
    let mut urgent = keeps;
    urgent["urgency"] = json!("high");
    assert_eq!(asked_in(urgent, Some("America/New_York")), ["7200 remind [0]", "14400 silent 0 [0]"]);
}

#[test]
fn people_with_one_deadline_are_one_wave_and_one_page() {
    let mut message = poll();
    message["answerTimeout"] = json!("PT4H");
    assert_eq!(table(&asked(&message)), ["7200 remind [0, 1]", "14400 silent 0 [0, 1]"]);
    assert_eq!(played(asked(&message)), ["7200 remind 0.0", "7200 remind 1.0", "14400 climb 0.0"]);
    let one = asked_with(&message, [(5, answered(0, Yes))]);
    assert_eq!(table(&one), ["7200 remind [1]", "14400 silent 0 [1]"]);
}

#[test]
fn people_in_different_zones_are_two_waves_and_two_pages() {
    let mut message = poll();
    message["answerTimeout"] = json!("PT4H");
    message["remindAfter"] = json!("off");
    message["during"] = json!("working-hours");
    let mut journal = journal(&message);
    journal.push(at(0), opened());
    for (who, zone) in [(0, "America/New_York"), (1, "Europe/Berlin")] {
        let Fact::Reached { round, receipt, .. } = reached(who, 0) else { panic!() };
        journal.push(at(1), Fact::Reached { who, round, receipt, zone: Some(zone.to_owned()) });
    }
    let (berlin, new_york) = (57 * 3_600, 63 * 3_600);
    assert_eq!(table(&journal), [format!("{berlin} silent 0 [1]"), format!("{new_york} silent 1 [0]")]);
    assert_eq!(played(journal.clone()), [format!("{berlin} climb 0.0"), format!("{new_york} climb 1.0")]);
    rehearse_silence(&mut journal);
    let progress = Progress::of(&journal);
    let keys = [0, 1].map(|wave| words::climb(&journal, &issue(), &progress, wave, 0).unwrap().key);
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn the_wrong_person_has_the_next_one_asked_and_then_the_channel() {
    let mut journal = asked(&waiting());
    let rows = [
        (passed(0, Some(0)), "comment passed 0, reach 1, show 0 passed"),
        (remarked(Remark::Passed(0)), "reach 1, show 0 passed"),
        (shown(0, Stage::Passed), "reach 1"),
        (reached(1, 0), "wait until 1800"),
        (passed(0, Some(1)), "comment passed 1, reach 2, show 1 passed"),
        (shown(1, Stage::Passed), "comment passed 1, reach 2"),
        (remarked(Remark::Passed(1)), "reach 2"),
        (reached(2, 0), "wait until 1800"),
        (passed(0, None), "comment passed 2, seek 0, show 2 passed"),
    ];
    for (fact, expected) in rows {
        journal.push(at(2), fact.clone());
        let expected = expected.replace("seek 0", "seek 2");
        assert_eq!(next(&journal), expected, "{fact:?}");
    }
    rehearse(&mut journal, at(3));
    assert_eq!(table(&journal), ["1800 remind [0]", "3600 silent 0 [0]"]);
}

#[test]
fn an_answer_in_somebodys_place_counts_for_them() {
    let mut journal = asked_with(&waiting(), [(1, passed(0, Some(0)))]);
    rehearse(&mut journal, at(2));
    assert_eq!(Progress::of(&journal).stands_for(&journal, 1), [0]);
    journal.push(at(3), answered(0, Yes));
    assert_eq!(next(&journal), "comment answer 0, show 0 answer, show 1 answer");
    rehearse(&mut journal, at(4));
    assert_eq!(state(&journal), State::Closed);
}

#[test]
fn somebody_in_their_place_who_cannot_be_asked_leaves_it_to_the_channel() {
    let facts = [(1, passed(0, Some(0))), (2, unreached(1, 0)), (3, remarked(Remark::Passed(0)))];
    let journal = asked_with(&waiting(), facts);
    assert_eq!(next(&journal), "seek 0, show 0 passed");
    assert_eq!(table(&journal), ["3600 silent 0 [0]"]);
}

#[test]
fn the_reminder_goes_to_whoever_is_asked_now_and_keeps_to_their_zone() {
    let mut message = waiting();
    message["during"] = json!("working-hours");
    let mut journal = asked_with(&message, [(1, passed(0, Some(0)))]);
    let Fact::Reached { who, round, receipt, .. } = reached(1, 0) else { panic!() };
    journal.push(at(2), Fact::Reached { who, round, receipt, zone: Some("Asia/Kolkata".to_owned()) });
    // Nine o'clock on Monday there is half past three, UTC.
    let nine = 48 * 3_600 + 1_800;
    assert_eq!(table(&journal), [format!("{} remind [0]", nine + 1_800), format!("{} silent 0 [0]", nine + 3_600)]);
    journal.push(at(nine + 1_800), remind_due(0));
    let progress = Progress::of(&journal);
    let reminder = words::remind(&journal, &issue(), &progress, 0, 0).unwrap();
    assert_eq!(reminder.thread.unwrap().at, Address::new("slack", "D1"));
}

#[test]
fn the_deployments_deadline_and_escalation_are_used_where_the_message_says_nothing() {
    let chain = r##"[{ "channel": "#security", "wait": "PT5M" }]"##;
    let defaults = source::Defaults {
        patience_s: Some(7_200),
        keeps_hours: true,
        chain: source::dispatch::chain_of(chain, &defaults().channel).unwrap(),
        ..defaults()
    };
    let read = source::read(&letter(&self_service().to_string()), &defaults).unwrap();
    let Signal::Alarm(alarm) = read.signal else { panic!() };
    let mut journal = Journal::begin(*alarm, crate::journal::LifeId("5eed".to_owned()), &[], at(0));
    journal.push(at(0), opened());
    rehearse(&mut journal, at(0));
    // Nine o'clock on Monday, UTC.
    let nine = 54 * 3_600;
    let expected = [
        format!("{} remind 0.0", nine + 3_600),
        format!("{} climb 0.0", nine + 7_200),
        format!("{} climb 0.1", nine + 7_500),
    ];
    assert_eq!(played(journal), expected);
}

/// jane is silent, and two services are paged, ten minutes apart.
fn two_pages() -> Value {
    asks(&json!({ "escalation": [{ "pagerDutyServiceId": "P1", "wait": "PT10M" }, { "pagerDutyServiceId": "P2" }] }))
}

pub(super) fn paged_for_silence() -> Journal {
    let mut journal = asked_with(&two_pages(), [(14_400, silent(0, &[0])), (14_401, climbed(0, 0, "pagerduty"))]);
    rehearse(&mut journal, at(14_402));
    journal
}

#[test]
fn a_late_answer_takes_the_buttons_away_though_somebody_has_the_page() {
    let climbed = Fact::Climbed {
        wave: 0,
        rung: 0,
        receipt: Receipt { at: Address::new("pagerduty", "P1"), id: "Q0".to_owned(), reader: None, url: None },
    };
    let taken = incident("Q0", Change::Taken);
    let silent = Fact::Silent { wave: 0, who: vec![0] };
    let journal = asked_with(&asks(&json!({})), [(14_400, silent), (14_401, climbed), (14_500, taken)]);
    let shows = |journal: &Journal, stage| {
        let Plan::Do(steps) = plan(journal) else { return false };
        steps.contains(&Step::Show { who: 0, stage })
    };
    assert!(shows(&journal, Stage::Incident(0)));
    let mut journal = journal;
    journal.push(at(14_501), shown(0, Stage::Incident(0)));
    assert!(!shows(&journal, Stage::Incident(0)));
    journal.push(at(15_000), answered(0, Yes));
    assert!(shows(&journal, Stage::Outcome(0)));
    let notice = words::outcome(&journal, &issue(), &Progress::of(&journal), 0, Stage::Outcome(0));
    assert_eq!(notice.buttons, []);
    let footer = notice.footer.unwrap().as_str().to_owned();
    assert!(footer.ends_with("recorded, but late · the page was acknowledged by sam"), "{footer}");
}
