use dispatch_core::alarm::{Key, Repo};

use super::{super::lives::Life, *};

fn now() -> Timestamp {
    "2026-11-21T03:00:00Z".parse().unwrap()
}

/// So many seconds from now.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

fn key(name: &str) -> Key {
    Key::new(&Repo::new("example-org", "alarms"), name)
}

fn alarm(name: &str, seconds: i64) -> Alarm {
    let issue = Some("https://github.com/example-org/alarms/issues/12".to_owned());
    let life = Life { title: name.to_owned(), state: "asked", issue, next: "deadline", given_up: 0 };
    Alarm { key: key(name), at: at(seconds), life: Ok(life) }
}

fn timers(seconds: &[i64]) -> Timers {
    let overdue = seconds.iter().filter(|seconds| **seconds <= 0).count();
    Timers {
        count: seconds.len(),
        more: false,
        overdue,
        first: seconds.first().copied().map(at),
        next: seconds.get(overdue).copied().map(at),
        alarms: seconds.iter().take(2).map(|seconds| alarm("2FA was turned off for jane", *seconds)).collect(),
    }
}

fn lives(timers: Timers) -> Lives {
    Lives {
        now: now(),
        timers,
        looked: 3,
        unlooked: false,
        untimed: Found::default(),
        unfinished: Found::default(),
        unreadable: Found::default(),
    }
}

fn depths(letters: &[Option<usize>]) -> Depths {
    let queue = |(at, letters): (usize, &Option<usize>)| Depth {
        name: format!("queue-{at}"),
        waiting: at,
        in_hand: 0,
        dead: letters.map(|letters| Dead { name: format!("queue-{at}-dead"), letters }),
    };
    Depths { queues: letters.iter().enumerate().map(queue).collect(), problems: Vec::new() }
}

#[test]
fn a_person_is_needed_for_dead_letters_a_silent_clock_and_journals_that_cannot_be_read() {
    let unreadable = Lives { unreadable: Found { count: 1, alarms: Vec::new() }, ..lives(timers(&[])) };
    let unseen = Depths { problems: vec!["x: y".to_owned()], ..depths(&[Some(0)]) };
    for (report, code, needs) in [
        (Report::new(Ok(lives(timers(&[]))), Ok(depths(&[Some(0), None]))), 0, ""),
        (Report::new(Ok(lives(timers(&[-300, 60]))), Ok(depths(&[]))), 0, ""),
        (
            Report::new(Ok(lives(timers(&[-301, 60]))), Ok(depths(&[]))),
            1,
            "the clock is silent: a timer is 5 min overdue",
        ),
        (Report::new(Ok(lives(timers(&[]))), Ok(depths(&[Some(0), Some(1)]))), 1, "1 dead letter: `dispatch redrive"),
        (Report::new(Ok(unreadable), Ok(depths(&[]))), 1, "1 journal cannot be read"),
        (Report::new(Err("no".to_owned()), Ok(depths(&[Some(0)]))), 2, ""),
        (Report::new(Ok(lives(timers(&[]))), Err("no".to_owned())), 2, ""),
        (Report::new(Ok(lives(timers(&[]))), Ok(unseen)), 2, ""),
        (Report::new(Err("no".to_owned()), Ok(depths(&[Some(2)]))), 1, "2 dead letters"),
    ] {
        assert_eq!(report.code(), code, "{}", report.text());
        assert!(report.needs().concat().starts_with(needs) && report.needs().is_empty() == needs.is_empty());
        assert_eq!(report.object()["needs_a_person"].as_array().unwrap().len(), usize::from(!needs.is_empty()));
        assert_eq!(report.text().contains("Nothing needs a person."), code == 0);
        assert_eq!(report.text().contains("Not looked at"), !report.unseen().is_empty());
    }
}

#[test]
fn it_fits_a_terminal() {
    let long =
        "A title that is far longer than a line of a terminal is wide, so that it has to be cut somewhere behind this";
    let mut waiting = alarm(long, -11_100);
    if let Ok(life) = &mut waiting.life {
        life.given_up = 2;
    }
    let gone = Alarm { key: key("gone"), at: at(0), life: Err("its journal\nis gone".to_owned()) };
    let lives = Lives {
        unlooked: true,
        untimed: Found { count: 12, alarms: vec![waiting] },
        unfinished: Found { count: 1, alarms: vec![gone] },
        ..lives(timers(&[-720, 240, 4_000]))
    };
    let text = Report::new(Ok(lives), Ok(depths(&[Some(3), Some(0), None]))).text();
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
    assert_eq!(
        text,
        "\
Timers 3, 1 overdue, the next in 4 min
  late 12 min      asked       2FA was turned off for jane
  deadline         KEY00000    https://github.com/example-org/alarms/issues/12
  in 4 min         asked       2FA was turned off for jane
  deadline         KEY00000    https://github.com/example-org/alarms/issues/12
  and 1 more
Waiting without a timer 12
  for 3 h 5 min    asked       A title that is far longer than a line of a terminal is wide, so tha…
  deadline         LONG0000    https://github.com/example-org/alarms/issues/12, gave up 2 steps
  and 11 more
Begun and not finished 1
  for 0 s          unknown     its journal is gone
                   GONE0000
  3 journals were read, and there are more: --journals reads more of them
Queues 3
  queue-0  0 waiting, 0 in hand, 3 dead letters in queue-0-dead
  queue-1  1 waiting, 0 in hand, no dead letters in queue-1-dead
  queue-2  2 waiting, 0 in hand, no dead-letter queue
Needs a person
  3 dead letters: `dispatch redrive --list` shows what and why
  the clock is silent: a timer is 12 min overdue; does its schedule still call incoming?
"
        .replace("KEY00000", cut(key("2FA was turned off for jane").as_str(), KEY_CHARS))
        .replace("LONG0000", cut(key(long).as_str(), KEY_CHARS))
        .replace("GONE0000", cut(key("gone").as_str(), KEY_CHARS))
    );
}

#[test]
fn what_was_not_counted_is_said() {
    let many = Timers { more: true, ..timers(&[60, 120, 180]) };
    let text = Report::new(Ok(lives(many)), Ok(depths(&[]))).text();
    assert!(text.starts_with("Timers 3 or more, the next in 1 min\n") && text.contains("  and 1 or more\n"), "{text}");
}

#[test]
fn time_is_told_in_two_steps_at_most() {
    for (seconds, words) in [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (3_660, "1 h 1 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (187_200, "2 d 4 h"),
    ] {
        assert_eq!(span(seconds), words);
    }
}
