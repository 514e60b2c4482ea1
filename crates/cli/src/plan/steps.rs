//! Steps as people read them.

use std::fmt::Write;

use dispatch_core::{
    alarm::{Address, Alarm},
    journal::{Journal, Remark, Stage, Step},
    text::one_line,
    words::step_name,
};

/// Adds one line for each step, numbered from `from`.
pub(super) fn list(text: &mut String, journal: &Journal, steps: &[Step], from: usize, indent: &str) {
    for (number, step) in (from..).zip(steps) {
        let _ = writeln!(text, "{indent}{number}. {}", line(journal, step));
    }
}

/// One step, with what it is about.
pub(super) fn line(journal: &Journal, step: &Step) -> String {
    let alarm = &journal.alarm;
    let detail = match step {
        Step::Open if !alarm.mentions.is_empty() => format!(", tagging @{}", alarm.mentions.join(", @")),
        Step::Reach { who, round } => match journal.person(*who, *round).and_then(|person| person.address) {
            Some(address) => format!(" at {}", one_line(&address.to_string())),
            None => ", who has no address".to_owned(),
        },
        Step::Page(_) => format!(", through {}", pager(&alarm.page)),
        Step::Remark(Remark::Answer(_) | Remark::Tally(_)) => ": who answered what, and when".to_owned(),
        Step::Remark(Remark::Paged(_)) => ": the link to the incident".to_owned(),
        Step::Remark(Remark::Unreached) => ": who could not be reached".to_owned(),
        Step::Remark(Remark::Silent { .. }) => ": nobody answered, and who was told".to_owned(),
        Step::Show { stage: Stage::Paged, .. } => ", with the page".to_owned(),
        Step::Show { stage: Stage::Silent(_), .. } => ": it went on to others".to_owned(),
        _ => String::new(),
    };
    format!("{}{detail}", named(journal, step))
}

/// A step's name; that of a page without its service, which is told behind it.
fn named(journal: &Journal, step: &Step) -> String {
    let alarm = &journal.alarm;
    match step {
        Step::Page(_) => step_name(&Alarm { page: Address::new("pagerduty", ""), ..alarm.clone() }, step),
        Step::Climb { rung, .. } if alarm.chain.get(*rung).is_some_and(|rung| names_service(&rung.to)) => {
            let to = alarm.chain.get(*rung).map_or_else(String::new, |rung| pager(&rung.to));
            format!("page {to}, because nobody answered")
        }
        // Somebody who is asked beside the alarm's people.
        Step::Show { who, .. } if *who >= alarm.people.len() => {
            let name = journal.person(*who, 0).map_or_else(|| "somebody".to_owned(), |person| person.name);
            format!("show the outcome to {name}")
        }
        step => step_name(alarm, step),
    }
}

fn names_service(to: &Address) -> bool {
    to.scheme() == "pagerduty" && !to.rest().is_empty()
}

/// Which service of PagerDuty is paged.
pub(super) fn pager(to: &Address) -> String {
    match one_line(to.rest()) {
        service if service.is_empty() => "PagerDuty's default service".to_owned(),
        service => format!("PagerDuty's service {service}"),
    }
}
