//! A small HTTP server on the loopback address that can also misbehave: libraries for mocks keep
//! every connection whole, and a connection that breaks off in the middle is a case here.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub struct Request {
    pub path: String,
    pub query: String,
    pub authorization: Option<String>,
}

impl Request {
    /// The value of a name in the query.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.into_iter().find(|(known, _)| *known == name)?;
        Some(value.to_owned())
    }
}

pub struct Response {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// Bytes of the body after which the connection ends.
    pub cut_after: Option<usize>,
}

impl Response {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            cut_after: None,
        }
    }

    pub fn json(body: &serde_json::Value) -> Self {
        Self::new(200, body.to_string())
    }

    pub fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }
}

/// A request as it arrived.
#[derive(Clone)]
pub struct Logged {
    pub at: Instant,
    pub path: String,
    pub query: String,
}

pub struct Server {
    pub url: String,
    log: Arc<Mutex<Vec<Logged>>>,
}

impl Server {
    /// Answers with `answer` until the test ends.
    pub fn start(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::new()));
        let (answer, kept) = (Arc::new(answer), Arc::clone(&log));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&kept));
                std::thread::spawn(move || serve(&stream, &*answer, &log));
            }
        });
        Self { url, log }
    }

    pub fn log(&self) -> Vec<Logged> {
        self.log.lock().unwrap().clone()
    }

    /// Panics where more than `requests` arrived in any stretch of time shorter than `window`.
    pub fn assert_never_more_than(&self, requests: usize, window: Duration) {
        // Tokens come from another host, which has no such limit.
        let log = self
            .log()
            .into_iter()
            .filter(|logged| logged.path != "/api/token");
        let mut times: Vec<Instant> = log.map(|logged| logged.at).collect();
        times.sort();
        assert!(times.len() > 2 * requests, "only {} requests", times.len());
        for (first, last) in times.iter().zip(times.iter().skip(requests)) {
            let apart = last.duration_since(*first);
            assert!(apart >= window, "{} requests in {apart:?}", requests + 1);
        }
    }
}

/// Answers one connection's requests until either side ends it.
fn serve(
    stream: &TcpStream,
    answer: &dyn Fn(&Request) -> Response,
    log: &Mutex<Vec<Logged>>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let target = line.split_whitespace().nth(1)?.to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let mut authorization = None;
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).ok()?;
            let Some((name, value)) = header.trim_end().split_once(':') else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "authorization" => authorization = Some(value.trim().to_owned()),
                "content-length" => length = value.trim().parse().ok()?,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let request = Request {
            path: path.to_owned(),
            query: query.to_owned(),
            authorization,
        };
        log.lock().unwrap().push(Logged {
            at: Instant::now(),
            path: request.path.clone(),
            query: request.query.clone(),
        });
        let response = answer(&request);
        let mut head = format!(
            "HTTP/1.1 {} X\r\nContent-Length: {}\r\n",
            response.status,
            response.body.len()
        );
        for (name, value) in &response.headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += "\r\n";
        let end = response.cut_after.unwrap_or(response.body.len());
        // In one piece: small ones would each wait for the other side to confirm the last.
        let answer = [head.as_bytes(), &response.body[..end]].concat();
        writer.write_all(&answer).ok()?;
        if response.cut_after.is_some() {
            stream.shutdown(std::net::Shutdown::Both).ok()?;
            return None;
        }
    }
}
