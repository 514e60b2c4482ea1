//! KMS: turns settings that a deployment keeps encrypted into text, and for `dispatch encrypt` the other way.
//!
//! Deliberately absent: keys that are not symmetric, and encryption contexts. A context would have to stand beside
//! every setting, and says nothing that the key's policy does not.

use aws_sdk_kms::{
    Client,
    config::{self, Region},
    primitives::Blob,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dispatch_engine::ports::Failed;
use secrecy::{ExposeSecret, SecretString};

use crate::aws::{Aws, failed};

const DECRYPT: &str = "kms Decrypt";
const ENCRYPT: &str = "kms Encrypt";

/// The most bytes that are encrypted at once. Source: KMS API reference, `Encrypt`, `Plaintext`.
pub const PLAINTEXT_BYTES_MAX: usize = 4_096;

/// Decrypts with whatever key the ciphertext names.
#[derive(Clone, Debug)]
pub struct Kms {
    client: Client,
}

impl Kms {
    /// A client; calls nobody yet.
    pub fn connect(aws: &Aws) -> Self {
        let mut config = config::Builder::from(&aws.named(DECRYPT));
        if let Some(endpoint) = aws.endpoint("AWS_ENDPOINT_URL_KMS") {
            config.set_endpoint_url(Some(endpoint.to_owned()));
        }
        Kms { client: Client::from_conf(config.build()) }
    }

    /// Encrypts a text of at most [`PLAINTEXT_BYTES_MAX`] bytes, without an encryption context; the ciphertext as
    /// base64. `key` is the id, the ARN, the alias or the alias's ARN of a symmetric key. The region of an ARN rules.
    ///
    /// # Errors
    /// [`Failed::Refused`] when there is no such key, or it encrypts nothing.
    ///
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html>
    pub async fn encrypt(&self, key: &str, text: &SecretString) -> Result<String, Failed> {
        let call = self.client.encrypt().key_id(key).plaintext(Blob::new(text.expose_secret().as_bytes()));
        let mut there = config::Builder::default();
        if let Some(region) = region(key) {
            there = there.region(Region::new(region.to_owned()));
        }
        let sent = call.customize().config_override(there).send().await;
        let ciphertext = sent.map_err(|error| failed(ENCRYPT, &error))?.ciphertext_blob;
        let refused = || Failed::Refused { call: ENCRYPT, reason: "the reply holds no ciphertext".to_owned() };
        Ok(BASE64_STANDARD.encode(ciphertext.ok_or_else(refused)?))
    }

    /// Decrypts base64 ciphertext that a symmetric key made, without an encryption context.
    ///
    /// # Errors
    /// [`Failed::Refused`] for what is no ciphertext, was made with another key or holds no text.
    ///
    /// <https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html>
    pub async fn decrypt(&self, ciphertext: &str) -> Result<SecretString, Failed> {
        let refused = |reason: &str| Failed::Refused { call: DECRYPT, reason: reason.to_owned() };
        let ciphertext = BASE64_STANDARD.decode(ciphertext).map_err(|_| refused("it is no base64"))?;
        let call = self.client.decrypt().ciphertext_blob(Blob::new(ciphertext));
        let plaintext = call.send().await.map_err(|error| failed(DECRYPT, &error))?.plaintext;
        let plaintext = plaintext.ok_or_else(|| refused("the reply holds no plaintext"))?;
        let text = String::from_utf8(plaintext.into_inner()).map_err(|_| refused("the plaintext is no UTF-8"))?;
        Ok(SecretString::from(text))
    }
}

/// The region that an ARN names, as in `arn:aws:kms:eu-central-1:123456789012:alias/dispatch`.
pub fn region(key: &str) -> Option<&str> {
    let mut parts = key.split(':');
    let is_arn = (parts.next(), parts.nth(1)) == (Some("arn"), Some("kms"));
    parts.next().filter(|region| is_arn && !region.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_arn_names_a_region() {
        let arn = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        assert_eq!(region(arn), Some("eu-central-1"));
        assert_eq!(region("arn:aws-cn:kms:cn-north-1:1:alias/dispatch"), Some("cn-north-1"));
        for key in ["alias/dispatch", "1234abcd-12ab-34cd-56ef-1234567890ab", "arn:aws:sns:eu-central-1:1:x", "arn:aws"]
        {
            assert_eq!(region(key), None, "{key}");
        }
    }
}
