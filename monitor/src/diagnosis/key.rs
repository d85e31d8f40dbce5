//! The cause that lies in the server's private key: it is not that of its certificate.

use super::offer::ENOUGH;
use super::words::{LATELY, counted};
use super::{Case, Verdict, alert};
use crate::flow::Side;
use crate::handshake::SeenAlert;
use crate::report::{Cause, Confidence};
use crate::tls::alert::{
    BAD_CERTIFICATE, BAD_RECORD_MAC, CERTIFICATE_UNKNOWN, DECRYPT_ERROR, HANDSHAKE_FAILURE,
    ILLEGAL_PARAMETER, INTERNAL_ERROR,
};

/// The server signs with a key that is not that of its certificate. The first rule that applies:
///
/// 1. The signature of its ServerKeyExchange (TLS 1.2) does not verify with the certificate that it sent, and the client left
///    with decrypt_error, with an alert that says little, or without a word: certain. With an alert that blames the
///    certificate without saying for what: likely.
/// 2. The signature verifies, and the client says decrypt_error all the same: it is another signature that does not, one in the
///    chain. The client knows the issuer by name, with another key: `certificate-untrusted`, likely.
/// 3. The signature verifies, and the client says something else: then it is something else.
/// 4. It was not checked, or cannot be (TLS 1.3 encrypts it), and the client says decrypt_error before its Finished. Handshakes for
///    this name are completed: the same as 2, likely. Three or more were answered and none is completed: the key, likely. There
///    is too little to compare with: the key, possible.
pub(super) fn not_of_certificate(case: &Case<'_>) -> Option<Verdict> {
    let (last, progress) = (case.final_alert(), &case.talk.progress);
    let complaint = last.filter(|last| is_complaint(case, *last));
    let wordless = case.hung_up(Side::Client) || last.is_some_and(says_little);
    let vague = last.is_some_and(blames_certificate);
    if complaint.is_none() && !wordless && !vague {
        return None;
    }
    let confidence = if vague {
        Confidence::Likely
    } else {
        Confidence::Certain
    };
    let may_check = !progress.has_signature() || grants(case);
    match may_check.then(|| progress.key_proven()).flatten() {
        Some(true) => complaint.map(|last| {
            let fits =
                "the signature of the server's ServerKeyExchange verifies with its certificate";
            of_another_authority(case, last, fits.to_owned())
        }),
        Some(false) => Some(disproven(case, confidence)),
        None => complaint.map(|last| unverified(case, last, may_check)),
    }
}

/// A signature does not verify, and which of them cannot be seen.
fn unverified(case: &Case<'_>, last: SeenAlert, may_check: bool) -> Verdict {
    let others = case.own_name();
    if others.completed > 0 {
        let completed = counted(others.completed, "handshake");
        let fits =
            format!("{completed} for this name completed {LATELY}: the key fits the certificate");
        return of_another_authority(case, last, fits);
    }
    let (confidence, told) = if others.answered >= ENOUGH {
        let none = format!(
            "of {} for this name {LATELY} none completed",
            counted(others.answered, "handshake")
        );
        (Confidence::Likely, Some(none))
    } else {
        (Confidence::Possible, None)
    };
    let what = match may_check {
        false => "the server's signature was not checked: too many were in that second",
        true if case.talk.is_tls13() => "the server's signature is encrypted and cannot be checked",
        true => "the server's signature is of a kind that is not checked here",
    };
    let evidence = alert::sentence(case, last);
    Verdict::new(Cause::ServerKeyMismatch, confidence, evidence)
        .and(what)
        .and_all(told)
}

/// Not the server's signature but one in the chain does not verify: that of an authority whose name the client knows, with
/// another key, as where it was made anew under the same name.
fn of_another_authority(case: &Case<'_>, last: SeenAlert, fits: String) -> Verdict {
    let evidence = alert::sentence(case, last);
    Verdict::new(Cause::CertificateUntrusted, Confidence::Likely, evidence)
        .and(fits)
        .and("so a signature in its chain does not verify: the client may know the issuer's name with another key")
}

fn grants(case: &Case<'_>) -> bool {
    let at = case.decision.at;
    case.proofs.is_some_and(|proofs| proofs.grant(at))
}

/// The client cannot verify what the server signed.
fn is_complaint(case: &Case<'_>, last: SeenAlert) -> bool {
    let progress = &case.talk.progress;
    let signed = progress.key_exchange || case.talk.is_tls13();
    last.from == Side::Client
        && last.description == DECRYPT_ERROR
        && signed
        && progress.sides.client.finished.is_none()
}

/// What clients say that have no better word for it.
const fn says_little(last: SeenAlert) -> bool {
    matches!(last.from, Side::Client)
        && matches!(
            last.description,
            HANDSHAKE_FAILURE | ILLEGAL_PARAMETER | INTERNAL_ERROR | BAD_RECORD_MAC
        )
}

/// GnuTLS, for one, says bad_certificate where a signature does not verify.
const fn blames_certificate(last: SeenAlert) -> bool {
    matches!(last.from, Side::Client)
        && matches!(last.description, BAD_CERTIFICATE | CERTIFICATE_UNKNOWN)
}

fn disproven(case: &Case<'_>, confidence: Confidence) -> Verdict {
    let key = case.chain.as_ref().and_then(|(chain, _)| {
        let key = chain.leaf.key.as_ref()?;
        Some(format!(" ({} key)", key.algorithm))
    });
    let evidence = format!(
        "the signature of the server's ServerKeyExchange does not verify with the certificate that it sent{}",
        key.unwrap_or_default()
    );
    let ended = case.ending("the ClientHello");
    Verdict::new(Cause::ServerKeyMismatch, confidence, evidence).and(ended)
}
