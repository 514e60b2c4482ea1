//! What happens when nobody answers, step by step.

use serde_json::{Value, json};

use super::{
    super::{Defaults, Invalid, describe},
    fields::{Fields, Only, RungFields, User, duration_s, text, word},
};
use crate::{
    alarm::{Address, ON_CALL, Rung, RungKind},
    text::{one_line, shorten},
};

/// The most steps.
const RUNGS_MAX: usize = 10;

/// How long a step has that does not say.
const WAIT_S: u32 = 900;

/// Longest name or id, in characters.
const NAME_MAX: usize = 100;

/// What stands in place of a page that says nothing else.
const PAGER: &str = "PagerDuty";

/// The steps that a message gives, else the deployment's. The last one pages: where none does, `page` is added.
///
/// # Errors
/// [`Invalid`] for a step that names nobody, or more than one.
pub(super) fn chain(
    given: Option<&[Only<RungFields>]>,
    page: &Address,
    defaults: &Defaults,
) -> Result<Vec<Rung>, Invalid> {
    let mut chain = match given {
        Some(given) => rungs(given, &defaults.channel)?,
        None => defaults.chain.clone(),
    };
    for rung in &mut chain {
        if rung.kind() == RungKind::Page && rung.to.rest().is_empty() {
            rung.to = page.clone();
        }
    }
    if !chain.iter().any(|rung| rung.kind() == RungKind::Page) {
        chain.push(Rung { to: page.clone(), name: PAGER.to_owned(), group: None, wait_s: WAIT_S });
    }
    Ok(chain)
}

/// Reads a deployment's escalation: a JSON list of steps, as the field `escalation` of a message.
///
/// # Errors
/// What was found and what was expected.
pub fn chain_of(text: &str, channel: &Address) -> Result<Vec<Rung>, String> {
    let given: Value = serde_json::from_str(text).map_err(|error| format!("not a list of steps: {error}"))?;
    let fields = Fields::read(&json!({ "escalation": given })).map_err(|invalid| invalid.to_string())?;
    rungs(&fields.escalation.unwrap_or_default(), channel).map_err(|invalid| invalid.to_string())
}

fn rungs(given: &[Only<RungFields>], channel: &Address) -> Result<Vec<Rung>, Invalid> {
    if given.len() > RUNGS_MAX {
        let found = format!("a list of {}", given.len());
        return Err(Invalid::new("escalation", found, format!("at most {RUNGS_MAX} steps")));
    }
    given.iter().enumerate().map(|(n, fields)| rung(fields, n, channel)).collect()
}

fn rung(fields: &RungFields, n: usize, channel: &Address) -> Result<Rung, Invalid> {
    let path = format!("escalation[{n}]");
    let wait_s = match text(&fields.wait) {
        Some(given) => duration_s(&format!("{path}.wait"), given)?.ok_or_else(|| {
            Invalid::new(format!("{path}.wait"), describe(&Value::from(given)), "an ISO 8601 duration from PT1M to P7D")
        })?,
        None => WAIT_S,
    };
    let person = User {
        slack: fields.slack.clone(),
        slack_id: fields.slack_id.clone(),
        email: fields.email.clone(),
        github: None,
    };
    let person = person.person();
    let slack = |rest: &str| Address::new("slack", rest);
    let name = |text: &str| shorten(&one_line(text), NAME_MAX).into_owned();
    // What starts with neither `#` nor an id's letter is a name all the same, and never a person.
    let told = word(&fields.channel).map(slack).map(|to| match to.is_channel() {
        true => to,
        false => slack(&format!("#{}", to.rest())),
    });
    let (group, on_call) = (word(&fields.group), word(&fields.on_call));
    let service = fields.pagerduty_service_id.as_ref().map(|words| words.0.trim().to_owned());
    let kinds = [person.address.is_some(), told.is_some() || group.is_some(), service.is_some(), on_call.is_some()];
    if kinds.iter().filter(|given| **given).count() != 1 {
        let expected = "exactly one of slackId, email or slack; channel or group; pagerDutyServiceId; onCall";
        let found = format!("{} of them", kinds.iter().filter(|given| **given).count());
        return Err(Invalid::new(path, found, expected));
    }
    if let Some(address) = &person.address
        && address.is_channel()
    {
        let expected = "a person, because a question never goes to a channel: use channel";
        return Err(Invalid::new(path, describe(&Value::from(address.rest())), expected));
    }
    for (field, given, expected) in [
        ("group", group, "the id of a user group, such as S012AB3CD"),
        ("onCall", on_call, "the id of a schedule or an escalation policy, such as PABC123"),
    ] {
        let fine = |id: &str| id.len() <= NAME_MAX && id.bytes().all(|b| b.is_ascii_alphanumeric());
        if let Some(given) = given.filter(|given| !fine(given)) {
            return Err(Invalid::new(format!("{path}.{field}"), describe(&Value::from(given)), expected));
        }
    }
    let group = group.map(str::to_owned);
    let (to, name) = match (person.address, service, on_call) {
        (Some(address), ..) => (address, person.name),
        (None, Some(service), _) if service.is_empty() => (Address::new("pagerduty", ""), PAGER.to_owned()),
        (None, Some(service), _) => (Address::new("pagerduty", &service), name(&format!("{PAGER} service {service}"))),
        (None, None, Some(id)) => (Address::new(ON_CALL, id), "whoever is on call".to_owned()),
        (None, None, None) => {
            let to = told.unwrap_or_else(|| channel.clone());
            let called = match &group {
                Some(group) => name(&format!("the user group {group}")),
                None => name(to.rest()),
            };
            (to, called)
        }
    };
    Ok(Rung { to, name, group, wait_s })
}
