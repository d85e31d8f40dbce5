//! Who may ask the API. It tells who talks to whom.
//!
//! 1. Whoever may open the socket in the file system.
//! 2. Who asks from this host, as a port-forward to the pod does: the peer's address is that of loopback, and the name it asks for
//!    is none that a web page could have chosen.
//! 3. Who comes through TLS and has the token.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::guard::Guard;

/// Requests a second, of those within this host, of those from elsewhere, and of those that are refused.
const RATE: f64 = 100.0;
/// Requests that may come at once after a pause.
const BURST: f64 = 500.0;

/// Who asks, by the connection.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    /// Through the socket in the file system.
    Unix,
    /// In the clear, from this address.
    Plain(SocketAddr),
    /// Through TLS.
    Guarded(Arc<Guard>),
}

/// How many requests there were lately.
#[derive(Debug, Default)]
pub(super) struct Rates {
    here: Rate,
    elsewhere: Rate,
    refused: Rate,
}

/// Lets in who may ask, and answers others.
pub(super) async fn admit(
    Extension(caller): Extension<Caller>,
    Extension(rates): Extension<Arc<Rates>>,
    request: Request,
    next: Next,
) -> Response {
    let mut answer = match refusal(&caller, &rates, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    // What it says is of this moment, and of who asked.
    let never = HeaderValue::from_static("no-store");
    answer.headers_mut().insert(header::CACHE_CONTROL, never);
    let as_said = HeaderValue::from_static("nosniff");
    answer
        .headers_mut()
        .insert(header::X_CONTENT_TYPE_OPTIONS, as_said);
    answer
}

/// The page itself says nothing, and must be there to ask for the token.
pub(super) async fn admit_page(
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    match caller {
        Caller::Plain(peer) if !is_from_here(peer, request.headers().get(header::HOST)) => {
            elsewhere()
        }
        _ => next.run(request).await,
    }
}

fn refusal(caller: &Caller, rates: &Rates, request: &Request) -> Option<Response> {
    let headers = request.headers();
    // Of another method the body is not what is wrong.
    if request.method().is_safe() && has_body(headers) {
        let said = "the API takes no body\n";
        return Some((StatusCode::PAYLOAD_TOO_LARGE, said).into_response());
    }
    match caller {
        Caller::Unix => rates.here.refusal(),
        Caller::Plain(peer) if is_from_here(*peer, headers.get(header::HOST)) => {
            rates.here.refusal()
        }
        Caller::Plain(_) => Some(rates.refused.refusal().unwrap_or_else(elsewhere)),
        Caller::Guarded(guard) => {
            let shown = headers.get(header::AUTHORIZATION);
            if guard.admits(shown.and_then(|value| value.to_str().ok())) {
                rates.elsewhere.refusal()
            } else {
                Some(rates.refused.refusal().unwrap_or_else(no_token))
            }
        }
    }
}

fn elsewhere() -> Response {
    let said = "the API answers here on loopback only: ask from this host, through kubectl port-forward, or where --api-listen offers it\n";
    (StatusCode::FORBIDDEN, said).into_response()
}

fn no_token() -> Response {
    let scheme = [(header::WWW_AUTHENTICATE, "Bearer realm=\"tlsmon\"")];
    let said = "send the token: Authorization: Bearer TOKEN\n";
    (StatusCode::UNAUTHORIZED, scheme, said).into_response()
}

fn has_body(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length != "0") || headers.contains_key(header::TRANSFER_ENCODING)
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

/// A bucket of requests that fills again with time; none when nothing was taken yet.
#[derive(Debug, Default)]
struct Rate(Mutex<Option<(f64, Instant)>>);

impl Rate {
    /// Takes one; the answer when there is none left.
    fn refusal(&self) -> Option<Response> {
        if self.take(Instant::now()) {
            return None;
        }
        let later = [(header::RETRY_AFTER, "1")];
        let said = "too many requests; try again later\n";
        Some((StatusCode::TOO_MANY_REQUESTS, later, said).into_response())
    }

    fn take(&self, now: Instant) -> bool {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = bucket.map_or(BURST, |(left, then)| {
            (left + (now - then).as_secs_f64() * RATE).min(BURST)
        });
        let has_one = left >= 1.0;
        *bucket = Some((if has_one { left - 1.0 } else { left }, now));
        has_one
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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

    #[test]
    fn a_flood_is_refused_until_time_has_passed() {
        let rate = Rate::default();
        let now = Instant::now();
        let taken = (0..10_000).filter(|_| rate.take(now)).count();
        assert_eq!(taken, 500);
        let later = now + Duration::from_secs(1);
        assert_eq!((0..10_000).filter(|_| rate.take(later)).count(), 100);
    }
}
