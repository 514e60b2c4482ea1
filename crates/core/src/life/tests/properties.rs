//! What holds for every journal, plausible or not.

use proptest::prelude::*;

use super::*;

fn message() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![self_service(), broadcast(), poll(), nag(), low_priority()])
}

fn remark() -> impl Strategy<Value = Remark> {
    prop_oneof![
        (0..3usize).prop_map(Remark::Answer),
        (0..4usize).prop_map(Remark::Tally),
        (0..3usize).prop_map(Remark::Paged),
        Just(Remark::Unreached),
        (0..9usize).prop_map(Remark::Repeats),
        (0..3u8).prop_map(|id| Remark::Evidence(id.to_string())),
        (0..2usize).prop_map(Remark::Alerted),
        (0..2usize, 0..4usize).prop_map(|(page, turn)| Remark::Listing { page, turn }),
    ]
}

fn stage() -> impl Strategy<Value = Stage> {
    prop::sample::select(vec![Stage::Answered, Stage::Paged])
}

/// Steps that the engine gives up; never an issue or a page.
fn refused() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0..2usize).prop_map(|round| Step::FallBack { round }),
        remark().prop_map(Step::Remark),
        (0..3usize, stage()).prop_map(|(who, stage)| Step::Show { who, stage }),
        Just(Step::Close),
    ]
}

/// Also about people that the alarm does not have.
fn fact() -> impl Strategy<Value = Fact> {
    let answer = prop::sample::select(vec![Yes, No]);
    prop_oneof![
        2 => Just(opened()),
        1 => Just(stood()),
        4 => (0..3usize, 0..3usize).prop_map(|(who, round)| reached(who, round)),
        2 => (0..3usize, 0..3usize).prop_map(|(who, round)| unreached(who, round)),
        2 => (0..3usize).prop_map(|round| Fact::FellBack { round }),
        4 => (0..3usize, answer).prop_map(|(who, answer)| answered(who, answer)),
        2 => (0..3usize).prop_map(paged),
        4 => remark().prop_map(remarked),
        2 => (0..3usize, stage()).prop_map(|(who, stage)| shown(who, stage)),
        1 => prop::sample::select(vec![Fact::Closed, Fact::Ended]),
        1 => Just(digested()),
        2 => any::<usize>().prop_map(|count| Fact::Repeated { count }),
        1 => (0..3u8, any::<bool>())
            .prop_map(|(id, new)| Fact::Evidence { id: id.to_string(), text: new.then(|| id.to_string()) }),
        1 => (1..3usize).prop_map(nagged),
        1 => Just(alerted()),
        2 => (0..3u8, 0..2u8, 1..9usize).prop_map(|(life, name, turn)| listed(&life.to_string(), &name.to_string(), turn)),
        1 => refused().prop_map(|step| Fact::GaveUp { step, reason: String::new() }),
    ]
}

fn facts() -> impl Strategy<Value = Vec<Fact>> {
    prop::collection::vec(fact(), 0..30)
}

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
        (Step::Close, Fact::Closed | Fact::Ended) => true,
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
            prop_assert!(!is_done(&facts, step), "{:?}", step);
            prop_assert!(!steps[..position].contains(step), "{:?}", step);
        }
    }

    #[test]
    fn every_no_and_nothing_else_is_paged(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts.clone());
        let steps = steps(&journal);
        let is_known = is_done(&facts, &Step::Open) || facts.iter().any(|fact| matches!(fact, Fact::Closed | Fact::Ended));
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
    fn only_yes_from_everyone_closes(message in message(), facts in facts()) {
        let journal = journal_with(&message, facts.clone());
        if steps(&journal).contains(&Step::Close) {
            let people = journal.alarm.people.len();
            prop_assert!(people > 0 && (0..people).all(|who| first_answer(&facts, who) == Some(Yes)));
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
        ) {
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
        prop_assert_eq!(brief(&plan(&journal)), "comment page 1, comment repeats 3, show 1 page");
    }
}
