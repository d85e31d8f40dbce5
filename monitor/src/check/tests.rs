//! Each mistake by itself: a gateway, its secret, and what is said about it.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rstest::rstest;

use super::*;
use crate::report::{Cause, Severity};

/// 2026-11-21.
const NOW: Timestamp = Timestamp(1_795_219_200_000_000_000);

const GATEWAY: &str = "
apiVersion: networking.istio.io/v1beta1
kind: Gateway
metadata: {name: g, namespace: ns}
spec:
  selector: {istio: ingressgateway}
  servers:
  - port: {number: 443, name: https, protocol: HTTPS}
    hosts: [\"*\", a.example]
    tls:
      mode: SIMPLE
      credentialName: cert
";

const ROUTE: &str = "
apiVersion: apigee.cloud.google.com/v1alpha2
kind: ApigeeRoute
metadata: {name: non-sni, namespace: apigee}
spec:
  hostnames: [\"*\"]
  enableNonSniClient: true
  ports:
  - {number: 443, protocol: HTTPS, tls: {mode: PASSTHROUGH}}
  selector: {app: apigee-ingressgateway}
status:
  state: running
  lastAppliedGeneration: 2
  errors:
  - {generation: 2, message: later}
  - {generation: 1, message: earlier}
";

fn findings(texts: &[&str]) -> Vec<crate::report::Finding> {
    let mut inventory = Inventory::default();
    for text in texts {
        inventory.read(text, "test.yaml").unwrap();
    }
    check(&inventory, &Observed::default(), NOW).findings
}

/// What is said of it, one line for each finding.
fn said(texts: &[&str]) -> String {
    let line = |one: crate::report::Finding| {
        let cause = one.cause.map_or("-", Cause::label);
        format!("{} {cause} {}\n", one.severity, one.what)
    };
    findings(texts).into_iter().map(line).collect()
}

/// A secret with these texts.
fn secret(certificate: &str, key: &str) -> String {
    let indent = |text: &str| text.replace('\n', "\n    ");
    format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: cert, namespace: ns}}\ntype: kubernetes.io/tls\nstringData:\n  tls.crt: |\n    {}\n  tls.key: |\n    {}\n",
        indent(certificate),
        indent(key)
    )
}

struct Pki {
    chain: String,
    leaf: String,
    authority: String,
    key: String,
}

fn pki(change: impl FnOnce(&mut CertificateParams)) -> Pki {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(rcgen::DnType::CommonName, "Test CA");
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(vec!["a.example".to_owned()]).unwrap();
    leaf.distinguished_name
        .push(rcgen::DnType::CommonName, "a.example");
    leaf.not_after = rcgen::date_time_ymd(2030, 1, 1);
    change(&mut leaf);
    let leaf = leaf.signed_by(&key, &authority).unwrap().pem();
    let authority = authority.pem();
    Pki {
        chain: format!("{leaf}{authority}"),
        leaf,
        authority,
        key: key.serialize_pem(),
    }
}

#[test]
fn a_gateway_with_a_good_secret_has_no_finding() {
    let pki = pki(|_| ());
    assert_eq!(said(&[GATEWAY, &secret(&pki.chain, &pki.key)]), "");
}

#[test]
fn what_is_wrong_with_a_credential_is_named() {
    let good = pki(|_| ());
    let other = pki(|_| ());
    each_is_named(&[
        (
            &good.chain,
            &other.key,
            "failure endpoint-without-certificate tls.key of Secret ns/cert: does not belong to the certificate (CN=a.example)",
        ),
        (
            &good.key,
            &good.chain,
            "failure endpoint-without-certificate tls.key of Secret ns/cert: is a certificate, where the private key belongs",
        ),
        (
            &good.leaf,
            &good.key,
            "risk certificate-chain-incomplete tls.crt of Secret ns/cert: the certificate comes alone; its issuer is CN=Test CA",
        ),
        (
            &format!("{}{}", good.leaf, other.leaf),
            &good.key,
            "failure certificate-chain-incomplete tls.crt of Secret ns/cert: 2 certificates, and none is that of the issuer",
        ),
        (
            &format!("{}{}", good.authority, good.leaf),
            &good.key,
            "failure endpoint-without-certificate tls.crt of Secret ns/cert: an authority's certificate stands first",
        ),
    ]);
}

#[test]
fn a_certificate_for_another_time_or_name_is_named() {
    let expired = pki(|leaf| leaf.not_after = rcgen::date_time_ymd(2026, 11, 18));
    let soon = pki(|leaf| leaf.not_after = rcgen::date_time_ymd(2026, 11, 30));
    let early = pki(|leaf| leaf.not_before = rcgen::date_time_ymd(2027, 1, 1));
    let named = pki(|leaf| {
        leaf.subject_alt_names = vec![rcgen::SanType::DnsName("b.example".try_into().unwrap())];
    });
    each_is_named(&[
        (
            &expired.chain,
            &expired.key,
            "failure certificate-expired tls.crt of Secret ns/cert: the certificate expired 3 days ago, at 2026-11-18T00:00:00Z",
        ),
        (
            &soon.chain,
            &soon.key,
            "risk certificate-expired tls.crt of Secret ns/cert: the certificate expires in 9 days",
        ),
        (
            &early.chain,
            &early.key,
            "failure certificate-not-yet-valid tls.crt of Secret ns/cert: the certificate is not valid before 2027",
        ),
        (
            &named.chain,
            &named.key,
            "failure certificate-hostname-mismatch tls.crt of Secret ns/cert: the certificate is for b.example, and not for a.example",
        ),
    ]);
}

/// A certificate, a key, and what must be said of a secret with both.
fn each_is_named(cases: &[(&str, &str, &str)]) {
    for (certificate, key, words) in cases {
        let said = said(&[GATEWAY, &secret(certificate, key)]);
        assert!(said.contains(words), "{words:?} is not in\n{said}");
    }
}

#[rstest]
#[case::no_credential(
    "credentialName: cert",
    "x: y",
    "failure endpoint-without-certificate port 443 of Gateway ns/g has mode SIMPLE and names no certificate"
)]
#[case::no_secret(
    "cert",
    "other",
    "note - the secret other of namespace ns was not given"
)]
#[case::mode(
    "SIMPLE",
    "SIMPEL",
    "failure endpoint-without-certificate \"SIMPEL\" is no mode of TLS"
)]
#[case::no_tls(
    "    tls:\n      mode: SIMPLE\n      credentialName: cert\n",
    "",
    "failure endpoint-without-certificate port 443 of Gateway ns/g has protocol HTTPS and no tls"
)]
#[case::passthrough(
    "SIMPLE",
    "PASSTHROUGH",
    "note - port 443 of Gateway ns/g passes TLS through and names a certificate"
)]
#[case::only_1_3(
    "mode: SIMPLE",
    "minProtocolVersion: TLSV1_3",
    "risk protocol-version-mismatch port 443 of Gateway ns/g takes TLS 1.3 alone"
)]
#[case::old(
    "mode: SIMPLE",
    "maxProtocolVersion: TLSV1_1",
    "failure protocol-version-mismatch port 443 of Gateway ns/g takes TLSV1_1 at most"
)]
#[case::no_version(
    "mode: SIMPLE",
    "minProtocolVersion: TLS1.2",
    "risk protocol-version-mismatch \"TLS1.2\" is no version of TLS"
)]
#[case::crossed(
    "mode: SIMPLE",
    "minProtocolVersion: TLSV1_3\n      maxProtocolVersion: TLSV1_2",
    "failure protocol-version-mismatch the lowest version is above the highest"
)]
#[case::suite(
    "mode: SIMPLE",
    "cipherSuites: [ECDHE-RSA-AES128-GCM-SHA265]",
    "risk cipher-mismatch \"ECDHE-RSA-AES128-GCM-SHA265\" is no cipher suite"
)]
#[case::no_wildcard(
    "\"*\", ",
    "",
    "note no-sni-rejected no route of port 443 of Gateway ns/g answers a hello without a name; its hosts are a.example"
)]
#[case::odd_wildcard(
    "\"*\", ",
    "\"a*.example\", ",
    "risk unknown-sni the host \"a*.example\" has a *"
)]
#[case::twice(
    "\"*\", ",
    "\"*\", A.example, ",
    "note - Gateway ns/g has the host \"a.example\" twice"
)]
fn a_wrong_listener_is_named(#[case] right: &str, #[case] wrong: &str, #[case] words: &str) {
    assert!(GATEWAY.contains(right));
    let said = said(&[&GATEWAY.replace(right, wrong)]);
    assert!(said.contains(words), "{words:?} is not in\n{said}");
}

#[test]
fn a_suite_that_the_key_cannot_serve_is_named() {
    let pki = pki(|_| ());
    let gateway = GATEWAY.replace(
        "mode: SIMPLE",
        "cipherSuites: [ECDHE-RSA-AES128-GCM-SHA256]",
    );
    let said = said(&[&gateway, &secret(&pki.chain, &pki.key)]);
    assert!(said.contains("risk cipher-mismatch none of the cipher suites fits the certificate's key: all want RSA"), "{said}");
}

#[test]
fn a_secret_that_is_missing_where_the_pods_are_is_a_failure_and_one_elsewhere_a_risk() {
    let pki = pki(|_| ());
    let secret = secret(&pki.chain, &pki.key);
    let other = secret.replace("name: cert", "name: other");
    let missing = said(&[GATEWAY, &other]);
    assert!(
        missing
            .contains("risk endpoint-without-certificate no secret cert is among those of namespace ns that were given"),
        "{missing}"
    );
    let of_istio = |text: &str| text.replace("namespace: ns", "namespace: istio-system");
    let missing = said(&[&of_istio(GATEWAY), &of_istio(&other)]);
    assert!(
        missing.contains(
            "failure endpoint-without-certificate no secret cert is among those of namespace istio-system that were given"
        ),
        "{missing}"
    );
    let elsewhere = said(&[GATEWAY, &secret.replace("namespace: ns", "namespace: far")]);
    assert!(elsewhere.contains("risk endpoint-without-certificate the secret cert is in namespace far, and Gateway ns/g in ns"), "{elsewhere}");
}

#[test]
fn mutual_tls_needs_authorities() {
    let pki = pki(|_| ());
    let secret = secret(&pki.chain, &pki.key);
    let mutual = GATEWAY.replace("SIMPLE", "MUTUAL");
    let without = said(&[&mutual, &secret]);
    assert!(
        without.contains("is MUTUAL, and neither cert nor cert-cacert has ca.crt"),
        "{without}"
    );
    let indented = pki.authority.replace('\n', "\n    ");
    let separate = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: cert-cacert, namespace: ns}}\nstringData:\n  cacert: |\n    {indented}\n"
    );
    assert_eq!(said(&[&mutual, &secret, &separate]), "");
}

#[rstest]
#[case::right("", "", "")]
#[case::flag(
    "  enableNonSniClient: true\n",
    "",
    "failure no-sni-rejected ApigeeRoute non-sni has the host \"*\", and not enableNonSniClient: true"
)]
#[case::hosts(
    "[\"*\"]",
    "[a.example]",
    "risk no-sni-rejected ApigeeRoute non-sni has enableNonSniClient, and its hostnames are not \"*\""
)]
#[case::state(
    "state: running",
    "state: creating",
    "risk unknown-sni ApigeeRoute non-sni is creating, not running"
)]
#[case::behind(
    "metadata: {name: non-sni,",
    "metadata: {generation: 3, name: non-sni,",
    "risk unknown-sni ApigeeRoute non-sni is at generation 3, and 2 is in force: later"
)]
fn a_wrong_route_is_named(#[case] right: &str, #[case] wrong: &str, #[case] words: &str) {
    let route = if right.is_empty() {
        ROUTE.to_owned()
    } else {
        ROUTE.replace(right, wrong)
    };
    let said = said(&[&route]);
    assert!(
        said.contains(words) && said.is_empty() == words.is_empty(),
        "{words:?} is not in\n{said}"
    );
}

#[test]
fn two_wildcard_routes_and_one_on_other_pods_are_named() {
    let second = ROUTE.replace("name: non-sni", "name: second");
    let twice = said(&[ROUTE, &second]);
    assert!(twice.contains("failure certificate-hostname-mismatch the host \"*\" is in ApigeeRoute apigee/non-sni and in ApigeeRoute apigee/second") || twice.contains("failure - the host \"*\""), "{twice}");
    let plain = ROUTE
        .replace("name: non-sni", "name: env")
        .replace("[\"*\"]", "[a.example]")
        .replace("  enableNonSniClient: true\n", "")
        .replace("apigee-ingress", "istio-ingress");
    let elsewhere = said(&[ROUTE, &plain]);
    assert!(
        elsewhere.contains(
            "ApigeeRoute non-sni is for pods with app=apigee-ingressgateway, and no other route is"
        ),
        "{elsewhere}"
    );
}

#[test]
fn overrides_and_routes_must_name_each_other() {
    let overrides =
        "virtualhosts:\n- name: prod\n  sslSecret: x\n  additionalGateways: [non-sni]\n";
    let right = said(&[ROUTE, overrides]);
    assert!(!right.contains("additionalGateways"), "{right}");
    let wrong = said(&[ROUTE, &overrides.replace("[non-sni]", "[nonsni]")]);
    assert!(wrong.contains("failure no-sni-rejected virtualhost prod names nonsni in additionalGateways, and there is no such ApigeeRoute"), "{wrong}");
    assert!(
        wrong.contains("risk - no virtualhost names ApigeeRoute non-sni in additionalGateways"),
        "{wrong}"
    );
}

#[test]
fn handshakes_make_a_failure_of_what_explains_them() {
    let gateway = GATEWAY.replace("\"*\", ", "");
    let mut inventory = Inventory::default();
    inventory.read(&gateway, "g.yaml").unwrap();
    let mut observed = Observed::default();
    let lines = [
        ("10.0.0.1", "null", "no-sni-rejected"),
        ("10.0.0.2", "null", "no-sni-rejected"),
        ("10.0.0.3", "\"b.example\"", "unknown-sni"),
        ("10.0.0.4", "\"a.example\"", "unknown-sni"),
    ];
    for (client, name, cause) in lines {
        let line = format!(
            "{{\"type\":\"handshake\",\"client\":{{\"address\":\"{client}\"}},\"client_hello\":{{\"sni\":{name}}},\"outcome\":\"failed\",\"cause\":\"{cause}\"}}"
        );
        observed.line(line.as_bytes());
    }
    observed.line(b"no json");
    assert_eq!((observed.handshakes(), observed.left_out()), (4, (1, 0)));
    let found = check(&inventory, &observed, NOW).findings;
    let seen: Vec<_> = found
        .iter()
        .filter_map(|one| Some((one.severity, one.what.as_str(), one.seen.as_ref()?.clients)))
        .collect();
    assert_eq!(
        seen,
        [
            (
                Severity::Failure,
                "no route of port 443 of Gateway ns/g answers a hello without a name; its hosts are a.example",
                2
            ),
            (
                Severity::Failure,
                "clients with \"a.example\" are refused, and port 443 of Gateway ns/g is there for them",
                1
            ),
            (
                Severity::Failure,
                "clients ask for \"b.example\", which no route serves",
                1
            ),
        ]
    );
}

#[test]
fn a_revised_handshake_counts_under_what_is_said_of_it_last() {
    let mut inventory = Inventory::default();
    inventory.read(SERVICES, "g.yaml").unwrap();
    let mut observed = Observed::default();
    let server = r#"{"address":"10.9.9.1"}"#;
    for client in ["10.8.0.1", "10.8.0.1", "10.8.0.2"] {
        observed.line(refused(client, server, "c.example").as_bytes());
    }
    let revision = |client: &str, was: &str| {
        format!(
            r#"{{"type":"revision","client":{{"address":"{client}"}},"server":{server},"sni":"c.example","cause":"unexplained","was":{{"cause":"{was}"}}}}"#
        )
    };
    observed.line(revision("10.8.0.1", "unknown-sni").as_bytes());
    // Nothing was counted that these are about.
    observed.line(revision("10.8.0.1", "server-silent").as_bytes());
    observed.line(revision("10.8.0.9", "unknown-sni").as_bytes());
    assert_eq!(observed.handshakes(), 3);
    let said = check(&inventory, &observed, NOW).findings;
    let seen = said.iter().find_map(|one| one.seen.as_ref()).unwrap();
    assert_eq!((seen.handshakes, seen.clients), (2, 2));
}

/// Two gateways on pods of their own, their Services, and one that leads to none of them.
const SERVICES: &str = "
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: inner, namespace: ns}
spec:
  selector: {istio: inner}
  servers:
  - {port: {number: 443, protocol: HTTPS}, hosts: [b.example], tls: {mode: PASSTHROUGH}}
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: outer, namespace: ns}
spec:
  selector: {istio: outer}
  servers:
  - {port: {number: 443, protocol: HTTPS}, hosts: [a.example], tls: {mode: PASSTHROUGH}}
---
apiVersion: v1
kind: ServiceList
items:
- metadata: {name: inner, namespace: ns}
  spec: {selector: {app: gateway, istio: inner}, clusterIP: 10.0.0.1}
- metadata: {name: outer, namespace: ns}
  spec: {selector: {app: gateway, istio: outer}, clusterIP: 10.0.0.2}
  status: {loadBalancer: {ingress: [{ip: 192.0.2.2}]}}
- metadata: {name: billing, namespace: ns}
  spec: {selector: {app: billing}, clusterIP: 10.0.0.3}
";

/// A client that asked a server for a name that was refused.
fn refused(client: &str, server: &str, name: &str) -> String {
    format!(
        r#"{{"type":"handshake","client":{{"address":"{client}"}},"server":{server},"client_hello":{{"sni":"{name}"}},"outcome":"failed","cause":"unknown-sni"}}"#
    )
}

#[rstest]
#[case::the_gateway_that_has_it(
    r#"{"address":"10.0.0.1"}"#,
    "clients with \"b.example\" are refused, and port 443 of Gateway ns/inner is there for them"
)]
#[case::the_other(
    r#"{"address":"192.0.2.2"}"#,
    "clients ask for \"b.example\", which no route serves"
)]
#[case::a_pod_of_the_other(
    r#"{"address":"10.4.0.9","namespace":"ns","service":"outer"}"#,
    "clients ask for \"b.example\", which no route serves"
)]
#[case::none_of_the_gateways(r#"{"address":"10.0.0.3"}"#, "")]
#[case::nobody_knows(
    r#"{"address":"10.9.9.9"}"#,
    "clients with \"b.example\" are refused, and port 443 of Gateway ns/inner is there for them"
)]
fn a_handshake_is_held_against_the_gateway_that_its_service_leads_to(
    #[case] server: &str,
    #[case] what: &str,
) {
    let mut inventory = Inventory::default();
    inventory.read(SERVICES, "test.yaml").unwrap();
    let mut observed = Observed::default();
    observed.line(refused("10.8.0.1", server, "b.example").as_bytes());
    let said = check(&inventory, &observed, NOW).findings;
    let seen = said.iter().filter(|one| one.seen.is_some());
    let seen: Vec<_> = seen.map(|one| one.what.as_str()).collect();
    assert_eq!(seen.join("\n"), what);
}

#[test]
fn clients_of_a_gateway_are_counted_once_however_many_addresses_it_has() {
    let mut inventory = Inventory::default();
    inventory.read(SERVICES, "test.yaml").unwrap();
    let mut observed = Observed::default();
    for (client, server) in [(1, 1), (2, 1), (2, 2), (3, 2)] {
        let server = format!(r#"{{"address":"10.9.9.{server}"}}"#);
        let line = refused(&format!("10.8.0.{client}"), &server, "c.example");
        observed.line(line.as_bytes());
    }
    let said = check(&inventory, &observed, NOW).findings;
    let seen = said.iter().find_map(|one| one.seen.as_ref()).unwrap();
    assert_eq!((seen.handshakes, seen.clients), (4, 3));
}
