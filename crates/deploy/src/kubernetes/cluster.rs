//! What no file of ours says: the cluster's own.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::{Error, labels};

/// Where the functions are to run.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The namespace of them all.
    pub namespace: String,
    /// The namespace that requests come from: the ingress controller's.
    pub ingress_namespace: String,
    /// The namespace that asks for metrics.
    pub metrics_namespace: String,
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
        let wrong = || Error::Image(text.to_owned());
        let fits = |part: &str| {
            !part.is_empty() && part.chars().all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter))
        };
        let (repository, end) = match text.split_once('@') {
            Some((repository, digest)) => (repository, digest.strip_prefix("sha256:").ok_or_else(wrong)?),
            None => text.rsplit_once(':').ok_or_else(wrong)?,
        };
        let is_digest = end.len() == 64 && end.chars().all(|letter| letter.is_ascii_hexdigit());
        let is_right = if text.contains('@') { is_digest } else { end != "latest" && end.len() <= 128 && fits(end) };
        let host_and_path = repository.split('/').all(|part| part.split(':').all(fits));
        if is_right && host_and_path { Ok(Self(text.to_owned())) } else { Err(wrong()) }
    }
}

impl fmt::Display for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Image {
    /// The end of its tag or digest, by which two of one function are told apart in a name.
    pub(super) fn mark(&self) -> String {
        let end = self.0.rsplit([':', '@']).next().unwrap_or_default().to_ascii_lowercase();
        let letters = end.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
        letters.take(12).collect::<String>().trim_matches('-').to_owned()
    }
}

impl Cluster {
    /// Whether what is said here is of these functions, and can be named.
    pub(super) fn fits<'a>(&self, functions: impl Iterator<Item = &'a str>) -> Result<(), Error> {
        let functions: Vec<&str> = functions.collect();
        let told = self.images.keys().chain(self.settings.keys().map(|(function, _)| function));
        if let Some(unknown) = told.into_iter().find(|name| !functions.contains(&name.as_str())) {
            return Err(Error::NoFunction(unknown.clone()));
        }
        let spaces = [&self.namespace, &self.ingress_namespace, &self.metrics_namespace].map(String::as_str);
        match spaces.into_iter().chain(functions).find(|name| !labels::is_name(name)) {
            Some(name) => Err(Error::Name(name.to_owned())),
            None => Ok(()),
        }
    }
}
