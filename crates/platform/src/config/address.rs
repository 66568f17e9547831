//! Addresses in settings: of servers, of services and of pages.

use actix_web::http::Uri;
use url::Url;

/// In the place of what nobody is shown.
pub(super) const HIDDEN: &str = "(not shown)";

pub(super) const HTTP: &str = "an http or https address";
pub(super) const PAGE: &str = "an http or https address without user, password or #";
pub(super) const BASE: &str = "an http or https address without user, password, query or #";

/// Reads an address of one of these schemes, for a [secret](super::Reader::secret) setting. It may have no host, which
/// some give as a parameter.
///
/// # Errors
/// Which part of it is wrong.
pub fn secret_address(text: &str, schemes: &[&str]) -> Result<Url, &'static str> {
    if !text.contains("://") {
        return Err("has no scheme");
    }
    let url = Url::parse(text).map_err(|error| match error {
        // A password with a slash or a number sign in it ends the address early, within what looks like a port.
        url::ParseError::InvalidPort => {
            "has a bad port, or a password whose special characters are not percent-encoded"
        }
        url::ParseError::EmptyHost => "has no host",
        _ => "has a bad host",
    })?;
    if schemes.contains(&url.scheme()) { Ok(url) } else { Err("has an unknown scheme") }
}

/// An address that HTTP can use.
pub(super) fn http(text: &str) -> Result<Url, &'static str> {
    let url = secret_address(text, &["http", "https"])?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err("has no host");
    }
    // URLs allow what HTTP does not: `{`, for one.
    if url.as_str().parse::<Uri>().is_err() { Err("has a character that HTTP does not allow") } else { Ok(url) }
}

/// One that others are shown: a page.
pub(super) fn page(text: &str) -> Result<Url, &'static str> {
    let url = http(text)?;
    match &url {
        _ if !url.username().is_empty() || url.password().is_some() => Err("has a user or a password"),
        _ if url.fragment().is_some() => Err("has a #"),
        _ => Ok(url),
    }
}

/// One to which others add paths.
pub(super) fn base(text: &str) -> Result<Url, &'static str> {
    let mut url = page(text)?;
    if url.query().is_some() {
        return Err("has a query");
    }
    // What is joined to it would else take the place of its last part.
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Where an address leads, without what is secret in it.
pub(crate) fn place(text: &str) -> String {
    let hidden = || HIDDEN.to_owned();
    // What is no address may hold a password anywhere, and so may a path with an @.
    let Ok(mut url) = http(text) else { return hidden() };
    if url.path().contains('@') {
        return hidden();
    }
    // No address of HTTP refuses to be without them.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}

/// A parameter by its name, unless that may be a part of something secret.
pub(crate) fn parameter(name: &str) -> String {
    let is_name = name.len() <= 32 && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'));
    if is_name { format!("a parameter {name}") } else { "a parameter".to_owned() }
}
