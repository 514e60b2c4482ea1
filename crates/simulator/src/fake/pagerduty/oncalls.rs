//! Who is on call, by the REST API. <https://developer.pagerduty.com/api-reference/>

use serde_json::{Value, json};

use super::answer::invalid;
use super::state::{Account, OnCall};
use crate::fake::call::{Answer, Call};

/// `GET /oncalls`
pub(super) fn list(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let filter = Filter::read(call)?;
    let found: Vec<_> = account.settings.on_call.iter().filter(|turn| filter.fits(turn)).collect();
    // In no order that could be relied on: who is called last comes first.
    let page: Vec<_> =
        found.iter().rev().take(filter.limit).map(|turn| account.turn(turn, filter.full_users)).collect();
    let value =
        json!({"oncalls": page, "limit": filter.limit, "offset": 0, "more": found.len() > page.len(), "total": null});
    Ok(Answer::json(200, &value))
}

struct Filter {
    policies: Vec<String>,
    schedules: Vec<String>,
    full_users: bool,
    limit: usize,
}

impl Filter {
    fn read(call: &Call) -> Result<Self, Answer> {
        let mut filter = Self { policies: Vec::new(), schedules: Vec::new(), full_users: false, limit: 25 };
        for (name, value) in call.pairs() {
            filter.take(&name, value).map_err(|why| invalid(&why).blaming(why))?;
        }
        Ok(filter)
    }

    fn take(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            // It would list everybody who is on call for anything, which nobody who sends it means.
            "escalation_policy_ids[]" | "schedule_ids[]" if value.is_empty() => return Err(format!("{name} is empty")),
            "escalation_policy_ids[]" => self.policies.push(value),
            "schedule_ids[]" => self.schedules.push(value),
            "include[]" if value == "users" => self.full_users = true,
            "include[]" if ["escalation_policies", "schedules"].contains(&value.as_str()) => {}
            "earliest" if ["true", "false"].contains(&value.as_str()) => {}
            "limit" => {
                let limit = value.parse().ok().filter(|limit| (1..=100).contains(limit));
                self.limit = limit.ok_or_else(|| format!("limit={value} is not 1 to 100"))?;
            }
            _ => return Err(format!("{name}={value} is not known to the fake")),
        }
        Ok(())
    }

    /// An id that is not known fits nothing.
    fn fits(&self, turn: &OnCall) -> bool {
        let schedule = || turn.schedule.as_ref().is_some_and(|schedule| self.schedules.contains(schedule));
        (self.policies.is_empty() || self.policies.contains(&turn.policy)) && (self.schedules.is_empty() || schedule())
    }
}

impl Account {
    /// A turn as the API shows it: the user in full only when that was asked for.
    fn turn(&self, turn: &OnCall, full_user: bool) -> Value {
        let reference = |id: &str, kind: &str, path: &str, summary: &str| {
            let address = format!("{}/{path}/{id}", self.root);
            json!({"id": id, "type": format!("{kind}_reference"), "summary": summary, "self": address, "html_url": address})
        };
        let mut user = reference(&turn.user.id, "user", "users", &turn.user.name);
        if let Some(members) = user.as_object_mut().filter(|_| full_user) {
            members.insert("type".to_owned(), json!("user"));
            members.insert("name".to_owned(), json!(turn.user.name));
            members.insert("email".to_owned(), json!(turn.user.email));
        }
        let schedule = |id: &String| reference(id, "schedule", "schedules", "Around the clock");
        json!({
            "user": user, "schedule": turn.schedule.as_ref().map(schedule),
            "escalation_policy": reference(&turn.policy, "escalation_policy", "escalation_policies", "Everybody, in turn"),
            "escalation_level": turn.level, "start": null, "end": null,
        })
    }
}
