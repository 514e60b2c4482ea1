//! The GitHub App: who it is, where it is installed, and tokens for an installation.
//! <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app>

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::rsa::KeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use serde_json::{Value, json};

use super::answer::{self, flawed, refused};
use super::state::Site;
use super::view;
use crate::fake::call::{Answer, Call};
use crate::fake::fields::Fields;

/// How long an installation token lives. Source: "Generating an installation access token".
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(1);
/// How far ahead a JWT may expire. Source: "Generating a JSON Web Token (JWT) for a GitHub App".
const JWT_LIFE_MAX_S: i64 = 600;

/// The private key of the app that a fake GitHub knows by default: PKCS#1 PEM, as GitHub hands them out.
/// It opens nothing but the fakes.
pub const APP_PRIVATE_KEY: &str = include_str!("app-key.pem");

/// A GitHub App that is installed on all repositories of the fake.
#[derive(Debug, Clone)]
pub struct App {
    /// Its id, which is the issuer of its JWTs.
    pub id: u64,
    /// Its name in addresses; it writes as `<slug>[bot]`.
    pub slug: String,
    /// The one installation.
    pub installation_id: u64,
    /// The private key in PEM, PKCS#1 or PKCS#8. The fake uses its public half only.
    pub private_key: String,
    /// What it may do with issues: `write` or `read`.
    pub issues: String,
    /// Whether it is installed at all.
    pub installed: bool,
    /// Whether its installation is suspended.
    pub suspended: bool,
}

impl Default for App {
    fn default() -> Self {
        Self {
            id: 4711,
            slug: "dispatch-app".to_owned(),
            installation_id: 815,
            private_key: APP_PRIVATE_KEY.to_owned(),
            issues: "write".to_owned(),
            installed: true,
            suspended: false,
        }
    }
}

impl App {
    /// The public half of the key, in the form that the signature check takes.
    fn public_key(&self) -> Option<Vec<u8>> {
        let base64: String =
            self.private_key.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let der = STANDARD.decode(base64).ok()?;
        let pair = KeyPair::from_der(&der).or_else(|_| KeyPair::from_pkcs8(&der)).ok()?;
        Some(pair.public_key().as_ref().to_vec())
    }

    /// Checks a JWT as GitHub does.
    fn check(&self, jwt: &str, now: Timestamp) -> Result<(), &'static str> {
        const GARBLED: &str = "A JSON web token could not be decoded";
        let (signed, signature) = jwt.rsplit_once('.').ok_or(GARBLED)?;
        let (head, claims) = signed.split_once('.').ok_or(GARBLED)?;
        let head = decoded(head).ok_or(GARBLED)?;
        let claims = decoded(claims).ok_or(GARBLED)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| GARBLED)?;
        if head.get("alg") != Some(&json!("RS256")) {
            return Err(GARBLED);
        }
        let key = self.public_key().ok_or("The fake's own key cannot be read")?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key)
            .verify(signed.as_bytes(), &signature)
            .map_err(|_| GARBLED)?;
        self.check_claims(&claims, now.as_second())
    }

    fn check_claims(&self, claims: &Value, now: i64) -> Result<(), &'static str> {
        let issuer = claims.get("iss").unwrap_or(&Value::Null);
        if *issuer != json!(self.id) && *issuer != json!(self.id.to_string()) {
            return Err("'Issuer' claim ('iss') must be an Integer");
        }
        let time = |name| claims.get(name).and_then(Value::as_i64);
        match time("iat") {
            Some(issued) if issued <= now => {}
            _ => {
                return Err(
                    "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
                );
            }
        }
        match time("exp") {
            Some(end) if end <= now => Err(
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
            ),
            Some(end) if end > now + JWT_LIFE_MAX_S => Err("'Expiration time' claim ('exp') is too far in the future"),
            Some(_) => Ok(()),
            None => Err(
                "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
            ),
        }
    }
}

fn decoded(part: &str) -> Option<Value> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// An installation token that was handed out.
pub(super) struct Installed {
    token: String,
    expires_at: Timestamp,
    /// The names of the repositories it opens, lower case; all when empty.
    repositories: Vec<String>,
}

impl Site {
    /// Finds out who calls, from the `Authorization` header, and whether they may call this operation.
    pub(super) fn authenticate(&mut self, operation: &str, call: &Call) -> Result<(), Answer> {
        let Some((scheme, token)) = call.header("authorization").and_then(|value| value.split_once(' ')) else {
            return Err(refused(401, "Requires authentication").blaming("no Authorization header"));
        };
        let bearer = scheme.eq_ignore_ascii_case("bearer");
        if !bearer && !scheme.eq_ignore_ascii_case("token") {
            return Err(refused(401, "Bad credentials").blaming("the Authorization header is neither Bearer nor token"));
        }
        if operation.starts_with("apps/") {
            let app =
                self.settings.app.as_ref().ok_or_else(|| refused(401, "A JSON web token could not be decoded"))?;
            app.check(token, call.now).map_err(|why| refused(401, why))?;
            if !bearer {
                return Err(
                    refused(401, "A JSON web token could not be decoded").blaming("a JWT must be sent as Bearer")
                );
            }
            return Ok(());
        }
        self.caller = self.owner_of(token, call).ok_or_else(|| refused(401, "Bad credentials"))?;
        Ok(())
    }

    /// The login behind a token, if the token is good for this call.
    fn owner_of(&self, token: &str, call: &Call) -> Option<String> {
        if token == self.settings.token {
            return Some(self.settings.login.clone());
        }
        let installed = self.installed.iter().find(|installed| installed.token == token)?;
        let repository = call.param("repo").to_ascii_lowercase();
        let opens =
            repository.is_empty() || installed.repositories.is_empty() || installed.repositories.contains(&repository);
        (opens && call.now < installed.expires_at).then_some(())?;
        self.settings.app.as_ref().map(|app| format!("{}[bot]", app.slug))
    }

    fn app(&self) -> Result<&App, Answer> {
        self.settings.app.as_ref().ok_or_else(answer::not_found)
    }
}

/// What the app may do.
fn permissions(app: &App) -> Value {
    json!({"issues": app.issues, "metadata": "read"})
}

/// `GET /app`
pub(super) fn get(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let app = site.app()?;
    let value = json!({
        "id": app.id, "slug": app.slug, "node_id": format!("A_{}", app.id), "client_id": format!("Iv1.{:016x}", app.id),
        "name": app.slug, "description": null, "owner": view::user(&site.root, "example-org"),
        "external_url": "https://example.com", "html_url": format!("{}/apps/{}", site.root, app.slug),
        "created_at": view::seconds(call.now), "updated_at": view::seconds(call.now), "permissions": permissions(app), "events": [], "installations_count": 1,
    });
    Ok(Answer::json(200, &value))
}

/// `GET /repos/{owner}/{repo}/installation`
pub(super) fn installation(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let owner = site.repository(call)?.owner.clone();
    let app = site.app()?;
    if !app.installed {
        return Err(answer::not_found());
    }
    let suspended = app.suspended.then(|| view::seconds(call.now));
    let id = app.installation_id;
    let root = &site.root;
    let value = json!({
        "id": id, "account": view::user(root, &owner), "repository_selection": "all", "app_id": app.id, "app_slug": app.slug,
        "access_tokens_url": format!("{root}/app/installations/{id}/access_tokens"),
        "repositories_url": format!("{root}/installation/repositories"),
        "html_url": format!("{root}/organizations/{owner}/settings/installations/{id}"),
        "target_id": 1, "target_type": "Organization", "permissions": permissions(app), "events": [],
        "created_at": view::seconds(call.now), "updated_at": view::seconds(call.now), "single_file_name": null, "suspended_by": null, "suspended_at": suspended,
    });
    Ok(Answer::json(200, &value))
}

/// `POST /app/installations/{installation_id}/access_tokens`
pub(super) fn create_token(site: &mut Site, call: &Call) -> Result<Answer, Answer> {
    let app = site.app()?;
    if call.param("installation_id") != app.installation_id.to_string() {
        return Err(answer::not_found());
    }
    if app.suspended {
        return Err(refused(403, "This installation has been suspended"));
    }
    let permitted = permissions(app);
    let repositories = narrowed_to(call)?;
    let known = |name: &String| site.repositories.values().any(|repository| repository.name.eq_ignore_ascii_case(name));
    if !repositories.iter().all(known) {
        let why =
            "There is at least one repository that does not exist or is not accessible to the parent installation.";
        return Err(refused(422, why));
    }
    // Long, with two underscores and dots: nobody may count on forty characters.
    let token = format!("ghs_{}_accepted.by-the-fake-only.{:064x}", app.id, site.installed.len() + 1);
    let expires_at = call.now.saturating_add(TOKEN_LIFE).unwrap_or(Timestamp::MAX);
    let selection = if repositories.is_empty() { "all" } else { "selected" };
    let value = json!({
        "token": token, "expires_at": view::seconds(expires_at), "permissions": permitted, "repository_selection": selection,
    });
    site.installed.push(Installed {
        token,
        expires_at,
        repositories: repositories.iter().map(|name| name.to_ascii_lowercase()).collect(),
    });
    Ok(Answer::json(201, &value))
}

/// The names of the repositories that a token is asked for; all when empty.
fn narrowed_to(call: &Call) -> Result<Vec<String>, Answer> {
    if call.body.is_empty() {
        return Ok(Vec::new());
    }
    let body = answer::body(call)?;
    let read = || {
        let fields = Fields::of(&body, "")?;
        fields.only(&["repositories", "permissions"])?;
        fields.object("permissions")?;
        let names = fields.list("repositories", 500)?.unwrap_or_default();
        Ok(names.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    read().map_err(flawed("Installation"))
}
