//! How a command that changes production ends, as a script sees it.

use std::process::ExitCode;

use platform::config::EXIT_MISCONFIGURED;

/// How it ended, from best to worst. Each is another thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// What was asked for stands alone.
    Done,
    /// It failed, or was taken back: what stood before stands alone.
    TakenBack,
    /// Another run is at work.
    Locked,
    /// What both colours depend on is away: nothing was changed.
    BothIll,
    /// A person has to look; the last lines say at what.
    NeedsAPerson,
    /// Nothing was called, since arguments, settings or files are wrong.
    Misconfigured,
    /// A second signal ended it at once.
    Interrupted,
}

impl Exit {
    /// The code of the process.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::TakenBack => 2,
            Self::Locked => 3,
            Self::BothIll => 4,
            Self::NeedsAPerson => 5,
            Self::Misconfigured => EXIT_MISCONFIGURED,
            Self::Interrupted => 130,
        }
    }

    /// The word for programs.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::TakenBack => "taken_back",
            Self::Locked => "locked",
            Self::BothIll => "both_ill",
            Self::NeedsAPerson => "needs_a_person",
            Self::Misconfigured => "misconfigured",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// For `--help`.
pub(crate) const CODES: &str = "\
Exit codes:
  0    done: what was asked for stands alone
  2    taken back: it failed, or was interrupted; what stood before stands alone
  3    locked: another run is at work; nothing was touched
  4    both ill: what both colours depend on is away; nothing was changed
  5    needs a person: the last lines say what to look at, and how to go on
  64   arguments, settings or files in fly/ are wrong: nothing was called
  130  ended at once by a second signal: `boardctl deploy FUNCTION --mend` finishes
  1    anything else";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_has_a_code_and_a_word_of_its_own_and_help_tells_it() {
        let all = [
            Exit::Done,
            Exit::TakenBack,
            Exit::Locked,
            Exit::BothIll,
            Exit::NeedsAPerson,
            Exit::Misconfigured,
            Exit::Interrupted,
        ];
        assert!(all.is_sorted_by_key(|exit| exit.code()) && all.is_sorted(), "a worse end has a higher code");
        for exit in all {
            assert_eq!(all.iter().filter(|other| other.code() == exit.code()).count(), 1, "{exit:?}");
            assert_eq!(all.iter().filter(|other| other.word() == exit.word()).count(), 1, "{exit:?}");
            assert_ne!(exit.code(), 1, "which is anything else");
            assert!(CODES.contains(&format!("\n  {:<4} ", exit.code())), "{exit:?}");
        }
    }
}
