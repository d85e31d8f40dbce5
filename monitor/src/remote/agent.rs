//! An agent, asked over its API.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::address::Address;
use super::trust::Trust;

/// How long an answer may take to begin, and each piece of it to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is taken.
const LARGEST: usize = 256 * 1024 * 1024;

/// An agent: where it is, and what it takes to be let in.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    /// What it is called: its node, or where it listens.
    pub(crate) name: String,
    /// Where it listens.
    pub(crate) address: Address,
    /// What it asks for, beyond its own host.
    pub(crate) token: Option<String>,
    /// Who issued its certificate.
    pub(crate) trust: Option<Trust>,
}

/// Why there is no answer, or no more of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Broken {
    /// Nobody listens.
    #[error("cannot connect: {0}")]
    Connect(std::io::Error),
    /// What it speaks is not HTTP, or it broke off.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// It does not give what was asked for, and says why.
    #[error("it answers {0}: {1}")]
    Refused(StatusCode, String),
    /// What was asked for cannot be written as a request.
    #[error("cannot ask for that: {0}")]
    Asked(#[from] hyper::http::Error),
    /// It says more than anybody wants to know.
    #[error("it answers more than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// It says nothing.
    #[error("nothing heard for {} s", .0.as_secs())]
    Silent(Duration),
    /// The stream ended.
    #[error("it closed the stream")]
    Closed,
    /// Nobody looks at the answer any more.
    #[error("nobody looks any more")]
    Left,
}

impl Agent {
    /// What it answers to a path, whole.
    pub(crate) async fn whole(&self, path: &str) -> Result<Vec<u8>, Broken> {
        let mut answer = self.ask(path).await?;
        read_all(answer.body_mut()).await
    }

    /// What it answers to a path, as it comes.
    pub(crate) async fn ask(&self, path: &str) -> Result<Response<Incoming>, Broken> {
        let asked = timeout(PATIENCE, self.ask_patiently(path)).await;
        asked.map_err(|_elapsed| Broken::Silent(PATIENCE))?
    }

    async fn ask_patiently(&self, path: &str) -> Result<Response<Incoming>, Broken> {
        let stream = self.address.connect(self.trust.as_ref()).await;
        let stream = TokioIo::new(stream.map_err(Broken::Connect)?);
        let (mut sender, connection) = http1::handshake(stream).await?;
        tokio::spawn(connection);
        let mut request = Request::get(path).header(header::HOST, self.address.host());
        if let Some(token) = &self.token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut answer = sender.send_request(request.body(String::new())?).await?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let said = read_all(answer.body_mut()).await.unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let first = match (answer.status(), &self.token) {
            (StatusCode::UNAUTHORIZED, None) => "it asks for a token, which --token-file names",
            (StatusCode::UNAUTHORIZED, Some(_)) => "the token in --token-file is not its own",
            _ => said.lines().next().unwrap_or_default(),
        };
        Err(Broken::Refused(answer.status(), first.to_owned()))
    }
}

async fn read_all(body: &mut Incoming) -> Result<Vec<u8>, Broken> {
    let mut all = Vec::new();
    loop {
        let next = timeout(PATIENCE, piece(body)).await;
        match next.map_err(|_elapsed| Broken::Silent(PATIENCE))? {
            None => return Ok(all),
            Some(piece) => all.extend_from_slice(&piece?),
        }
        if all.len() > LARGEST {
            return Err(Broken::TooLarge);
        }
    }
}

/// The next piece of an answer; none at its end.
pub(crate) async fn piece(body: &mut Incoming) -> Option<Result<Bytes, hyper::Error>> {
    loop {
        let frame = poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await?;
        match frame.map(hyper::body::Frame::into_data) {
            Ok(Ok(bytes)) => return Some(Ok(bytes)),
            Ok(Err(_trailers)) => {}
            Err(error) => return Some(Err(error)),
        }
    }
}
