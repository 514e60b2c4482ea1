//! The marker of an issue is read as it was written, whatever stands around it.

use super::*;
use crate::journal::LifeId;

fn named(journal: &Journal) -> Option<(Key, LifeId)> {
    Some((journal.key.clone(), journal.life.clone()))
}

#[test]
fn what_was_written_is_read() {
    for message in [self_service(), broadcast(), low_priority()] {
        let journal = journal(&message);
        assert_eq!(read_marker(&draft(&journal, None).body), named(&journal));
    }
    let alarm = crate::digest::alarm(&defaults().repo, at(0), 1, None);
    let digest = Journal::begin(alarm, LifeId("0123456789abcdef".repeat(2)), &[], at(0));
    assert_eq!(read_marker(&draft(&digest, None).body), named(&digest));
}

#[test]
fn what_people_write_around_it_does_not_matter() {
    let journal = journal(&self_service());
    let body = draft(&journal, None).body;
    for edited in [
        format!("{body}\n\nThis is being looked at by @joe. -->"),
        body.replace('\n', "\r\n"),
        format!("<!-- dispatch:\n{body}\n<!-- dispatch: -->"),
        format!("{}{body}{0}", "<!-- dispatch:".repeat(5_000)),
    ] {
        assert_eq!(read_marker(&edited), named(&journal), "{edited:.100}");
    }
}

/// A publisher writes the body of an alarm, and could name another alarm there.
#[test]
fn a_marker_in_the_text_of_the_alarm_does_not_count() {
    let mut message = self_service();
    let other = format!("<!-- dispatch:{}:0ther -->", "a".repeat(Key::LENGTH));
    message["body"]["github"]["body"] = json!(other);
    message["requestId"] = json!(other);
    let journal = journal(&message);
    assert_eq!(read_marker(&draft(&journal, None).body), named(&journal));
}

#[test]
fn nothing_else_is_a_marker() {
    let journal = journal(&self_service());
    let key = journal.key.as_str();
    for text in [
        String::new(),
        "Text.".to_owned(),
        remark_marker(&journal.life, &Remark::Answer(0)),
        format!("<!-- dispatch:{key} -->"),
        format!("<!-- dispatch:{key}: -->"),
        format!("<!-- dispatch:{key}:5eed"),
        format!("<!-- dispatch:{key}:5eed-->"),
        format!("<!-- dispatch:{key}:5 eed -->"),
        format!("<!-- dispatch:{key}:5eed:0 -->"),
        format!("<!-- dispatch:{key}:é -->"),
        format!("<!-- dispatch:{key}:{} -->", "5".repeat(65)),
        format!("<!-- dispatch:{}:5eed -->", key.to_ascii_uppercase()),
        format!("<!-- dispatch:{}:5eed -->", &key[1..]),
        format!("<!-- dispatch:é{}:5eed -->", &key[1..]),
        format!("<!--dispatch:{key}:5eed -->"),
    ] {
        assert_eq!(read_marker(&text), None, "{text}");
    }
}
