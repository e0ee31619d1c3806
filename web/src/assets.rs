//! Style, script and pictures: under addresses that hold a hash of the content, so that browsers may keep them.

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

#[derive(rust_embed::RustEmbed)]
#[folder = "../assets/"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
#[include = "vendor/*.css"]
struct Assets;

/// The address of a file, with the hash of its content.
pub(crate) fn address(name: &str) -> String {
    // What is embedded does not change; what a developer edits does.
    static EMBEDDED: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
        Assets::iter()
            .map(|n| (n.to_string(), hashed(&n)))
            .collect()
    });
    if cfg!(debug_assertions) {
        return hashed(name);
    }
    EMBEDDED.get(name).cloned().unwrap_or_else(|| hashed(name))
}

fn hashed(name: &str) -> String {
    let mut tag = String::new();
    if let Some(file) = Assets::get(name) {
        for byte in &file.metadata.sha256_hash()[..6] {
            // Writing to a String cannot fail.
            let _ = write!(tag, "{byte:02x}");
        }
    }
    format!("/assets/{tag}/{name}")
}

/// Serves a file. A page of another release gets this one's file, too, under the address that it asked for; but no browser may
/// keep it there: while nodes are changed one after the other, the page may ask a node that is older than itself.
pub(crate) async fn serve(Path((tag, name)): Path<(String, String)>) -> Response<Body> {
    let Some(file) = Assets::get(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let keep = match address(&name) == format!("/assets/{tag}/{name}") {
        true => "public, max-age=31536000, immutable",
        false => "no-store",
    };
    let mut response = Body::from(file.data.into_owned()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kept(tag: &str, name: &str) -> String {
        let response = serve(Path((tag.to_owned(), name.to_owned()))).await;
        assert_eq!(response.status(), StatusCode::OK);
        let kept = &response.headers()[CACHE_CONTROL];
        kept.to_str().unwrap().to_owned()
    }

    #[tokio::test]
    async fn only_under_its_own_address_is_a_file_kept() {
        for name in ["style.css", "app.js"] {
            let address = address(name);
            let tag = address.split('/').nth(2).unwrap();
            assert!(kept(tag, name).await.ends_with("immutable"));
            assert_eq!(kept("000000000000", name).await, "no-store");
        }
    }
}
