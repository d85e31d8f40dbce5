//! What the Kubernetes API of the node has: tlsmon has names from it, and metrics about it.

use serde_json::{Value, json};
use xtask::lab::POD;

/// What the API calls the node.
pub(crate) const NODE: &str = "node-1";

/// A pod and a Service at the address of the laboratory's server, by the path that lists them.
pub(crate) fn objects() -> Value {
    let named = |name: &str| json!({ "name": name, "namespace": "shop", "resourceVersion": "1" });
    let mut of_pod = named("gateway-6d4b75cb6d-x2x9z");
    if let Some(fields) = of_pod.as_object_mut() {
        let set = json!([{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "gateway-6d4b75cb6d", "uid": "u", "controller": true }]);
        fields.insert("ownerReferences".to_owned(), set);
        fields.insert(
            "labels".to_owned(),
            json!({ "pod-template-hash": "6d4b75cb6d" }),
        );
    }
    let pod = json!({
        "metadata": of_pod,
        "spec": { "nodeName": NODE, "containers": [] },
        "status": { "phase": "Running", "podIP": POD, "podIPs": [{ "ip": POD }] },
    });
    let service = json!({
        "metadata": named("gateway"),
        "spec": { "type": "ClusterIP", "clusterIP": "203.0.113.10", "clusterIPs": ["203.0.113.10"] },
    });
    json!({
        "/api/v1/pods": [pod],
        "/api/v1/services": [service],
        "/apis/discovery.k8s.io/v1/endpointslices": [],
    })
}
