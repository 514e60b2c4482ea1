//! A place on the way that lets everything pass but one call of SQS.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
};

pub(super) struct Toll {
    pub(super) at: SocketAddr,
}

impl Toll {
    /// Stands before `beyond` and answers 503 to the call `refused`, such as `AmazonSQS.DeleteMessage`.
    pub(super) fn before(beyond: SocketAddr, refused: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        // Ends with the process: it waits for whoever comes.
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A caller that has gone away no longer needs an answer.
                let _ = pass(stream, beyond, refused);
            }
        });
        Toll { at }
    }
}

/// Serves one request, and closes.
fn pass(mut stream: TcpStream, beyond: SocketAddr, refused: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_lowercase();
        length = lower.strip_prefix("content-length:").map_or(length, |value| value.trim().parse().unwrap());
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    if head.contains(refused) {
        return stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }
    let mut onward = TcpStream::connect(beyond)?;
    onward.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())?;
    onward.write_all(&body)?;
    let mut answer = Vec::new();
    onward.read_to_end(&mut answer)?;
    stream.write_all(&answer)
}
