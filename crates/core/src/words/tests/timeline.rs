//! The journal, told to people.

use super::*;

#[test]
fn the_timeline() {
    let alarm = alarm(&waiting());
    let rows = [
        (opened(), "opened", "Issue example-org/alarms#12 opened"),
        (stood(), "stood", "Issue example-org/alarms#12 stood already; this counts as a repeat"),
        (reached(0, 0), "reached", "jane asked at slack:D0"),
        (unreached(0, 0), "unreached", "jane could not be asked: user_not_found"),
        (Fact::FellBack { round: 0 }, "fell-back", "The fallback channel has a note"),
        (answered(0, Answer::No), "answered", "jane answered no for jane"),
        (paged(0), "paged", "pagerduty:P1 paged for the no of jane"),
        (remarked(Remark::Answer(0)), "remarked", "The issue tells the answer of jane"),
        (remarked(Remark::Tally(2)), "remarked", "The issue shows the tally of 2 answers"),
        (remarked(Remark::Paged(0)), "remarked", "The issue links the page for jane"),
        (remarked(Remark::Unreached), "remarked", "The issue says who could not be reached"),
        (remarked(Remark::Repeats(4)), "remarked", "The issue shows 4 repeats"),
        (remarked(Remark::Evidence("e1".to_owned())), "remarked", "The issue shows another unreadable message"),
        (shown(0, Stage::Answered), "shown", "The question to jane shows the answer"),
        (shown(0, Stage::Paged), "shown", "The question to jane shows the page"),
        (Fact::Closed, "closed", "Issue closed as completed"),
        (Fact::Ended { by: None }, "ended", "Issue closed by somebody else"),
        (ended(), "ended", "Issue closed by joe"),
        (reopened(), "reopened", "Issue opened again by joe: it is theirs"),
        (withdrawn(), "withdrawn", "It is over, says the publisher"),
        (remind_due(0), "remind-due", "Time to remind jane"),
        (Fact::Reminded { who: 0, nth: 0 }, "reminded", "jane reminded"),
        (snoozed(0, 60), "snoozed", "jane put off the reminder until 2026-11-21 03:01:00 UTC"),
        (passed(0, Some(0)), "passed", "jane says that somebody else is meant: joe"),
        (passed(0, None), "passed", "jane says that somebody else is meant: nobody is left"),
        (Fact::Sought { nth: 0 }, "fell-back", "The fallback channel has a note"),
        (reason(0, "So it is."), "reason", "jane says why they answered for jane"),
        (silent(0, &[0]), "silent", "No answer in time from jane"),
        (Fact::ClimbDue { wave: 0, rung: 1 }, "climb-due", "Time to go on to #security"),
        (climbed(0, 1, "slack"), "climbed", "#security told of the silence at slack:P1"),
        (climbed(0, 4, "pagerduty"), "climbed", "PagerDuty service P1 told of the silence at pagerduty:P1"),
        (incident("Q0", Change::Taken), "incident", "Page Q0 acknowledged by sam"),
        (incident("Q0", Change::Resolved), "incident", "Page Q0 resolved by sam"),
        (incident("Q0", Change::Reopened), "incident", "Page Q0 opened again by sam"),
        (incident("Q0", Change::Dropped), "incident", "Page Q0 given back by sam"),
        (inherited("Q9"), "inherited", "Page Q9 of an earlier life is still open"),
        (incident("Q0", Change::Left), "incident", "Page Q0 left as it is by sam"),
        (Fact::Marked, "marked", "The issue is labelled as unanswered"),
        (Fact::Looked, "looked", "The issue is still open"),
        (reached(1, 0), "reached", "joe asked at slack:D1"),
        (reached(3, 0), "reached", "sam asked at slack:D3"),
        (remarked(Remark::Silent { wave: 0, rung: 0 }), "remarked", "The issue says that nobody answered"),
        (remarked(Remark::Withdrawn), "remarked", "The issue says that it is over"),
        (shown(0, Stage::Silent(0)), "shown", "The question to jane shows that it went on to others"),
        (shown(3, Stage::Ended), "shown", "The question to sam shows that it is over"),
        (repeated(3), "repeated", "Raised again (3)"),
        (nagged(1), "nagged", "2 people are to be told again"),
        (unreached(1, 1), "unreached", "Could not be told again: user_not_found"),
        (
            Fact::GaveUp { step: Step::Close, reason: "locked".to_owned() },
            "gave-up",
            "Refused for good, close the issue: locked",
        ),
    ];
    for (fact, word, text) in rows {
        assert_eq!(tell(&alarm, &fact), (word, text.to_owned()));
    }
    let steps = [
        (Step::Open, "open an issue in example-org/alarms"),
        (Step::Reach { who: 0, round: 0 }, "ask jane"),
        (Step::FallBack { round: 0 }, "leave a note in the fallback channel"),
        (Step::Page(0), "page for the no of jane"),
        (Step::Remark(Remark::Unreached), "comment on the issue"),
        (Step::Show { who: 7, stage: Stage::Paged }, "show the outcome to PagerDuty service P1"),
        (Step::Reach { who: 1, round: 0 }, "ask joe"),
        (Step::Reach { who: 6, round: 0 }, "ask whoever is on call"),
        (Step::Seek(0), "leave a note in the fallback channel that somebody else is meant"),
        (Step::Remind { who: 0, nth: 0 }, "remind jane"),
        (Step::Climb { wave: 0, rung: 1 }, "tell #security that nobody answered"),
        (Step::Climb { wave: 0, rung: 2 }, "tell the user group S012AB3CD that nobody answered"),
        (Step::Climb { wave: 0, rung: 4 }, "page PagerDuty service P1, because nobody answered"),
        (Step::Resolve { page: "Q0".to_owned(), if_open: true }, "resolve the page"),
        (Step::Mark, "label the issue as unanswered"),
        (Step::Close, "close the issue"),
    ];
    for (step, text) in steps {
        assert_eq!(step_name(&alarm, &step), text);
    }
    assert_eq!(step_name(&crate::testing::alarm(&nag()), &Step::Reach { who: 1, round: 0 }), "tell joe");
}
