//! The page for people with a browser: three files of this program, and nothing from elsewhere.

use axum::http::header;
use axum::response::IntoResponse;

/// Nothing but this agent's own files and answers: no markup that was made from the wire can load, send or run anything.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page.
pub(super) async fn html() -> impl IntoResponse {
    file("text/html; charset=utf-8", include_str!("page/page.html"))
}

/// How it looks.
pub(super) async fn css() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_str!("page/page.css"))
}

/// What it does.
pub(super) async fn js() -> impl IntoResponse {
    file(
        "text/javascript; charset=utf-8",
        include_str!("page/page.js"),
    )
}

fn file(kind: &'static str, text: &'static str) -> impl IntoResponse {
    let head = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (head, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_makes_no_markup_of_what_it_is_told_and_asks_nobody_else() {
        let js = include_str!("page/page.js");
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "localStorage",
            "sessionStorage",
            "document.cookie",
        ] {
            assert!(!js.contains(word), "{word}");
        }
        let html = include_str!("page/page.html");
        let all = [html, include_str!("page/page.css"), js].concat();
        assert!(
            !all.replace("http://www.w3.org/2000/svg", "")
                .contains("//www")
        );
        for mark in ["https://", "style=", "onclick=\"", "<script>"] {
            assert!(!all.contains(mark), "{mark}");
        }
        assert!(all.len() < 50_000, "{} bytes", all.len());
        assert!(POLICY.contains("default-src 'none'"));
    }
}
