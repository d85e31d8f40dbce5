//! One connection: requests, and what is answered.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::api::{Change, Cluster};

type Stream = TlsStream<TcpStream>;

/// A request, as far as it matters.
pub struct Request {
    pub target: String,
    pub path: String,
    pub token: String,
    query: Vec<(String, String)>,
}

impl Request {
    fn parse(head: &str) -> Self {
        let target = head.split(' ').nth(1).unwrap().to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let decoded = |text: &str| text.replace("%3D", "=").replace("%3A", ":");
        let token = head.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_it = name.eq_ignore_ascii_case("authorization");
            is_it.then(|| value.trim_start_matches("Bearer ").to_owned())
        });
        Self {
            path: path.to_owned(),
            token: token.unwrap_or_default(),
            query: pairs
                .map(|(name, value)| (name.to_owned(), decoded(value)))
                .collect(),
            target: decoded(&target),
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        let mut query = self.query.iter();
        query
            .find(|(one, _)| one == name)
            .map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    /// Whether an object is among those that are asked for.
    pub fn selects(&self, object: &Value) -> bool {
        let node = self
            .get("fieldSelector")
            .map(|selector| selector.trim_start_matches("spec.nodeName="));
        node.is_none_or(|node| object["spec"]["nodeName"] == node)
    }
}

/// Answers requests until the client goes away or a stream is cut.
pub async fn converse(mut stream: Stream, cluster: &Cluster) -> io::Result<()> {
    while let Some(head) = head(&mut stream).await? {
        let request = Request::parse(&head);
        let refusal = cluster.state().refusal(&request);
        if let Some(code) = refusal {
            answer(&mut stream, code, &status(code), None).await?;
        } else if request.get("watch") == Some("true") {
            if watch(&mut stream, &request, cluster).await? == Ended::Cut {
                return Ok(());
            }
        } else {
            list(&mut stream, &request, cluster).await?;
        }
    }
    Ok(())
}

async fn head(stream: &mut Stream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(String::from_utf8(head).unwrap()))
}

fn status(code: u16) -> Value {
    let (reason, message) = match code {
        401 => ("Unauthorized", "Unauthorized"),
        403 => (
            "Forbidden",
            "is forbidden: User \"tlsmon\" cannot list resource",
        ),
        404 => (
            "NotFound",
            "the server could not find the requested resource",
        ),
        410 => ("Expired", "too old resource version"),
        _ => ("InternalError", "etcdserver: request timed out"),
    };
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
}

async fn answer(
    stream: &mut Stream,
    code: u16,
    body: &Value,
    trickle: Option<Duration>,
) -> io::Result<()> {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    if let Some(pause) = trickle {
        for piece in body.as_bytes().chunks(64) {
            stream.write_all(piece).await?;
            stream.flush().await?;
            tokio::time::sleep(pause).await;
        }
    } else {
        stream.write_all(body.as_bytes()).await?;
    }
    stream.flush().await
}

async fn list(stream: &mut Stream, request: &Request, cluster: &Cluster) -> io::Result<()> {
    let (delay, trickle) = {
        let state = cluster.state();
        (state.list_delay, state.trickle)
    };
    tokio::time::sleep(delay).await;
    let (code, body) = page(request, cluster);
    answer(stream, code, &body, trickle).await
}

/// A page of a list.
fn page(request: &Request, cluster: &Cluster) -> (u16, Value) {
    let mut state = cluster.state();
    let from: usize = match request.get("continue") {
        None => 0,
        Some(token) => {
            if state.pages_left == Some(0) {
                state.pages_left = None;
                return (410, status(410));
            }
            state.pages_left = state.pages_left.map(|left| left - 1);
            token.parse().unwrap()
        }
    };
    let all = state.selected(request);
    let limit = state.page.unwrap_or(all.len());
    let to = (from + limit).min(all.len());
    let next = if to < all.len() {
        to.to_string()
    } else {
        String::new()
    };
    let items = if all.is_empty() {
        Value::Null
    } else {
        json!(all[from..to])
    };
    let version = state.version.to_string();
    let metadata = json!({ "resourceVersion": version, "continue": next });
    (
        200,
        json!({ "kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items }),
    )
}

#[derive(PartialEq)]
enum Ended {
    InOrder,
    Cut,
}

async fn watch(stream: &mut Stream, request: &Request, cluster: &Cluster) -> io::Result<Ended> {
    let mut version = request.number("resourceVersion").unwrap();
    let (too_late, by_status, mute) = {
        let state = cluster.state();
        (version < state.oldest, state.gone_by_status, state.mute)
    };
    if too_late && by_status {
        answer(stream, 410, &status(410), None).await?;
        return Ok(Ended::InOrder);
    }
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await?;
    stream.flush().await?;
    if too_late {
        chunk(stream, &line("ERROR", &status(410))).await?;
        return end(stream).await;
    }
    let (mut changed, mut cuts) = (cluster.subscribe(), cluster.cuts.subscribe());
    cuts.mark_unchanged();
    let timeout = Duration::from_secs(request.number("timeoutSeconds").unwrap());
    let mut over = std::pin::pin!(tokio::time::sleep(timeout));
    loop {
        let lines = if mute {
            Vec::new()
        } else {
            news(request, cluster, &mut version)
        };
        for line in lines {
            chunk(stream, &line).await?;
        }
        tokio::select! {
            _ = changed.changed() => {}
            _ = cuts.changed() => {
                // In the middle of a line, and of a chunk.
                stream.write_all(b"40\r\n{\"type\":\"ADDED\",\"obj").await?;
                stream.flush().await?;
                return Ok(Ended::Cut);
            }
            () = &mut over => return end(stream).await,
        }
    }
}

/// What has changed since a version, as lines of a watch.
fn news(request: &Request, cluster: &Cluster, version: &mut u64) -> Vec<String> {
    let state = cluster.state();
    let since = *version;
    *version = state.version;
    let changes = state.log.iter().filter(|change| change.version > since);
    changes.filter_map(|change| told(request, change)).collect()
}

/// A change as a watch tells it: what leaves the selection is deleted, for whom it is about.
fn told(request: &Request, change: &Change) -> Option<String> {
    let version = change.version.to_string();
    if change.path.is_empty() {
        let object =
            json!({ "kind": "X", "apiVersion": "v1", "metadata": { "resourceVersion": version } });
        let wanted = request.get("allowWatchBookmarks") == Some("true");
        return wanted.then(|| line("BOOKMARK", &object));
    }
    if change.path != request.path {
        return None;
    }
    let selected = |object: &Option<Value>| object.clone().filter(|object| request.selects(object));
    match (selected(&change.before), selected(&change.after)) {
        (None, None) => None,
        (None, Some(now)) => Some(line("ADDED", &now)),
        (Some(_), Some(now)) => Some(line("MODIFIED", &now)),
        (Some(mut gone), None) => {
            gone["metadata"]["resourceVersion"] = json!(version);
            Some(line("DELETED", &gone))
        }
    }
}

fn line(kind: &str, object: &Value) -> String {
    format!("{}\n", json!({ "type": kind, "object": object }))
}

async fn chunk(stream: &mut Stream, line: &str) -> io::Result<()> {
    let chunk = format!("{:x}\r\n{line}\r\n", line.len());
    stream.write_all(chunk.as_bytes()).await?;
    stream.flush().await
}

async fn end(stream: &mut Stream) -> io::Result<Ended> {
    stream.write_all(b"0\r\n\r\n").await?;
    stream.flush().await?;
    Ok(Ended::InOrder)
}
