//! Objects as the API server writes them, with all that an agent has no use for.

use serde_json::{Value, json};

/// A pod of a Deployment, with what makes real ones large.
pub fn pod(namespace: &str, name: &str, node: &str, address: Option<&str>) -> Value {
    let hash = name.rsplit('-').nth(1).unwrap_or("x");
    let set = name.rsplit_once('-').map_or(name, |(set, _)| set);
    json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {
            "name": name, "namespace": namespace, "uid": format!("uid-{name}"),
            "creationTimestamp": "2024-01-01T00:00:00Z",
            "labels": { "app": set, "pod-template-hash": hash },
            "annotations": { "checksum/config": "f".repeat(64) },
            "ownerReferences": [{ "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": set, "uid": "u", "controller": true, "blockOwnerDeletion": true }],
            "managedFields": [{ "manager": "kubelet", "operation": "Update", "fieldsV1": { "f:status": { "f:conditions": {} } } }],
        },
        "spec": {
            "nodeName": node,
            "containers": [{
                "name": "main", "image": "registry.example/main:1", "env": [{ "name": "A", "value": "b".repeat(200) }],
                "ports": [{ "containerPort": 8443, "protocol": "TCP" }],
            }],
        },
        "status": {
            "phase": if address.is_some() { "Running" } else { "Pending" },
            "podIP": address, "podIPs": address.map(|ip| json!([{ "ip": ip }])),
            "hostIP": "10.128.0.5", "hostIPs": [{ "ip": "10.128.0.5" }],
            "startTime": "2024-01-01T00:00:01Z",
        },
    })
}

/// A slice of a Service's endpoints, each an address and a pod's name.
pub fn slice(
    namespace: &str,
    service: &str,
    number: usize,
    endpoints: &[(String, String)],
) -> Value {
    let endpoint = |(address, pod): &(String, String)| {
        json!({
            "addresses": [address],
            "conditions": { "ready": true, "serving": true, "terminating": false },
            "nodeName": "gke-2", "zone": "europe-west1-b",
            "targetRef": { "kind": "Pod", "namespace": namespace, "name": pod, "uid": "u" },
        })
    };
    let endpoints: Vec<_> = endpoints.iter().map(endpoint).collect();
    json!({
        "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "name": format!("{service}-{number}"), "namespace": namespace,
            "labels": { "kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" },
        },
        "addressType": "IPv4",
        "endpoints": if endpoints.is_empty() { Value::Null } else { json!(endpoints) },
        "ports": [{ "name": "https", "port": 8443, "protocol": "TCP" }],
    })
}

/// A Service with an address of its own.
pub fn service(namespace: &str, name: &str, address: &str) -> Value {
    json!({
        "kind": "Service", "apiVersion": "v1",
        "metadata": { "name": name, "namespace": namespace, "creationTimestamp": "2024-01-01T00:00:00Z" },
        "spec": {
            "type": "ClusterIP", "clusterIP": address, "clusterIPs": [address], "selector": { "app": name },
            "ports": [{ "name": "https", "port": 443, "targetPort": 8443, "protocol": "TCP" }],
        },
        "status": { "loadBalancer": {} },
    })
}
