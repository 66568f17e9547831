//! Whether a rule that was written anew lets through all that the old one did.

/// Surely so: the same words, or a list of the values of one column that grew.
pub(super) fn is_wider(old: &str, new: &str) -> bool {
    old == new
        || list(old).zip(list(new)).is_some_and(|((of, old), (of_new, new))| {
            let is_in_new = |value: &&str| new.contains(value);
            of == of_new && old.iter().all(is_in_new)
        })
}

/// Of a rule that is one list, as PostgreSQL writes it (`(kind = ANY (ARRAY['a'::text, 'b'::text]))`, or
/// `'{a,b}'::text[]`), the column and the values. Of any other rule a longer list may be the narrower one.
fn list(rule: &str) -> Option<(&str, Vec<&str>)> {
    let inner = match rule.strip_prefix("CHECK (") {
        Some(check) => check.strip_suffix(')')?,
        None => rule,
    };
    let (column, list) = inner.strip_prefix('(')?.strip_suffix("))")?.split_once(" = ANY (")?;
    let is_name = column.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    let values = match list.strip_prefix("'{") {
        Some(array) => array.strip_suffix("}'::text[]")?.split(',').map(|value| quoted(value, '"')).collect(),
        None => elements(list)?.split(", ").map(|value| quoted(value.strip_suffix("::text")?, '\'')).collect(),
    };
    let values: Option<Vec<&str>> = values;
    Some((column, values?)).filter(|_| is_name)
}

fn elements(list: &str) -> Option<&str> {
    list.strip_prefix("ARRAY[")?.strip_suffix(']')
}

/// What stands between the quotes, or what stands there without any; `None` for what would have to be read more closely.
fn quoted(value: &str, quote: char) -> Option<&str> {
    let inner = value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote)).unwrap_or(value);
    (!inner.contains([quote, '\\'])).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_grew_is_wider_and_one_that_shrank_is_not() {
        let two = "CHECK ((kind = ANY (ARRAY['a'::text, 'b'::text])))";
        let three = "CHECK ((kind = ANY (ARRAY['a'::text, 'c'::text, 'b'::text])))";
        assert!(is_wider(two, three) && is_wider(two, two));
        assert!(!is_wider(three, two));
        assert!(!is_wider(two, &three.replace("kind", "other")));
        let routes = |list: &str| format!("(route = ANY ('{{{list}}}'::text[]))");
        assert!(is_wider(&routes("\"a b\",c"), &routes("\"a b\",c,\"d {x}\"")));
        assert!(!is_wider(&routes("\"a b\",c"), &routes("\"a b\"")));
    }

    #[test]
    fn of_what_is_no_plain_list_nothing_is_said() {
        let negated = "CHECK ((kind <> ALL (ARRAY['a'::text])))";
        assert!(!is_wider(negated, &negated.replace("'a'::text", "'a'::text, 'b'::text")));
        let both = "CHECK (((error IS NOT NULL) = (state = ANY (ARRAY['a'::text]))))";
        assert!(!is_wider(both, &both.replace("'a'::text", "'a'::text, 'b'::text")));
        assert!(!is_wider("CHECK ((char_length(name) <= 100))", "CHECK ((char_length(name) <= 200))"));
    }
}
