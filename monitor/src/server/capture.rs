//! `GET /api/v1/capture`: the packets of failing handshakes, with the verdicts on them.

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ServerState;
use crate::filter::Filter;
use crate::proof::{self, About, Wanted};
use crate::report::{BadId, Event};
use crate::sink::json;

/// How many handshakes are given unless asked for fewer or more.
const LIMIT: usize = 100;

/// In which form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Form {
    /// Packets.
    #[default]
    Pcapng,
    /// The reports on them.
    Json,
}

/// The proofs that the query asks for.
pub(super) async fn capture(
    State(state): State<ServerState>,
    Query(query): Query<Vec<(String, String)>>,
) -> Response {
    let (wanted, form) = match read(&query) {
        Ok(read) => read,
        Err(said) => return (StatusCode::BAD_REQUEST, format!("{said}\n")).into_response(),
    };
    let Some(store) = &state.proofs else {
        let said = "this agent keeps no packets: --proof-mib 0 or --record-mib 0\n";
        return (StatusCode::NOT_FOUND, said).into_response();
    };
    let proofs = store.select(&wanted);
    if proofs.is_empty() {
        let said = "no packets are kept of such handshakes: only failing ones are kept, the last of them\n";
        return (StatusCode::NOT_FOUND, said).into_response();
    }
    match form {
        Form::Json => reports(&proofs).into_response(),
        Form::Pcapng => packets(&proofs).into_response(),
    }
}

fn packets(proofs: &[std::sync::Arc<proof::Proof>]) -> impl IntoResponse {
    let node = proofs
        .iter()
        .find_map(|proof| proof.handshake.node.as_deref());
    let about = About {
        node: node.map(str::to_owned),
        ..About::default()
    };
    let kind = "application/vnd.tcpdump.pcap";
    let saved_as = "attachment; filename=\"tlsmon.pcapng\"";
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CONTENT_DISPOSITION, saved_as),
        ],
        proof::write(&about, proofs),
    )
}

fn reports(proofs: &[std::sync::Arc<proof::Proof>]) -> impl IntoResponse {
    let mut body = Vec::new();
    for proof in proofs {
        let now = match &proof.revision {
            Some(revision) => revision.applied_to(&proof.handshake),
            None => proof.handshake.clone(),
        };
        // Writing into memory cannot fail.
        let _ = json::write(&Event::Handshake(Box::new(now)), &mut body);
    }
    ([(header::CONTENT_TYPE, "application/x-ndjson")], body)
}

/// The query's own words; the others are the filter's.
fn read(query: &[(String, String)]) -> Result<(Wanted, Form), String> {
    let mut wanted = Wanted {
        limit: LIMIT,
        ..Wanted::default()
    };
    let mut form = Form::default();
    let mut others = Vec::new();
    for (key, value) in query {
        match key.as_str() {
            "id" => {
                for id in value.split(',') {
                    let id = id.parse().map_err(|error: BadId| error.to_string())?;
                    wanted.ids.push(id);
                }
            }
            "limit" => {
                let limit = value.parse();
                wanted.limit =
                    limit.map_err(|_error| format!("limit: {value:?} is not a number"))?;
            }
            "form" => {
                form = match value.as_str() {
                    "pcapng" => Form::Pcapng,
                    "json" => Form::Json,
                    _ => return Err(format!("form: {value:?} is neither pcapng nor json")),
                };
            }
            _ => others.push((key.as_str(), value.as_str())),
        }
    }
    wanted.filter = Filter::from_query(others).map_err(|error| error.to_string())?;
    Ok((wanted, form))
}
