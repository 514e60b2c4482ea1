//! The people of the account, by the REST API. <https://developer.pagerduty.com/api-reference/>

use serde_json::{Value, json};

use super::answer::invalid;
use super::state::Account;
use crate::fake::call::{Answer, Call};

/// The most people of one page.
const LIMIT_MAX: usize = 100;

/// `GET /users`: all whose name or address holds the query.
pub(super) fn list(account: &mut Account, call: &Call) -> Result<Answer, Answer> {
    let (mut query, mut limit) = (String::new(), 25);
    for (name, value) in call.pairs() {
        match name.as_str() {
            "query" => query = value.to_lowercase(),
            "limit" => {
                let read = value.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
                limit = read.ok_or_else(|| {
                    let why = format!("limit={value} is not 1 to {LIMIT_MAX}");
                    invalid(&why).blaming(why)
                })?;
            }
            _ => {
                let why = format!("{name}={value} is not known to the fake");
                return Err(invalid(&why).blaming(why));
            }
        }
    }
    let fits = |text: &str| text.to_lowercase().contains(&query);
    let all: Vec<_> = account.settings.users.iter().filter(|user| fits(&user.name) || fits(&user.email)).collect();
    let shown = |id: &str, name: &str, email: &str| -> Value {
        let at = format!("{}/users/{id}", account.root);
        json!({
            "id": id, "type": "user", "summary": name, "name": name, "email": email, "role": "user",
            "self": at, "html_url": at,
        })
    };
    let users: Vec<_> = all.iter().take(limit).map(|user| shown(&user.id, &user.name, &user.email)).collect();
    let more = all.len() > users.len();
    Ok(Answer::json(200, &json!({"users": users, "limit": limit, "offset": 0, "more": more, "total": null})))
}
