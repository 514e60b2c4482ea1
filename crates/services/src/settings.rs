//! Settings: what a deployment says once, at start.
//!
//! Each service declares its own beside its client. All are read together, so that a start that
//! fails names every problem at once, and nothing else in Dispatch reads the environment.

use std::{collections::BTreeMap, fmt, future::Future};

use dispatch_engine::ports::Failed;
use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::http::Unusable;

mod format;
mod reference;
#[cfg(test)]
mod tests;

pub use self::{
    format::Format,
    reference::{Reference, SECURE},
};

/// One environment variable.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub meaning: &'static str,
    /// What its value looks like.
    pub format: Format,
    /// What holds when it is not set.
    pub default: Option<&'static str>,
    /// Whether its value is never shown.
    pub secret: bool,
    /// Whether the start fails without it.
    pub required: Required,
}

/// When a setting must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    /// It may be missing.
    No,
    /// It must be there.
    Yes,
    /// It must be there unless another one is, such as a token unless there is an app.
    Unless(&'static str),
    /// It must be there when another one is, such as the key of an app.
    With(&'static str),
}

/// The values that were read.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    values: BTreeMap<&'static str, Value>,
}

#[derive(Clone, Debug)]
struct Value {
    text: SecretString,
    /// Whether errors may quote it: it is no secret and stood for itself.
    shown: bool,
}

/// What is wrong with one setting. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: found {found}, expected {expected}")]
pub struct Problem {
    /// The setting.
    pub name: &'static str,
    /// What was there, in words or quoted.
    pub found: String,
    /// What should be there.
    pub expected: String,
}

/// Everything that is wrong with the settings; at least one problem. Shown one a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problems(Vec<Problem>);

impl Settings {
    /// Reads what is declared through `lookup`, and has what stands elsewhere fetched, all at the same time.
    /// Values are trimmed, and an empty one counts as missing. `fetch` is called for a [`Reference`] and for no
    /// other value.
    ///
    /// # Errors
    /// Every value that is missing, cannot be fetched or does not have its format.
    pub async fn read<D>(
        declared: &[&[Setting]],
        lookup: impl Fn(&str) -> Option<String>,
        fetch: impl Fn(Reference) -> D,
    ) -> Result<Self, Problems>
    where
        D: Future<Output = Result<SecretString, Failed>>,
    {
        let (settings, problems) = Self::examine(declared, lookup, fetch).await;
        if problems.is_empty() { Ok(settings) } else { Err(Problems::of(problems)) }
    }

    /// As [`Settings::read`], for whoever wants to know how far a deployment comes: the values that are right, and
    /// everything that is wrong, each setting once.
    pub async fn examine<D>(
        declared: &[&[Setting]],
        lookup: impl Fn(&str) -> Option<String>,
        fetch: impl Fn(Reference) -> D,
    ) -> (Self, Vec<Problem>)
    where
        D: Future<Output = Result<SecretString, Failed>>,
    {
        let declared: Vec<Setting> = declared.iter().copied().flatten().copied().collect();
        let mut read = Vec::with_capacity(declared.len());
        // Only what stands elsewhere is waited for: a future for each of all settings would be two thirds of the memory
        // that a start asks for.
        let mut elsewhere = Vec::new();
        for setting in &declared {
            let found = lookup(setting.name);
            let found = found.as_deref().and_then(filled).or(setting.default);
            match found.and_then(Reference::read) {
                Some(reference) => {
                    let (at, fetch) = (read.len(), &fetch);
                    elsewhere.push(async move { (at, setting.fetch(reference, fetch).await) });
                    read.push(Ok(None));
                }
                None => read.push(setting.check(found.map(|found| (found, !setting.secret)))),
            }
        }
        for (at, fetched) in join_all(elsewhere).await {
            if let Some(read) = read.get_mut(at) {
                *read = fetched;
            }
        }
        let mut settings = Settings::default();
        let mut problems = Vec::new();
        let mut names = Vec::new();
        for (setting, read) in declared.iter().zip(read) {
            match read {
                Ok(Some(value)) => _ = settings.values.insert(setting.name, value),
                Ok(None) => continue,
                Err(problem) => problems.push(problem),
            }
            names.push(setting.name);
        }
        problems.extend(declared.iter().filter_map(|setting| setting.missing(&names)));
        (settings, problems)
    }

    /// Whether every value is the same as in `other`.
    pub fn same(&self, other: &Self) -> bool {
        let texts = |settings: &Self| -> Vec<_> {
            settings.values.iter().map(|(name, value)| (*name, value.text.expose_secret().to_owned())).collect()
        };
        texts(self) == texts(other)
    }

    /// The value, or its default.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(|value| value.text.expose_secret())
    }

    /// The value, or its default, to be kept out of logs.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.values.get(name).map(|value| value.text.clone())
    }

    /// The value of a setting that is required, or has a default.
    ///
    /// # Errors
    /// When it is not there after all.
    pub fn need(&self, name: &'static str) -> Result<&str, Problem> {
        self.text(name).ok_or_else(|| self.problem(name, "a value"))
    }

    /// As [`Settings::need`], to be kept out of logs.
    ///
    /// # Errors
    /// When it is not there after all.
    pub fn need_secret(&self, name: &'static str) -> Result<SecretString, Problem> {
        self.secret(name).ok_or_else(|| self.problem(name, "a value"))
    }

    /// As [`Settings::need`], for an address.
    ///
    /// # Errors
    /// When it is not there, or no address.
    pub fn need_url(&self, name: &'static str) -> Result<Url, Problem> {
        self.need(name)?.parse().map_err(|_| self.problem(name, Format::URL.expected))
    }

    /// A [`Problem`] with the value that is there, quoted only when it may be.
    pub fn problem(&self, name: &'static str, expected: impl Into<String>) -> Problem {
        let found = self.values.get(name).map_or_else(|| "nothing".to_owned(), Value::quote);
        Problem { name, found, expected: expected.into() }
    }
}

impl Setting {
    /// The value that a reference stands for; `None` when that is blank.
    async fn fetch<D>(&self, reference: Reference, fetch: impl Fn(Reference) -> D) -> Result<Option<Value>, Problem>
    where
        D: Future<Output = Result<SecretString, Failed>>,
    {
        let word = reference.word();
        let text = fetch(reference).await.map_err(|failed| Problem {
            name: self.name,
            found: format!("{word} ({failed})"),
            expected: self.format.expected.to_owned(),
        })?;
        self.check(filled(text.expose_secret()).map(|text| (text, false)))
    }

    /// A value of this text, which may be shown or not.
    fn check(&self, found: Option<(&str, bool)>) -> Result<Option<Value>, Problem> {
        let Some((text, shown)) = found else { return Ok(None) };
        let value = Value { text: text.into(), shown };
        if self.format.fits(value.text.expose_secret()) {
            return Ok(Some(value));
        }
        Err(Problem { name: self.name, found: value.quote(), expected: self.format.expected.to_owned() })
    }

    /// What is wrong when only `names` are there.
    fn missing(&self, names: &[&str]) -> Option<Problem> {
        let expected = self.format.expected;
        let expected = match self.required {
            _ if names.contains(&self.name) => return None,
            Required::No => return None,
            Required::Yes => expected.to_owned(),
            Required::Unless(other) if names.contains(&other) => return None,
            Required::Unless(other) => format!("{expected}, unless {other} is set"),
            Required::With(other) if !names.contains(&other) => return None,
            Required::With(other) => format!("{expected}, because {other} is set"),
        };
        Some(Problem { name: self.name, found: "nothing".to_owned(), expected })
    }
}

impl Value {
    fn quote(&self) -> String {
        if self.shown { format!("{:?}", self.text.expose_secret()) } else { "a value that is not shown".to_owned() }
    }
}

impl Problems {
    /// All of `problems`, which are some. A setting with several is named once, by its first.
    pub(crate) fn of(problems: impl IntoIterator<Item = Problem>) -> Self {
        let mut all: Vec<Problem> = Vec::new();
        for problem in problems {
            if all.iter().all(|known| known.name != problem.name) {
                all.push(problem);
            }
        }
        Problems(all)
    }
}

impl From<Unusable> for Problem {
    fn from(unusable: Unusable) -> Self {
        Problem { name: "TLS", found: unusable.to_string(), expected: "a build that has it".to_owned() }
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Problems(vec![problem])
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.0.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{problem}")?;
        }
        Ok(())
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}
