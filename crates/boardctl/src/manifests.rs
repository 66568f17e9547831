//! `boardctl manifests`: the functions for Kubernetes, by the files in `fly/`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use deploy::kubernetes::{self, Cluster, Image};
use deploy::rules;
use serde_json::Value;

/// What stands for the function's name in `--images`.
const FUNCTION: &str = "{function}";

/// Options of `boardctl manifests`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Prints YAML: `boardctl manifests --images registry.example/board-{function}:COMMIT | kubectl apply \
                        -f -`. Each function reads a Secret of its own name, with the keys that fleet.toml lists; those \
                        you make."
)]
pub struct Options {
    /// Only these; else all, and the namespace.
    pub functions: Vec<String>,
    /// The images' name, with {function} in it, and a tag that is not latest.
    #[arg(long, value_name = "REFERENCE", required_unless_present = "image")]
    pub images: Option<String>,
    /// One function's image, such as by its digest.
    #[arg(long, value_name = "FUNCTION=REFERENCE", value_parser = pair)]
    pub image: Vec<(String, String)>,
    /// A setting that is other here than on Fly, such as api.APPLICATIONS_URL=https://….
    #[arg(long, value_name = "FUNCTION.NAME=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
    /// The namespace of them all.
    #[arg(long, default_value = "board")]
    pub namespace: String,
    /// The namespace of the ingress controller, which alone may send requests.
    #[arg(long, default_value = "ingress-nginx")]
    pub ingress_namespace: String,
    /// The namespace of Prometheus, which alone may ask for metrics.
    #[arg(long, default_value = "monitoring")]
    pub metrics_namespace: String,
    /// The port of the database, or of its pooler.
    #[arg(long, default_value_t = 5432, value_parser = clap::value_parser!(u16).range(1..))]
    pub postgres_port: u16,
    /// The port of Redis.
    #[arg(long, default_value_t = 6379, value_parser = clap::value_parser!(u16).range(1..))]
    pub redis_port: u16,
    /// The folder of the files.
    #[arg(long, default_value = "fly")]
    pub folder: PathBuf,
}

/// Why there are no manifests.
#[derive(Debug, thiserror::Error)]
pub enum ManifestsError {
    /// The files cannot be read.
    #[error("{0} cannot be read")]
    Folder(PathBuf, #[source] std::io::Error),
    /// They, or the cluster's values, do not fit.
    #[error(transparent)]
    Kubernetes(#[from] kubernetes::Error),
    /// All functions would have one image.
    #[error("--images {0:?} is one image for all: wanted {FUNCTION} in it")]
    OneForAll(String),
    /// Nothing is set by it.
    #[error("--set {0:?} has no dot: wanted FUNCTION.NAME=VALUE")]
    Unset(String),
    /// There is no such function.
    #[error("fleet.toml lists no {0}")]
    NoFunction(String),
}

/// Prints them.
///
/// # Errors
/// When something does not fit; nothing is printed then.
pub fn run(options: &Options) -> Result<ExitCode, ManifestsError> {
    let folder = || options.folder.clone();
    let files = rules::read(&options.folder).map_err(|error| ManifestsError::Folder(folder(), error))?;
    let mut documents = kubernetes::manifests(&files, &cluster(options, &files)?)?;
    if !options.functions.is_empty() {
        if let Some(unknown) = options.functions.iter().find(|name| !documents.iter().any(|it| is_of(it, name))) {
            return Err(ManifestsError::NoFunction(unknown.clone()));
        }
        documents.retain(|document| options.functions.iter().any(|name| is_of(document, name)));
    }
    print!("{}", kubernetes::text(&documents));
    Ok(ExitCode::SUCCESS)
}

fn is_of(document: &Value, function: &str) -> bool {
    document["metadata"]["labels"]["app.kubernetes.io/name"] == function
}

fn cluster(options: &Options, files: &BTreeMap<String, String>) -> Result<Cluster, ManifestsError> {
    let mut images: BTreeMap<String, Image> = BTreeMap::new();
    if let Some(all) = &options.images {
        if !all.contains(FUNCTION) {
            return Err(ManifestsError::OneForAll(all.clone()));
        }
        for function in rules::functions(files).into_keys() {
            images.insert(function.to_owned(), all.replace(FUNCTION, function).parse()?);
        }
    }
    for (function, reference) in &options.image {
        images.insert(function.clone(), reference.parse()?);
    }
    let setting = |(key, value): &(String, String)| {
        let (function, name) = key.split_once('.').ok_or_else(|| ManifestsError::Unset(key.clone()))?;
        Ok(((function.to_owned(), name.to_owned()), value.clone()))
    };
    let settings = options.set.iter().map(setting).collect::<Result<_, ManifestsError>>()?;
    let [namespace, ingress_namespace, metrics_namespace] =
        [&options.namespace, &options.ingress_namespace, &options.metrics_namespace].map(Clone::clone);
    let (postgres_port, redis_port) = (options.postgres_port, options.redis_port);
    Ok(Cluster { namespace, ingress_namespace, metrics_namespace, postgres_port, redis_port, images, settings })
}

/// `KEY=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| "wanted an = between a name and a value".to_owned())?;
    Ok((key.to_owned(), value.to_owned()))
}
