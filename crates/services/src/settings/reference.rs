//! What stands in place of a secret.

/// What marks a value as KMS ciphertext; base64 follows.
pub const SECURE: &str = "secure:";
const PARAMETER: &str = "ssm:";
const SECRET: &str = "secretsmanager:";

/// A value that stands elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// `secure:BASE64`: KMS ciphertext. It stands here, and only KMS can read it.
    Ciphertext(String),
    /// `ssm:NAME`: a parameter of Systems Manager, by its name or ARN.
    Parameter(String),
    /// `secretsmanager:ID` or `secretsmanager:ID#KEY`: a secret of Secrets Manager, by its name or ARN; with a key, one
    /// value of the JSON object that it holds.
    Secret {
        /// Name or ARN.
        id: String,
        /// The value's name.
        key: Option<String>,
    },
}

impl Reference {
    /// Reads a trimmed value; `None` when it stands for itself.
    pub fn read(value: &str) -> Option<Self> {
        let rest = |prefix| value.strip_prefix(prefix).map(str::trim);
        if let Some(ciphertext) = rest(SECURE) {
            return Some(Reference::Ciphertext(ciphertext.to_owned()));
        }
        if let Some(name) = rest(PARAMETER) {
            return Some(Reference::Parameter(name.to_owned()));
        }
        let secret = rest(SECRET)?;
        let (id, key) = secret.split_once('#').map_or((secret, None), |(id, key)| (id, Some(key.to_owned())));
        Some(Reference::Secret { id: id.to_owned(), key })
    }

    /// Whether what it stands for may change without a deployment.
    pub fn is_renewable(&self) -> bool {
        !matches!(self, Reference::Ciphertext(_))
    }

    /// What it is called in errors, which never hold the value itself.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Reference::Ciphertext(_) => "a secure: value that could not be decrypted",
            Reference::Parameter(_) => "an ssm: value that could not be read",
            Reference::Secret { .. } => "a secretsmanager: value that could not be read",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_what_it_stands_for() {
        let secret = |id: &str, key: Option<&str>| Reference::Secret { id: id.to_owned(), key: key.map(str::to_owned) };
        for (value, expected) in [
            ("secure: YWJj", Some(Reference::Ciphertext("YWJj".to_owned()))),
            ("ssm:/dispatch/slack", Some(Reference::Parameter("/dispatch/slack".to_owned()))),
            ("secretsmanager:dispatch/all#slack", Some(secret("dispatch/all", Some("slack")))),
            (
                "secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:dispatch/all-AbCdEf",
                Some(secret("arn:aws:secretsmanager:eu-central-1:123456789012:secret:dispatch/all-AbCdEf", None)),
            ),
            ("xoxb-1", None),
            ("", None),
        ] {
            assert_eq!(Reference::read(value), expected, "{value}");
        }
    }
}
