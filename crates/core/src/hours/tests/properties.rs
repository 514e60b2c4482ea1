//! What holds for all hours, held against the clock on the wall as a calendar tells it.

use proptest::prelude::*;

use super::*;

const ZONES: &[&str] = &[
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Nuuk",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Apia",
];

/// Any hours, in quarters of an hour.
fn any_hours() -> impl Strategy<Value = Hours> {
    let holidays = prop::sample::select(vec!["", " without 12-25,02-29", " without 2011-12-31,03-29,10-25,10-04"]);
    (1..128u8, 0..96u16, 1..=96u16, prop::sample::select(ZONES), holidays).prop_map(
        |(days, from, length, zone, without)| {
            let length = if from == 0 { length } else { length.min(95) };
            let (from_min, to_min) = (from * 15, (from + length) * 15);
            let mut hours = hours(&format!("Mon 09:00-17:00 {zone}{without}"));
            (hours.days, hours.from_min, hours.to_min) = (days, from_min, to_min);
            hours
        },
    )
}

/// Seconds, most of them around a change of some zone.
fn any_time() -> impl Strategy<Value = Timestamp> {
    let base = prop::sample::select(vec![
        at("2011-12-29T00:00Z"),
        at("2026-03-27T00:00Z"),
        at("2026-04-03T00:00Z"),
        at("2026-09-25T00:00Z"),
        at("2026-10-23T00:00Z"),
        at("2028-02-27T00:00Z"),
    ]);
    let near = (base, 0..400_000i64).prop_map(|(base, second)| base + SignedDuration::from_secs(second));
    let far = (0..4_000_000_000i64).prop_map(|second| Timestamp::from_second(second).unwrap());
    prop_oneof![4 => near, 1 => far]
}

/// Waits that do not reach beyond what is looked at: at worst a quarter of an hour a week is working time.
fn any_wait() -> impl Strategy<Value = u32> {
    prop_oneof![0..20_000u32, Just(0), Just(900)]
}

/// By the definition: what the calendar and the clock on the wall say.
fn on_the_wall(hours: &Hours, at: Timestamp) -> bool {
    let local = hours.zone.to_datetime(at);
    let minute = u16::try_from(local.hour()).unwrap() * 60 + u16::try_from(local.minute()).unwrap();
    let works = |date: Date| {
        let weekday = date.weekday().to_monday_zero_offset();
        let [once, yearly] = ["%Y-%m-%d", "%m-%d"].map(|format| date.strftime(format).to_string());
        hours.days & (1 << weekday) != 0 && !hours.holidays.contains(&once) && !hours.holidays.contains(&yearly)
    };
    let today = minute >= hours.from_min && minute < hours.to_min && works(local.date());
    today || minute + DAY_MIN < hours.to_min && works(local.date().yesterday().unwrap())
}

proptest! {
    #[test]
    fn working_time_is_what_the_wall_says(hours in any_hours(), from in any_time()) {
        for minute in 0..200 {
            let at = from + SignedDuration::from_mins(minute * 13);
            prop_assert_eq!(hours.is_working(at), on_the_wall(&hours, at), "{} at {}", hours, at);
        }
    }

    /// Passing the time quarter by quarter gives the same as reckoning.
    #[test]
    fn a_wait_adds_up_working_time(hours in any_hours(), from in any_time(), quarters in 1..40u32) {
        let second = from.as_second();
        let mut now = Timestamp::from_second(second - second.rem_euclid(900)).unwrap();
        let (end, limit) = (hours.after(now, quarters * 900), now + SignedDuration::from_hours(24 * 60));
        let mut passed = 0;
        while passed < quarters && now < limit {
            passed += u32::from(on_the_wall(&hours, now));
            now += SignedDuration::from_mins(15);
        }
        prop_assert!(if passed == quarters { end == now } else { end > now }, "{hours}: {end}, {now}");
    }

    #[test]
    fn a_wait_is_never_early_and_ends_with_work(hours in any_hours(), from in any_time(), wait in 1..20_000u32) {
        let end = hours.after(from, wait);
        prop_assert!(end >= after(None, from, wait));
        prop_assert!(hours.is_working(end - 1.nanosecond()));
    }

    #[test]
    fn two_waits_are_one_long_wait(hours in any_hours(), from in any_time(), a in any_wait(), b in any_wait()) {
        prop_assert_eq!(hours.after(hours.after(from, a), b), hours.after(from, a + b));
    }

    /// Also of waits that reach beyond what is looked at.
    #[test]
    fn who_begins_later_or_waits_longer_ends_no_earlier(
        hours in any_hours(),
        times in (any_time(), any_time()),
        waits in (0..3_000_000u32, 0..3_000_000u32),
    ) {
        let (early, late) = (times.0.min(times.1), times.0.max(times.1));
        let (short, long) = (waits.0.min(waits.1), waits.0.max(waits.1));
        prop_assert!(hours.after(early, short) <= hours.after(late, short));
        prop_assert!(hours.after(early, short) <= hours.after(early, long));
        prop_assert!(hours.after(early, long) <= after(None, early, long) + SignedDuration::from_hours(24 * 366));
    }

    #[test]
    fn any_hours_are_read_back(hours in any_hours()) {
        prop_assert_eq!(Hours::read(&hours.to_string()), Ok(hours));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*", dates in "[-0-9, ]{0,24}") {
        let _ = Hours::read(&text);
        let _ = hours("Mon 09:00-17:00 UTC").with_holidays(&dates);
    }

    #[test]
    fn tomorrow_at_nine_is_nine_on_another_day(from in any_time(), zone in prop::sample::select(ZONES)) {
        let nine = tomorrow_at_nine(from, Some(zone));
        let zone = find_zone(zone).unwrap();
        prop_assert!(nine > from);
        prop_assert!(zone.to_datetime(nine).date() > zone.to_datetime(from).date());
        prop_assert_eq!(zone.to_datetime(nine).time(), jiff::civil::time(9, 0, 0, 0));
    }
}
