//! The mistakes.

use crate::{Edit, Mistake, workshop};

macro_rules! mistakes {
    ($($name:ident: [$($file:literal: $text:literal => $instead:literal),+ $(,)?];)+) => {
        /// All of them.
        pub(crate) const ALL: &[Mistake] = &[
            $(Mistake {
                name: stringify!($name),
                edits: &[$(Edit { file: $file, text: $text, instead: $instead }),+],
            }),+
        ];

        $(#[test]
        fn $name() {
            let mistake = ALL.iter().find(|mistake| mistake.name == stringify!($name)).expect("it is in the list");
            workshop::expect_caught(mistake);
        })+
    };
}

#[test]
fn without_a_mistake_all_is_well() {
    workshop::expect_well();
}

mistakes! {
    the_lease_is_ignored: [
        "crates/core/src/journal.rs":
        "filter(|lease| lease.run != run && lease.until > now)"
        => "filter(|lease| lease.run != run && lease.until > now && run.is_empty())",
    ];
    steps_begin_unwritten: [
        "crates/engine/src/drive.rs":
        "if held.save(world).await? == Saved::Overtaken {"
        => "if steps.is_empty() && held.save(world).await? == Saved::Overtaken {",
    ];
    the_last_answer_wins: [
        "crates/engine/src/answer.rs":
        ".filter(|who| progress.people.get(**who).is_some_and(|person| person.answer.is_none()))"
        => ".filter(|who| progress.people.get(**who).is_some_and(|person| person.answer.is_none() || click.button == Button::No))",
        "crates/core/src/life/known.rs":
        "Fact::Answered { answer, variant, by, .. } if self.answer.is_none() => {"
        => "Fact::Answered { answer, variant, by, .. } => {",
    ];
    an_answered_question_keeps_its_buttons: [
        "crates/core/src/life/show.rs":
        "Some(nth) if is_answered => Some(Stage::Outcome(nth)),"
        => "Some(nth) if is_answered => Some(Stage::Incident(nth)),",
    ];
    told_is_forgotten: [
        "crates/core/src/journal/tidy.rs":
        "| Fact::FellBack { round } => !over.contains(round),"
        => "| Fact::FellBack { round } => !over.contains(round) && *round > 0,",
    ];
    a_call_without_an_answer_is_not_repeated: [
        "crates/engine/src/drive.rs":
        "let first = left.iter().find_map(|step| failed.remove_entry(step));"
        => "let first = left.iter().find_map(|step| failed.remove_entry(step));
            if first.as_ref().is_some_and(|(_, failed)| failed.is_unsure()) { return Ok(Plan::Done); }",
    ];
    the_whole_batch_comes_again: [
        "crates/incoming/src/lib.rs":
        "    answer(&letters, &failures)\n"
        => "    let all = if failures.is_empty() { 0 } else { letters.len() };\n    answer(&letters, &(0..all).map(|at| (at, String::new())).collect::<Vec<_>>())\n",
    ];
    failed_messages_are_acknowledged: [
        "crates/incoming/src/lib.rs":
        "    answer(&letters, &failures)\n"
        => "    answer(&letters, &[])\n",
    ];
    a_claim_overwrites_another: [
        "crates/engine/src/held.rs":
        "let created = world.store.create(&path(&journal.key), encode(&journal)?).await?;"
        => "let at = path(&journal.key);
            let created = match (world.store.create(&at, encode(&journal)?).await?, world.store.read(&at).await?) {
                (None, Some((_, tag))) => world.store.swap(&at, encode(&journal)?, &tag).await?,
                (created, _) => created,
            };",
    ];
    an_issue_in_doubt_is_not_looked_up: [
        "crates/engine/src/perform.rs":
        "if suspect && let Some(issue) = find("
        => "if suspect && journal.begun.is_empty() && let Some(issue) = find(",
    ];
    a_conflict_overwrites: [
        "crates/engine/src/held.rs":
        "match world.store.swap(&path(&self.journal.key), encode(&self.journal)?, &self.tag).await {"
        => "let now = world.store.read(&path(&self.journal.key)).await?;
            let tag = now.map_or_else(|| self.tag.clone(), |(_, tag)| tag);
            match world.store.swap(&path(&self.journal.key), encode(&self.journal)?, &tag).await {",
    ];
    a_page_for_no_has_a_new_key_each_time: [
        "crates/core/src/words.rs":
        "key: format!(\"{}{suffix}\", cut("
        => "key: format!(\"{}.{}{suffix}\", journal.entries.len(), cut(",
    ];
    anyone_may_answer: [
        "crates/engine/src/answer.rs":
        "if reader.is_some_and(|reader| reader != click.by.id) {"
        => "if reader.is_some_and(|reader| reader.is_empty()) {",
    ];
    what_is_unsure_counts_as_not_done: [
        "crates/engine/src/held.rs":
        "let is_settled = !is_unsure && !self.is_suspect(step);"
        => "let is_settled = true;",
    ];
    an_answer_is_acknowledged_before_it_is_kept: [
        "crates/engine/src/answer.rs":
        "if held.save(world).await? == Saved::Clean {"
        => "if matches!(held.save(world).await, Ok(_) | Err(_)) {",
    ];
    nobody_is_told_of_the_unreached: [
        "crates/core/src/life/reach.rs":
        "        steps.push(Step::FallBack { round });\n"
        => "",
    ];
    a_redelivery_counts_as_a_repeat: [
        "crates/core/src/journal.rs":
        "messages.iter().filter(|id| !self.messages.contains(id)).cloned().collect()"
        => "messages.to_vec()",
    ];
    the_lease_ends_while_a_call_may_still_act: [
        "crates/engine/src/held.rs":
        "if !self.in_doubt {"
        => "if !self.in_doubt || self.dirty || !self.dirty {",
    ];
    there_is_no_last_resort: [
        "crates/incoming/src/remains.rs":
        "letter.receives.saturating_add(1) >= world.limits.receives_max"
        => "letter.receives > world.limits.receives_max",
    ];
    a_timer_is_removed_before_it_is_handed_on: [
        "crates/engine/src/sweep.rs":
        "    let woken = match world.topic.publish(&source::wake(&key, n)).await {"
        => "    world.store.delete(&path).await.unwrap_or_default();
            let woken = match world.topic.publish(&source::wake(&key, n)).await {",
    ];
    a_timer_is_not_set_again: [
        "crates/engine/src/held.rs":
        "if known.is_some_and(|timer| !timer.fired && timer.at <= at && timer.at > now) {"
        => "if known.is_some_and(|timer| timer.at <= at || timer.at > now) {",
    ];
    a_reminder_is_not_remembered: [
        "crates/core/src/life/known.rs":
        "Fact::Reminded { nth, .. } => self.reminded = self.reminded.max(nth.saturating_add(1)),"
        => "Fact::Reminded { nth, .. } => self.reminded = self.reminded.max(*nth),",
    ];
    a_reminder_that_two_runs_notice_comes_twice: [
        "crates/core/src/life/known.rs":
        "Fact::RemindDue { .. } if self.is_unreminded() =>"
        => "Fact::RemindDue { .. } if self.is_unreminded() || self.snoozed.is_none() =>",
    ];
    whoever_was_not_asked_has_no_deadline: [
        "crates/core/src/life/timetable.rs":
        "for (who, _) in unanswered(progress).filter(|(_, person)| person.silent.is_none()) {"
        => "for (who, _) in unanswered(progress).filter(|(_, person)| person.silent.is_none() && person.reached.is_some()) {",
    ];
    a_closed_issue_is_not_looked_at: [
        "crates/engine/src/drive.rs":
        "Ok(Ok(false)) => held.learn(world, Fact::Ended { by: None }),"
        => "Ok(Ok(false)) => due.into_iter().for_each(|fact| held.learn(world, fact)),",
    ];
    nothing_wakes_what_waits_for_a_limit: [
        "crates/engine/src/drive.rs":
        "if let Some(until) = until.into_iter().chain(resume).min() {"
        => "if let Some(until) = until.into_iter().min() {",
    ];
    a_webhook_that_comes_again_is_not_followed_up: [
        "crates/engine/src/heard.rs":
        "return Ok((!is_over).then(|| key.clone()));"
        => "return Ok((!is_over && key.as_str().is_empty()).then(|| key.clone()));",
    ];
}
