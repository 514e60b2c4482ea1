//! What is said of it: text for people, or one object for programs.

use dispatch_core::text::{cut, one_line};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    lives::{Alarm, Found, Lives, Timers},
    queues::{Dead, Depth, Depths},
};
use crate::style;

/// How late a timer may be. The clock looks every minute.
const LATE_MAX_S: i64 = 300;
/// How wide a line may be.
const WIDTH: usize = 100;
/// How much of a key is enough to tell it from others, and for `dispatch tail --alarm`.
const KEY_CHARS: usize = 8;
const WHEN_CHARS: usize = 16;
const STATE_CHARS: usize = 11;

/// All that was found, or why it was not.
#[derive(Debug)]
pub(super) struct Report {
    lives: Result<Lives, String>,
    depths: Result<Depths, String>,
}

impl Report {
    pub(super) fn new(lives: Result<Lives, String>, depths: Result<Depths, String>) -> Self {
        Report { lives, depths }
    }

    /// 1 when something needs a person, 2 when that cannot be told.
    pub(super) fn code(&self) -> u8 {
        match (self.needs().is_empty(), self.unseen().is_empty()) {
            (false, _) => 1,
            (true, false) => 2,
            (true, true) => 0,
        }
    }

    /// What needs a person, each with the next thing to do.
    fn needs(&self) -> Vec<String> {
        let mut needs = Vec::new();
        if let Ok(depths) = &self.depths {
            let letters = depths.dead_letters();
            if letters > 0 {
                let letters = count(letters, "dead letter", "dead letters");
                needs.push(format!("{letters}: `dispatch redrive --list` shows what and why"));
            }
        }
        if let Ok(Lives { now, timers, unreadable, .. }) = &self.lives {
            let late = timers.first.map_or(0, |first| now.as_second() - first.as_second());
            if late > LATE_MAX_S {
                let late = span(late);
                needs.push(format!(
                    "the clock is silent: a timer is {late} overdue; does its schedule still call incoming?"
                ));
            }
            if unreadable.count > 0 {
                let journals = count(unreadable.count, "journal", "journals");
                needs.push(format!("{journals} cannot be read, perhaps because a later Dispatch wrote them"));
            }
        }
        needs
    }

    /// What could not be looked at.
    fn unseen(&self) -> Vec<String> {
        let store = self.lives.as_ref().err().map(|why| format!("the store: {why}"));
        let queues = match &self.depths {
            Ok(depths) => depths.problems.iter().map(|problem| format!("queue {problem}")).collect(),
            Err(why) => vec![format!("the queues: {why}")],
        };
        store.into_iter().chain(queues).collect()
    }

    /// For people, within [`WIDTH`].
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        if let Ok(lives) = &self.lives {
            text.push_str(&of_lives(lives));
        }
        if let Ok(depths) = &self.depths {
            text.push_str(&of_queues(&depths.queues));
        }
        for (heading, lines, paint) in [
            ("Not looked at", self.unseen(), style::odd as fn(&str) -> String),
            ("Needs a person", self.needs(), style::bad),
        ] {
            if !lines.is_empty() {
                let lines: String = lines.iter().map(|line| format!("  {}\n", line.replace('\n', "\n  "))).collect();
                text.push_str(&format!("{}\n{lines}", paint(heading)));
            }
        }
        if self.code() == 0 {
            text.push_str(&style::good("Nothing needs a person.\n"));
        }
        text
    }

    /// For programs.
    pub(super) fn object(&self) -> Value {
        let lives = self.lives.as_ref().ok();
        let depths = self.depths.as_ref().ok();
        json!({
            "at": lives.map(|lives| lives.now),
            "timers": lives.map(|Lives { timers, .. }| json!({
                "count": timers.count,
                "more": timers.more,
                "overdue": timers.overdue,
                "first": timers.first,
                "next": timers.next,
                "alarms": objects(&timers.alarms),
            })),
            "journals_read": lives.map(|lives| lives.looked),
            "journals_unread": lives.map(|lives| lives.unlooked),
            "without_timer": lives.map(|lives| found(&lives.untimed)),
            "unfinished": lives.map(|lives| found(&lives.unfinished)),
            "unreadable": lives.map(|lives| found(&lives.unreadable)),
            "queues": depths.map(|depths| depths.queues.iter().map(queue).collect::<Vec<_>>()),
            "needs_a_person": self.needs(),
            "not_looked_at": self.unseen(),
        })
    }
}

fn of_lives(lives: &Lives) -> String {
    let Lives { now, timers, looked, unlooked, untimed, unfinished, unreadable } = lives;
    let mut text = of_timers(*now, timers);
    for (heading, found) in
        [("Waiting without a timer", untimed), ("Begun and not finished", unfinished), ("Not to be read", unreadable)]
    {
        if found.count > 0 {
            text.push_str(&format!("{} {}\n", style::strong(heading), found.count));
            text.extend(found.alarms.iter().map(|alarm| line(alarm, &ago(*now, alarm.at))));
            text.push_str(&rest(found.count, found.alarms.len(), false));
        }
    }
    if *unlooked {
        text.push_str(&format!("  {looked} journals were read, and there are more: --journals reads more of them\n"));
    }
    text
}

fn of_timers(now: Timestamp, timers: &Timers) -> String {
    let Timers { count, more, overdue, next, alarms, .. } = timers;
    let counted = if *more { format!("{count} or more") } else { count.to_string() };
    let mut told = vec![counted];
    match overdue {
        0 => {}
        overdue => told.push(style::odd(&format!("{overdue} overdue"))),
    }
    told.extend(next.map(|next| format!("the next in {}", span(next.as_second() - now.as_second()))));
    let mut text = format!("{} {}\n", style::strong("Timers"), told.join(", "));
    for alarm in alarms {
        let in_s = alarm.at.as_second() - now.as_second();
        let when = if in_s > 0 { format!("in {}", span(in_s)) } else { format!("late {}", span(-in_s)) };
        text.push_str(&line(alarm, &when));
    }
    text.push_str(&rest(*count, alarms.len(), *more));
    text
}

fn of_queues(queues: &[Depth]) -> String {
    let mut text = format!("{} {}\n", style::strong("Queues"), queues.len());
    let width = queues.iter().map(|queue| queue.name.chars().count()).max().unwrap_or_default();
    for Depth { name, waiting, in_hand, dead } in queues {
        let dead = match dead {
            None => style::odd("no dead-letter queue"),
            Some(Dead { name, letters: 0 }) => format!("no dead letters in {name}"),
            Some(Dead { name, letters }) => {
                format!("{} in {name}", style::bad(&count(*letters, "dead letter", "dead letters")))
            }
        };
        text.push_str(&format!("  {name:width$}  {waiting} waiting, {in_hand} in hand, {dead}\n"));
    }
    text
}

/// An alarm on two lines: when, state and title; below them what comes then, key and issue.
fn line(alarm: &Alarm, when: &str) -> String {
    let key = cut(alarm.key.as_str(), KEY_CHARS);
    let (state, title, next, below) = match &alarm.life {
        Ok(life) => {
            let given_up = match life.given_up {
                0 => String::new(),
                steps => format!(", gave up {}", count(steps, "step", "steps")),
            };
            let issue = life.issue.as_deref().unwrap_or("no issue yet");
            (life.state, one_line(&life.title), life.next, format!("{issue}{given_up}"))
        }
        Err(why) => ("unknown", one_line(why), "", String::new()),
    };
    let room = WIDTH - "  ".len() - WHEN_CHARS - " ".len() - STATE_CHARS - " ".len();
    let title = if title.chars().count() > room { format!("{}…", cut(&title, room - 1)) } else { title };
    let first = format!("  {when:WHEN_CHARS$} {state:STATE_CHARS$} {title}");
    let second = format!("  {next:WHEN_CHARS$} {key:STATE_CHARS$} {}", one_line(&below));
    format!("{}\n{}\n", first.trim_end(), style::faint(second.trim_end()))
}

/// How many are not shown.
fn rest(count: usize, shown: usize, more: bool) -> String {
    match count.saturating_sub(shown) {
        0 => String::new(),
        rest => format!("  and {rest}{} more\n", if more { " or" } else { "" }),
    }
}

fn ago(now: Timestamp, at: Timestamp) -> String {
    format!("for {}", span((now.as_second() - at.as_second()).max(0)))
}

/// `45 s`, `12 min`, `3 h 5 min` or `2 d 4 h`.
fn span(seconds: i64) -> String {
    let two = |great: i64, name: &str, small: i64, small_name: &str| match small {
        0 => format!("{great} {name}"),
        small => format!("{great} {name} {small} {small_name}"),
    };
    match seconds {
        i64::MIN..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => two(seconds / 3_600, "h", seconds / 60 % 60, "min"),
        _ => two(seconds / 86_400, "d", seconds / 3_600 % 24, "h"),
    }
}

fn count(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

fn found(found: &Found) -> Value {
    json!({ "count": found.count, "alarms": objects(&found.alarms) })
}

fn objects(alarms: &[Alarm]) -> Vec<Value> {
    alarms.iter().map(object).collect()
}

fn object(alarm: &Alarm) -> Value {
    let life = alarm.life.as_ref().ok();
    json!({
        "key": alarm.key,
        "at": alarm.at,
        "state": life.map(|life| life.state),
        "title": life.map(|life| life.title.as_str()),
        "issue": life.and_then(|life| life.issue.as_deref()),
        "next": life.map(|life| life.next).filter(|next| !next.is_empty()),
        "given_up": life.map(|life| life.given_up),
        "problem": alarm.life.as_ref().err(),
    })
}

fn queue(depth: &Depth) -> Value {
    json!({
        "name": depth.name,
        "waiting": depth.waiting,
        "in_hand": depth.in_hand,
        "dead_letter_queue": depth.dead.as_ref().map(|dead| dead.name.as_str()),
        "dead_letters": depth.dead.as_ref().map(|dead| dead.letters),
    })
}

#[cfg(test)]
mod tests;
