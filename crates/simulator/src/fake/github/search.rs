//! Search for issues. <https://docs.github.com/rest/search/search#search-issues-and-pull-requests>
//!
//! Here is the part of the language that finds an alarm again: words, quoted phrases and the qualifiers below.
//! Any other qualifier is refused loudly, because finding nothing would look like success.

use serde_json::{Value, json};

use super::answer::{Query, validation_failed};
use super::issues::sort;
use super::state::{Issue, Repository, Site};
use super::view;
use crate::fake::call::{Answer, Call};

/// The most characters of a query. Source: docs.github.com, "REST API endpoints for search".
const QUERY_MAX: usize = 256;

/// A query, read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Search {
    /// Words and phrases, each as lower-case words in a row. All must be there.
    phrases: Vec<Vec<String>>,
    /// Where the words are looked for; everywhere when empty.
    places: Vec<String>,
    repositories: Vec<String>,
    states: Vec<String>,
    kinds: Vec<String>,
    labels: Vec<String>,
    authors: Vec<String>,
}

impl Search {
    fn read(text: &str) -> Result<Self, String> {
        let mut search = Self::default();
        for Term { key, value } in terms(text)? {
            match (key.as_deref(), value.as_str()) {
                (None, words) => search.phrases.push(words_of(words)),
                (Some("in"), places) => search.places.extend(places.split(',').map(str::to_owned)),
                (Some("repo"), name) => search.repositories.push(name.to_ascii_lowercase()),
                (Some("is" | "state"), "open" | "closed") => search.states.push(value),
                (Some("is" | "type"), "issue") => search.kinds.push("issue".to_owned()),
                (Some("is" | "type"), "pr" | "pull-request") => search.kinds.push("pr".to_owned()),
                (Some("label"), _) => search.labels.push(value),
                (Some("author"), _) => search.authors.push(value),
                (Some(key), value) => return Err(format!("the fake does not know the qualifier {key}:{value}")),
            }
        }
        if let Some(place) = search.places.iter().find(|place| !["title", "body", "comments"].contains(&place.as_str()))
        {
            return Err(format!("in:{place} is not a place to look in"));
        }
        if search.kinds.is_empty() {
            return Err("Query must include 'is:issue' or 'is:pull-request'".to_owned());
        }
        Ok(search)
    }

    fn fits(&self, issue: &Issue) -> bool {
        let kind = if issue.is_pull_request { "pr" } else { "issue" };
        self.kinds.iter().all(|wanted| wanted == kind)
            && self.states.iter().all(|state| *state == issue.state)
            && self.labels.iter().all(|label| issue.has_label(label))
            && self.authors.iter().all(|author| author.eq_ignore_ascii_case(&issue.user))
            && self.phrases.iter().all(|phrase| self.says(issue, phrase))
    }

    /// Whether the words stand in a row in one of the places searched.
    fn says(&self, issue: &Issue, phrase: &[String]) -> bool {
        let looks_in = |place: &str| self.places.is_empty() || self.places.iter().any(|wanted| wanted == place);
        let in_text =
            |text: &str| phrase.is_empty() || words_of(text).windows(phrase.len()).any(|words| words == phrase);
        (looks_in("title") && in_text(&issue.title))
            || (looks_in("body") && in_text(issue.body.as_deref().unwrap_or_default()))
            || (looks_in("comments") && issue.comments.iter().any(|comment| in_text(&comment.body)))
    }
}

/// A part of a query: a word, a phrase, or a qualifier with its key.
struct Term {
    key: Option<String>,
    value: String,
}

/// Splits at spaces outside quotes. A backslash keeps a quote inside a phrase.
fn terms(text: &str) -> Result<Vec<Term>, String> {
    let mut terms = Vec::new();
    let mut chars = text.chars().peekable();
    while chars.peek().is_some() {
        let (mut key, mut value, mut quoted, mut was_quoted) = (None, String::new(), false, false);
        while let Some(c) = chars.next() {
            match c {
                '\\' if quoted => value.extend(chars.next()),
                '"' => {
                    quoted = !quoted;
                    was_quoted = true;
                }
                ':' if !was_quoted && key.is_none() && !value.is_empty() => key = Some(std::mem::take(&mut value)),
                c if c.is_whitespace() && !quoted => break,
                c => value.push(c),
            }
        }
        if quoted {
            return Err("a quote is never closed".to_owned());
        }
        if key.is_some() || !value.is_empty() {
            terms.push(Term { key, value });
        }
    }
    Ok(terms)
}

/// Lower-case words: search ignores punctuation and case.
fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// `GET /search/issues`
pub(super) fn issues(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let query = Query::of(call, &["q", "sort", "order", "per_page", "page", "advanced_search"])?;
    let text = query.get("q").unwrap_or_default();
    if text.chars().count() > QUERY_MAX {
        return Err(refused("The search is longer than 256 characters."));
    }
    let search = Search::read(text).map_err(|why| refused(&why))?;
    if let Some(name) = search.repositories.iter().find(|name| !site.repositories.contains_key(*name)) {
        return Err(unseen(name));
    }
    let mut found: Vec<(&Repository, &Issue)> = site
        .repositories
        .iter()
        .filter(|(name, _)| search.repositories.is_empty() || search.repositories.contains(name))
        .flat_map(|(_, repository)| repository.issues.iter().map(move |issue| (repository, issue)))
        .filter(|(_, issue)| site.shows(issue, call.now) && search.fits(issue))
        .collect();
    arrange(&mut found, &query)?;
    let total = found.len();
    let (found, link) = query.page(call, &site.root, found)?;
    let items: Vec<_> = found.into_iter().map(|(repository, issue)| scored(&site.root, repository, issue)).collect();
    let answer = Answer::json(
        200,
        &json!({"total_count": total, "incomplete_results": false, "search_type": "lexical", "items": items}),
    );
    Ok(match link {
        Some(link) => answer.with_header("link", link),
        None => answer,
    })
}

/// Puts the newest first, unless the query asks for another order.
fn arrange(found: &mut [(&Repository, &Issue)], query: &Query) -> Result<(), Answer> {
    let by = query.choice("sort", &["created", "updated", "comments"], "created")?;
    let mut order: Vec<&Issue> = found.iter().map(|(_, issue)| *issue).collect();
    sort(&mut order, &by);
    if query.choice("order", &["asc", "desc"], "desc")? == "desc" {
        order.reverse();
    }
    let place = |issue: &Issue| order.iter().position(|other| std::ptr::eq(*other, issue));
    found.sort_by_key(|(_, issue)| place(issue));
    Ok(())
}

fn scored(root: &str, repository: &Repository, issue: &Issue) -> Value {
    let mut value = view::issue(root, repository, issue);
    if let Some(members) = value.as_object_mut() {
        members.insert("score".to_owned(), json!(1.0));
    }
    value
}

fn refused(why: &str) -> Answer {
    validation_failed(&json!([{"resource": "Search", "field": "q", "code": "invalid", "message": why}])).blaming(why)
}

/// The answer for a repository that is not there or hidden: not a mistake in the query itself.
fn unseen(name: &str) -> Answer {
    let why = "The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them.";
    validation_failed(&json!([{"resource": "Search", "field": "q", "code": "invalid", "message": why, "value": name}]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_into_words_phrases_and_qualifiers() {
        let search =
            Search::read(r#"repo:Example-Org/alarms is:issue state:open in:title "Was this \"you\"?" 2FA"#).unwrap();
        assert_eq!(search.repositories, ["example-org/alarms"]);
        assert_eq!(search.states, ["open"]);
        assert_eq!(search.places, ["title"]);
        assert_eq!(search.phrases, [vec!["was", "this", "you"], vec!["2fa"]]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(Search::read("is:issue milestone:1").is_err());
        assert!(Search::read("is:issue in:labels x").is_err());
        assert!(Search::read("is:issue \"open").is_err());
        assert!(Search::read("no kind").is_err());
    }
}
