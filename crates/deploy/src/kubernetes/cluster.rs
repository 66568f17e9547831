//! What no file of ours says: the cluster's own.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};

use super::{Error, labels};
use crate::rules::Fleet;
use crate::run;

/// What a registry takes, in letters.
const REPOSITORY_MAX: usize = 255;
/// Likewise.
const TAG_MAX: usize = 128;

/// Where the functions are to run.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The namespace of them all.
    pub namespace: String,
    /// The namespace that requests come from: the ingress controller's.
    pub ingress_namespace: String,
    /// The namespace that asks for metrics.
    pub metrics_namespace: String,
    /// The database's port, or its pooler's.
    pub postgres_port: u16,
    /// Redis' port.
    pub redis_port: u16,
    /// The image of each function.
    pub images: BTreeMap<String, Image>,
    /// Settings that are other here than in the files, by function and name: public addresses above all.
    pub settings: BTreeMap<(String, String), String>,
}

/// An image that stays the same: with a tag that is not `latest`, or by its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image(String);

impl FromStr for Image {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (named, digest) = text.split_once('@').map_or((text, None), |(named, digest)| (named, Some(digest)));
        let (repository, tag) = match named.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (named, None),
        };
        let stays = match (digest, tag) {
            (Some(digest), _) => run::Image::is_digest(digest),
            (None, tag) => tag.is_some_and(|tag| tag != "latest"),
        };
        let fits = stays && tag.is_none_or(is_tag) && is_repository(repository);
        if fits { Ok(Self(text.to_owned())) } else { Err(Error::Image(text.to_owned())) }
    }
}

/// As registries take it: a host, if it reads as one, and a path in small letters.
fn is_repository(text: &str) -> bool {
    let host = text.split_once('/').filter(|(host, _)| *host == "localhost" || host.contains(['.', ':']));
    let path = host.map_or(text, |(_, path)| path);
    text.len() <= REPOSITORY_MAX && host.is_none_or(|(host, _)| is_host(host)) && path.split('/').all(is_part)
}

fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let is_label = |label: &str| labels::is_name(&label.to_ascii_lowercase());
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    name.split('.').all(is_label) && port.is_none_or(is_port)
}

/// Words of small letters and digits, between which stand a dot, one or two underscores, or dashes.
fn is_part(text: &str) -> bool {
    let in_word = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let between = |it: &str| matches!(it, "" | "." | "_" | "__") || it.chars().all(|letter| letter == '-');
    text.starts_with(in_word) && text.ends_with(in_word) && text.split(in_word).all(between)
}

fn is_tag(text: &str) -> bool {
    let in_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let fits = |letter: char| in_word(letter) || letter == '.' || letter == '-';
    text.len() <= TAG_MAX && text.starts_with(in_word) && text.chars().all(fits)
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Image {
    /// By which two of one function are told apart in a name: a hash of the whole, since tags may differ in their last
    /// letter alone, and a name has not room for all.
    pub(super) fn mark(&self) -> String {
        let hash = digest(&SHA256, self.0.as_bytes());
        hash.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Cluster {
    /// Whether what is said here is of these functions, and can be named.
    pub(super) fn fits(&self, fleet: &Fleet) -> Result<(), Error> {
        let functions: Vec<&str> = fleet.apps.keys().map(String::as_str).collect();
        let told = self.images.keys().chain(self.settings.keys().map(|(function, _)| function));
        if let Some(unknown) = told.into_iter().find(|name| !functions.contains(&name.as_str())) {
            return Err(Error::NoFunction(unknown.clone()));
        }
        // Whosever it is: a key of one function is as secret beside another.
        let owner = |name: &String| fleet.apps.iter().find(|(_, app)| app.secrets.contains(name));
        if let Some((name, (owner, _))) = self.settings.keys().find_map(|(_, name)| Some((name, owner(name)?))) {
            return Err(Error::Secret(name.clone(), owner.clone()));
        }
        let spaces = [&self.namespace, &self.ingress_namespace, &self.metrics_namespace].map(String::as_str);
        match spaces.into_iter().chain(functions).find(|name| !labels::is_name(name)) {
            Some(name) => Err(Error::Name(name.to_owned())),
            None => Ok(()),
        }
    }
}
