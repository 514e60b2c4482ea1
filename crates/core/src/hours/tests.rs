//! Working hours, told as tables whose values were worked out by hand. Every instant is written as a local
//! time with what that time is ahead of UTC.

mod properties;

use jiff::{SignedDuration, ToSpan};

use super::*;

fn hours(text: &str) -> Hours {
    Hours::read(text).unwrap()
}

fn at(local: &str) -> Timestamp {
    local.parse().unwrap()
}

fn seconds(wait: &str) -> u32 {
    wait.parse::<SignedDuration>().unwrap().as_secs().try_into().unwrap()
}

/// Hours, from, wait, and when it is over.
type Case = (&'static str, &'static str, &'static str, &'static str);

#[track_caller]
fn check(cases: &[Case]) {
    for (text, from, wait, end) in cases {
        let found = hours(text).after(at(from), seconds(wait));
        assert_eq!(found, at(end), "{text}: {from} and {wait}");
    }
}

/// 2026-11-20 is a Friday.
#[test]
fn the_clock_stops_outside_of_the_hours() {
    const OFFICE: &str = "Mon-Fri 09:00-17:00 Europe/Berlin";
    check(&[
        // An hour on Friday, and one on Monday.
        (OFFICE, "2026-11-20T16:00+01:00", "PT2H", "2026-11-23T10:00+01:00"),
        // What ends with the day ends there, not on Monday.
        (OFFICE, "2026-11-20T16:00+01:00", "PT1H", "2026-11-20T17:00+01:00"),
        (OFFICE, "2026-11-20T16:00+01:00", "PT1H1S", "2026-11-23T09:00:01+01:00"),
        (OFFICE, "2026-11-20T17:00+01:00", "PT1S", "2026-11-23T09:00:01+01:00"),
        (OFFICE, "2026-11-20T16:59:59.5+01:00", "PT1S", "2026-11-23T09:00:00.5+01:00"),
        // From the early morning, from the weekend, and no wait at all.
        (OFFICE, "2026-11-20T03:00+01:00", "PT4H", "2026-11-20T13:00+01:00"),
        (OFFICE, "2026-11-21T12:00+01:00", "PT4H", "2026-11-23T13:00+01:00"),
        (OFFICE, "2026-11-21T12:00+01:00", "PT0S", "2026-11-21T12:00+01:00"),
        // 40 hours are a week; 80 are two.
        (OFFICE, "2026-11-18T12:00+01:00", "PT80H", "2026-12-02T12:00+01:00"),
        // Tuesday, Saturday, and Tuesday again.
        ("Tue,Sat 09:00-10:00 UTC", "2026-11-17T09:30Z", "PT2H", "2026-11-24T09:30Z"),
        // Friday to Monday, over the weekend.
        ("Fri-Mon 09:00-10:00 UTC", "2026-11-20T09:00Z", "PT5H", "2026-11-27T10:00Z"),
        // Whole days: 23:00 to 24:00 on Friday, 0:00 to 1:00 on Monday.
        ("Mon-Fri 00:00-24:00 UTC", "2026-11-20T23:00Z", "PT2H", "2026-11-23T01:00Z"),
        ("Mon-Sun 00:00-24:00 UTC", "2026-11-20T23:00Z", "PT168H", "2026-11-27T23:00Z"),
    ]);
}

#[test]
fn hours_over_midnight_belong_to_the_day_that_they_begin_on() {
    let night = hours("Fri 22:00-06:00 UTC");
    for (at_, works) in [
        ("2026-11-20T05:59Z", false),
        ("2026-11-20T21:59:59Z", false),
        ("2026-11-20T22:00Z", true),
        ("2026-11-21T00:00Z", true),
        ("2026-11-21T05:59:59.999Z", true),
        ("2026-11-21T06:00Z", false),
        ("2026-11-21T23:00Z", false),
    ] {
        assert_eq!(night.is_working(at(at_)), works, "{at_}");
    }
    check(&[
        // Four hours are left of the night that began on Friday; then comes next Friday's.
        ("Fri 22:00-06:00 UTC", "2026-11-21T02:00Z", "PT5H", "2026-11-27T23:00Z"),
        // Christmas Day is a Friday: the night before it belongs to Thursday, and the next is Monday's.
        ("Mon-Fri 22:00-06:00 UTC without 2026-12-25", "2026-12-24T22:00Z", "PT8H", "2026-12-25T06:00Z"),
        ("Mon-Fri 22:00-06:00 UTC without 2026-12-25", "2026-12-24T22:00Z", "PT9H", "2026-12-28T23:00Z"),
    ]);
}

/// Berlin, 2026-03-29, a Sunday: 02:00+01:00 is 03:00+02:00.
#[test]
fn hours_that_daylight_saving_skips_do_not_exist() {
    check(&[
        // 0:00 to 2:00 and 3:00 to 6:00 are five hours.
        ("Sun 00:00-06:00 Europe/Berlin", "2026-03-29T00:00+01:00", "PT5H", "2026-03-29T06:00+02:00"),
        // The night from Saturday has seven, the eighth is a week later.
        ("Sat 22:00-06:00 Europe/Berlin", "2026-03-28T22:00+01:00", "PT7H", "2026-03-29T06:00+02:00"),
        ("Sat 22:00-06:00 Europe/Berlin", "2026-03-28T22:00+01:00", "PT8H", "2026-04-04T23:00+02:00"),
        // This hour is not there at all, so it is that of the fifth of April.
        ("Sun 02:00-03:00 Europe/Berlin", "2026-03-29T00:00+01:00", "PT1H", "2026-04-05T03:00+02:00"),
        // Work that should begin within the gap begins behind it.
        ("Sun 02:30-04:00 Europe/Berlin", "2026-03-29T00:00+01:00", "PT30M", "2026-03-29T03:30+02:00"),
        // Office hours over the change are as long as ever: one on Friday, one on Monday.
        ("Mon-Fri 09:00-17:00 Europe/Berlin", "2026-03-27T16:00+01:00", "PT2H", "2026-03-30T10:00+02:00"),
        // Nuuk, the day before: 23:00-02:00 is midnight-01:00, so these two hours are one.
        ("Sat 22:00-24:00 America/Nuuk", "2026-03-28T22:00-02:00", "PT1H", "2026-03-29T00:00-01:00"),
        ("Sat 22:00-24:00 America/Nuuk", "2026-03-28T22:00-02:00", "PT2H", "2026-04-04T23:00-01:00"),
    ]);
}

/// Berlin, 2026-10-25, a Sunday: 03:00+02:00 is 02:00+01:00.
#[test]
fn hours_that_daylight_saving_repeats_count_twice() {
    check(&[
        ("Sun 00:00-06:00 Europe/Berlin", "2026-10-25T00:00+02:00", "PT7H", "2026-10-25T06:00+01:00"),
        ("Sun 02:00-03:00 Europe/Berlin", "2026-10-25T00:00+02:00", "PT1H", "2026-10-25T02:00+01:00"),
        ("Sun 02:00-03:00 Europe/Berlin", "2026-10-25T00:00+02:00", "PT2H", "2026-10-25T03:00+01:00"),
        // 2:30 to 3:00, and once more from 2:30, now to 4:00: the clock went back to before the hours.
        ("Sun 02:30-04:00 Europe/Berlin", "2026-10-25T00:00+02:00", "PT30M", "2026-10-25T03:00+02:00"),
        ("Sun 02:30-04:00 Europe/Berlin", "2026-10-25T00:00+02:00", "PT1H", "2026-10-25T03:00+01:00"),
        // 1:00 to 2:30, and once more 2:00 to 2:30.
        ("Sun 01:00-02:30 Europe/Berlin", "2026-10-25T00:00+02:00", "PT90M", "2026-10-25T02:30+02:00"),
        ("Sun 01:00-02:30 Europe/Berlin", "2026-10-25T00:00+02:00", "PT2H", "2026-10-25T02:30+01:00"),
        // Nuuk: midnight-01:00 is 23:00-02:00 of the day before, so Saturday ends twice.
        ("Sat 22:00-24:00 America/Nuuk", "2026-10-24T22:00-01:00", "PT3H", "2026-10-25T00:00-02:00"),
        ("Mon-Fri 09:00-17:00 Europe/Berlin", "2026-10-23T16:00+02:00", "PT2H", "2026-10-26T10:00+01:00"),
    ]);
}

#[test]
fn zones_need_not_be_whole_hours_apart() {
    check(&[
        // 9:00 in Kolkata is 3:30 in UTC; 9:00 in Kathmandu is 3:15.
        ("Mon-Fri 09:00-17:00 Asia/Kolkata", "2026-11-20T16:30+05:30", "PT1H", "2026-11-23T09:30+05:30"),
        ("Mon-Fri 09:00-17:00 Asia/Kolkata", "2026-11-23T03:00Z", "PT1H", "2026-11-23T04:30Z"),
        ("Mon-Fri 09:00-17:00 Asia/Kathmandu", "2026-11-20T16:30+05:45", "PT1H", "2026-11-23T09:30+05:45"),
        ("Mon-Fri 09:00-17:00 Asia/Kathmandu", "2026-11-23T03:00Z", "PT1H", "2026-11-23T04:15Z"),
        // Lord Howe, 2026-10-04, a Sunday: 02:00+10:30 is 02:30+11:00. Three and a half hours.
        ("Sun 01:00-05:00 Australia/Lord_Howe", "2026-10-04T00:00+10:30", "PT3H30M", "2026-10-04T05:00+11:00"),
        ("Sun 02:00-02:30 Australia/Lord_Howe", "2026-10-04T00:00+10:30", "PT30M", "2026-10-11T02:30+11:00"),
        // 2026-04-05, a Sunday: 02:00+11:00 is 01:30+10:30. Four and a half hours.
        ("Sun 01:00-05:00 Australia/Lord_Howe", "2026-04-05T00:00+11:00", "PT4H30M", "2026-04-05T05:00+10:30"),
        // Chatham, 2026-09-27, a Sunday: 02:45+12:45 is 03:45+13:45. Five hours.
        ("Sun 00:00-06:00 Pacific/Chatham", "2026-09-27T00:00+12:45", "PT5H", "2026-09-27T06:00+13:45"),
    ]);
}

/// Behind 2011-12-29, a Thursday, came Saturday: Samoa went over the date line.
#[test]
fn a_day_that_a_zone_skips_is_no_working_day() {
    check(&[
        ("Mon-Fri 09:00-17:00 Pacific/Apia", "2011-12-29T16:00-10:00", "PT2H", "2012-01-02T10:00+14:00"),
        ("Mon-Sun 09:00-17:00 Pacific/Apia", "2011-12-29T16:00-10:00", "PT2H", "2011-12-31T10:00+14:00"),
        ("Fri 09:00-17:00 Pacific/Apia", "2011-12-29T16:00-10:00", "PT1H", "2012-01-06T10:00+14:00"),
    ]);
}

#[test]
fn leap_days_are_days() {
    const OFFICE: &str = "Mon-Fri 09:00-17:00 UTC";
    const LEAP_DAY_OFF: &str = "Mon-Fri 09:00-17:00 UTC without 02-29";
    check(&[
        // 2028-02-28 is a Monday of a leap year.
        (OFFICE, "2028-02-28T16:00Z", "PT2H", "2028-02-29T10:00Z"),
        (LEAP_DAY_OFF, "2028-02-28T16:00Z", "PT2H", "2028-03-01T10:00Z"),
        // 2027-02-26 is a Friday, and March begins on Monday: there is no holiday between.
        (LEAP_DAY_OFF, "2027-02-26T16:00Z", "PT2H", "2027-03-01T10:00Z"),
    ]);
}

/// 2026-12-25 is a Friday.
#[test]
fn holidays_are_local_dates() {
    const BERLIN: &str = "Mon-Fri 09:00-17:00 Europe/Berlin without 12-24,2026-12-25";
    check(&[
        (BERLIN, "2026-12-23T16:00+01:00", "PT2H", "2026-12-28T10:00+01:00"),
        // A year earlier the 24th, a Wednesday, is a holiday, and Thursday, the 25th, is not.
        (BERLIN, "2025-12-23T16:00+01:00", "PT2H", "2025-12-25T10:00+01:00"),
        // In Auckland the 25th lasts from 11:00 to 11:00 in UTC.
        ("Mon-Sun 00:00-24:00 Pacific/Auckland without 2026-12-25", "2026-12-24T10:00Z", "PT2H", "2026-12-25T12:00Z"),
    ]);
    let more = hours("Mon-Fri 09:00-17:00 Europe/Berlin without 12-24").with_holidays(" 2026-12-25, 12-24").unwrap();
    assert_eq!(more, hours(BERLIN));
}

#[test]
fn silence_ends_even_where_hardly_anybody_works() {
    // One minute a week is 52 minutes within 366 days from this Tuesday on; all else passes behind them.
    let week_s = 604_800;
    let end = hours("Mon 09:00-09:01 UTC").after(at("2026-11-24T00:00Z"), week_s);
    assert_eq!(end, at("2027-12-02T00:00Z") - 52.minutes());
    // All days but one are holidays, and that one is four years apart and hardly ever a Monday.
    let mut rest = Vec::new();
    let mut date: Date = "2028-01-01".parse().unwrap();
    while date.year() == 2028 {
        rest.push(date.strftime("%m-%d").to_string());
        date = date.tomorrow().unwrap();
    }
    let rare = rest.iter().filter(|date| *date != "02-29").cloned().collect::<Vec<_>>().join(",");
    let rare = hours("Mon 09:00-17:00 UTC").with_holidays(&rare).unwrap();
    assert_eq!(rare.after(at("2026-01-01T00:00Z"), 60), at("2027-01-02T00:01Z"));
    assert_eq!(rare.after(at("2044-02-28T00:00Z"), 60), at("2044-02-29T09:01Z"));
    let refused = rare.with_holidays("02-29").unwrap_err();
    assert!(refused.contains("every day of the year"), "{refused}");
}

#[test]
fn time_itself_ends_without_a_panic() {
    for text in ["Mon-Fri 09:00-17:00 Europe/Berlin without 12-25", "Sun 22:00-06:00 Pacific/Apia"] {
        assert_eq!(hours(text).after(Timestamp::MAX, u32::MAX), Timestamp::MAX);
        assert!(hours(text).after(Timestamp::MIN, u32::MAX) > Timestamp::MIN);
        hours(text).is_working(Timestamp::MIN);
        hours(text).is_working(Timestamp::MAX);
    }
    assert_eq!(after(None, Timestamp::MAX, 1), Timestamp::MAX);
    assert_eq!(tomorrow_at_nine(Timestamp::MAX, Some("Pacific/Kiritimati")), Timestamp::MAX);
}

#[test]
fn hours_are_written_as_they_are_read() {
    for text in [
        "Mon-Fri 09:00-17:00 Europe/Berlin",
        "Mon-Thu,Sat 08:30-24:00 UTC",
        "Wed 22:00-06:00 America/Argentina/Buenos_Aires",
        "Mon,Tue,Thu-Sun 00:00-24:00 Asia/Kolkata without 02-29,12-25,2026-05-14",
    ] {
        assert_eq!(hours(text).to_string(), text);
        let json = serde_json::to_string(&hours(text)).unwrap();
        assert_eq!(json, format!("{text:?}"));
        assert_eq!(serde_json::from_str::<Hours>(&json).unwrap(), hours(text));
    }
    for (text, plain) in [
        ("  fri-mon  09:00-17:00  europe/berlin ", "Mon,Fri-Sun 09:00-17:00 Europe/Berlin"),
        ("Sun-Sat 18:00-00:00 utc", "Mon-Sun 18:00-24:00 UTC"),
        ("Mon-Fri,Fri,Tue 09:00-17:00 UTC without 12-25, 12-25", "Mon-Fri 09:00-17:00 UTC without 12-25"),
    ] {
        assert_eq!(hours(text).to_string(), plain);
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    for (text, found) in [
        ("", ""),
        ("Mon-Fri 09:00-17:00", "Mon-Fri 09:00-17:00"),
        ("Mon-Fri 09:00-17:00 Europe/Berlin always", "Mon-Fri 09:00-17:00 Europe/Berlin always"),
        ("Monday 09:00-17:00 UTC", "Monday"),
        ("Mon,,Tue 09:00-17:00 UTC", "Mon,,Tue"),
        ("Mon-Wed-Fri 09:00-17:00 UTC", "Mon-Wed-Fri"),
        ("Mon 9:00-17:00 UTC", "9:00-17:00"),
        ("Mon 09:00-17:60 UTC", "09:00-17:60"),
        ("Mon 09:00-24:01 UTC", "09:00-24:01"),
        ("Mon 24:00-09:00 UTC", "24:00-09:00"),
        ("Mon 09:00 UTC", "09:00"),
        ("Mon +9:00-17:00 UTC", "+9:00-17:00"),
        // No working time at all.
        ("Mon 09:00-09:00 UTC", "09:00-09:00"),
        ("Mon 00:00-00:00 UTC", "00:00-00:00"),
        ("Mon 09:00-17:00 Europe/Atlantis", "Europe/Atlantis"),
        ("Mon 09:00-17:00 Etc/Unknown", "Etc/Unknown"),
        ("Mon 09:00-17:00 ../../etc/passwd", "../../etc/passwd"),
        ("Mon 09:00-17:00 UTC without ", ""),
        ("Mon 09:00-17:00 UTC without 12-25,", ""),
        ("Mon 09:00-17:00 UTC without 2026-02-29", "2026-02-29"),
        ("Mon 09:00-17:00 UTC without 02-30", "02-30"),
        ("Mon 09:00-17:00 UTC without 2026-12-25T10:00", "2026-12-25T10:00"),
        ("Mon 09:00-17:00 UTC without 20261225", "20261225"),
        ("Mon 09:00-17:00 UTC without 1-1", "1-1"),
    ] {
        let error = Hours::read(text).unwrap_err();
        assert!(error.starts_with(&format!("found {found:?}, expected ")), "{text}: {error}");
    }
    assert!(Hours::read(&"x".repeat(10_000)).unwrap_err().len() < 300);
}

#[test]
fn hours_move_with_a_person() {
    let berlin = hours("Mon-Fri 09:00-17:00 Europe/Berlin without 12-25");
    assert_eq!(berlin.in_zone("Asia/Tokyo"), hours("Mon-Fri 09:00-17:00 Asia/Tokyo without 12-25"));
    assert_eq!(berlin.in_zone("Europe/Atlantis"), berlin);
    assert!(is_zone("Asia/Kathmandu") && is_zone("utc"));
    assert!(!is_zone("") && !is_zone("Etc/Unknown") && !is_zone("CEST"));
}

#[test]
fn without_hours_the_clock_never_stops() {
    let from = at("2026-11-20T16:59:59.5Z");
    assert_eq!(after(None, from, 7_200), at("2026-11-20T18:59:59.5Z"));
    let office = hours("Mon-Fri 09:00-17:00 UTC");
    assert_eq!(after(Some(&office), from, 7_200), at("2026-11-23T10:59:59.5Z"));
}

#[test]
fn tomorrow_is_the_next_local_day() {
    for (from, zone, nine) in [
        // Over the change to daylight saving.
        ("2026-03-28T23:30+01:00", Some("Europe/Berlin"), "2026-03-29T09:00+02:00"),
        // Early in the morning tomorrow is still a day away.
        ("2026-11-20T00:30+01:00", Some("Europe/Berlin"), "2026-11-21T09:00+01:00"),
        // Friday evening in UTC is Saturday in Kolkata.
        ("2026-11-20T20:00Z", Some("Asia/Kolkata"), "2026-11-22T09:00+05:30"),
        ("2028-02-28T12:00Z", None, "2028-02-29T09:00Z"),
        ("2026-11-20T20:00Z", Some("Europe/Atlantis"), "2026-11-21T09:00Z"),
        // The 30th was skipped.
        ("2011-12-29T20:00-10:00", Some("Pacific/Apia"), "2011-12-31T09:00+14:00"),
    ] {
        assert_eq!(tomorrow_at_nine(at(from), zone), at(nine), "{from} {zone:?}");
    }
}
