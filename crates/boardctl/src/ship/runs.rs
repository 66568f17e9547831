//! Which commit runs, for whoever decides what is to be shipped.

use deploy::run::{Order, Told};

use super::exit::Exit;
use super::say::LastWord;
use super::target::Target;
use super::tree::{self, Files};
use super::{ShipError, both, ended, settings};

/// What a function's machines say of themselves.
#[derive(Debug, Default)]
pub(crate) struct Runs {
    /// Where that is known: what flyctl deployed, or nothing, has none.
    pub(crate) commit: Option<String>,
    /// What failed beside it, or was left by a rollback.
    pub(crate) refused: Option<String>,
}

/// Asks them.
pub(crate) async fn runs(function: &str) -> Result<Runs, LastWord> {
    let wanted = || -> Result<_, ShipError> { Ok(Files::here(&tree::root()?)?.read(function)?) };
    let (wanted, settings) = both(wanted(), settings())?;
    let target = Target::looked_at(&wanted, &settings)?;
    let tell = |_: &Told| {};
    let deployer = target.deployer(&tell);
    if wanted.is_one_off() {
        let ran = deployer.ran().await;
        let commit = ran.map_err(|error| LastWord::new(Exit::NeedsAPerson, error.to_string()))?;
        return Ok(Runs { commit, refused: None });
    }
    let survey = deployer.survey(None).await.map_err(|outcome| ended::undone(function, outcome, &Order::Mend))?;
    let kept = survey.machines.into_iter().find(|machine| machine.part == "kept");
    Ok(kept.map(|kept| Runs { commit: kept.commit, refused: kept.refused }).unwrap_or_default())
}
