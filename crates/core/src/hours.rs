//! Working hours: when the clock of a question stops.
//!
//! The clock on the wall decides. An instant is working time when the local time there lies within the
//! hours of a working day, and waiting adds up the real time of such instants. An hour that daylight
//! saving skips is therefore nobody's, and one that it repeats counts twice.
//!
//! Zones come from the database that is compiled in, so every machine has the same.

use std::{collections::BTreeSet, fmt};

use jiff::{
    Timestamp,
    civil::Date,
    tz::{Offset, TimeZone, TimeZoneDatabase},
};
use serde::{Deserialize, Serialize};

use crate::text::shorten;

const SECOND: i128 = 1_000_000_000;
const MINUTE: i128 = 60 * SECOND;
const DAY_MIN: u16 = 24 * 60;
const DAY: i128 = DAY_MIN as i128 * MINUTE;

/// How far ahead working time is looked for. Whatever lies behind counts as working time, because silence
/// must never wait for ever.
const AHEAD: i128 = 366 * DAY;

const WEEK: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const WITHOUT: &str = " without ";

/// When people work: the clock of a question that keeps to these stops outside of them.
///
/// Written and kept as its text, see [`Hours::read`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    /// Bit 0 is Monday.
    days: u8,
    /// Minutes after the midnight that the day begins with.
    from_min: u16,
    /// The same, more than `from_min`, less than a day later.
    to_min: u16,
    zone: TimeZone,
    /// `2026-12-25`, and `12-25` for every year.
    holidays: BTreeSet<String>,
}

impl Hours {
    /// Reads `Mon-Fri 09:00-17:00 Europe/Berlin`, or with holidays behind it
    /// `Mon-Fri 09:00-17:00 Europe/Berlin without 12-25,2026-05-14`.
    ///
    /// Days are English, three letters each, in ranges (`Fri-Mon` goes over the weekend) and lists
    /// (`Mon-Thu,Sat`). Times are local; the second may be `24:00`. Hours over midnight (`22:00-06:00`) belong
    /// as a whole to the day that they begin on. Zones have the names of the IANA database, or are `UTC`.
    ///
    /// # Errors
    /// What was found and what was expected instead. Hours without any working time are refused.
    pub fn read(text: &str) -> Result<Hours, String> {
        let (text, holidays) = text.split_once(WITHOUT).map_or((text, None), |(text, holidays)| (text, Some(holidays)));
        let words: Vec<_> = text.split_whitespace().collect();
        let [days, times, zone] = words[..] else {
            return Err(expected(text, "days, hours and a zone such as Mon-Fri 09:00-17:00 Europe/Berlin"));
        };
        let (from_min, to_min) = read_times(times)
            .ok_or_else(|| expected(times, "two different times such as 09:00-17:00, 22:00-06:00 or 00:00-24:00"))?;
        let hours = Hours {
            days: read_days(days).ok_or_else(|| expected(days, "days such as Mon-Fri or Mon-Thu,Sat"))?,
            from_min,
            to_min,
            zone: find_zone(zone).ok_or_else(|| expected(zone, "a time zone such as Europe/Berlin or UTC"))?,
            holidays: BTreeSet::new(),
        };
        match holidays {
            Some(holidays) => hours.with_holidays(holidays),
            None => Ok(hours),
        }
    }

    /// The same hours with more holidays: `2026-12-25`, or `12-25` for every year, separated by commas.
    ///
    /// They are local dates. `02-29` is a holiday in leap years only.
    ///
    /// # Errors
    /// What was found and what was expected instead. Holidays that leave no day of the year are refused.
    pub fn with_holidays(mut self, dates: &str) -> Result<Hours, String> {
        for date in dates.split(',').map(str::trim) {
            if !is_date(date) && !is_date(&format!("2000-{date}")) {
                return Err(expected(date, "a holiday such as 2026-12-25, or 12-25 for every year"));
            }
            self.holidays.insert(date.to_owned());
        }
        let yearly = self.holidays.iter().filter(|date| date.len() == "12-25".len()).count();
        if yearly == 366 {
            return Err("found every day of the year, expected holidays that leave a day to work on".to_owned());
        }
        Ok(self)
    }

    /// The same hours in somebody's own zone; in an unknown one they stay as they are.
    pub fn in_zone(&self, zone: &str) -> Hours {
        let zone = find_zone(zone).unwrap_or_else(|| self.zone.clone());
        Hours { zone, ..self.clone() }
    }

    /// The zone that they are in.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first instant by which `wait_s` seconds of working time have passed since `from`: the end of a
    /// working day rather than the beginning of the next one, and `from` itself for no wait.
    ///
    /// Never before `from + wait_s`. What is later than 366 days after `from` counts as working time.
    pub fn after(&self, from: Timestamp, wait_s: u32) -> Timestamp {
        let until = from.as_nanosecond() + AHEAD;
        let mut left = i128::from(wait_s) * SECOND;
        if left == 0 {
            return from;
        }
        for (begin, end) in self.spans(from, until) {
            if left <= end - begin {
                return instant(begin + left);
            }
            left -= end - begin;
        }
        instant(until + left)
    }

    /// Whether people work at this instant. The end of a working day is outside of it.
    pub fn is_working(&self, at: Timestamp) -> bool {
        self.spans(at, at.as_nanosecond() + 1).next().is_some()
    }

    /// Working time from `from` until `until`: in order, apart from each other and none of it empty, in
    /// nanoseconds since 1970.
    fn spans(&self, from: Timestamp, until: i128) -> impl Iterator<Item = (i128, i128)> {
        stretches(&self.zone, from, until).into_iter().flat_map(move |(begin, end, offset)| {
            // Hours over midnight may have begun on the day before.
            let days = (begin + offset).div_euclid(DAY) - 1..=(end + offset).div_euclid(DAY);
            days.filter_map(move |day| {
                let midnight = day * DAY - offset;
                let from = begin.max(midnight + i128::from(self.from_min) * MINUTE);
                let to = end.min(midnight + i128::from(self.to_min) * MINUTE);
                (from < to && self.has(day)).then_some((from, to))
            })
        })
    }

    /// Whether a local date is a working day; in days since 1970.
    fn has(&self, day: i128) -> bool {
        // The first of January 1970 was a Thursday.
        let weekday = (day + 3).rem_euclid(7);
        (self.days >> weekday) & 1 == 1 && (self.holidays.is_empty() || !self.is_holiday(day))
    }

    fn is_holiday(&self, day: i128) -> bool {
        let date = Offset::UTC.to_datetime(instant(day * DAY)).date().to_string();
        let yearly = date.get("2026-".len()..).unwrap_or_default();
        self.holidays.contains(&date) || self.holidays.contains(yearly)
    }
}

/// Monday to Friday, nine to five, UTC.
impl Default for Hours {
    fn default() -> Self {
        let (from_min, to_min) = (9 * 60, 17 * 60);
        Hours { days: 0b001_1111, from_min, to_min, zone: TimeZone::UTC, holidays: BTreeSet::new() }
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Hours { days, from_min, to_min, zone, holidays } = self;
        let to_min = if *to_min > DAY_MIN { to_min - DAY_MIN } else { *to_min };
        let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let zone = zone.iana_name().unwrap_or("UTC");
        write!(f, "{} {}-{} {zone}", write_days(*days), time(*from_min), time(to_min))?;
        for (n, date) in holidays.iter().enumerate() {
            write!(f, "{}{date}", if n == 0 { WITHOUT } else { "," })?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Hours {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Hours::read(&text)
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> String {
        hours.to_string()
    }
}

/// As [`Hours::after`]; without hours the clock never stops.
pub fn after(hours: Option<&Hours>, from: Timestamp, wait_s: u32) -> Timestamp {
    let plain = || instant(from.as_nanosecond() + i128::from(wait_s) * SECOND);
    hours.map_or_else(plain, |hours| hours.after(from, wait_s))
}

/// Nine in the morning of the day after that of `from`, both in `zone`; UTC where there is none or it is unknown.
///
/// A day or an hour that the zone skips is passed over.
pub fn tomorrow_at_nine(from: Timestamp, zone: Option<&str>) -> Timestamp {
    let zone = zone.and_then(find_zone).unwrap_or(TimeZone::UTC);
    let nine = zone.to_datetime(from).date().tomorrow().map(|date| date.at(9, 0, 0, 0));
    nine.and_then(|nine| zone.to_timestamp(nine)).unwrap_or(Timestamp::MAX)
}

/// Whether the database of time zones has this name, in whatever case.
pub fn is_zone(name: &str) -> bool {
    find_zone(name).is_some()
}

fn find_zone(name: &str) -> Option<TimeZone> {
    TimeZoneDatabase::bundled().get(name).ok().filter(|zone| !zone.is_unknown())
}

/// The time from `from` until `until`, parted where the zone's offset changes: begin, end, and what is added
/// to UTC there, all in nanoseconds.
fn stretches(zone: &TimeZone, from: Timestamp, until: i128) -> Vec<(i128, i128, i128)> {
    let offset = |offset: Offset| i128::from(offset.seconds()) * SECOND;
    let mut begin = from.as_nanosecond();
    let mut current = offset(zone.to_offset(from));
    let mut stretches = Vec::new();
    for change in zone.following(from).take_while(|change| change.timestamp().as_nanosecond() < until) {
        let end = change.timestamp().as_nanosecond();
        stretches.push((begin, end, current));
        (begin, current) = (end, offset(change.offset()));
    }
    stretches.push((begin, until, current));
    stretches
}

/// The instant, or the last one that there is.
fn instant(nanosecond: i128) -> Timestamp {
    Timestamp::from_nanosecond(nanosecond).unwrap_or(Timestamp::MAX)
}

fn expected(found: &str, expected: &str) -> String {
    format!("found {:?}, expected {expected}", shorten(found, 100))
}

fn read_days(text: &str) -> Option<u8> {
    let number = |name: &str| WEEK.iter().position(|day| day.eq_ignore_ascii_case(name));
    text.split(',').try_fold(0, |days, part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        let length = (last + 7 - first) % 7;
        Some((0..=length).fold(days, |days, n| days | 1 << ((first + n) % 7)))
    })
}

/// Three days and more that follow each other become a range.
fn write_days(days: u8) -> String {
    let mut runs: Vec<Vec<&str>> = Vec::new();
    let mut before = false;
    for (n, day) in WEEK.into_iter().enumerate() {
        let works = (days >> n) & 1 == 1;
        match runs.last_mut() {
            Some(run) if works && before => run.push(day),
            _ if works => runs.push(vec![day]),
            _ => {}
        }
        before = works;
    }
    let text = |run: &Vec<&str>| match run[..] {
        [first, _, .., last] => format!("{first}-{last}"),
        _ => run.join(","),
    };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

/// Minutes after midnight. The second is behind the first, if need be on the next day.
fn read_times(text: &str) -> Option<(u16, u16)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (read_time(from)?, read_time(to)?);
    let fine = from < DAY_MIN && from != to;
    fine.then_some((from, if to < from { to + DAY_MIN } else { to }))
}

/// Minutes after midnight; up to and with `24:00`.
fn read_time(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| format!("{number:02}") == text);
    let (hour, minute) = (number(hour)?, number(minute)?);
    let fine = hour < 24 && minute < 60 || (hour, minute) == (24, 0);
    fine.then_some(hour * 60 + minute)
}

/// Whether the text is a date that exists, written `2026-12-25` and no other way.
fn is_date(text: &str) -> bool {
    text.parse::<Date>().is_ok_and(|date| date.to_string() == text)
}

#[cfg(test)]
mod tests;
