//! A server that plays a script.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// What the server does with one request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Act {
    /// Status line and headers of an answer whose body is `{}`.
    Answer(&'static str),
    /// The same with another body.
    Say(&'static str, &'static str),
    /// Begins an answer and never ends it.
    Begin,
    /// Closes the connection without an answer.
    Drop,
    /// Never answers.
    Hang,
}

/// A server that plays its script, one act a request, and repeats the last one for ever.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    /// Requests as they came, headers included.
    pub(super) seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) async fn play(script: &'static [Act]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let server = Server { address, seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            let mut held = Vec::new();
            let mut acts = script.iter().chain(std::iter::repeat(script.last().unwrap()));
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = receive(&mut stream).await;
                seen.lock().unwrap().push(request);
                let (head, body) = match *acts.next().unwrap() {
                    Act::Answer(head) => (head, "{}"),
                    Act::Say(head, body) => (head, body),
                    Act::Drop => continue,
                    Act::Begin => {
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{").await.unwrap();
                        held.push(stream);
                        continue;
                    }
                    Act::Hang => {
                        held.push(stream);
                        continue;
                    }
                };
                let length = body.len();
                let text = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
                // Whoever has given up does not read it.
                let _ = stream.write_all(text.as_bytes()).await;
            }
        });
        server
    }

    pub(super) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://{}{path}", self.address)).unwrap()
    }

    /// The request lines so far.
    pub(super) fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|text| text.lines().next().unwrap_or_default().to_owned()).collect()
    }
}

async fn receive(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut part = [0; 1024];
    loop {
        let length = stream.read(&mut part).await.unwrap_or_default();
        text.push_str(&String::from_utf8_lossy(&part[..length]));
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        let wanted =
            text.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        if length == 0 || body.is_some_and(|length| length >= wanted) {
            return text;
        }
    }
}
