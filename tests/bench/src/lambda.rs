//! A function as a process, fed through a Runtime API on loopback.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    fs,
    net::Ipv4Addr,
    path::Path,
    process::Stdio,
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use bytes::Bytes;
use serde_json::Value;
use tokio::{
    net::TcpListener,
    process::{Child, Command},
    sync::{Mutex, mpsc},
    task::JoinHandle,
    time::{sleep, timeout},
};

use crate::Result;

/// Longest that anything may take. Reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// Settings by name.
pub(crate) type Environment = Vec<(String, String)>;

/// A process that asks for work.
pub(crate) struct Function {
    child: Child,
    began: Instant,
    api: Arc<Api>,
    work: mpsc::UnboundedSender<Value>,
    answers: mpsc::UnboundedReceiver<Answer>,
    serving: JoinHandle<()>,
}

/// What came back, and when.
struct Answer {
    at: Instant,
    body: Bytes,
    is_error: bool,
}

struct Api {
    /// When work was first asked for.
    asked: OnceLock<Instant>,
    work: Mutex<mpsc::UnboundedReceiver<Value>>,
    answers: mpsc::UnboundedSender<Answer>,
}

impl Function {
    /// Starts a program with these settings and no others.
    ///
    /// # Errors
    /// When there is no port or no process.
    pub(crate) async fn start(program: &Path, environment: &Environment) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?.to_string();
        let (work, waiting) = mpsc::unbounded_channel();
        let (sender, answers) = mpsc::unbounded_channel();
        let api = Arc::new(Api { asked: OnceLock::new(), work: Mutex::new(waiting), answers: sender });
        let router = router(Arc::clone(&api));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap_or_default() });
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/bench"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "local"),
                ("AWS_REGION", "eu-central-1"),
                ("AWS_ACCESS_KEY_ID", "local"),
                ("AWS_SECRET_ACCESS_KEY", "local"),
            ])
            .envs(environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let began = Instant::now();
        let child = command.spawn()?;
        Ok(Function { child, began, api, work, answers, serving })
    }

    /// How long it took from being started to asking for work.
    ///
    /// # Errors
    /// When it ends before, or does not ask.
    pub(crate) async fn started(&mut self) -> Result<Duration> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(asked) = self.api.asked.get() {
                return Ok(asked.duration_since(self.began));
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the function ended with {status}").into());
            }
            if Instant::now() > end {
                return Err("the function does not ask for work".into());
            }
            sleep(Duration::from_micros(200)).await;
        }
    }

    /// Hands it an event, and returns its answer and how long after its start that came.
    ///
    /// # Errors
    /// When it reports an error or does not answer.
    pub(crate) async fn invoke(&mut self, event: Value) -> Result<(Value, Duration)> {
        self.work.send(event)?;
        let answer = timeout(PATIENCE, self.answers.recv()).await?.ok_or("the function is gone")?;
        if answer.is_error {
            return Err(format!("the function failed: {}", String::from_utf8_lossy(&answer.body)).into());
        }
        Ok((serde_json::from_slice(&answer.body)?, answer.at.duration_since(self.began)))
    }

    /// Time on a processor since it was started, user and system, of all its threads; once it waits.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) async fn cpu(&self) -> Result<Duration> {
        let folder = self.folder()?;
        for _ in 0..1_000 {
            let stat = fs::read_to_string(format!("{folder}/stat"))?;
            let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
            if state == Some('S') {
                break;
            }
            sleep(Duration::from_micros(200)).await;
        }
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("{folder}/task"))? {
            let told = fs::read_to_string(thread?.path().join("schedstat"))?;
            nanoseconds += told.split(' ').next().unwrap_or_default().parse::<u64>()?;
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// The most memory that it ever had, in KiB.
    ///
    /// # Errors
    /// When the system does not tell.
    pub(crate) fn peak_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("{}/status", self.folder()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM is told")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }

    /// Ends it.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub(crate) async fn stop(mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    fn folder(&self) -> Result<String> {
        Ok(format!("/proc/{}", self.child.id().ok_or("the function has ended")?))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn router(api: Arc<Api>) -> Router {
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
        .route("/2018-06-01/runtime/invocation/{id}/error", post(failure))
        .route("/2018-06-01/runtime/init/error", post(failure))
        .with_state(api)
}

async fn next(State(api): State<Arc<Api>>) -> impl IntoResponse {
    let _ = api.asked.set(Instant::now());
    let Some(event) = api.work.lock().await.recv().await else {
        return (StatusCode::GONE, HeaderMap::new(), String::new());
    };
    let end = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + Duration::from_secs(30);
    let mut headers = HeaderMap::new();
    headers.insert("lambda-runtime-aws-request-id", HeaderValue::from_static("00000000-0000-4000-8000-000000000000"));
    headers.insert("lambda-runtime-deadline-ms", HeaderValue::from(u64::try_from(end.as_millis()).unwrap_or(u64::MAX)));
    headers.insert(
        "lambda-runtime-invoked-function-arn",
        HeaderValue::from_static("arn:aws:lambda:eu-central-1:000000000000:function:bench"),
    );
    (StatusCode::OK, headers, event.to_string())
}

async fn response(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    answered(&api, body, false)
}

async fn failure(State(api): State<Arc<Api>>, body: Bytes) -> StatusCode {
    answered(&api, body, true)
}

fn answered(api: &Api, body: Bytes, is_error: bool) -> StatusCode {
    let answer = Answer { at: Instant::now(), body, is_error };
    api.answers.send(answer).map_or(StatusCode::GONE, |()| StatusCode::ACCEPTED)
}
