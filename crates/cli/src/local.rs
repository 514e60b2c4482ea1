//! `dispatch local`: everything on this machine.

pub(crate) mod settings;
mod stop;

use std::{
    env,
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, FromArgMatches, ValueHint};
use dispatch_local::{
    console::{self, aws_line, redrive_line, send_line},
    examples::EXAMPLES,
    town::{Options, Real, SPEED_MAX, Town},
};
use tokio::net::TcpListener;
use tracing::Level;
use tracing_subscriber::{filter::Targets, fmt::layer, layer::SubscriberExt, registry, util::SubscriberInitExt};

use self::stop::Stop;
use crate::{Failure, command::Command, style};

/// `dispatch local`.
pub(crate) const COMMAND: Command =
    Command { name: "local", define: Local::augment_args, run: |matches| run(&Local::from_arg_matches(matches)?) };

/// Run everything on this machine, with stand-ins for GitHub, Slack and PagerDuty
///
/// Starts the stand-ins, the topic, its queues, both functions, and a page that shows what happens. No account is
/// needed, and nothing leaves the machine.
///
/// Settings of a real service, in the environment or in a file `.env` in this folder, replace the stand-in of that
/// service alone: GITHUB_TOKEN or GITHUB_APP_ID with GITHUB_OWNER, SLACK_BOT_TOKEN, PAGERDUTY_ROUTING_KEY or PAGERDUTY_API_KEY, and
/// the settings that go with them. A question waits 4 hours for an answer, unless DISPATCH_ANSWER_TIMEOUT says
/// otherwise; the page has buttons that put the clock forward, as long as no service is real.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Local {
    /// Port of the page and the topic on 127.0.0.1; 0 is any that is free [default: 4100, else any]
    #[arg(long)]
    pub(crate) port: Option<u16>,

    /// Publish one alarm of each type at the start
    #[arg(long)]
    pub(crate) demo: bool,

    /// How many times as fast as real time the clock runs: with 60 a minute is a second
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(SPEED_MAX)))]
    pub(crate) speed: u32,

    /// Keep journals in this folder instead of in memory
    #[arg(long, value_hint = ValueHint::DirPath)]
    pub(crate) folder: Option<PathBuf>,

    /// Log every call to every service on standard error
    #[arg(long, short)]
    pub(crate) verbose: bool,
}

/// The page's port when nobody asks for another and it is free.
pub(crate) const PORT: u16 = 4100;

/// The deadline of questions.
const ANSWER_TIMEOUT: &str = "DISPATCH_ANSWER_TIMEOUT";

/// Runs until somebody ends it.
pub(crate) fn run(local: &Local) -> Result<ExitCode, Failure> {
    start_log(local.verbose);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(local))
}

async fn serve(local: &Local) -> Result<ExitCode, Failure> {
    let stop = Stop::listen()?;
    let listener = bind(local.port).await?;
    let mut options =
        Options { real: settings::read(Path::new(".env"))?, speed: local.speed, ticks: true, ..Options::default() };
    // So that whoever tries it sees what silence leads to.
    options.real.entry(ANSWER_TIMEOUT.to_owned()).or_insert_with(|| "PT4H".to_owned());
    let store_url = local.folder.as_deref().map(folder_url).transpose()?;
    if let Some(url) = &store_url {
        options.store_url.clone_from(url);
    }
    let town = Arc::new(Town::start(options).await.map_err(|problems| cannot_start(&problems))?);
    let at = listener.local_addr()?;
    let page = tokio::spawn(console::serve(town.clone(), listener));
    if local.demo {
        for example in EXAMPLES {
            town.publish(example.message);
        }
    }
    style::stdout(&welcome(local, at, store_url.as_deref(), town.real))?;
    tokio::select! {
        served = page => match served {
            Ok(Err(error)) => Err(Failure::Other(format!("the page at {at}: {error}"))),
            Ok(Ok(())) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(Failure::Other(format!("the page at {at}: {error}"))),
        },
        wished = stop.wished() => {
            wished?;
            style::stdout("\nStopped.\n")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What is said at the start; `store_url` is where another process can read the store.
fn welcome(local: &Local, at: SocketAddr, store_url: Option<&str>, real: Real) -> String {
    let address = format!("http://{at}");
    let mut text =
        format!("Dispatch runs on this machine. Open its page:\n\n  {}\n\n", style::strong(&format!("{address}/")));
    if local.port.is_none() && at.port() != PORT {
        text.push_str(&format!("Port {PORT} is taken, so this is another.\n"));
    }
    let services = [("GitHub", real.github), ("Slack", real.slack), ("PagerDuty", real.pagerduty)];
    for (name, _) in services.iter().filter(|(_, real)| *real) {
        text.push_str(&format!("{name} is the real service, as your settings say.\n"));
    }
    if real.slack {
        text.push_str(&format!("For its buttons, lead a tunnel to {address}/slack/interactivity\n"));
    }
    if local.speed > 1 {
        text.push_str(&format!("The clock runs {} times as fast as yours.\n", local.speed));
    }
    if local.demo {
        text.push_str(
            "One alarm of each type is published: watch them there, and answer the questions in Slack's pane.\n",
        );
    }
    if let Some(example) = EXAMPLES.first() {
        text.push_str(&format!("Publish an alarm from another terminal:\n\n{}\n\n", aws_line(&address, example)));
        text.push_str(&format!("or, without the AWS command line:\n\n{}\n\n", send_line(&address, example.name)));
    }
    text.push_str(&format!(
        "What fails in every try is a dead letter. To see why, and to send it again:\n\n{}\n\n",
        redrive_line(&address, store_url)
    ));
    let kept = match &local.folder {
        Some(folder) => format!("Journals are kept in {}, everything else is not.", folder.display()),
        None => "Nothing is kept.".to_owned(),
    };
    text + &style::faint(&format!("Ctrl-C stops it. {kept}\n"))
}

/// The problems with the settings, all at once.
fn cannot_start(problems: &str) -> Failure {
    let lines: String = problems.lines().map(|problem| format!("\n  {problem}")).collect();
    Failure::Other(format!(
        "cannot start:{lines}\nA setting of a real service, in the environment or in .env, replaces its stand-in, and then \
         needs the others that go with it."
    ))
}

/// Binds the port on loopback; without a wish the usual one, or any when that is taken.
async fn bind(wish: Option<u16>) -> Result<TcpListener, Failure> {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let bound = TcpListener::bind(at(wish.unwrap_or(PORT))).await;
    let taken = |error: &io::Error| error.kind() == ErrorKind::AddrInUse;
    match (bound, wish) {
        (Ok(listener), _) => Ok(listener),
        (Err(error), None) if taken(&error) => Ok(TcpListener::bind(at(0)).await?),
        (Err(error), Some(port)) if taken(&error) => Err(Failure::Other(format!(
            "port {port} of 127.0.0.1 is taken by another program; --port 0 is any that is free"
        ))),
        (Err(error), _) => Err(Failure::Other(format!("port {} of 127.0.0.1: {error}", wish.unwrap_or(PORT)))),
    }
}

fn folder_url(folder: &Path) -> Result<String, Failure> {
    std::fs::create_dir_all(folder)
        .and_then(|()| folder.canonicalize())
        .map(|folder| file_url(&folder))
        .map_err(|error| Failure::File { file: folder.display().to_string(), error })
}

/// A folder's address; what means something in addresses is written as its number.
fn file_url(folder: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let bytes = folder.as_os_str().as_encoded_bytes().iter().copied();
    let path = bytes.map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") });
    format!("file://{}", path.collect::<String>())
}

fn start_log(verbose: bool) {
    let usual = Targets::new().with_default(if verbose { Level::INFO } else { Level::WARN });
    let usual = if verbose {
        usual.with_targets([("dispatch_services", Level::DEBUG), ("dispatch_engine", Level::DEBUG)])
    } else {
        usual
    };
    let levels = env::var("RUST_LOG").ok().and_then(|wish| wish.parse().ok()).unwrap_or(usual);
    let log = layer().with_writer(io::stderr).with_ansi(style::coloured(&io::stderr())).with_target(false);
    registry().with(log).with(levels).init();
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

    #[test]
    fn the_welcome_says_where_to_look_and_what_is_real() {
        let text = welcome(&Local::default(), AT, None, Real::default());
        for part in [
            "Open its page:\n\n  http://127.0.0.1:5000/\n",
            "Port 4100 is taken",
            "\naws sns publish --endpoint-url http://127.0.0.1:5000 ",
            " send --endpoint-url http://127.0.0.1:5000 --example self-service\n",
            " redrive --endpoint-url http://127.0.0.1:5000\n",
            "Nothing is kept.",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
        assert!(!text.contains("real service") && !text.contains("clock") && !text.contains("published"), "{text}");

        let local =
            Local { port: Some(5000), demo: true, speed: 60, folder: Some("journals".into()), ..Local::default() };
        let text = welcome(&local, AT, Some("file:///journals"), Real { slack: true, ..Real::default() });
        for part in [
            "Slack is the real service",
            "http://127.0.0.1:5000/slack/interactivity\n",
            "One alarm of each type is published",
            "The clock runs 60 times as fast",
            "\nDISPATCH_STORE_URL='file:///journals' ",
            "Journals are kept in journals",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
        assert!(!text.contains("taken") && !text.contains("GitHub is"), "{text}");
    }

    #[tokio::test]
    async fn a_port_that_is_taken_is_an_error_only_when_it_was_asked_for() {
        let first = bind(Some(0)).await.unwrap();
        let port = first.local_addr().unwrap().port();
        let error = bind(Some(port)).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("port {port} of 127.0.0.1 is taken")), "{error}");
        let usual = bind(None).await.unwrap();
        let other = bind(None).await.unwrap();
        assert_ne!(usual.local_addr().unwrap(), other.local_addr().unwrap());
    }

    #[test]
    fn a_folder_may_be_called_anything() {
        assert_eq!(file_url(Path::new("/a b/50%#1?/ü")), "file:///a%20b/50%25%231%3F/%C3%BC");
    }
}
