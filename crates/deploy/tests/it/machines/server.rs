//! A server that answers one connection after the other by a script, byte for byte.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use deploy::machines::{FlySettings, Http, Limits, Machines, Token};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(in crate::it) const TOKEN: &str = "fm2_c2VjcmV0c2VjcmV0,fm2_b3RoZXJzZWNyZXQ";

/// What comes of one connection.
pub(in crate::it) enum Reply {
    /// A whole answer: status, further head lines, body.
    Whole(u16, &'static str, String),
    /// An answer that promises more than comes.
    Half,
    /// Ended when the request has come.
    Cut,
    /// Kept open, and nothing is said.
    Hang,
}

pub(in crate::it) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(in crate::it) async fn start(replies: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(serve(listener, replies, Arc::clone(&requests)));
        Self { address, requests }
    }

    pub(in crate::it) fn settings(&self) -> FlySettings {
        let address = format!("http://{}", self.address).parse().expect("an address");
        FlySettings { address, token: Token::parse(TOKEN).expect("a token") }
    }

    pub(in crate::it) fn url(&self) -> url::Url {
        format!("http://{}", self.address).parse().expect("an address")
    }

    pub(in crate::it) fn machines(&self) -> Machines<Http> {
        let limits = Limits { call: Duration::from_secs(10), interval: Duration::ZERO, ..Limits::default() };
        self.with_limits(limits)
    }

    pub(in crate::it) fn with_limits(&self, limits: Limits) -> Machines<Http> {
        let http = Http::new(&self.settings()).expect("an HTTP stack");
        Machines::with_limits(http, "web".parse().expect("a name"), limits)
    }

    /// The requests that came, heads in lower case.
    pub(in crate::it) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(listener: TcpListener, replies: Vec<Reply>, requests: Arc<Mutex<Vec<String>>>) {
    let mut kept = Vec::new();
    for reply in replies {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let request = request(&mut stream).await;
        requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let answer = match reply {
            Reply::Whole(status, lines, body) => {
                let length = body.len();
                format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{lines}\r\n{body}")
            }
            Reply::Half => "HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n{\"ok\":".to_owned(),
            Reply::Cut => continue,
            Reply::Hang => {
                kept.push(stream);
                continue;
            }
        };
        stream.write_all(answer.as_bytes()).await.expect("written");
    }
    // Whoever comes now is one too many: it is noted.
    while let Ok((mut stream, _)) = listener.accept().await {
        let request = request(&mut stream).await;
        requests.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    }
}

async fn request(stream: &mut TcpStream) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4_096]);
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse::<usize>().expect("a length") {
                return format!("{head}\r\n\r\n{body}");
            }
        }
        match stream.read(&mut buffer).await.expect("readable") {
            0 => return text,
            count => text.push_str(std::str::from_utf8(&buffer[..count]).expect("text")),
        }
    }
}
