//! Where settings are kept that no environment may hold in clear: KMS ciphertext, parameters of Systems Manager, and
//! secrets of Secrets Manager.
//!
//! As few calls as may be, and all at the same time: one for ten parameters, one for each secret, however many
//! settings name it, and one for each ciphertext.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_secretsmanager as secretsmanager;
use aws_sdk_ssm as ssm;
use dispatch_engine::ports::Failed;
use futures::future::try_join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{
    aws::{self, Aws, failed},
    http::Http,
    kms::Kms,
    settings::{Reference, Settings},
};

const GET_PARAMETERS: &str = "ssm GetParameters";
const GET_SECRET: &str = "secretsmanager GetSecretValue";

/// Parameters that one call may name.
/// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html>
const PARAMETERS_MAX: usize = 10;

/// Reads what settings refer to; opens AWS with the first of them.
pub(crate) struct Vault<'a, L> {
    http: Option<&'a Http>,
    lookup: L,
    aws: OnceCell<Aws>,
    kms: OnceCell<Kms>,
    names: BTreeSet<String>,
    parameters: OnceCell<BTreeMap<String, SecretString>>,
    secrets: BTreeMap<String, OnceCell<SecretString>>,
}

impl<'a, L: Fn(&str) -> Option<String>> Vault<'a, L> {
    /// A vault for these references. `lookup` tells how AWS is called; without `http` it gets connections of its own.
    pub(crate) fn new(http: Option<&'a Http>, lookup: L, references: impl IntoIterator<Item = Reference>) -> Self {
        let (mut names, mut secrets) = (BTreeSet::new(), BTreeMap::new());
        for reference in references {
            match reference {
                Reference::Ciphertext(_) => {}
                Reference::Parameter(name) => _ = names.insert(name),
                Reference::Secret { id, .. } => _ = secrets.insert(id, OnceCell::new()),
            }
        }
        let (aws, kms, parameters) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Vault { http, lookup, aws, kms, names, parameters, secrets }
    }

    /// What the reference stands for.
    ///
    /// # Errors
    /// When AWS cannot be called, refuses, or does not know it.
    pub(crate) async fn read(&self, reference: Reference) -> Result<SecretString, Failed> {
        match reference {
            Reference::Ciphertext(ciphertext) => {
                let kms = self.kms.get_or_try_init(async || Ok(Kms::connect(self.aws().await?))).await?;
                kms.decrypt(&ciphertext).await
            }
            Reference::Parameter(name) => {
                let parameters = self.parameters.get_or_try_init(|| self.parameters()).await?;
                parameters.get(&name).cloned().ok_or_else(|| refused(GET_PARAMETERS, "there is no such parameter"))
            }
            Reference::Secret { id, key } => {
                let cell = self.secrets.get(&id).ok_or_else(|| refused(GET_SECRET, "it was not foreseen"))?;
                let secret = cell.get_or_try_init(|| self.secret(&id)).await?;
                match key {
                    None => Ok(secret.clone()),
                    Some(key) => member(secret, &key),
                }
            }
        }
    }

    async fn aws(&self) -> Result<&Aws, Failed> {
        self.aws.get_or_try_init(|| open(self.http, &self.lookup)).await
    }

    /// All parameters that are there, by the names that they were asked for under.
    async fn parameters(&self) -> Result<BTreeMap<String, SecretString>, Failed> {
        let aws = self.aws().await?;
        let mut config = ssm::config::Builder::from(&aws.named(GET_PARAMETERS));
        if let Some(endpoint) = aws.endpoint("AWS_ENDPOINT_URL_SSM") {
            config.set_endpoint_url(Some(endpoint.to_owned()));
        }
        let client = ssm::Client::from_conf(config.build());
        let names: Vec<String> = self.names.iter().cloned().collect();
        let calls = names.chunks(PARAMETERS_MAX).map(|names| {
            let call = client.get_parameters().set_names(Some(names.to_vec())).with_decryption(true);
            async { call.send().await.map_err(|error| failed(GET_PARAMETERS, &error)) }
        });
        let found = try_join_all(calls).await?.into_iter().flat_map(|reply| reply.parameters.unwrap_or_default());
        let mut parameters = BTreeMap::new();
        for parameter in found {
            let Some(value) = parameter.value else { continue };
            // Asked for by its ARN, one still answers with its name.
            for name in parameter.name.into_iter().chain(parameter.arn) {
                parameters.insert(name, SecretString::from(value.clone()));
            }
        }
        Ok(parameters)
    }

    async fn secret(&self, id: &str) -> Result<SecretString, Failed> {
        let aws = self.aws().await?;
        let mut config = secretsmanager::config::Builder::from(&aws.named(GET_SECRET));
        if let Some(endpoint) = aws.endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER") {
            config.set_endpoint_url(Some(endpoint.to_owned()));
        }
        let call = secretsmanager::Client::from_conf(config.build()).get_secret_value().secret_id(id);
        let reply = call.send().await.map_err(|error| failed(GET_SECRET, &error))?;
        let text = reply.secret_string.ok_or_else(|| refused(GET_SECRET, "the secret holds no text"))?;
        Ok(SecretString::from(text))
    }
}

/// One value of a secret that holds a JSON object.
fn member(secret: &SecretString, key: &str) -> Result<SecretString, Failed> {
    let read: Option<Value> = serde_json::from_str(secret.expose_secret()).ok();
    let object = read.ok_or_else(|| refused(GET_SECRET, "the secret is no JSON, which a key wants"))?;
    let value = object.get(key).ok_or_else(|| refused(GET_SECRET, "the secret has no such key"))?;
    match value {
        Value::String(text) => Ok(SecretString::from(text.clone())),
        Value::Number(number) => Ok(SecretString::from(number.to_string())),
        _ => Err(refused(GET_SECRET, "what stands under the key is no text")),
    }
}

fn refused(call: &'static str, reason: &str) -> Failed {
    Failed::Refused { call, reason: reason.to_owned() }
}

/// AWS, as the environment tells. None of that may itself be a reference.
async fn open(http: Option<&Http>, lookup: impl Fn(&str) -> Option<String>) -> Result<Aws, Failed> {
    let refused = |reason: String| Failed::Refused { call: "aws", reason };
    let unreadable = async |_| Err(refused("AWS itself is not told in secret".to_owned()));
    let settings = Settings::read(&[aws::SETTINGS], lookup, unreadable).await;
    let settings = settings.map_err(|problems| refused(problems.to_string().replace('\n', "; ")))?;
    let aws = match http {
        Some(http) => Aws::through(http, &settings).await,
        None => Aws::connect(&settings).await.map_err(|unusable| refused(unusable.to_string()))?,
    };
    aws.region().ok_or_else(|| refused("AWS_REGION is not set".to_owned()))?;
    Ok(aws)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, key: &str) -> Result<String, String> {
        let read = member(&SecretString::from(text.to_owned()), key);
        read.map(|secret| secret.expose_secret().to_owned()).map_err(|failed| failed.to_string())
    }

    #[test]
    fn a_key_names_one_value_of_a_secret() {
        assert_eq!(of(r#"{"a": "text", "n": 7}"#, "a").unwrap(), "text");
        assert_eq!(of(r#"{"a": "text", "n": 7}"#, "n").unwrap(), "7");
        for (text, key, told) in [
            ("planted", "a", "no JSON"),
            (r#"{"a": "planted"}"#, "b", "no such key"),
            (r#"{"a": ["planted"]}"#, "a", "no text"),
            (r#"["planted"]"#, "a", "no such key"),
        ] {
            let error = of(text, key).unwrap_err();
            assert!(error.contains(told) && !error.contains("planted"), "{error}");
        }
    }
}
