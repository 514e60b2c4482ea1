//! People: find by address, look at, list. <https://docs.slack.dev/reference/methods/users.list>

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{Bodies, arguments, failed, flawed, ok};
use super::state::{Person, Workspace};
use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Fields, Problem};

fn shown(person: &Person, team_id: &str) -> Value {
    let mut profile = json!({"display_name": person.display_name, "real_name": person.real_name});
    if let (Some(email), Some(members)) = (&person.email, profile.as_object_mut()) {
        members.insert("email".to_owned(), json!(email));
    }
    json!({
        "id": person.id, "team_id": team_id, "name": person.handle, "real_name": person.real_name,
        "deleted": person.deleted, "is_bot": person.is_bot, "is_app_user": false, "is_restricted": false,
        "is_ultra_restricted": false, "tz": person.zone, "profile": profile,
    })
}

/// `users.lookupByEmail`: people who have left are not found.
pub(super) fn lookup_by_email(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let arguments = arguments(call, &["email"], Bodies::FormOnly)?;
    let read = || Fields::of(&arguments, "")?.words("email", 255);
    let email = read().map_err(flawed("invalid_arguments"))?;
    let fits = |person: &&Person| {
        !person.deleted && person.email.as_ref().is_some_and(|address| address.eq_ignore_ascii_case(email))
    };
    let person = workspace.people.iter().find(fits);
    let person = person.ok_or_else(|| failed("users_not_found"))?;
    Ok(ok(call, json!({"ok": true, "user": shown(person, &workspace.settings.team_id)})))
}

/// `users.info`
pub(super) fn info(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let arguments = arguments(call, &["include_locale", "user"], Bodies::FormOnly)?;
    let read = || Fields::of(&arguments, "")?.words("user", 255);
    let id = read().map_err(flawed("invalid_arguments"))?;
    let person = workspace.people.iter().find(|person| person.id == id);
    let person = person.ok_or_else(|| failed("user_not_found"))?;
    Ok(ok(call, json!({"ok": true, "user": shown(person, &workspace.settings.team_id)})))
}

/// `users.list`: those who have left are in it, marked.
pub(super) fn list(workspace: &mut Workspace, call: &Call) -> Result<Answer, Answer> {
    let arguments = arguments(call, &["cursor", "include_locale", "limit", "team_id"], Bodies::FormOnly)?;
    let team_id = &workspace.settings.team_id;
    let all: Vec<_> = workspace.people.iter().map(|person| shown(person, team_id)).collect();
    let (members, next) = page(&arguments, all, workspace.settings.page_max)?;
    let value = json!({
        "ok": true, "members": members, "cache_ts": call.now.as_second(), "response_metadata": {"next_cursor": next},
    });
    Ok(ok(call, value))
}

/// Cuts out the page that `cursor` and `limit` ask for, at most `page_max` long, with the cursor of the next one,
/// which is empty on the last page.
pub(super) fn page(arguments: &Value, all: Vec<Value>, page_max: usize) -> Result<(Vec<Value>, String), Answer> {
    let read = || {
        let fields = Fields::of(arguments, "")?;
        let limit = fields.whole("limit")?.unwrap_or(1_000);
        if !(1..=1_000).contains(&limit) {
            return Err(fields.flaw("limit", Problem::Wrong("is not 1 to 1000".to_owned())));
        }
        Ok((usize::try_from(limit).unwrap_or(1_000), fields.text("cursor")?.unwrap_or_default()))
    };
    let (limit, cursor) = read().map_err(flawed("invalid_arguments"))?;
    let start = if cursor.is_empty() { Some(0) } else { place(cursor) };
    let start = start
        .filter(|start| *start <= all.len())
        .ok_or_else(|| failed("invalid_cursor").blaming("a cursor that the fake did not give"))?;
    let end = start + limit.min(page_max.max(1));
    let next = if end < all.len() { STANDARD.encode(format!("next:{end}")) } else { String::new() };
    Ok((all.into_iter().skip(start).take(end - start).collect(), next))
}

fn place(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("next:")?.parse().ok()
}
