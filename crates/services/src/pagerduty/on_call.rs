//! Who is on call. <https://developer.pagerduty.com/api-reference/3a6b910f11050-list-all-of-the-on-calls>

use dispatch_core::alarm::{Address, Person};
use dispatch_engine::ports::Failed;
use http::Method;
use serde::Deserialize;

use super::{
    judge::{Way, judge},
    refused,
    rest::{Rest, read},
};
use crate::{http::Repeat, slack};

pub(super) const ON_CALLS: &str = "pagerduty oncalls.list";
/// As many as PagerDuty gives at once. They come in no order, so whoever is called first may be the last of them.
const LIMIT: &str = "100";

impl Rest {
    /// Whoever is called first of those who are on call now. An id does not tell whether it is that of an
    /// escalation policy or of a schedule, and two filters at once would both have to fit.
    ///
    /// A key that may not ask is refused: whoever wants to ask somebody first can still page.
    pub(super) async fn on_call(&self, id: &str) -> Result<Option<Person>, Failed> {
        if id.is_empty() {
            // Without a filter, everybody who is on call for anything would be listed.
            return Err(refused(ON_CALLS, "an escalation policy or a schedule must be named"));
        }
        let of_policy = self.turns("escalation_policy_ids[]", id).await;
        let is_settled = match &of_policy {
            Ok(turns) => !turns.is_empty(),
            Err(failed) => !failed.is_final(),
        };
        if is_settled {
            return of_policy.map(first);
        }
        match (of_policy, self.turns("schedule_ids[]", id).await) {
            // It is a policy, and nobody is on call for it.
            (Ok(_), Err(failed)) if failed.is_final() => Ok(None),
            (_, of_schedule) => of_schedule.map(first),
        }
    }

    async fn turns(&self, filter: &str, id: &str) -> Result<Vec<Turn>, Failed> {
        let mut request = self.request(ON_CALLS, Method::GET, &["oncalls"])?;
        request.url_mut().query_pairs_mut().extend_pairs([(filter, id), ("include[]", "users"), ("limit", LIMIT)]);
        let judge = |reply: &_| judge(ON_CALLS, reply, Way::Spare);
        let reply = self.http.send(ON_CALLS, request, Repeat::Freely, judge).await?;
        Ok(read::<Listed>(ON_CALLS, &reply)?.oncalls)
    }
}

/// Of those who are called at once, somebody who can be reached.
fn first(turns: Vec<Turn>) -> Option<Person> {
    let turn = turns.into_iter().min_by_key(|turn| (turn.escalation_level, turn.user.email.is_none()))?;
    let User { name, summary, email } = turn.user;
    let address = email.map(|email| Address::new(slack::SCHEME, &email));
    Some(Person { name: name.or(summary).unwrap_or_default(), address })
}

#[derive(Deserialize)]
struct Listed {
    oncalls: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    escalation_level: u32,
    user: User,
}

/// In full, or what is always there of it.
#[derive(Deserialize)]
struct User {
    name: Option<String>,
    summary: Option<String>,
    email: Option<String>,
}
