//! Which page an address asks for, and which trace a person means.

use hyper::Uri;
use url::form_urlencoded;

/// A page, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The newest traces.
    List,
    /// A trace by the id that was given in the field.
    Search(String),
    /// A trace's page.
    Waterfall(String),
    /// The same for programs.
    Json(String),
    /// What was given is the id of no trace.
    NoId(String),
    /// There is no such page.
    Nothing,
}

/// Reads the address of a request.
pub(super) fn wanted(uri: &Uri) -> Wanted {
    let path = uri.path();
    if path == "/" {
        return Wanted::List;
    }
    if path == "/traces" {
        let mut fields = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
        return match fields.find(|(name, _)| name == "id") {
            // The field was left empty, or there was no field.
            None => Wanted::List,
            Some((_, given)) if given.trim().is_empty() => Wanted::List,
            Some((_, given)) => id(&given).map_or_else(|| Wanted::NoId(given.into_owned()), Wanted::Search),
        };
    }
    let Some(given) = path.strip_prefix("/traces/") else {
        return Wanted::Nothing;
    };
    let (given, page): (_, fn(String) -> Wanted) = match given.strip_suffix(".json") {
        Some(given) => (given, Wanted::Json),
        None => (given, Wanted::Waterfall),
    };
    id(given).map_or_else(|| Wanted::NoId(given.to_owned()), page)
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
        assert_eq!(of("/"), Wanted::List);
        assert_eq!(of("/?x=y"), Wanted::List);
        assert_eq!(of(&format!("/traces/{ID}")), Wanted::Waterfall(ID.to_owned()));
        assert_eq!(of(&format!("/traces/{ID}.json")), Wanted::Json(ID.to_owned()));
        assert_eq!(of("/favicon.ico"), Wanted::Nothing);
        assert_eq!(of("/traces/nonsense"), Wanted::NoId("nonsense".to_owned()));
    }

    #[test]
    fn an_empty_field_leads_back_to_the_list() {
        for empty in ["/traces", "/traces?id=", "/traces?id=+"] {
            assert_eq!(of(empty), Wanted::List, "{empty}");
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
