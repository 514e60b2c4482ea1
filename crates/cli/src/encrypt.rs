//! `dispatch encrypt`: makes ciphertext of a secret, for the settings.

use std::{
    io::{self, IsTerminal, Read},
    process::ExitCode,
};

use clap::{Args, FromArgMatches};
use dispatch_engine::ports::Failed;
use dispatch_services::{
    kms::{self, Kms, PLAINTEXT_BYTES_MAX},
    settings::SECURE,
};
use secrecy::SecretString;

use crate::{Failure, command::Command, style, target};

/// `dispatch encrypt`.
pub(crate) const COMMAND: Command = Command {
    name: "encrypt",
    define: |command| Encrypt::augment_args(command).after_help(EXAMPLES),
    run: |matches| run(&Encrypt::from_arg_matches(matches)?),
};

const EXAMPLES: &str = "Examples:
  dispatch encrypt --key alias/dispatch                      ask for the secret, and do not show it
  dispatch encrypt --key alias/dispatch < private-key.pem
  printf %s \"$TOKEN\" | dispatch encrypt --key alias/dispatch

Exit code 0: it was encrypted; 2: it was not.

On AWS it needs the right kms:Encrypt on the key; the functions need kms:Decrypt.";

/// Encrypt a secret with KMS, for the settings
///
/// Takes the secret from standard input, or asks for it on a terminal, and prints `secure:` and the ciphertext: the
/// value of a setting such as SLACK_BOT_TOKEN. A secret is no argument, because shells keep those. One line break at the
/// end is not a part of it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Encrypt {
    /// The key: its id, its ARN, its alias such as alias/dispatch, or the ARN of the alias
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub(crate) key: String,
}

/// What could be mistaken for a key, and would make a puzzling answer of KMS's.
fn key(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text {
        "" => Err("expected a key's id, ARN or alias".to_owned()),
        _ if text.starts_with("arn:") && kms::region(text).is_none() => {
            Err("expected the ARN of a key of KMS, such as arn:aws:kms:eu-central-1:123456789012:alias/dispatch"
                .to_owned())
        }
        _ => Ok(text.to_owned()),
    }
}

fn run(options: &Encrypt) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let secret = if io::stdin().is_terminal() { ask()? } else { read(io::stdin().lock())? };
    if secret.line_break {
        style::stderr(&format!("{} the line break at the end was left out\n", style::odd("note:")))?;
    }
    let ciphertext = runtime.block_on(encrypt(&options.key, &secret.text))?;
    style::stdout(&format!("{SECURE}{ciphertext}\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// A secret that can be encrypted.
#[derive(Debug)]
struct Secret {
    text: SecretString,
    /// Whether one stood at the end of what was read.
    line_break: bool,
}

/// Asks on the terminal. One line only: whatever has several comes from a file.
fn ask() -> Result<Secret, Failure> {
    let typed = rpassword::prompt_password("Secret (it is not shown): ")?;
    secret(typed.into_bytes())
}

/// Reads all of it, and not for ever.
fn read(input: impl Read) -> Result<Secret, Failure> {
    let mut bytes = Vec::new();
    let most = PLAINTEXT_BYTES_MAX + "\r\n".len() + 1;
    input.take(u64::try_from(most).unwrap_or(u64::MAX)).read_to_end(&mut bytes)?;
    secret(bytes)
}

fn secret(mut bytes: Vec<u8>) -> Result<Secret, Failure> {
    let line_break = bytes.ends_with(b"\n");
    if line_break {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    if bytes.len() > PLAINTEXT_BYTES_MAX {
        return Err(Failure::Other(format!(
            "found more than {PLAINTEXT_BYTES_MAX} bytes, which is the most that KMS encrypts at once"
        )));
    }
    let text = String::from_utf8(bytes).map_err(|_| Failure::Other("found no UTF-8, expected text".to_owned()))?;
    // Settings are trimmed when they are read: of this nothing would be left.
    if text.trim().is_empty() {
        return Err(Failure::Other("found nothing, expected a secret on standard input".to_owned()));
    }
    Ok(Secret { text: text.into(), line_break })
}

async fn encrypt(key: &str, text: &SecretString) -> Result<String, Failure> {
    let aws = target::aws().await?;
    if aws.region().or(kms::region(key)).is_none() {
        return Err(Failure::Other(
            "found no region, expected AWS_REGION, one in the profile, or a key that is given by its ARN".to_owned(),
        ));
    }
    Kms::connect(&aws).encrypt(key, text).await.map_err(|failed| Failure::Other(told(key, &failed)))
}

/// Why it was not encrypted, and what may help.
fn told(key: &str, failed: &Failed) -> String {
    match failed {
        Failed::Refused { reason, .. } if reason == "NotFoundException" => {
            format!("KMS has no key {key} in this account and region. An alias begins with \"alias/\".")
        }
        Failed::Refused { reason, .. } if reason == "InvalidKeyUsageException" => {
            format!(
                "{key} is no key to encrypt with: it needs the usage ENCRYPT_DECRYPT and the spec SYMMETRIC_DEFAULT"
            )
        }
        Failed::Busy { reason, .. } | Failed::Forbidden { reason, .. } => {
            format!("KMS: {reason}\nIs this shell signed in to AWS, with the right kms:Encrypt on {key}?")
        }
        _ => failed.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    fn of(bytes: &[u8]) -> Result<(String, bool), String> {
        let secret = read(bytes).map_err(|failure| failure.to_string())?;
        Ok((secret.text.expose_secret().to_owned(), secret.line_break))
    }

    #[test]
    fn one_line_break_at_the_end_is_no_part_of_a_secret() {
        let pem = "-----BEGIN KEY-----\nAAAA\nBBBB\n-----END KEY-----";
        for (bytes, text, line_break) in [
            ("token", "token", false),
            ("token\n", "token", true),
            ("token\r\n", "token", true),
            ("token\n\n", "token\n", true),
            ("token\r", "token\r", false),
            (pem, pem, false),
            (&format!("{pem}\n"), pem, true),
            (" spaces stay ", " spaces stay ", false),
        ] {
            assert_eq!(of(bytes.as_bytes()), Ok((text.to_owned(), line_break)), "{bytes:?}");
        }
    }

    #[test]
    fn what_kms_or_a_setting_would_not_take_is_refused() {
        for nothing in [&b""[..], b"\n", b"\r\n", b"  \n", b"\n\n\t"] {
            assert!(of(nothing).unwrap_err().starts_with("found nothing"), "{nothing:?}");
        }
        assert!(of(b"\xff\xfe").unwrap_err().contains("UTF-8"));
        let most = "x".repeat(PLAINTEXT_BYTES_MAX);
        assert_eq!(of(most.as_bytes()), Ok((most.clone(), false)));
        assert_eq!(of(format!("{most}\r\n").as_bytes()), Ok((most.clone(), true)));
        for more in [format!("{most}x"), format!("{most}x\n"), most.repeat(100)] {
            assert!(of(more.as_bytes()).unwrap_err().contains("more than 4096 bytes"), "{}", more.len());
        }
    }

    #[test]
    fn a_key_is_any_name_of_one() {
        let arn = "arn:aws:kms:eu-central-1:123456789012:alias/dispatch";
        for text in [arn, "alias/dispatch", "1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-0123"] {
            assert_eq!(key(text), Ok(text.to_owned()));
        }
        for text in ["", " ", "arn:aws:sns:eu-central-1:123456789012:dispatch", "arn:aws:kms"] {
            assert!(key(text).is_err(), "{text}");
        }
    }
}
