//! A server that speaks the Kubernetes API's list and watch over TLS, with tokens, and fails in every way that it is told to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::connection::{Request, converse};
use crate::identity::Identity;

pub const PODS: &str = "/api/v1/pods";
pub const SERVICES: &str = "/api/v1/services";
pub const SLICES: &str = "/apis/discovery.k8s.io/v1/endpointslices";
pub const OLD_SLICES: &str = "/apis/discovery.k8s.io/v1beta1/endpointslices";

/// A cluster's API. Copies are the same one.
#[derive(Clone)]
pub struct Cluster {
    pub identity: Arc<Identity>,
    state: Arc<Mutex<State>>,
    changed: watch::Sender<u64>,
    /// Grows when all watches are to be cut.
    pub cuts: watch::Sender<u64>,
}

/// What the server has, and how it behaves.
pub struct State {
    pub version: u64,
    objects: BTreeMap<(String, String), Value>,
    pub log: Vec<Change>,
    /// A watch from before this version is too late.
    pub oldest: u64,
    pub tokens: BTreeSet<String>,
    pub forbidden: BTreeSet<String>,
    /// Paths that this server does not have.
    pub missing: BTreeSet<String>,
    /// The next answers, in place of what was asked for.
    pub failures: VecDeque<(String, u16)>,
    /// How long a list takes to begin.
    pub list_delay: Duration,
    /// How long each few bytes of a list take.
    pub trickle: Option<Duration>,
    /// How many objects a page of a list has; all where it is not said, as in servers that answer from their cache.
    pub page: Option<usize>,
    /// How many more pages may be asked for until the state that they are of is forgotten.
    pub pages_left: Option<usize>,
    /// Whether a watch that is too late hears so by its status, or in the stream.
    pub gone_by_status: bool,
    /// Whether new streams say nothing at all.
    pub mute: bool,
    /// Every request's path and query.
    pub requests: Vec<String>,
}

/// One change of one object.
#[derive(Clone)]
pub struct Change {
    pub version: u64,
    pub path: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

impl Cluster {
    /// Starts an empty one on the loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let identity = Identity::new(listener.local_addr().unwrap());
        let state = State {
            version: 100,
            objects: BTreeMap::new(),
            log: Vec::new(),
            oldest: 0,
            tokens: BTreeSet::from(["first".to_owned()]),
            forbidden: BTreeSet::new(),
            missing: BTreeSet::from([OLD_SLICES.to_owned()]),
            failures: VecDeque::new(),
            list_delay: Duration::ZERO,
            trickle: None,
            page: None,
            pages_left: None,
            gone_by_status: false,
            mute: false,
            requests: Vec::new(),
        };
        let cluster = Self {
            identity: Arc::new(identity),
            state: Arc::new(Mutex::new(state)),
            changed: watch::Sender::new(0),
            cuts: watch::Sender::new(0),
        };
        tokio::spawn(accept(listener, cluster.clone()));
        cluster
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Makes or changes an object.
    pub fn apply(&self, path: &str, mut object: Value) {
        let mut state = self.state();
        state.version += 1;
        object["metadata"]["resourceVersion"] = json!(state.version.to_string());
        let key = (path.to_owned(), key(&object));
        let before = state.objects.insert(key, object.clone());
        self.log(&mut state, path, before, Some(object));
    }

    /// Deletes an object.
    pub fn delete(&self, path: &str, namespace: &str, name: &str) {
        let mut state = self.state();
        state.version += 1;
        let key = (path.to_owned(), format!("{namespace}/{name}"));
        let before = state.objects.remove(&key);
        assert!(before.is_some(), "no {key:?} to delete");
        self.log(&mut state, path, before, None);
    }

    fn log(&self, state: &mut State, path: &str, before: Option<Value>, after: Option<Value>) {
        let (version, path) = (state.version, path.to_owned());
        state.log.push(Change {
            version,
            path,
            before,
            after,
        });
        self.changed.send_replace(version);
    }

    /// Something else in the cluster has changed: a bookmark tells the new version to all watches.
    pub fn bookmark(&self) {
        let mut state = self.state();
        state.version += 1;
        let version = state.version;
        self.log(&mut state, "", None, None);
        drop(state);
        assert!(version > 0);
    }

    /// Forgets all changes until now.
    pub fn compact(&self) {
        let mut state = self.state();
        state.oldest = state.version;
    }

    /// Cuts all watches in the middle of a line.
    pub fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// How many requests had this in their path and query.
    pub fn asked(&self, what: &str) -> usize {
        let state = self.state();
        let requests = state.requests.iter();
        requests.filter(|request| request.contains(what)).count()
    }

    /// How many lists of a path were asked for.
    pub fn lists(&self, path: &str) -> usize {
        let state = self.state();
        let lists = state.requests.iter();
        let lists = lists.filter(|request| request.starts_with(path));
        lists
            .filter(|request| !request.contains("watch=true"))
            .count()
    }
}

impl State {
    /// What is wrong with a request, if anything.
    pub fn refusal(&mut self, request: &Request) -> Option<u16> {
        self.requests.push(request.target.clone());
        if !self.tokens.contains(&request.token) {
            return Some(401);
        }
        if self.forbidden.contains(&request.path) {
            return Some(403);
        }
        if self.missing.contains(&request.path) {
            return Some(404);
        }
        let next = self.failures.front();
        let status = next
            .filter(|(path, _)| *path == request.path)
            .map(|(_, status)| *status);
        if status.is_some() {
            self.failures.pop_front();
        }
        status
    }

    /// The objects that a list is of.
    pub fn selected(&self, request: &Request) -> Vec<Value> {
        let of_path = self.objects.iter().filter(|((path, _), _)| {
            *path == request.path || request.path == OLD_SLICES && path == SLICES
        });
        of_path
            .map(|(_, object)| object.clone())
            .filter(|object| request.selects(object))
            .collect()
    }
}

fn key(object: &Value) -> String {
    let word = |field: &str| object["metadata"][field].as_str().unwrap_or("").to_owned();
    format!("{}/{}", word("namespace"), word("name"))
}

async fn accept(listener: TcpListener, cluster: Cluster) {
    let acceptor = cluster.identity.acceptor();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, cluster) = (acceptor.clone(), cluster.clone());
        tokio::spawn(async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                // Whoever goes away in the middle ends it.
                let _ = converse(stream, &cluster).await;
            }
        });
    }
}
