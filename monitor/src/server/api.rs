//! What programs ask the agent: `/api/v1/...`.
//!
//! It tells who talks to whom, so it answers only to this host, which a port-forward to the pod is: the peer's address is that of
//! loopback, and the name it asks for is none that a web page could have chosen.

use std::net::{IpAddr, SocketAddr};

use axum::Extension;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::ServerState;
use crate::filter::Filter;
use crate::report::SCHEMA;
use crate::sink::json;
use crate::sink::recent::Selection;

/// How many handshakes are given unless asked for fewer or more.
const LIMIT: usize = 100;

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(super) struct PeerAddress(pub(super) SocketAddr);

/// Lets only those in who ask from this host.
pub(super) async fn only_here(
    Extension(peer): Extension<PeerAddress>,
    request: Request,
    next: Next,
) -> Response {
    if is_from_here(peer.0, request.headers().get(header::HOST)) {
        return next.run(request).await;
    }
    let said =
        "the API answers on loopback only: ask from this host, or through kubectl port-forward\n";
    (StatusCode::FORBIDDEN, said).into_response()
}

fn is_from_here(peer: SocketAddr, host: Option<&HeaderValue>) -> bool {
    let names_here = host.is_none_or(|host| host.to_str().is_ok_and(is_no_domain));
    peer.ip().to_canonical().is_loopback() && names_here
}

/// Whether a Host header has an address or `localhost`: a name could be anybody's, and lead here all the same.
fn is_no_domain(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost") || bare.parse::<IpAddr>().is_ok()
}

/// The last handshakes, as `tlsmon run --output json` prints them: failures unless the query says otherwise.
pub(super) async fn handshakes(
    State(state): State<ServerState>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    match select(&state, &query) {
        Ok(selection) => answer(&selection).into_response(),
        Err(said) => (StatusCode::BAD_REQUEST, format!("{said}\n")).into_response(),
    }
}

fn select(state: &ServerState, query: &[(String, String)]) -> Result<Selection, String> {
    let is_limit = |(key, _): &&(String, String)| key == "limit";
    let limit = match query.iter().rfind(is_limit) {
        None => LIMIT,
        Some((_, value)) => value
            .parse()
            .map_err(|_error| format!("limit: {value:?} is not a number"))?,
    };
    let others = query.iter().filter(|pair| !is_limit(pair));
    let pairs = others.map(|(key, value)| (key.as_str(), value.as_str()));
    let filter = Filter::from_query(pairs).map_err(|error| error.to_string())?;
    Ok(state.recent.select(&filter, limit))
}

fn answer(selection: &Selection) -> impl IntoResponse {
    let mut body = format!(
        "{{\"schema\":\"{SCHEMA}\",\"forgotten\":{},\"handshakes\":[",
        selection.forgotten
    )
    .into_bytes();
    for (number, event) in selection.events.iter().enumerate() {
        body.extend_from_slice(if number == 0 { b"\n" } else { b",\n" });
        // Writing into memory cannot fail.
        let _ = json::write(event, &mut body);
        body.pop();
    }
    body.extend_from_slice(b"\n]}\n");
    ([(header::CONTENT_TYPE, "application/json")], body)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("127.0.0.1:40000", true)]
    #[case("[::1]:40000", true)]
    #[case("[::ffff:127.0.0.1]:40000", true)]
    #[case("10.0.0.7:40000", false)]
    #[case("[2001:db8::7]:40000", false)]
    fn only_loopback_may_ask(#[case] peer: &str, #[case] may: bool) {
        let peer = peer.parse().unwrap();
        assert_eq!(is_from_here(peer, None), may);
        let host = HeaderValue::from_static("attacker.example");
        assert!(!is_from_here(peer, Some(&host)));
    }

    #[rstest]
    #[case("localhost", true)]
    #[case("LOCALHOST:9469", true)]
    #[case("127.0.0.1:9469", true)]
    #[case("[::1]:9469", true)]
    #[case("[::1]", true)]
    #[case("attacker.example:9469", false)]
    #[case("localhost.attacker.example", false)]
    #[case("", false)]
    fn only_an_address_or_localhost_is_no_domain(#[case] host: &str, #[case] is: bool) {
        assert_eq!(is_no_domain(host), is);
    }
}
