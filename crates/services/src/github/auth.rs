//! Who Dispatch is at GitHub: a personal token, or an installation of a GitHub App.

use std::{collections::HashMap, fmt, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use dispatch_core::alarm::Repo;
use dispatch_engine::ports::Failed;
use http::{HeaderValue, Method, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use reqwest::Request;
use ring::{rand::SystemRandom, rsa::KeyPair, signature::RSA_PKCS1_SHA256};
use rustls_pki_types::{PrivateKeyDer, pem::PemObject};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::Mutex, time::Instant};
use url::Url;

use super::{
    judge,
    wire::{ACCEPT, VERSION, in_repo, join, read},
};
use crate::http::{Http, Repeat, Reply, Verdict};

/// A token is replaced this long before it expires, so that it outlives the call that it is used for.
const SPARE: Duration = Duration::from_secs(90);

/// How Dispatch proves to GitHub who it is.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// A personal access token, classic or fine-grained.
    Personal(SecretString),
    /// A GitHub App.
    App {
        /// Its id or its client id.
        id: String,
        /// PEM, PKCS#1 or PKCS#8; line breaks may be written `\n`.
        private_key: SecretString,
        /// Its installation; `None` looks it up for each owner.
        installation: Option<u64>,
    },
}

/// The private key of an app cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RSA private key of 2,048 bits or more, as PEM")]
pub struct BadKey;

/// Gives out the token that a call is made with.
pub(super) enum Auth {
    /// A personal token; it never changes.
    Personal(SecretString),
    /// Tokens of a GitHub App, each for an hour.
    App(Box<App>),
}

/// A GitHub App and what it has been given so far.
pub(super) struct App {
    /// The app's id or client id.
    id: String,
    key: KeyPair,
    /// The only installation, when the settings name one.
    installation: Option<u64>,
    http: Http,
    base: Url,
    /// By owner. Locked while a token is fetched, so that a storm fetches one.
    grants: Mutex<HashMap<String, Grant>>,
}

/// What is known of the installation for one owner.
#[derive(Default)]
struct Grant {
    installation: Option<u64>,
    token: Option<Token>,
    /// How and when the last fetch failed.
    trouble: Option<(Instant, Failed)>,
}

struct Token {
    secret: SecretString,
    expires: Timestamp,
}

impl Auth {
    pub(super) fn new(credentials: Credentials, http: &Http, base: &Url) -> Result<Self, BadKey> {
        Ok(match credentials {
            Credentials::Personal(token) => Auth::Personal(token),
            Credentials::App { id, private_key, installation } => {
                let key = read_key(&private_key).ok_or(BadKey)?;
                let (http, base) = (http.clone(), base.clone());
                Auth::App(Box::new(App { id, key, installation, http, base, grants: Mutex::default() }))
            }
        })
    }

    /// The token for calls that concern `repo`.
    ///
    /// # Errors
    /// When GitHub does not give one. A personal token is always at hand.
    pub(super) async fn token(&self, repo: &Repo) -> Result<SecretString, Failed> {
        match self {
            Auth::Personal(token) => Ok(token.clone()),
            Auth::App(app) => app.token(repo).await,
        }
    }

    /// Whether another token can be had when this one is not taken.
    pub(super) fn is_renewable(&self) -> bool {
        matches!(self, Auth::App(_))
    }

    /// Lets go of a token that was not taken.
    pub(super) async fn forget(&self, repo: &Repo, used: &SecretString) {
        if let Auth::App(app) = self {
            app.forget(repo, used).await;
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Auth::Personal(_) => f.write_str("Personal"),
            Auth::App(app) => f.debug_struct("App").field("id", &app.id).finish_non_exhaustive(),
        }
    }
}

impl App {
    async fn token(&self, repo: &Repo) -> Result<SecretString, Failed> {
        let asked = Instant::now();
        let mut grants = self.grants.lock().await;
        let grant = grants.entry(owner(repo)).or_default();
        if let Some(token) = grant.token.as_ref().filter(|token| token.lasts()) {
            return Ok(token.secret.clone());
        }
        if let Some((when, failed)) = &grant.trouble
            && *when > asked
        {
            // Those who waited for this fetch share its end, or each would wait for one of its own.
            return Err(failed.clone());
        }
        let token = self.fetch(grant, repo).await.map_err(not_acted_on);
        grant.trouble = token.as_ref().err().map(|failed| (Instant::now(), failed.clone()));
        token
    }

    async fn fetch(&self, grant: &mut Grant, repo: &Repo) -> Result<SecretString, Failed> {
        let installation = match self.installation.or(grant.installation) {
            Some(id) => id,
            None => self.find_installation(repo).await?,
        };
        // Until GitHub has given a token for it: an app that was installed again has another number.
        grant.installation = None;
        let token = self.create_token(installation).await?;
        let secret = token.secret.clone();
        (grant.installation, grant.token) = (Some(installation), Some(token));
        Ok(secret)
    }

    async fn forget(&self, repo: &Repo, used: &SecretString) {
        let mut grants = self.grants.lock().await;
        if let Some(grant) = grants.get_mut(&owner(repo)) {
            // Another call may have fetched a newer one already.
            grant.token = grant.token.take().filter(|token| token.secret.expose_secret() != used.expose_secret());
        }
    }

    /// <https://docs.github.com/en/rest/apps/apps#get-a-repository-installation-for-the-authenticated-app>
    async fn find_installation(&self, repo: &Repo) -> Result<u64, Failed> {
        #[derive(Deserialize)]
        struct Installation {
            id: u64,
        }
        const CALL: &str = "github apps.getRepoInstallation";
        let url = in_repo(&self.base, CALL, repo, &["installation"])?;
        let reply = self.send(CALL, Method::GET, url, judge::judge).await?;
        Ok(read::<Installation>(CALL, &reply)?.id)
    }

    /// <https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app>
    async fn create_token(&self, installation: u64) -> Result<Token, Failed> {
        #[derive(Deserialize)]
        struct Given {
            token: String,
            expires_at: Timestamp,
        }
        const CALL: &str = "github apps.createInstallationAccessToken";
        let url = join(&self.base, &["app", "installations", &installation.to_string(), "access_tokens"]);
        let reply = self.send(CALL, Method::POST, url, judge_grant).await?;
        let given: Given = read(CALL, &reply)?;
        Ok(Token { secret: given.token.into(), expires: given.expires_at })
    }

    async fn send(
        &self,
        call: &'static str,
        method: Method,
        url: Url,
        judge: fn(&Reply) -> Verdict,
    ) -> Result<Reply, Failed> {
        let jwt = self
            .jwt(Timestamp::now())
            .ok_or(Failed::Forbidden { call, reason: "the app's key cannot sign".to_owned() })?;
        let mut request = Request::new(method, url);
        request.headers_mut().insert(header::ACCEPT, ACCEPT);
        request.headers_mut().insert(VERSION.0, VERSION.1);
        request.headers_mut().insert(header::AUTHORIZATION, bearer(call, &jwt)?);
        self.http.send(call, request, Repeat::Freely, judge).await
    }

    fn jwt(&self, now: Timestamp) -> Option<SecretString> {
        jwt(&self.id, &self.key, now)
    }
}

/// An app's own signed word, good for nine minutes; GitHub takes ten at most. It begins a minute
/// ago, because clocks differ.
/// <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
pub(super) fn jwt(id: &str, key: &KeyPair, now: Timestamp) -> Option<SecretString> {
    let encode = |part: serde_json::Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
    let now = now.as_second();
    let claims = json!({ "iat": now - 60, "exp": now + 540, "iss": id });
    let signed = format!("{}.{}", encode(json!({ "alg": "RS256", "typ": "JWT" })), encode(claims));
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).ok()?;
    Some(SecretString::from(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))))
}

impl Token {
    fn lasts(&self) -> bool {
        let spare = SignedDuration::try_from(SPARE).unwrap_or(SignedDuration::ZERO);
        self.expires.duration_since(Timestamp::now()) > spare
    }
}

/// A token as the header that carries it; not shown by `Debug`.
///
/// # Errors
/// When a header cannot hold it, which an operator must mend.
pub(super) fn bearer(call: &'static str, token: &SecretString) -> Result<HeaderValue, Failed> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).map_err(|_| {
        Failed::Forbidden { call, reason: "the token holds characters that a header cannot".to_owned() }
    })?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whatever became of the token, the call that needs it was not sent.
fn not_acted_on(failed: Failed) -> Failed {
    match failed {
        Failed::Unreachable { call, reason } => Failed::Busy { call, reason, wait: None },
        failed => failed,
    }
}

/// An installation that is gone waits for an operator, as bad credentials do.
fn judge_grant(reply: &Reply) -> Verdict {
    match judge::judge(reply) {
        Verdict::Refused(reason) if reply.status == StatusCode::NOT_FOUND => Verdict::Forbidden(reason),
        verdict => verdict,
    }
}

/// A key in either wrapping; `None` when it is none, or too short to be safe.
pub(super) fn read_key(pem: &SecretString) -> Option<KeyPair> {
    let pem = SecretString::from(pem.expose_secret().replace("\\n", "\n"));
    match PrivateKeyDer::from_pem_slice(pem.expose_secret().as_bytes()).ok()? {
        PrivateKeyDer::Pkcs1(der) => KeyPair::from_der(der.secret_pkcs1_der()).ok(),
        PrivateKeyDer::Pkcs8(der) => KeyPair::from_pkcs8(der.secret_pkcs8_der()).ok(),
        _ => None,
    }
}

fn owner(repo: &Repo) -> String {
    repo.owner.to_ascii_lowercase()
}
