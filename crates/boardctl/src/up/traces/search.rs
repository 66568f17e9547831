//! Which page an address asks for, and which trace a person means.

use hyper::Uri;
use url::form_urlencoded;

use super::filter::{Filter, Wrong};

/// A page, or why there is none.
#[derive(Debug, PartialEq)]
pub(super) enum Wanted {
    /// The newest traces that are so.
    List(Filter),
    /// The same for programs.
    ListJson(Filter),
    /// A trace by the id that was given in the field.
    Search(String),
    /// A trace's page.
    Waterfall(String),
    /// Those of its spans that are so, for programs.
    Json(String, Filter),
    /// What was asked for cannot be: for people, or for programs.
    NoFilter(Vec<Wrong>, Reader),
    /// What was given is the id of no trace.
    NoId(String),
    /// There is no such page.
    Nothing,
}

/// Who reads an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    Person,
    Program,
}

/// Reads the address of a request.
pub(super) fn wanted(uri: &Uri) -> Wanted {
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let filtered = |reader, page: &dyn Fn(Filter) -> Wanted| {
        Filter::read(query, Some("id")).map_or_else(|wrong| Wanted::NoFilter(wrong, reader), page)
    };
    match path {
        "/" => return filtered(Reader::Person, &Wanted::List),
        "/traces.json" => return filtered(Reader::Program, &Wanted::ListJson),
        "/traces" => {
            let mut fields = form_urlencoded::parse(query.as_bytes());
            return match fields.find(|(name, given)| name == "id" && !given.trim().is_empty()) {
                // The field was left empty, or there was no field.
                None => filtered(Reader::Person, &Wanted::List),
                Some((_, given)) => id(&given).map_or_else(|| Wanted::NoId(given.into_owned()), Wanted::Search),
            };
        }
        _ => {}
    }
    let Some(given) = path.strip_prefix("/traces/") else {
        return Wanted::Nothing;
    };
    let (given, program) = given.strip_suffix(".json").map_or((given, false), |given| (given, true));
    match id(given) {
        None => Wanted::NoId(given.to_owned()),
        Some(id) if program => filtered(Reader::Program, &|filter| Wanted::Json(id.clone(), filter)),
        Some(id) => Wanted::Waterfall(id),
    }
}

/// The trace id in what was pasted: the id alone, or a whole `traceparent`, with quotes or blanks around it as they come
/// along when one copies from JSON.
fn id(given: &str) -> Option<String> {
    let bare = given.trim_matches(|letter: char| letter.is_whitespace() || "\"',".contains(letter));
    let id = match bare.split('-').collect::<Vec<_>>()[..] {
        [id] => id,
        ["00", id, _, _] => id,
        _ => return None,
    };
    let fits = id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit());
    fits.then(|| id.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(address: &str) -> Wanted {
        wanted(&address.parse().expect("an address"))
    }

    #[test]
    fn each_address_is_a_page() {
        assert_eq!(of("/"), Wanted::List(Filter::default()));
        assert_eq!(of("/traces.json"), Wanted::ListJson(Filter::default()));
        assert_eq!(of(&format!("/traces/{ID}")), Wanted::Waterfall(ID.to_owned()));
        assert_eq!(of(&format!("/traces/{ID}.json")), Wanted::Json(ID.to_owned(), Filter::default()));
        assert_eq!(of("/favicon.ico"), Wanted::Nothing);
        assert_eq!(of("/traces/nonsense"), Wanted::NoId("nonsense".to_owned()));
    }

    #[test]
    fn each_list_takes_the_filter_and_refuses_what_is_none() {
        let errors = Filter { errors: true, ..Filter::default() };
        assert_eq!(of("/?errors=1"), Wanted::List(errors.clone()));
        assert_eq!(of("/traces?id=&errors=1"), Wanted::List(errors.clone()));
        assert_eq!(of("/traces.json?errors=1"), Wanted::ListJson(errors.clone()));
        assert_eq!(of(&format!("/traces/{ID}.json?errors=1")), Wanted::Json(ID.to_owned(), errors));
        let reader = |address: &str| match of(address) {
            Wanted::NoFilter(wrong, reader) if wrong.len() == 1 && wrong[0].parameter == "x" => reader,
            other => panic!("{address}: {other:?}"),
        };
        assert_eq!((reader("/?x=y"), reader("/traces?x=y")), (Reader::Person, Reader::Person));
        assert_eq!(reader("/traces.json?x=y"), Reader::Program);
        assert_eq!(reader(&format!("/traces/{ID}.json?x=y")), Reader::Program);
    }

    #[test]
    fn an_empty_field_leads_back_to_the_list() {
        for empty in ["/traces", "/traces?id=", "/traces?id=+"] {
            assert_eq!(of(empty), Wanted::List(Filter::default()), "{empty}");
        }
    }

    #[test]
    fn an_id_is_found_in_what_people_paste() {
        let shouted = ID.to_uppercase();
        for pasted in
            [ID, &format!("+{ID}%0A"), &format!("%22{ID}%22,"), &format!("00-{ID}-00f067aa0ba902b7-01"), &shouted]
        {
            assert_eq!(of(&format!("/traces?id={pasted}")), Wanted::Search(ID.to_owned()), "{pasted}");
        }
    }

    #[test]
    fn what_is_no_id_is_given_back() {
        for wrong in ["abc", &ID[1..], &format!("{ID}0"), &ID.replace('4', "g"), "ü", &format!("{ID}-01")] {
            let address = form_urlencoded::Serializer::new("/traces?".to_owned()).append_pair("id", wrong).finish();
            assert_eq!(of(&address), Wanted::NoId(wrong.to_owned()), "{address}");
        }
    }
}
