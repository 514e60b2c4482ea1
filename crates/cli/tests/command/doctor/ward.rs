//! A set-up that is right in everything, and faults to plant in it.

use std::{collections::BTreeMap, future::IntoFuture, net::SocketAddr};

use axum::Router;
use dispatch_simulator::{
    aws::{self, Queue, QueueSettings, Subscription, Topic},
    fake::{self, Fakes},
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::run::{Done, command, finish};

/// In how many deliveries a message may fail: the default of the setting.
pub(super) const RECEIVES: u32 = 5;
pub(super) const SIGNING_SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Everything that Dispatch needs, on this machine.
pub(super) struct Ward {
    pub(super) runtime: Runtime,
    pub(super) fakes: Fakes,
    pub(super) queues: Vec<Queue>,
    pub(super) folder: TempDir,
    pub(super) environment: BTreeMap<String, String>,
}

/// What the command printed, one object a line, and how it ended.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) code: i32,
    pub(super) all: Vec<Value>,
}

impl Findings {
    /// What is wrong, in the order in which it was told.
    pub(super) fn wrong(&self) -> Vec<&str> {
        let wrong = self.all.iter().filter(|finding| finding["verdict"] == "wrong");
        wrong.map(|finding| finding["what"].as_str().unwrap()).collect()
    }
}

/// Settings of the fakes in which everything is right.
fn fakes() -> fake::Settings {
    let mut settings = fake::Settings::default();
    settings.slack.signing_secret = SIGNING_SECRET.to_owned();
    settings
}

impl Ward {
    /// Nothing is wrong.
    pub(super) fn right() -> Self {
        Self::with(|_| {}, true)
    }

    /// `prepare` changes the fakes before they start; `labelled` is whether the label is there.
    pub(super) fn with(prepare: fn(&mut fake::Settings), labelled: bool) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut settings = fakes();
        prepare(&mut settings);
        let fakes = runtime.block_on(Fakes::start_with(settings)).unwrap();
        if labelled {
            fakes.github.add_label("example-org/alarms", super::LABEL).unwrap();
        }
        let queue = |name: &str| Queue::new(QueueSettings { max_receives: RECEIVES, ..QueueSettings::named(name) });
        let queues = vec![queue("urgent"), queue("alarms")];
        let topic = Topic::new("dispatch", queues.iter().map(Subscription::new));
        let folder = TempDir::new().unwrap();
        let own = fakes.environment().iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let environment = own.collect();
        let mut ward = Ward { runtime, fakes, queues, folder, environment };
        let at = ward.serve(aws::router(topic.clone()));
        ward.set("AWS_ENDPOINT_URL", &format!("http://{at}"));
        ward.set("AWS_REGION", aws::REGION);
        ward.set("AWS_ACCESS_KEY_ID", "local");
        ward.set("AWS_SECRET_ACCESS_KEY", "local");
        ward.set("DISPATCH_TOPIC_ARN", topic.arn());
        ward.set("DISPATCH_STORE_URL", &format!("file://{}", ward.folder.path().display()));
        ward
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    pub(super) fn unset(&mut self, name: &str) {
        self.environment.remove(name);
    }

    /// Serves on a free port of loopback for as long as the ward lasts.
    pub(super) fn serve(&self, router: Router) -> SocketAddr {
        let listener = self.runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        self.runtime.spawn(axum::serve(listener, router).into_future());
        at
    }

    /// What people read.
    pub(super) fn run(&self, args: &[&str]) -> Done {
        let empty = TempDir::new().unwrap();
        let mut command = command(empty.path(), &[&["doctor"], args].concat());
        finish(command.envs(&self.environment), b"")
    }

    /// What programs read.
    pub(super) fn examine(&self, args: &[&str]) -> Findings {
        let done = self.run(&[args, &["--json"]].concat());
        assert!(done.code == 0 || done.code == 1, "{done:?}");
        assert_eq!(done.err, "");
        Findings { code: done.code, all: done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect() }
    }
}

/// One fault.
pub(super) struct Plant {
    /// What is wrong, for whoever reads that it was not found.
    name: &'static str,
    prepare: fn(&mut fake::Settings),
    plant: fn(&mut Ward),
    args: &'static [&'static str],
    /// What is blamed, and what the mend says.
    blamed: (&'static str, &'static str),
}

impl Plant {
    /// The fault, what is to be blamed alone, and a part of the mend.
    pub(super) fn new(name: &'static str, plant: fn(&mut Ward), what: &'static str, mend: &'static str) -> Self {
        Plant { name, prepare: |_| {}, plant, args: &[], blamed: (what, mend) }
    }

    /// The same, with other fakes.
    pub(super) fn prepared(self, prepare: fn(&mut fake::Settings)) -> Self {
        Plant { prepare, ..self }
    }

    /// The same, examined with these options.
    pub(super) fn with(self, args: &'static [&'static str]) -> Self {
        Plant { args, ..self }
    }

    pub(super) fn is_found(&self) {
        let mut ward = Ward::with(self.prepare, true);
        (self.plant)(&mut ward);
        let findings = ward.examine(self.args);
        let (what, mend) = self.blamed;
        assert_eq!((findings.wrong(), findings.code), (vec![what], 1), "{}: {findings:#?}", self.name);
        let told = findings.all.iter().find(|finding| finding["verdict"] == "wrong").unwrap();
        let told = told["mend"].as_str().unwrap();
        assert!(told.contains(mend), "{}: expected {mend:?} in {told:?}", self.name);
    }
}
