//! KMS: turns settings that a deployment keeps encrypted into text.
//!
//! Deliberately absent: encryption. Dispatch only ever reads.

use aws_sdk_kms::{Client, config, primitives::Blob};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dispatch_engine::ports::Failed;
use secrecy::SecretString;

use crate::aws::{Aws, failed};

const DECRYPT: &str = "kms Decrypt";

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
