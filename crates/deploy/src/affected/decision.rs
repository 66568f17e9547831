//! Whether a commit is to be shipped, by what runs and what was refused.

use serde::Serialize;

use super::Reason;

/// How the commit that is to ship stands to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is that one.
    Same,
    /// It came after it, and holds all of it.
    After,
    /// It came before it.
    Before,
    /// Neither holds the other.
    Apart,
}

/// A commit that the machines know, and what is another in the one that is to ship.
#[derive(Clone, Debug)]
pub struct Base {
    /// Its id, or what it was called.
    pub commit: String,
    /// How the one to ship stands to it, and why it is another for this function; or why nobody knows, such as that it is
    /// not in this clone.
    pub seen: Result<(Standing, Vec<Reason>), String>,
}

/// A commit that failed, and was taken back.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The commit.
    pub base: Base,
    /// Whether it came after the one that runs. Of one that came before it, another has proven since what was wrong.
    pub is_newer: bool,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "decision", rename_all = "kebab-case")]
pub enum Decision {
    /// Ship it.
    Ship {
        /// Why.
        why: Vec<Reason>,
    },
    /// What it would ship runs already.
    Untouched,
    /// What it would ship was refused already: no push that has nothing to do with it tries it again.
    RefusedBefore {
        /// The commit.
        commit: String,
    },
    /// It is older than what runs: only a rollback goes back.
    Older {
        /// What runs.
        runs: String,
    },
}

/// Decides. A function ships when it would be another than what runs, and another than what was refused since.
#[must_use]
pub fn decide(runs: Base, refused: Option<Refused>) -> Decision {
    let why = match runs.seen {
        Err(why) => return Decision::Ship { why: vec![Reason::Unknown { why }] },
        Ok((Standing::Before, _)) => return Decision::Older { runs: runs.commit },
        Ok((_, why)) if why.is_empty() => return Decision::Untouched,
        Ok((_, why)) => why,
    };
    match refused.filter(|refused| refused.is_newer).map(|refused| refused.base) {
        Some(Base { commit, seen: Ok((_, since)) }) if since.is_empty() => Decision::RefusedBefore { commit },
        _ => Decision::Ship { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(standing: Standing, files: &[&str]) -> Base {
        let reason = |file: &&str| Reason::App { file: (*file).to_owned() };
        Base { commit: "c0ffee".to_owned(), seen: Ok((standing, files.iter().map(reason).collect())) }
    }

    fn unknown() -> Base {
        Base { commit: "c0ffee".to_owned(), seen: Err("it is not in this clone".to_owned()) }
    }

    fn ships(decision: &Decision) -> bool {
        matches!(decision, Decision::Ship { why } if !why.is_empty())
    }

    #[test]
    fn what_changed_since_what_runs_is_shipped() {
        assert!(ships(&decide(base(Standing::After, &["fly/api.toml"]), None)));
        assert!(ships(&decide(base(Standing::Apart, &["fly/api.toml"]), None)));
    }

    #[test]
    fn what_did_not_change_is_not() {
        for standing in [Standing::Same, Standing::After, Standing::Apart] {
            assert_eq!(decide(base(standing, &[]), None), Decision::Untouched);
        }
    }

    #[test]
    fn what_nobody_knows_is_shipped_and_says_so() {
        let Decision::Ship { why } = decide(unknown(), None) else { panic!("it ships") };
        assert_eq!(why, [Reason::Unknown { why: "it is not in this clone".to_owned() }]);
    }

    #[test]
    fn a_commit_older_than_what_runs_is_not_shipped_whatever_changed() {
        for files in [&["fly/api.toml"][..], &[]] {
            assert_eq!(decide(base(Standing::Before, files), None), Decision::Older { runs: "c0ffee".to_owned() });
        }
    }

    #[test]
    fn what_was_refused_is_not_tried_again_by_a_push_that_does_not_touch_it() {
        let refused = Refused { base: base(Standing::After, &[]), is_newer: true };
        let decision = decide(base(Standing::After, &["fly/api.toml"]), Some(refused));
        assert_eq!(decision, Decision::RefusedBefore { commit: "c0ffee".to_owned() });
    }

    #[test]
    fn a_push_that_touches_what_was_refused_is_tried() {
        let refused = Refused { base: base(Standing::After, &["fly/api.toml"]), is_newer: true };
        assert!(ships(&decide(base(Standing::After, &["fly/api.toml"]), Some(refused))));
    }

    #[test]
    fn a_push_that_takes_back_what_was_refused_has_nothing_to_ship() {
        let refused = Refused { base: base(Standing::After, &["fly/api.toml"]), is_newer: true };
        assert_eq!(decide(base(Standing::After, &[]), Some(refused)), Decision::Untouched);
    }

    #[test]
    fn what_was_refused_before_what_runs_or_is_not_known_refuses_nothing() {
        for refused in
            [Refused { base: base(Standing::After, &[]), is_newer: false }, Refused { base: unknown(), is_newer: true }]
        {
            assert!(ships(&decide(base(Standing::After, &["fly/api.toml"]), Some(refused))));
        }
    }
}
