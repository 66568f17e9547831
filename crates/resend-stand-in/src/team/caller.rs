//! Who asks, and whether they may.

use crate::answer::Answer;
use crate::problem::Problem;

/// What a request says of its sender.
#[derive(Clone, Copy)]
pub(crate) struct Caller<'a> {
    /// The `User-Agent` header.
    pub(crate) user_agent: Option<&'a str>,
    /// The `Authorization` header.
    pub(crate) authorization: Option<&'a str>,
}

impl Caller<'_> {
    /// Lets a caller with a user agent and the right key through; without `wanted`, every key of Resend's
    /// form is right.
    pub(super) fn check(&self, wanted: Option<&str>) -> Result<(), Answer> {
        self.verdict(wanted).map_err(Answer::from)
    }

    fn verdict(&self, wanted: Option<&str>) -> Result<(), Problem> {
        if self.user_agent.is_none_or(str::is_empty) {
            return Err(Problem::new(403, "invalid_permission", "The User-Agent header is missing."));
        }
        let bearer = self.authorization.and_then(|value| value.strip_prefix("Bearer "));
        let Some(shown) = bearer.map(str::trim).filter(|shown| !shown.is_empty()) else {
            return Err(Problem::new(401, "missing_api_key", "Missing API key in the authorization header."));
        };
        let right = wanted.map_or_else(|| shown.starts_with("re_"), |wanted| shown == wanted);
        // Resend's page names this `invalid_api_key`, but its maintainers say that the API answers
        // `validation_error` (resend-node, pull request 617).
        right.then_some(()).ok_or_else(|| Problem::new(401, "validation_error", "API key is invalid"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(user_agent: Option<&str>, authorization: Option<&str>, wanted: Option<&str>) -> Option<(u16, String)> {
        let refused = Caller { user_agent, authorization }.verdict(wanted).err()?;
        Some((refused.status, refused.name.into_owned()))
    }

    #[test]
    fn a_caller_without_a_user_agent_is_forbidden() {
        assert_eq!(verdict(None, Some("Bearer re_1"), None).map(|(status, _)| status), Some(403));
    }

    #[test]
    fn a_caller_without_a_key_is_told_so() {
        for none in [None, Some("re_1"), Some("Bearer "), Some("Basic re_1")] {
            assert_eq!(verdict(Some("t"), none, None), Some((401, "missing_api_key".to_owned())));
        }
    }

    #[test]
    fn the_wrong_key_is_refused() {
        assert_eq!(verdict(Some("t"), Some("Bearer re_1"), Some("re_1")), None);
        assert_eq!(verdict(Some("t"), Some("Bearer re_2"), Some("re_1")), Some((401, "validation_error".to_owned())));
    }

    #[test]
    fn without_a_key_of_its_own_the_team_takes_every_key_of_resends_form() {
        assert_eq!(verdict(Some("t"), Some("Bearer re_any"), None), None);
        assert_eq!(verdict(Some("t"), Some("Bearer sk_any"), None).map(|(status, _)| status), Some(401));
    }
}
