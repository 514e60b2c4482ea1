//! What is deployed: which version answers, what it is told, and whether Slack's requests reach it.

use std::{collections::BTreeMap, sync::Arc};

use dispatch_local::{
    console,
    town::{Options, Town},
};
use dispatch_simulator::aws::{Function, Stack, lambda};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::ward::{SIGNING_SECRET, Ward};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A function that answers a ping.
fn function(name: &str, environment: &BTreeMap<String, String>, answer: Result<Value, &str>) -> Function {
    let answer = answer.map_err(str::to_owned);
    let handler = lambda::handler(move |event: Value| {
        let answer = answer.clone();
        async move { if event == json!({ "dispatch": "ping" }) { answer } else { Err("no ping".to_owned()) } }
    });
    Function { name: name.to_owned(), environment: environment.clone(), handler }
}

fn version(version: &str) -> Result<Value, &'static str> {
    Ok(json!({ "version": version }))
}

/// Everything is deployed as the stack `dispatch`, with these functions, and the shell knows nothing but AWS. `change`
/// sees the settings of a function that are right.
fn deployed(change: impl FnOnce(&mut Ward, &BTreeMap<String, String>) -> Vec<Function>) -> Ward {
    let mut ward = Ward::right();
    let (shell, told): (BTreeMap<_, _>, BTreeMap<_, _>) =
        ward.environment.clone().into_iter().partition(|(name, _)| name.starts_with("AWS_"));
    let functions = change(&mut ward, &told);
    let at = ward.serve(Stack::new("dispatch", functions).router());
    ward.environment = shell;
    for name in ["AWS_ENDPOINT_URL_LAMBDA", "AWS_ENDPOINT_URL_CLOUDFORMATION"] {
        ward.set(name, &format!("http://{at}"));
    }
    ward
}

/// The store of a function must be a bucket, which is not there: it is the only thing to be blamed.
const STORE: &str = "store";

#[test]
fn what_is_deployed_is_what_is_examined() {
    let ward = deployed(|_, told| {
        let other = BTreeMap::from([("UNRELATED".to_owned(), "1".to_owned())]);
        vec![
            function("incoming", told, version(VERSION)),
            function("triage", told, version(VERSION)),
            function("somebody-elses", &other, Err("never asked")),
        ]
    });
    for args in [&["--stack", "dispatch"][..], &["--function", "incoming", "--function", "triage"]] {
        let findings = ward.examine(args);
        assert_eq!(findings.wrong(), [STORE], "{findings:#?}");
        let of_functions: Vec<_> = findings.all.iter().filter(|finding| finding["service"] == "Functions").collect();
        let names: Vec<_> = of_functions.iter().map(|finding| finding["what"].as_str().unwrap()).collect();
        assert_eq!(names, ["incoming", "triage", "request address"]);
        assert!(findings.all.iter().any(|finding| finding["what"] == "may write issues"), "{findings:#?}");
    }
}

#[test]
fn each_fault_of_a_function_is_found() {
    let two = |told: &BTreeMap<String, String>, other: &BTreeMap<String, String>, answer| {
        vec![function("incoming", told, version(VERSION)), function("triage", other, answer)]
    };
    let rows: [(&str, Ward, &str, &str); 5] = [
        ("old", deployed(|_, told| two(told, told, version("0.0.1"))), "triage", "sam build && sam deploy"),
        (
            "older",
            deployed(|_, told| two(told, told, Err("the event is none that Dispatch knows"))),
            "triage",
            "sam build && sam deploy",
        ),
        (
            "it ends at its start",
            deployed(|_, told| two(told, told, Err("Runtime.ExitError: exit status 1"))),
            "triage",
            "aws logs tail /aws/lambda/triage",
        ),
        (
            "one lacks a setting",
            deployed(|_, told| {
                let less = told.iter().filter(|(name, _)| *name != "SLACK_SIGNING_SECRET");
                two(told, &less.map(|(name, value)| (name.clone(), value.clone())).collect(), version(VERSION))
            }),
            "SLACK_SIGNING_SECRET of triage",
            "in the environment of triage, and deploy",
        ),
        (
            "they are told differently",
            deployed(|_, told| {
                let mut other = told.clone();
                other.insert("SLACK_DEFAULT_CHANNEL".to_owned(), "#general".to_owned());
                two(told, &other, version(VERSION))
            }),
            "SLACK_DEFAULT_CHANNEL",
            "Deploy the stack again",
        ),
    ];
    for (name, ward, what, mend) in rows {
        let findings = ward.examine(&["--stack", "dispatch"]);
        assert_eq!(findings.wrong(), [STORE, what], "{name}: {findings:#?}");
        let told = findings.all.iter().rfind(|finding| finding["verdict"] == "wrong").unwrap();
        assert!(told["mend"].as_str().unwrap().contains(mend), "{name}: {told}");
    }
}

#[test]
fn a_stack_that_is_not_there_ends_it_at_once() {
    let ward = deployed(|_, told| vec![function("incoming", told, version(VERSION))]);
    let done = ward.run(&["--stack", "other"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.starts_with("error: the stack other cannot be looked at: ValidationError\n"), "{done:?}");
    let done = ward.run(&["--function", "other"]);
    assert!(done.code == 2 && done.err.contains("other cannot be looked at: ResourceNotFoundException"), "{done:?}");
}

/// A town whose triage is reached at the address that is returned.
fn town(ward: &Ward) -> String {
    let mut options = Options::default();
    options.fakes.slack.signing_secret = SIGNING_SECRET.to_owned();
    let town = Arc::new(ward.runtime.block_on(Town::start(options)).unwrap());
    let listener = ward.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let at = listener.local_addr().unwrap();
    ward.runtime.spawn(console::serve(town, listener));
    format!("http://{at}")
}

#[test]
fn the_address_that_slack_calls_answers_a_signed_ping() {
    let mut ward = Ward::right();
    let at = town(&ward);
    let address = format!("{at}/slack/interactivity");
    // Twice within a second: a ping that comes again is answered again.
    for _ in 0..2 {
        let findings = ward.examine(&["--url", &address]);
        let told = findings.all.iter().find(|finding| finding["what"] == "request address").unwrap();
        assert_eq!((findings.code, told["text"].as_str()), (0, Some(format!("version {VERSION}").as_str())), "{told}");
    }
    let elsewhere = ward.examine(&["--url", &format!("{at}/slack")]);
    assert_eq!(elsewhere.wrong(), ["request address"]);
    let page = ward.examine(&["--url", &at]);
    assert_eq!(page.wrong(), ["request address"]);
    ward.set("SLACK_SIGNING_SECRET", &"f".repeat(32));
    let findings = ward.examine(&["--url", &address]);
    assert_eq!(findings.wrong(), ["request address"]);
    let told = findings.all.iter().find(|finding| finding["verdict"] == "wrong").unwrap();
    assert!(told["text"].as_str().unwrap().ends_with("status 401: the signature is not taken"), "{told}");
}
