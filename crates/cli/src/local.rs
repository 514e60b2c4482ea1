//! `dispatch local`: everything on this machine.

use std::{
    collections::BTreeMap,
    io::{ErrorKind, IsTerminal},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use dispatch_local::{
    console::{self, aws_line, send_line},
    examples::EXAMPLES,
    town::{Options, Real, Town},
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{Failure, args::Local, style};

/// The page's port when nobody asks for another and it is free.
const PORT: u16 = 4100;

/// Runs until Ctrl-C.
pub(crate) fn run(local: Local) -> Result<ExitCode, Failure> {
    start_log(local.verbose);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(local))
}

async fn serve(local: Local) -> Result<ExitCode, Failure> {
    let mut options = Options { real: environment()?, ..Options::default() };
    if let Some(folder) = &local.folder {
        options.store_url = folder_url(folder)?;
    }
    let town = Town::start(options).await.map_err(Failure::Other)?;
    let town = Arc::new(town);
    let listener = bind(local.port).await?;
    let address = format!("http://{}", listener.local_addr()?);
    style::stdout(&welcome(&address, town.real))?;
    let page = tokio::spawn(console::serve(town.clone(), listener));
    if local.demo {
        for example in EXAMPLES {
            town.publish(example.message);
        }
        style::stdout(&format!("Published one alarm of each of the {} types.\n", EXAMPLES.len()))?;
    }
    tokio::select! {
        served = page => match served {
            Ok(Err(error)) => Err(error.into()),
            Ok(Ok(())) => Ok(ExitCode::SUCCESS),
            Err(error) => Err(Failure::Other(format!("the console stopped: {error}"))),
        },
        pressed = tokio::signal::ctrl_c() => {
            pressed?;
            style::stdout("\nStopped.\n")?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// What is said at the start.
fn welcome(address: &str, real: Real) -> String {
    let mut text = format!("Dispatch runs on this machine.\n\n  {}  {}/\n\n", style::strong("console"), address);
    let services = [("GitHub", real.github), ("Slack", real.slack), ("PagerDuty", real.pagerduty)];
    for (name, _) in services.iter().filter(|(_, real)| *real) {
        text.push_str(&format!("  {name} is a real account, from your settings.\n"));
    }
    if real.slack {
        text.push_str(&format!("  Slack's request address is your tunnel to {address}/slack/interactivity\n"));
    }
    if let Some(example) = EXAMPLES.first() {
        text.push_str(&format!("Publish an alarm:\n\n{}\n\n", aws_line(address, example)));
        text.push_str(&format!("or, without the AWS command line:\n\n{}\n\n", send_line(address, example.name)));
    }
    text.push_str(&style::faint("Ctrl-C stops it. Nothing is kept unless --folder says where.\n"));
    text
}

/// Binds the port on loopback; without a wish the usual one, or any when that is taken.
async fn bind(port: Option<u16>) -> Result<TcpListener, Failure> {
    let at = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let bound = TcpListener::bind(at(port.unwrap_or(PORT))).await;
    let bound = match (bound, port) {
        (Err(error), None) if error.kind() == ErrorKind::AddrInUse => TcpListener::bind(at(0)).await,
        (bound, _) => bound,
    };
    bound.map_err(|error| Failure::Other(format!("port {}: {error}", port.unwrap_or(PORT))))
}

/// The settings of real services: the environment, and below it `.env` in this folder.
fn environment() -> Result<BTreeMap<String, String>, Failure> {
    let mut settings = BTreeMap::new();
    match dotenvy::from_path_iter(".env") {
        Ok(lines) => {
            for line in lines {
                let (name, value) = line.map_err(|error| Failure::Other(format!(".env: {error}")))?;
                settings.insert(name, value);
            }
        }
        Err(dotenvy::Error::Io(error)) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(Failure::Other(format!(".env: {error}"))),
    }
    settings.extend(
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
    );
    Ok(settings)
}

fn folder_url(folder: &Path) -> Result<String, Failure> {
    std::fs::create_dir_all(folder)
        .and_then(|()| folder.canonicalize())
        .map(|folder| format!("file://{}", folder.display()))
        .map_err(|error| Failure::File { file: folder.display().to_string(), error })
}

fn start_log(verbose: bool) {
    let usual = if verbose { "info,dispatch_services=debug,dispatch_engine=debug" } else { "warn" };
    let filter = EnvFilter::try_from_env("RUST_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    log.with_ansi(colours).with_target(false).init();
}
