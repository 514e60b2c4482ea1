//! What all AWS clients share: who we are, where, and one way to send.
//!
//! Requests go through [`Http`], so that AWS costs no second TLS stack, no second set of roots and no
//! second policy of repeats.
//! A function on AWS finds its credentials in its settings, and nothing else is tried there; on a
//! laptop the usual chain of profiles and sign-ons is followed, with the feature `profiles`.

use std::{error::Error, time::Duration};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_sdk_kms::{
    config::{BehaviorVersion, retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_types::{SdkConfig, region::Region};
use dispatch_engine::ports::Failed;
use http::StatusCode;

use crate::{
    carried::{self, root},
    http::{Http, Policy, Unusable},
    settings::{Format, Required, Setting, Settings},
};

mod wire;

/// The AWS SDK's own settings; a function gets them from Lambda itself.
pub const SETTINGS: &[Setting] = &[
    setting("AWS_REGION", "where AWS is called"),
    setting("AWS_DEFAULT_REGION", "where AWS is called, when AWS_REGION is silent"),
    setting("AWS_ACCESS_KEY_ID", "who calls AWS; without it, profiles and sign-ons are looked for"),
    Setting {
        secret: true,
        required: Required::With("AWS_ACCESS_KEY_ID"),
        ..setting("AWS_SECRET_ACCESS_KEY", "proves who calls AWS")
    },
    Setting { secret: true, ..setting("AWS_SESSION_TOKEN", "proves it when the credentials are temporary") },
    endpoint("AWS_ENDPOINT_URL", "stands in for every service of AWS"),
    endpoint("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "stands in for CloudWatch Logs"),
    endpoint("AWS_ENDPOINT_URL_KMS", "stands in for KMS"),
    endpoint("AWS_ENDPOINT_URL_S3", "stands in for S3"),
    endpoint("AWS_ENDPOINT_URL_SECRETS_MANAGER", "stands in for Secrets Manager"),
    endpoint("AWS_ENDPOINT_URL_SNS", "stands in for SNS"),
    endpoint("AWS_ENDPOINT_URL_SQS", "stands in for SQS"),
    endpoint("AWS_ENDPOINT_URL_SSM", "stands in for Systems Manager"),
];

/// All of AWS is near, and what the SDK asks of it may be asked twice.
const POLICY: Policy = Policy {
    connect: Duration::from_secs(2),
    call: Duration::from_secs(5),
    tries: 3,
    total: Duration::from_secs(12),
    wait_max: Duration::from_secs(2),
    backoff: Duration::from_millis(200),
};
/// For the search for credentials, which has a policy of its own, because most places have none.
#[cfg(feature = "profiles")]
const ONE_TRY: Policy = Policy { tries: 1, total: POLICY.call, ..POLICY };

/// What AWS clients are made from. Cheap to clone; shows no secret.
#[derive(Clone, Debug)]
pub struct Aws {
    sdk: SdkConfig,
    http: Http,
    settings: Settings,
}

impl Aws {
    /// Takes credentials, region and stand-ins from `settings`. Calls nobody yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub async fn connect(settings: &Settings) -> Result<Self, Unusable> {
        Ok(Self::through(&Http::new()?, settings).await)
    }

    /// The same over connections that are shared with others, which tells whom they tell of what fails.
    pub(crate) async fn through(http: &Http, settings: &Settings) -> Self {
        let version = BehaviorVersion::v2026_01_12();
        let region = settings.text("AWS_REGION").or(settings.text("AWS_DEFAULT_REGION"));
        let region = region.map(|region| Region::new(region.to_owned()));
        let sdk = match credentials(settings) {
            Some(credentials) => SdkConfig::builder()
                .behavior_version(version)
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .region(region),
            #[cfg(feature = "profiles")]
            None => profiles(http, version, region).await.into_builder(),
            #[cfg(not(feature = "profiles"))]
            None => SdkConfig::builder().behavior_version(version).region(region),
        };
        let http = http.under(POLICY);
        // Repeats and time-outs are those of `Http`, so that there is one policy and not two that multiply.
        let sdk = sdk.retry_config(RetryConfig::disabled()).timeout_config(TimeoutConfig::disabled());
        let sdk = sdk.http_client(wire::freely(http.clone(), "aws")).build();
        Aws { sdk, http, settings: settings.clone() }
    }

    /// How it is sent.
    pub(crate) fn http(&self) -> &Http {
        &self.http
    }

    /// What the SDK's clients are made from. Whatever they send is repeated when its reply is lost.
    pub fn sdk(&self) -> &SdkConfig {
        &self.sdk
    }

    /// The same for a client whose calls go by a name of their own, such as `sns Publish`: a limit on one name
    /// holds up no other.
    pub(crate) fn named(&self, call: &'static str) -> SdkConfig {
        self.sdk.to_builder().http_client(wire::freely(self.http.clone(), call)).build()
    }

    /// Looks for credentials, wherever the settings and this machine keep them.
    ///
    /// # Errors
    /// When there are none, with the places that were looked at in no secret's words.
    pub async fn find_credentials(&self) -> Result<(), Failed> {
        const CALL: &str = "aws credentials";
        let refused = |reason: String| Failed::Refused { call: CALL, reason };
        let provider = self.sdk.credentials_provider().ok_or_else(|| refused("nothing provides any".to_owned()))?;
        provider.provide_credentials().await.map(drop).map_err(|error| refused(error.to_string()))
    }

    /// The region, if anything names one.
    pub fn region(&self) -> Option<&str> {
        self.sdk.region().map(AsRef::as_ref)
    }

    /// What stands in for a service: its own stand-in, named by `setting`, or the one for all.
    pub fn endpoint(&self, setting: &str) -> Option<&str> {
        self.settings.text(setting).or_else(|| self.settings.text("AWS_ENDPOINT_URL"))
    }
}

/// The usual chain of profiles and sign-ons.
#[cfg(feature = "profiles")]
async fn profiles(http: &Http, version: BehaviorVersion, region: Option<Region>) -> SdkConfig {
    let chain = aws_config::defaults(version).http_client(wire::once(http.under(ONE_TRY)));
    match region {
        Some(region) => chain.region(region).load().await,
        None => chain.load().await,
    }
}

const fn setting(name: &'static str, meaning: &'static str) -> Setting {
    Setting { name, meaning, format: Format::WORD, default: None, secret: false, required: Required::No }
}

const fn endpoint(name: &'static str, meaning: &'static str) -> Setting {
    Setting { format: Format::URL, ..setting(name, meaning) }
}

fn credentials(settings: &Settings) -> Option<Credentials> {
    let (id, secret) = (settings.text("AWS_ACCESS_KEY_ID")?, settings.text("AWS_SECRET_ACCESS_KEY")?);
    let token = settings.text("AWS_SESSION_TOKEN").map(str::to_owned);
    Some(Credentials::new(id, secret, token, None, "settings"))
}

/// What an error of the SDK means. Holds codes only: its sentences may quote what was sent.
pub fn failed<E>(call: &'static str, error: &SdkError<E, HttpResponse>) -> Failed
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ConstructionFailure(_) => Failed::Refused { call, reason: root(error) },
        SdkError::TimeoutError(_) => Failed::Unreachable { call, reason: "no reply in time".to_owned() },
        // Without one, nothing was sent: no credentials were found.
        SdkError::DispatchFailure(_) => {
            carried::failed(call, error).unwrap_or_else(|| Failed::Busy { call, reason: root(error), wait: None })
        }
        SdkError::ServiceError(refusal) => {
            let status = StatusCode::from_u16(refusal.raw().status().as_u16()).unwrap_or_default();
            let code = refusal.err().code().map_or_else(|| format!("status {}", status.as_u16()), str::to_owned);
            refused(call, status, code)
        }
        _ => Failed::Unreachable { call, reason: "an unreadable reply".to_owned() },
    }
}

/// What a code of AWS means. A lack of rights waits for an operator, as credentials that have expired do.
fn refused(call: &'static str, status: StatusCode, reason: String) -> Failed {
    const LATER: [&str; 2] = ["LimitExceeded", "KMSInvalidState"];
    const RIGHTS: [&str; 7] =
        ["AccessDenied", "Authorization", "Expired", "Unrecognized", "InvalidClientToken", "Signature", "Disabled"];
    let is_one_of = |codes: &[&str]| codes.iter().any(|code| reason.contains(code));
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Failed::Busy { call, reason, wait: None }
        }
        // It said yes; only what else it said cannot be read.
        status if status.is_success() => Failed::Unreachable { call, reason: "an unreadable reply".to_owned() },
        _ if is_one_of(&LATER) || is_one_of(&RIGHTS) => Failed::Busy { call, reason, wait: None },
        status if status.is_server_error() => Failed::Unreachable { call, reason },
        _ => Failed::Refused { call, reason },
    }
}
