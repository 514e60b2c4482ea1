//! As much of HTTP as these tests need.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use serde_json::Value;

/// Longer than anything takes; reached only by a test that fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

fn begin(at: SocketAddr, method: &str, path: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n");
    let more = format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(format!("{head}{more}").as_bytes()).unwrap();
    stream
}

/// Sends a request; the status and the JSON of the answer.
pub(crate) fn send(at: SocketAddr, method: &str, path: &str, body: &str) -> (u16, Value) {
    let mut answer = String::new();
    begin(at, method, path, body).read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

/// Looks at the state of the page at every change, until `wanted` finds what it looks for.
pub(crate) fn await_state<T>(at: SocketAddr, wanted: impl Fn(&Value) -> Option<T>) -> T {
    let began = Instant::now();
    let mut last = Value::Null;
    for line in BufReader::new(begin(at, "GET", "/api/changes", "")).lines() {
        if line.unwrap().starts_with("data:") {
            last = send(at, "GET", "/api/state", "").1;
            if let Some(found) = wanted(&last) {
                return found;
            }
        }
        assert!(began.elapsed() < PATIENCE, "it did not come to it: {last:#}");
    }
    panic!("the page is gone: {last:#}");
}
