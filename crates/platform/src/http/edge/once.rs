use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::http::problem::{BAD_REQUEST, Problem};
use crate::sabotage;

/// A header that may come once came several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is given more than once: wanted once")]
pub struct GivenTwice;

/// The one value of what may come once: `once(headers.get_all(NAME))`. Whoever took the first of several would believe
/// something else than a proxy that took the last.
///
/// # Errors
/// When there are several, also when they are equal.
pub fn once<T>(values: impl IntoIterator<Item = T>) -> Result<Option<T>, GivenTwice> {
    let mut values = values.into_iter();
    match (values.next(), values.next()) {
        (first, None) => Ok(first),
        (first, _) if sabotage::takes_out("given once") => Ok(first),
        _ => Err(GivenTwice),
    }
}

/// A request's header that may come once.
///
/// # Errors
/// `bad-request`, by name, when it comes several times.
pub(super) fn header(headers: &HeaderMap, name: HeaderName) -> Result<Option<&HeaderValue>, Problem> {
    let refused = |twice: GivenTwice| Problem::from(BAD_REQUEST).detail(format!("The header {name} {twice}."));
    once(headers.get_all(&name)).map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards: given once.
    #[test]
    fn of_several_values_none_is_believed_also_when_they_are_equal() {
        assert_eq!(once([1, 2]), Err(GivenTwice));
        assert_eq!(once([1, 1]), Err(GivenTwice));
        assert_eq!((once([1]), once::<i32>([])), (Ok(Some(1)), Ok(None)));
    }
}
