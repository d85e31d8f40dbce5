//! Asks the API: one list, one watch.

use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::{AsyncReadExt as _, Stream, TryStreamExt as _, stream};
use kube::Client;
use kube::core::params::{ListParams, WatchParams};
use kube::core::{Request, WatchEvent};
use tokio::time::timeout;

use super::page::Page;
use super::problem::Problem;
use super::{Settings, Source};
use crate::enrich::{Kind, Watched};

/// Changes as they come.
pub(super) type Changes<T> = Pin<Box<dyn Stream<Item = Result<WatchEvent<T>, kube::Error>> + Send>>;

/// Asks for one kind of object.
pub(super) struct Api<'a> {
    source: &'a Source,
    settings: &'a Settings,
    kind: Kind,
    client: Option<Client>,
    /// Which of its paths is asked for.
    path: usize,
}

impl<'a> Api<'a> {
    pub(super) const fn new(source: &'a Source, settings: &'a Settings, kind: Kind) -> Self {
        Self {
            source,
            settings,
            kind,
            client: None,
            path: 0,
        }
    }

    /// Where they are, the newest version of the API first.
    const fn paths(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Pod => &["/api/v1/pods"],
            Kind::Service => &["/api/v1/services"],
            Kind::EndpointSlice => &[
                "/apis/discovery.k8s.io/v1/endpointslices",
                // Before Kubernetes 1.21.
                "/apis/discovery.k8s.io/v1beta1/endpointslices",
            ],
        }
    }

    /// What is to be done before the next attempt. Gives whether another version of the API may have what this one has not.
    pub(super) fn repair(&mut self, problem: &Problem) -> bool {
        if problem.spoils_client() {
            self.client = None;
        }
        let is_missing = matches!(problem, Problem::Refused { code: 404, .. });
        if is_missing {
            self.path = (self.path + 1) % self.paths().len();
        }
        is_missing && self.path > 0
    }

    /// One object, to see whether they can be read.
    pub(super) async fn one<T: Watched>(&mut self) -> Result<Page<T>, Problem> {
        let params = self.selected(ListParams::default().limit(1));
        self.list(&params).await
    }

    /// One page of a list; nearly always all of it. The state of things that the API has at hand is new enough, for a watch
    /// brings it up to date: so no node makes it read its database.
    pub(super) async fn page<T: Watched>(&mut self, next: &str) -> Result<Page<T>, Problem> {
        let params = match next {
            "" => ListParams::default().match_any(),
            token => ListParams::default().continue_token(token),
        };
        let params = self.selected(params);
        self.list(&params).await
    }

    async fn list<T: Watched>(&mut self, params: &ListParams) -> Result<Page<T>, Problem> {
        let request = self.request().list(params).map_err(invalid)?;
        let silence = self.settings.silence;
        let client = self.client().await?;
        let answer = timely(silence, client.request_stream(request)).await??;
        let bytes = read(pin!(answer), silence).await?;
        serde_json::from_slice(&bytes).map_err(Problem::Malformed)
    }

    /// The changes since a version.
    pub(super) async fn changes<T: Watched>(
        &mut self,
        version: &str,
    ) -> Result<Changes<T>, Problem> {
        let seconds = u32::try_from(self.settings.watch.as_secs()).unwrap_or(u32::MAX);
        let mut params = WatchParams::default().timeout(seconds.clamp(1, 290));
        if self.kind == Kind::Pod {
            params = params.fields(&self.of_node());
        }
        let request = self.request().watch(&params, version).map_err(invalid)?;
        let silence = self.settings.silence;
        let client = self.client().await?;
        let events = timely(silence, client.request_events::<T>(request)).await??;
        let events = stream::try_unfold(Box::pin(events), async |mut events| {
            let next = events.try_next().await?;
            Ok(next.map(|event| (event, events)))
        });
        Ok(Box::pin(events))
    }

    fn request(&self) -> Request {
        let path = self.paths().get(self.path).or_else(|| self.paths().first());
        Request::new(*path.unwrap_or(&""))
    }

    fn selected(&self, params: ListParams) -> ListParams {
        match self.kind {
            Kind::Pod => params.fields(&self.of_node()),
            Kind::Service | Kind::EndpointSlice => params,
        }
    }

    fn of_node(&self) -> String {
        format!("spec.nodeName={}", self.settings.node)
    }

    async fn client(&mut self) -> Result<Client, Problem> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let client = self.source.client().await?;
        Ok(self.client.insert(client).clone())
    }
}

/// The next change; none when the stream has ended.
pub(super) async fn next<T: Watched>(
    changes: &mut Changes<T>,
    silence: Duration,
) -> Result<Option<WatchEvent<T>>, Problem> {
    Ok(timely(silence, changes.try_next()).await??)
}

async fn timely<F: Future>(silence: Duration, asked: F) -> Result<F::Output, Problem> {
    timeout(silence, asked)
        .await
        .map_err(|_elapsed| Problem::Silent)
}

/// All of an answer, as long as it keeps coming.
async fn read(
    mut answer: Pin<&mut impl futures_util::AsyncBufRead>,
    silence: Duration,
) -> Result<Vec<u8>, Problem> {
    let mut all = Vec::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        let read = timely(silence, answer.read(&mut piece)).await?;
        match read {
            Ok(0) => return Ok(all),
            Ok(count) => all.extend_from_slice(piece.get(..count).unwrap_or_default()),
            Err(_) => return Err(Problem::Cut),
        }
    }
}

fn invalid(error: kube::core::request::Error) -> Problem {
    Problem::Unreachable(Box::new(kube::Error::BuildRequest(error)))
}
