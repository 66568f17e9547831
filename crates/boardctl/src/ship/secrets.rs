//! The secrets that an app must have, by `fleet.toml`: without one, each new machine ends at its start.

use super::exit::Exit;
use super::say::LastWord;
use super::target::Target;
use super::tree::Wanted;

/// What to do about secrets that are not set. An app that cannot be asked is left to the run, which says why.
pub(crate) async fn missing(wanted: &Wanted, target: &Target) -> Option<LastWord> {
    let set = target.machines.secrets().await.ok()?;
    let is_set = |name: &String| set.iter().any(|secret| secret.name == *name);
    let missing: Vec<&str> = wanted.app.secrets.iter().filter(|name| !is_set(name)).map(String::as_str).collect();
    (!missing.is_empty()).then(|| LastWord::new(Exit::NeedsAPerson, told(target.app.as_str(), &missing)))
}

fn told(app: &str, missing: &[&str]) -> String {
    let values: Vec<String> = missing.iter().map(|name| format!("{name}=…")).collect();
    format!(
        "{app} lacks secrets that it needs by fleet.toml: {}. Nothing was changed. Set them without a restart, then deploy \
         again:\n  fly secrets set --stage --app {app} {}",
        missing.join(", "),
        values.join(" ")
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_missing_secret_is_named_with_the_command_that_sets_it() {
        let told = super::told("board-api", &["DATABASE_URL", "REFRESH_KEYS"]);
        assert!(told.contains("fly secrets set --stage --app board-api DATABASE_URL=… REFRESH_KEYS=…"), "{told}");
    }
}
