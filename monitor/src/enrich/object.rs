//! What is kept of the API's objects while they are read: a few fields. Everything else is skipped.

use std::net::IpAddr;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::{Directory, Kind, Seen};
use crate::frame::Timestamp;

/// An object that is watched.
pub trait Watched: DeserializeOwned + Clone + Send + 'static {
    /// What it is.
    const KIND: Kind;
    /// Its name and version.
    fn meta(&self) -> &Meta;
    /// It is like this.
    fn apply(self, directory: &mut Directory, seen: Seen);
    /// It is gone.
    fn remove(&self, directory: &mut Directory, seen: Seen);
}

/// What every object has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Meta {
    /// Its name, unique of its kind in its namespace.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Another object of the same name has another.
    pub uid: String,
    /// Grows with each change; opaque.
    pub resource_version: String,
    /// Those of its labels that matter.
    #[serde(deserialize_with = "or_nothing")]
    pub labels: Labels,
    /// What made it.
    #[serde(deserialize_with = "or_nothing")]
    pub owner_references: Vec<Owner>,
    /// When it was made.
    #[serde(deserialize_with = "when")]
    pub creation_timestamp: Option<Timestamp>,
}

impl Meta {
    /// What tells it from all others of its kind that are there at the same time.
    pub(super) fn key(&self) -> Box<str> {
        format!("{}/{}", self.namespace, self.name).into()
    }
}

/// The labels that matter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Labels {
    /// What a Deployment adds to the names of its ReplicaSets.
    #[serde(rename = "pod-template-hash")]
    pub template_hash: Option<String>,
    /// What a Rollout (Argo) adds to the names of its ReplicaSets.
    #[serde(rename = "rollouts-pod-template-hash")]
    pub rollout_hash: Option<String>,
    /// The Service whose endpoints an EndpointSlice has.
    #[serde(rename = "kubernetes.io/service-name")]
    pub service: Option<String>,
}

/// What made an object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Owner {
    /// As in `ReplicaSet`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Whether it is the one that manages the object.
    pub controller: bool,
}

/// A pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PodObject {
    /// Its name.
    pub metadata: Meta,
    /// What it should be.
    pub spec: PodSpec,
    /// What it is.
    pub status: PodStatus,
}

/// What a pod should be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodSpec {
    /// It uses the node's addresses.
    pub host_network: bool,
    /// What runs in it.
    #[serde(deserialize_with = "or_nothing")]
    pub containers: Vec<Container>,
    /// What runs before the others, or beside them.
    #[serde(deserialize_with = "or_nothing")]
    pub init_containers: Vec<Container>,
}

/// A container, by its ports.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Container {
    /// The ports that it declares.
    #[serde(deserialize_with = "or_nothing")]
    pub ports: Vec<ContainerPort>,
}

/// A port that a container declares.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContainerPort {
    /// Where it listens.
    #[serde(rename = "containerPort")]
    pub own: u16,
    /// Where the node listens for it; 0 where it does not.
    #[serde(rename = "hostPort")]
    pub of_host: u16,
    /// `TCP` when empty.
    pub protocol: String,
}

/// What a pod is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PodStatus {
    /// As in `Running`.
    pub phase: String,
    /// The first of its addresses.
    #[serde(rename = "podIP", deserialize_with = "or_nothing")]
    pub pod_ip: String,
    /// Its addresses.
    #[serde(rename = "podIPs", deserialize_with = "or_nothing")]
    pub pod_ips: Vec<Ip>,
    /// The first of its node's addresses.
    #[serde(rename = "hostIP", deserialize_with = "or_nothing")]
    pub host_ip: String,
    /// Its node's addresses.
    #[serde(rename = "hostIPs", deserialize_with = "or_nothing")]
    pub host_ips: Vec<Ip>,
    /// When the node took it, before it had an address.
    #[serde(deserialize_with = "when")]
    pub start_time: Option<Timestamp>,
}

/// An address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ip {
    /// As text.
    pub ip: String,
}

/// A Service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ServiceObject {
    /// Its name.
    pub metadata: Meta,
    /// What it should be.
    pub spec: ServiceSpec,
    /// What it is.
    pub status: ServiceStatus,
}

/// What a Service should be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceSpec {
    /// The first of its own addresses; `None` of a headless one.
    #[serde(rename = "clusterIP", deserialize_with = "or_nothing")]
    pub cluster_ip: String,
    /// Its own addresses.
    #[serde(rename = "clusterIPs", deserialize_with = "or_nothing")]
    pub cluster_ips: Vec<String>,
    /// More addresses that lead to it.
    #[serde(rename = "externalIPs", deserialize_with = "or_nothing")]
    pub external_ips: Vec<String>,
    /// Its ports.
    #[serde(deserialize_with = "or_nothing")]
    pub ports: Vec<ServicePort>,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServicePort {
    /// At its addresses.
    pub port: u16,
    /// At the addresses of every node; 0 when there is none.
    pub node_port: u16,
    /// `TCP` when empty.
    pub protocol: String,
}

/// What a Service is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ServiceStatus {
    /// Where a load balancer takes connections for it.
    #[serde(deserialize_with = "or_nothing")]
    pub load_balancer: LoadBalancer,
}

/// Where a load balancer takes connections.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LoadBalancer {
    /// Its addresses.
    #[serde(deserialize_with = "or_nothing")]
    pub ingress: Vec<Ip>,
}

/// An EndpointSlice.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SliceObject {
    /// Its name.
    pub metadata: Meta,
    /// Who serves.
    #[serde(deserialize_with = "or_nothing")]
    pub endpoints: Vec<EndpointObject>,
    /// On which ports.
    #[serde(deserialize_with = "or_nothing")]
    pub ports: Vec<SlicePort>,
}

/// One that serves.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct EndpointObject {
    /// Its addresses; names where the slice is of names.
    #[serde(deserialize_with = "or_nothing")]
    pub addresses: Vec<String>,
    /// What it is.
    #[serde(deserialize_with = "or_nothing")]
    pub target_ref: Target,
}

/// What an endpoint is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Target {
    /// As in `Pod`.
    pub kind: String,
    /// Its name.
    pub name: String,
}

/// A port on which endpoints serve; 0 where all are meant.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SlicePort {
    /// The port.
    #[serde(deserialize_with = "or_nothing")]
    pub port: u16,
    /// `TCP` when empty.
    #[serde(deserialize_with = "or_nothing")]
    pub protocol: String,
}

/// The addresses among these words, each once.
pub(super) fn addresses<'a>(words: impl Iterator<Item = &'a str>) -> Vec<IpAddr> {
    let mut all: Vec<IpAddr> = Vec::new();
    for address in words.filter_map(|word| word.parse().ok()) {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    all
}

/// `null` is the same as nothing: the API writes an empty list so.
fn or_nothing<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// A time as the API writes it; what cannot be read is not known.
fn when<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| {
        let time: jiff::Timestamp = text.parse().ok()?;
        u64::try_from(time.as_nanosecond()).ok().map(Timestamp)
    }))
}
