//! Whether a webhook was signed by the service that it says it is from.
//!
//! GitHub and PagerDuty sign alike: HMAC-SHA256 over the body as it was sent, in hex. Neither signs a time or any
//! other header, so a webhook that somebody recorded can be sent again at any time, and under another event's name.
//!
//! - <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>
//! - <https://github.com/PagerDuty/developer-docs/blob/main/docs/webhooks/04-Signatures.md>

use ring::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::{github, pagerduty};

/// How one service signs.
#[derive(Clone, Copy, Debug)]
pub struct Signer {
    /// The header with the signature, in lower case.
    pub header: &'static str,
    /// What stands before the digits.
    prefix: &'static str,
    /// The setting that holds the secret.
    setting: &'static str,
}

/// `X-Hub-Signature-256: sha256=<hex>`.
pub const GITHUB: Signer = Signer { header: "x-hub-signature-256", prefix: "sha256=", setting: github::WEBHOOK_SECRET };

/// `X-PagerDuty-Signature: v1=<hex>,v1=<hex>`: one for each secret while they are rotated.
pub const PAGERDUTY: Signer =
    Signer { header: "x-pagerduty-signature", prefix: "v1=", setting: pagerduty::WEBHOOK_SECRET };

/// Why a webhook counts as unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// The setting that is named is missing, so nothing can be checked.
    #[error("{0} is not set")]
    NoSecret(&'static str),
    /// The header that is named is missing. GitHub leaves it out where the webhook has no secret.
    #[error("the webhook carries no {0}")]
    Missing(&'static str),
    /// Signed with another secret, or another body was signed.
    #[error("the signature of the webhook is wrong")]
    Wrong,
}

impl Signer {
    /// Checks the value of [`Signer::header`] against the raw body, and returns the signature that is right, in
    /// lower case. It names this body: the same body has no other.
    ///
    /// # Errors
    /// Unless one of the signatures was made over exactly this body with this secret.
    pub fn verify(
        &self,
        secret: Option<&SecretString>,
        signatures: Option<&str>,
        body: &[u8],
    ) -> Result<String, Unsigned> {
        let key = key(secret.ok_or(Unsigned::NoSecret(self.setting))?);
        let signatures = signatures.ok_or(Unsigned::Missing(self.header))?;
        let right = hmac::sign(&key, body);
        // `ring` compares in constant time, but only a tag that it makes itself; so both tags are signed once more.
        // This way the body, which may be large, is read once for all the signatures that somebody may send.
        let twice = hmac::sign(&key, right.as_ref());
        let is_right = |tag: Vec<u8>| hmac::verify(&key, &tag, twice.as_ref()).is_ok();
        let tags = signatures.split(',').filter_map(|one| hex::decode(one.trim().strip_prefix(self.prefix)?).ok());
        if !tags.map(is_right).fold(false, |any, one| any | one) {
            return Err(Unsigned::Wrong);
        }
        Ok(self.written(right))
    }

    /// The signature that the service would send with `body`. For tests.
    pub fn sign(&self, secret: &SecretString, body: &[u8]) -> String {
        self.written(hmac::sign(&key(secret), body))
    }

    fn written(&self, tag: hmac::Tag) -> String {
        format!("{}{}", self.prefix, hex::encode(tag))
    }
}

/// The secret is used as the text it is, whatever digits it is made of.
fn key(secret: &SecretString) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's page.
    const SECRET: &str = "It's a Secret to Everybody";
    const BODY: &[u8] = b"Hello, World!";
    const DIGITS: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    const SIGNERS: [Signer; 2] = [GITHUB, PAGERDUTY];

    fn check(signer: Signer, signatures: &str, body: &[u8]) -> Result<String, Unsigned> {
        signer.verify(Some(&SECRET.into()), Some(signatures), body)
    }

    #[test]
    fn the_documented_example_is_signed() {
        let signature = format!("sha256={DIGITS}");
        assert_eq!(GITHUB.sign(&SECRET.into(), BODY), signature);
        assert_eq!(check(GITHUB, &signature, BODY), Ok(signature.clone()));
        assert_eq!(check(GITHUB, &format!("sha256={}", DIGITS.to_uppercase()), BODY), Ok(signature));
        assert_eq!(check(PAGERDUTY, &format!("v1={DIGITS}"), BODY), Ok(format!("v1={DIGITS}")));
    }

    /// RFC 4231, test case 2.
    #[test]
    fn the_example_of_the_standard_is_signed() {
        let digits = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(PAGERDUTY.sign(&"Jefe".into(), b"what do ya want for nothing?"), format!("v1={digits}"));
    }

    #[test]
    fn one_of_several_is_enough_while_secrets_rotate() {
        let (right, other) = (format!("v1={DIGITS}"), PAGERDUTY.sign(&"the older one".into(), BODY));
        for list in [
            format!("{other},{right}"),
            format!("{right},{other}"),
            format!("{other}, {right} "),
            format!("v2=00,,v1=,{right}"),
        ] {
            assert_eq!(check(PAGERDUTY, &list, BODY), Ok(right.clone()), "{list}");
        }
        for list in [format!("{other},{other}"), format!("v2={DIGITS}"), format!("{other};{right}"), ",".to_owned()] {
            assert_eq!(check(PAGERDUTY, &list, BODY), Err(Unsigned::Wrong), "{list}");
        }
    }

    #[test]
    fn a_secret_and_a_signature_are_needed() {
        for signer in SIGNERS {
            let signature = signer.sign(&"".into(), BODY);
            assert_eq!(signer.verify(None, Some(&signature), BODY), Err(Unsigned::NoSecret(signer.setting)));
            assert_eq!(signer.verify(Some(&SECRET.into()), None, BODY), Err(Unsigned::Missing(signer.header)));
        }
        assert_eq!(Unsigned::NoSecret(GITHUB.setting).to_string(), "GITHUB_WEBHOOK_SECRET is not set");
        assert_eq!(Unsigned::NoSecret(PAGERDUTY.setting).to_string(), "PAGERDUTY_WEBHOOK_SECRET is not set");
    }

    #[test]
    fn another_body_secret_or_form_is_wrong() {
        for signer in SIGNERS {
            let prefix = signer.prefix;
            let right = format!("{prefix}{DIGITS}");
            assert_eq!(check(signer, &right, b"Hello, World! "), Err(Unsigned::Wrong));
            assert_eq!(check(signer, &signer.sign(&"other".into(), BODY), BODY), Err(Unsigned::Wrong));
            for form in ["", prefix, DIGITS, &format!("sha1={DIGITS}"), &format!("{prefix} {DIGITS}"), "é"] {
                assert_eq!(check(signer, form, BODY), Err(Unsigned::Wrong), "{form}");
            }
        }
    }

    #[test]
    fn a_signature_must_fit_to_its_last_digit_and_in_its_length() {
        let wrong = |digits: String| {
            for signer in SIGNERS {
                let signature = format!("{}{digits}", signer.prefix);
                assert_eq!(check(signer, &signature, BODY), Err(Unsigned::Wrong), "{signature}");
            }
        };
        for place in 0..DIGITS.len() {
            let other = if DIGITS.as_bytes()[place] == b'0' { "1" } else { "0" };
            wrong(format!("{}{other}{}", &DIGITS[..place], &DIGITS[place + 1..]));
        }
        for length in 0..DIGITS.len() {
            wrong(DIGITS[..length].to_owned());
        }
        for longer in ["0", "00", DIGITS] {
            wrong(format!("{DIGITS}{longer}"));
        }
    }
}
