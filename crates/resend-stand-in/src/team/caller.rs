//! Who asks, and whether they may.

use crate::answer::Answer;
use crate::behaviour::Access;
use crate::problem::Problem;

/// What a request says of its sender.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    /// The `User-Agent` header.
    pub(crate) user_agent: Option<&'a str>,
    /// The `Authorization` header.
    pub(crate) authorization: Option<&'a str>,
}

/// What a caller is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Send a mail, which every key may.
    Send,
    /// Anything else.
    Manage,
}

impl Caller<'_> {
    /// Lets a caller with a user agent and the right key through; without `wanted`, every key of Resend's form is
    /// right.
    pub(super) fn check(&self, act: Act, wanted: Option<&str>, access: Access) -> Result<(), Answer> {
        self.may(act, wanted, access).map_err(Answer::from)
    }

    fn may(&self, act: Act, wanted: Option<&str>, access: Access) -> Result<(), Problem> {
        if self.user_agent.is_none_or(str::is_empty) {
            return Err(Problem::new(403, "invalid_permission", "The User-Agent header is missing."));
        }
        let Some(shown) = self.authorization.map(str::trim).filter(|shown| !shown.is_empty()) else {
            return Err(Problem::new(401, "missing_api_key", "Missing API Key"));
        };
        // Resend's page of errors: 400 where the header holds nothing of a key's form; a key that does not exist is 401
        // where it would send, and 400 elsewhere.
        let invalid = |status| Problem::new(status, "validation_error", "API key is invalid");
        let key = shown.strip_prefix("Bearer ").map(str::trim).filter(|key| key.starts_with("re_"));
        let key = key.ok_or_else(|| invalid(400))?;
        match act {
            _ if wanted.is_some_and(|wanted| key != wanted) => Err(invalid(if act == Act::Send { 401 } else { 400 })),
            Act::Manage if access == Access::Sending => {
                Err(Problem::new(401, "restricted_api_key", "This API key is restricted to only send emails."))
            }
            Act::Send | Act::Manage => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(act: Act, authorization: Option<&str>, wanted: Option<&str>) -> Option<(u16, String)> {
        let caller = Caller { user_agent: Some("t"), authorization };
        let refused = caller.may(act, wanted, Access::Full).err()?;
        Some((refused.status, refused.name.into_owned()))
    }

    fn problem(status: u16, name: &str) -> Option<(u16, String)> {
        Some((status, name.to_owned()))
    }

    #[test]
    fn a_caller_without_a_user_agent_is_forbidden() {
        let caller = Caller { user_agent: None, authorization: Some("Bearer re_1") };
        assert_eq!(caller.may(Act::Send, None, Access::Full).map_err(|refused| refused.status), Err(403));
    }

    #[test]
    fn a_caller_without_a_key_is_told_so() {
        for none in [None, Some(""), Some(" ")] {
            assert_eq!(refused(Act::Send, none, None), problem(401, "missing_api_key"));
        }
    }

    #[test]
    fn what_has_no_keys_form_is_a_bad_request_everywhere() {
        for none in ["re_1", "Bearer", "Bearer ", "Basic re_1", "Bearer sk_any"] {
            for act in [Act::Send, Act::Manage] {
                assert_eq!(refused(act, Some(none), None), problem(400, "validation_error"), "{none}");
            }
        }
    }

    #[test]
    fn a_key_that_does_not_exist_is_refused_by_what_it_would_do() {
        assert_eq!(refused(Act::Send, Some("Bearer re_1"), Some("re_1")), None);
        assert_eq!(refused(Act::Send, Some("Bearer re_2"), Some("re_1")), problem(401, "validation_error"));
        assert_eq!(refused(Act::Manage, Some("Bearer re_2"), Some("re_1")), problem(400, "validation_error"));
    }

    #[test]
    fn without_a_key_of_its_own_the_team_takes_every_key_of_resends_form() {
        assert_eq!(refused(Act::Manage, Some("Bearer re_any"), None), None);
    }

    #[test]
    fn a_key_for_sending_alone_may_do_nothing_else() {
        let caller = Caller { user_agent: Some("t"), authorization: Some("Bearer re_1") };
        assert_eq!(caller.may(Act::Send, None, Access::Sending), Ok(()));
        let refused = caller.may(Act::Manage, None, Access::Sending).expect_err("not allowed");
        assert_eq!((refused.status, refused.name.as_ref()), (401, "restricted_api_key"));
    }
}
