//! Exchanges with a real socket that answers what it is told to.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

const LIMITS: Limits = Limits { time: Duration::from_secs(5), body: 1000 };

/// What a server does with its one connection after it has read the request.
enum Then {
    Answer(&'static str),
    HangUp,
    Stall,
}

/// A server for one exchange; gives its URL, and what it was asked.
async fn server(then: Then) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/health?token=secret", listener.local_addr().expect("an address"));
    let asked = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let mut asked = vec![0; 4096];
        let read = socket.read(&mut asked).await.expect("a request");
        match then {
            Then::Answer(text) => socket.write_all(text.as_bytes()).await.expect("is sent"),
            Then::HangUp => {}
            Then::Stall => std::future::pending().await,
        }
        String::from_utf8_lossy(&asked[..read]).into_owned()
    });
    (url, asked)
}

fn get(url: &str) -> Request<'_> {
    Request { method: "GET", url, headers: &[], body: &[] }
}

#[tokio::test]
async fn reads_status_and_body() {
    let (url, asked) = server(Then::Answer("HTTP/1.1 503 Oh\r\ncontent-length: 4\r\n\r\ngone")).await;
    let answer = exchange(get(&url), LIMITS).await.expect("an answer");
    assert_eq!((answer.status, answer.body.as_slice()), (503, b"gone".as_slice()));
    assert!(answer.took > Duration::ZERO);
    assert!(asked.await.expect("asked").starts_with("GET /health?token=secret HTTP/1.1\r\n"));
}

#[tokio::test]
async fn sends_headers_and_body() {
    let (url, asked) = server(Then::Answer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")).await;
    let headers = [("Content-Type".to_owned(), "application/json".to_owned())];
    exchange(Request { method: "POST", url: &url, headers: &headers, body: b"{}" }, LIMITS).await.expect("an answer");
    let asked = asked.await.expect("asked");
    assert!(asked.starts_with("POST "), "{asked}");
    assert!(asked.contains("content-type: application/json\r\n"), "{asked}");
    assert!(asked.contains("content-length: 2\r\n"), "{asked}");
    assert!(asked.contains("user-agent: backout/"), "{asked}");
}

#[tokio::test]
async fn what_breaks_is_told_without_the_url() {
    let (url, _) = server(Then::HangUp).await;
    let error = exchange(get(&url), LIMITS).await.expect_err("hung up");
    assert!(matches!(error, NoAnswer::Broken(_)), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");

    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    let error = exchange(get(&format!("http://{closed}/?token=secret")), LIMITS).await.expect_err("refused");
    assert!(error.to_string().to_lowercase().contains("refused"), "{error}");
    assert!(!error.to_string().contains("secret"), "{error}");
}

#[tokio::test]
async fn limits_hold() {
    let (url, _) = server(Then::Stall).await;
    let brief = Limits { time: Duration::from_millis(50), ..LIMITS };
    let error = exchange(get(&url), brief).await.expect_err("stalls");
    assert_eq!(error.to_string(), "no whole answer within 50ms");

    let (url, _) = server(Then::Answer("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmuch")).await;
    let small = Limits { body: 3, ..LIMITS };
    assert_eq!(exchange(get(&url), small).await, Err(NoAnswer::TooLarge(3)));
}

#[tokio::test]
async fn what_cannot_be_asked_is_malformed() {
    for url in ["http://exa mple/", ""] {
        assert!(matches!(exchange(get(url), LIMITS).await, Err(NoAnswer::Malformed(_) | NoAnswer::Broken(_))), "{url}");
    }
    let headers = [("bad name".to_owned(), "x".to_owned())];
    let request = Request { headers: &headers, ..get("http://127.0.0.1:1/") };
    assert!(matches!(exchange(request, LIMITS).await, Err(NoAnswer::Malformed(_))));
}
