//! What holds for every journal, plausible or not.

use proptest::prelude::*;

use super::{
    facts::{facts, message, patient_poll},
    *,
};
use crate::journal::{Role, Who};

fn steps(journal: &Journal) -> Vec<Step> {
    match plan(journal) {
        Plan::Do(steps) => steps,
        Plan::Wait { .. } | Plan::Done => Vec::new(),
    }
}

/// The first answer of each person, read off the facts themselves.
fn first_answer(facts: &[Fact], whose: usize) -> Option<Answer> {
    facts.iter().find_map(|fact| match fact {
        Fact::Answered { who, answer, .. } if *who == whose => Some(*answer),
        _ => None,
    })
}

/// Whether the facts say that the step is done, or need not be done any more.
fn is_done(facts: &[Fact], step: &Step) -> bool {
    facts.iter().any(|fact| match (step, fact) {
        (Step::Open, Fact::Opened { .. } | Fact::Stood { .. } | Fact::Digested { .. }) => true,
        (Step::Reach { who, round }, Fact::Reached { who: whom, round: at, .. }) => who == whom && at == round,
        (Step::Reach { who, round: 0 }, Fact::Answered { who: whom, .. }) => who == whom,
        (Step::FallBack { round }, Fact::FellBack { round: at }) => round == at,
        (Step::Page(who), Fact::Paged { who: whom, .. }) => who == whom,
        (Step::Remark(wanted), Fact::Remarked { remark, .. }) => wanted == remark,
        (Step::Show { who, stage }, Fact::Shown { who: whom, stage: at }) => who == whom && stage == at,
        (Step::Close, Fact::Closed | Fact::Ended { .. }) => true,
        (Step::Seek(nth), Fact::Sought { nth: known }) => nth == known,
        (Step::Remind { who, nth }, Fact::Reminded { who: whom, nth: known }) => who == whom && nth == known,
        (Step::Mark, Fact::Marked) => true,
        (step, Fact::GaveUp { step: given_up, .. }) => step == given_up,
        _ => false,
    })
}

proptest! {
    #[test]
    fn a_plan_names_nothing_that_is_done_and_nothing_twice(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts.clone());
        prop_assert_eq!(plan(&journal), plan(&journal));
        let steps = steps(&journal);
        for (position, step) in steps.iter().enumerate() {
            let closed_again = *step == Step::Close && facts.contains(&reopened());
            prop_assert!(!is_done(&facts, step) || closed_again, "{:?}", step);
            prop_assert!(!steps[..position].contains(step), "{:?}", step);
        }
    }

    #[test]
    fn every_no_and_nothing_else_is_paged(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts.clone());
        let steps = steps(&journal);
        let is_known = is_done(&facts, &Step::Open) || facts.iter().any(|fact| matches!(fact, Fact::Closed | Fact::Ended { .. } | Fact::Reopened { .. }));
        for who in 0..3 {
            let has_said_no = first_answer(&facts, who) == Some(No) && who < journal.alarm.people.len();
            let due = is_known && has_said_no && !is_done(&facts, &Step::Page(who));
            prop_assert_eq!(steps.contains(&Step::Page(who)), due);
        }
    }

    #[test]
    fn a_tidy_journal_says_the_same(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts);
        let mut tidy = journal.clone();
        tidy.tidy();
        prop_assert!(tidy.entries.len() <= journal.entries.len());
        prop_assert_eq!(state(&tidy), state(&journal));
        let (before, after) = (Progress::of(&journal), Progress::of(&tidy));
        prop_assert_eq!((after.repeats, &after.people, &after.lines), (before.repeats, &before.people, &before.lines));
        prop_assert_eq!(plan(&tidy), plan(&journal));
        let once = tidy.clone();
        tidy.tidy();
        prop_assert_eq!(tidy, once);
    }

    #[test]
    fn only_yes_from_everyone_or_its_publisher_closes(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts.clone());
        if steps(&journal).contains(&Step::Close) {
            let people = journal.alarm.people.len();
            let all_well = people > 0 && (0..people).all(|who| first_answer(&facts, who) == Some(Yes));
            prop_assert!(all_well || facts.contains(&withdrawn()));
        }
    }

    #[test]
    fn facts_that_are_known_twice_change_nothing(message in message(), facts in facts(), again in any::<prop::sample::Index>()) {
        let journal = journal_with(&message, facts.clone());
        let told = (state(&journal), plan(&journal));
        let Some(twice) = (!facts.is_empty()).then(|| again.get(&facts)) else { return Ok(()) };
        // A repeat is a fact each time, and what the last round came to is told by the last fact.
        if matches!(
            twice,
            Fact::Repeated { .. }
                | Fact::Evidence { .. }
                | Fact::Alerted { .. }
                | Fact::Nagged { .. }
                | Fact::Listed { .. }
                | Fact::Reached { .. }
                | Fact::Unreached { .. }
                | Fact::Incident { .. }
                | Fact::Shown { .. }
                | Fact::Looked
        ) {
            return Ok(());
        }
        // Neither is the end the same once the issue was opened again, nor a reminder once it was put off.
        let reopens = facts.contains(&reopened()) && matches!(twice, Fact::Closed | Fact::Ended { .. } | Fact::Reopened { .. });
        let put_off = facts.iter().any(|fact| matches!(fact, Fact::Snoozed { .. })) && matches!(twice, Fact::RemindDue { .. });
        // Two runs cannot both open a wave, because each must have read what the other wrote.
        let is_wave = matches!(twice, Fact::Silent { .. });
        if (facts.iter().any(|fact| matches!(fact, Fact::Closed | Fact::Ended { .. })) && matches!(twice, Fact::Reopened { .. }))
            || reopens || put_off || is_wave
        {
            return Ok(());
        }
        let mut doubled = journal;
        doubled.push(at(99), twice.clone());
        prop_assert_eq!((state(&doubled), plan(&doubled)), told);
    }

    #[test]
    fn the_order_of_facts_does_not_matter(facts in Just(vec![
        opened(), reached(0, 0), reached(1, 0), answered(0, Yes), answered(1, No), paged(1), repeated(3),
        shown(0, Stage::Answered), shown(1, Stage::Answered), remarked(Remark::Tally(2)), remarked(Remark::Tally(1)),
    ]).prop_shuffle()) {
        let mut journal = journal(&poll());
        for fact in facts {
            journal.push(at(1), fact);
        }
        prop_assert_eq!(state(&journal), State::Paged);
        prop_assert_eq!(next(&journal), "comment page 1, comment repeats 3, show 1 page");
    }

    #[test]
    fn doing_what_is_planned_comes_to_an_end(message in message(), facts in facts()) {
        let mut journal = journal_with(&message, facts);
        let played = rehearse(&mut journal, at(60));
        prop_assert!(played.len() < 200, "{:?}", played);
        prop_assert!(!matches!(plan(&journal), Plan::Do(_)));
    }

    #[test]
    fn no_timer_spins(message in message(), facts in facts(), acts in any::<bool>()) {
        let mut journal = journal_with(&message, facts);
        let mut turns = 0;
        while let Some(time) = wake(&journal) {
            let facts = due(&journal, time);
            prop_assert!(!facts.is_empty());
            let now = time.max(at(60));
            for fact in &facts {
                journal.push(now, fact.clone());
            }
            prop_assert!(due(&journal, time).iter().all(|fact| !facts.contains(fact)), "{:?}", facts);
            if acts {
                rehearse(&mut journal, now);
            }
            turns += 1;
            prop_assert!(turns < 100);
        }
    }

    #[test]
    fn whoever_has_not_answered_is_waited_for_until_they_are_silent(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts);
        let progress = Progress::of(&journal);
        let table = timetable(&journal);
        let deadlines: Vec<&Fact> = table.iter().map(|due| &due.fact).collect();
        let is_due = |wanted: Who| deadlines.iter().any(|fact| matches!(fact, Fact::Silent { who, .. } if who.contains(&wanted)));
        let ends = journal.alarm.question.as_ref().is_some_and(|question| question.patience_s.is_some());
        let lives = progress.issue.is_some() && !progress.over && !progress.handed_back && progress.withdrawn.is_none();
        for (who, person) in progress.people.iter().enumerate() {
            let waits = ends && lives && !progress.stood && person.answer.is_none() && person.silent.is_none();
            prop_assert_eq!(is_due(who), waits, "{}", who);
        }
    }

    #[test]
    fn the_first_of_answer_and_silence_stands(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts.clone());
        let progress = Progress::of(&journal);
        for (who, person) in progress.people.iter().enumerate() {
            let first = facts.iter().find_map(|fact| match fact {
                Fact::Answered { who: whose, .. } if *whose == who => Some(false),
                Fact::Silent { who: whose, .. } if whose.contains(&who) => Some(true),
                _ => None,
            });
            prop_assert_eq!(person.silent.is_some(), first == Some(true));
        }
    }

    #[test]
    fn whoever_has_answered_is_left_alone(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts.clone());
        let about = timetable(&journal).into_iter().flat_map(|due| match due.fact {
            Fact::Silent { who, .. } | Fact::RemindDue { who } => who,
            _ => Vec::new(),
        });
        let reminded = steps(&journal).into_iter().filter_map(|step| match step {
            Step::Remind { who, .. } => Some(who),
            _ => None,
        });
        for who in about.chain(reminded) {
            prop_assert_eq!(first_answer(&facts, who), None);
        }
    }

    #[test]
    fn silence_ends_with_a_page(message in prop::sample::select(vec![waiting(), patient_poll()]), before in facts()) {
        let ends = |fact: &Fact| {
            matches!(
                fact,
                Fact::Stood { .. }
                    | Fact::Closed
                    | Fact::Ended { .. }
                    | Fact::Reopened { .. }
                    | Fact::Withdrawn { .. }
                    | Fact::Answered { .. }
                    | Fact::Incident { .. }
            )
        };
        let mut journal = journal(&message);
        // Pages are sent, never asked.
        let page = journal.position(Role::Rung { wave: 0, rung: journal.alarm.chain.len() - 1 });
        let last = journal.alarm.chain.len() - 1;
        let asks_page = |fact: &Fact| match fact {
            Fact::Unreached { who, .. } => *who >= page,
            Fact::Climbed { rung, receipt, .. } => *rung == last && receipt.at.scheme() != "pagerduty",
            _ => false,
        };
        journal.push(at(0), opened());
        for fact in before.into_iter().filter(|fact| !ends(fact) && !asks_page(fact)) {
            journal.push(at(1), fact);
        }
        rehearse(&mut journal, at(2));
        rehearse_silence(&mut journal);
        let progress = Progress::of(&journal);
        let paged: Vec<Who> = progress.pages().into_iter().flat_map(|(_, who)| who).collect();
        for (who, person) in progress.people.iter().enumerate() {
            prop_assert!(person.silent.is_some() && paged.contains(&who), "{}", who);
        }
    }

    #[test]
    fn only_what_is_due_happens_after_the_end(
        message in message(),
        facts in facts(),
        end in prop::sample::select(vec![ended(), reopened(), withdrawn()]),
    ) {
        let mut journal = journal_with(&message, facts);
        journal.push(at(60), end.clone());
        let is_over = Progress::of(&journal).over;
        prop_assert_eq!(wake(&journal), None);
        for step in steps(&journal) {
            let told = |remark: &Remark| match remark {
                Remark::Repeats(_) => !is_over,
                Remark::Tally(_) | Remark::Answer(_) | Remark::Paged(_) | Remark::Reason(_) => true,
                Remark::Silent { .. } | Remark::Incident(_) | Remark::Withdrawn => true,
                Remark::Listing { .. } => is_over,
                _ => false,
            };
            let fine = match (&end, &step) {
                (_, Step::Page(_)) => true,
                (Fact::Reopened { .. }, step) => matches!(step, Step::Remark(Remark::Repeats(_))),
                (Fact::Ended { .. }, Step::Remark(remark)) => told(remark),
                (Fact::Ended { .. }, step) => matches!(step, Step::Show { .. } | Step::Resolve { .. }),
                (_, Step::Reach { round, .. }) => *round > 0,
                (_, step) => !matches!(step, Step::Climb { .. } | Step::Remind { .. } | Step::Seek(_)),
            };
            prop_assert!(fine, "{:?}", step);
        }
    }
}
