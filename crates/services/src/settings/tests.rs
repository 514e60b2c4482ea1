use std::sync::Mutex;

use super::*;

const PLAIN: Setting = Setting {
    name: "PLAIN",
    meaning: "a word",
    format: Format::WORD,
    default: None,
    secret: false,
    required: Required::No,
};

const DECLARED: &[Setting] = &[
    PLAIN,
    Setting { name: "NEEDED", required: Required::Yes, ..PLAIN },
    Setting { name: "SECRET", secret: true, ..PLAIN },
    Setting { name: "COUNT", format: Format::NUMBER, default: Some("7"), ..PLAIN },
    Setting { name: "WITH_PLAIN", required: Required::With("PLAIN"), ..PLAIN },
    Setting { name: "TOKEN", secret: true, required: Required::Unless("APP"), ..PLAIN },
    Setting { name: "APP", required: Required::Unless("TOKEN"), ..PLAIN },
];

/// Decrypts `abc` into `decrypted-abc`, and refuses what begins with `!`.
async fn read(values: &[(&str, &str)]) -> Result<Settings, Problems> {
    let lookup = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    let decrypt = async |reference: Reference| match ciphertext(reference).as_str() {
        "blank" => Ok(SecretString::from("  ")),
        broken if broken.starts_with('!') => {
            Err(Failed::Refused { call: "kms Decrypt", reason: "InvalidCiphertextException".to_owned() })
        }
        fine => Ok(SecretString::from(format!(" decrypted-{fine}\n"))),
    };
    Settings::read(&[&DECLARED[..2], &DECLARED[2..]], lookup, decrypt).await
}

fn ciphertext(reference: Reference) -> String {
    match reference {
        Reference::Ciphertext(ciphertext) => ciphertext,
        other => panic!("{other:?} is no ciphertext"),
    }
}

async fn told(values: &[(&str, &str)]) -> String {
    read(values).await.unwrap_err().to_string()
}

const ENOUGH: [(&str, &str); 2] = [("NEEDED", "yes"), ("APP", "1")];

#[tokio::test]
async fn values_are_trimmed_and_defaults_stand_in_for_empty_ones() {
    let settings = read(&[ENOUGH[1], ("NEEDED", " yes\n"), ("COUNT", "  "), ("SECRET", "")]).await.unwrap();
    assert_eq!(settings.text("NEEDED"), Some("yes"));
    assert_eq!(settings.text("COUNT"), Some("7"));
    assert_eq!(settings.text("SECRET"), None);
    assert_eq!(settings.text("UNDECLARED"), None);
}

#[tokio::test]
async fn every_problem_is_named_at_once_on_a_line_of_its_own() {
    let values = [("PLAIN", "two words"), ("SECRET", "hush hush"), ("COUNT", "0"), ("TOKEN", "secure:!x")];
    let word = "one word without spaces";
    assert_eq!(
        told(&values).await,
        format!(
            "PLAIN: found \"two words\", expected {word}\n\
             SECRET: found a value that is not shown, expected {word}\n\
             COUNT: found \"0\", expected a whole number above 0\n\
             TOKEN: found a secure: value that could not be decrypted \
             (kms Decrypt was refused: InvalidCiphertextException), expected {word}\n\
             NEEDED: found nothing, expected {word}\n\
             WITH_PLAIN: found nothing, expected {word}, because PLAIN is set"
        )
    );
}

#[tokio::test]
async fn either_of_two_is_enough() {
    assert!(read(&[("NEEDED", "yes"), ("TOKEN", "t")]).await.is_ok());
    assert!(read(&ENOUGH).await.is_ok());
    let told = told(&[("NEEDED", "yes")]).await;
    assert!(told.contains("TOKEN: found nothing, expected one word without spaces, unless APP is set"), "{told}");
    assert_eq!(told.lines().count(), 2);
}

#[tokio::test]
async fn any_setting_may_be_encrypted_and_is_never_quoted_then() {
    let settings = read(&[("NEEDED", "secure: abc"), ("APP", "secure:x")]).await.unwrap();
    assert_eq!(settings.text("NEEDED"), Some("decrypted-abc"));
    assert_eq!(settings.problem("NEEDED", "better").found, "a value that is not shown");
    assert!(!format!("{settings:?}").contains("decrypted"));

    let told = told(&[ENOUGH[0], ENOUGH[1], ("COUNT", "secure:abc")]).await;
    assert_eq!(told, "COUNT: found a value that is not shown, expected a whole number above 0");
}

#[tokio::test]
async fn what_decrypts_to_nothing_is_missing() {
    let told = told(&[("NEEDED", "secure:blank"), ENOUGH[1]]).await;
    assert!(told.starts_with("NEEDED: found nothing"), "{told}");
}

#[tokio::test]
async fn only_ciphertext_is_decrypted() {
    let asked = Mutex::new(Vec::new());
    let lookup = |name: &str| Some(if name == "PLAIN" { "secure:abc" } else { "1" }.to_owned());
    let fetch = async |reference: Reference| {
        asked.lock().unwrap().push(ciphertext(reference));
        Ok(SecretString::from("x"))
    };
    Settings::read(&[DECLARED], lookup, fetch).await.unwrap();
    assert_eq!(asked.into_inner().unwrap(), ["abc"]);
}

#[test]
fn a_setting_with_several_problems_is_named_once() {
    let problem = |name, found: &str| Problem { name, found: found.to_owned(), expected: "more".to_owned() };
    let problems = Problems::of([problem("A", "1"), problem("B", "2"), problem("A", "3")]);
    assert_eq!(problems.to_string(), "A: found 1, expected more\nB: found 2, expected more");
}

#[test]
fn addresses_lead_through_tls_or_stay_on_this_machine() {
    for fine in [
        "https://api.example.com",
        "https://h:8443/api/v3",
        "http://127.0.0.1:8080",
        "http://[::1]:1/",
        "http://localhost:3000/a",
    ] {
        assert!(Format::URL.fits(fine), "{fine}");
    }
    for wrong in [
        "http://api.example.com",
        "http://10.0.0.1",
        "http://169.254.169.254",
        "http://0.0.0.0:80",
        "http://a.localhost",
        "http://localhost.example.com",
        "http://localhost@example.com",
        "http://127.0.0.1@example.com",
        "api.example.com",
        "ftp://127.0.0.1",
        "https://user@example.com",
        "https://h/?q",
        "https://",
        "",
    ] {
        assert!(!Format::URL.fits(wrong), "{wrong}");
    }
}

/// Tokens travel to them.
#[test]
fn every_address_among_the_settings_is_one_of_those() {
    let all = [crate::all_settings(), vec![crate::aws::SETTINGS]].concat().concat();
    let (urls, _): (Vec<_>, Vec<_>) = all.into_iter().partition(|setting| setting.name.contains("_URL"));
    let urls: Vec<_> = urls.into_iter().filter(|setting| setting.name != "DISPATCH_STORE_URL").collect();
    assert!(urls.len() >= 8, "{urls:?}");
    for url in urls {
        assert!(url.format.fits("https://example.com") && !url.format.fits("http://example.com"), "{}", url.name);
    }
}
