//! The SQL that stands in a Rust source: texts that begin with a verb, also those that `concat!` and the file's own macros
//! put together. What is put together at run time nobody can read there.

mod macros;
mod text;

use std::str::FromStr as _;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

use macros::Macros;
use text::text;

/// What a statement that reads or writes begins with.
pub(super) const VERBS: [&str; 6] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "MERGE"];

/// What was found in a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) statements: Vec<String>,
    /// Whether there is more, which cannot be read.
    pub(super) is_more: bool,
}

/// The statements of a source.
pub(super) fn statements(source: &str) -> Found {
    let mut found = Found::default();
    match TokenStream::from_str(source) {
        Ok(tokens) => {
            let tokens: Vec<TokenTree> = tokens.into_iter().collect();
            walk(&tokens, &Macros::of(&tokens), &mut found);
        }
        Err(_) => found.is_more = true,
    }
    found
}

fn walk(tokens: &[TokenTree], macros: &Macros, found: &mut Found) {
    let mut rest = tokens;
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (TokenTree::Punct(hash), [TokenTree::Group(attribute), after @ ..]) if hash.as_char() == '#' => {
                rest = if is_of_tests(attribute) { past_item(after) } else { after };
            }
            (TokenTree::Ident(name), [TokenTree::Punct(bang), TokenTree::Group(given), after @ ..])
                if bang.as_char() == '!' =>
            {
                rest = after;
                called(&name.to_string(), given, macros, found);
            }
            (TokenTree::Group(group), _) => walk(&trees(group), macros, found),
            (TokenTree::Literal(literal), _) => found.statements.extend(text(literal).filter(|it| is_sql(it))),
            _ => {}
        }
    }
}

/// A macro's call: as a text where it can be read as one.
fn called(name: &str, given: &Group, macros: &Macros, found: &mut Found) {
    match macros.expand(name, given) {
        Some(sql) => found.statements.extend(Some(sql).filter(|it| is_sql(it))),
        // A part of a statement is none.
        None if matches!(name, "format" | "concat" | "format_args") => found.is_more |= begins_sql(given),
        None => walk(&trees(given), macros, found),
    }
}

/// Whether a text that is given here begins a statement.
fn begins_sql(given: &Group) -> bool {
    let begins = |text: String| text.split_whitespace().next().is_some_and(|verb| VERBS.contains(&verb));
    trees(given).iter().any(|tree| match tree {
        TokenTree::Literal(literal) => text(literal).is_some_and(begins),
        TokenTree::Group(group) => begins_sql(group),
        _ => false,
    })
}

fn trees(group: &Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn is_sql(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next().is_some_and(|verb| VERBS.contains(&verb)) && words.next().is_some()
}

fn is_of_tests(attribute: &Group) -> bool {
    attribute.delimiter() == Delimiter::Bracket && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// What comes behind the item that an attribute is of.
fn past_item(tokens: &[TokenTree]) -> &[TokenTree] {
    let ends = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        TokenTree::Punct(punct) => punct.as_char() == ';',
        _ => false,
    };
    tokens.iter().position(ends).map_or(&[], |end| &tokens[end + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<String> {
        statements(source).statements
    }

    #[test]
    fn a_text_that_begins_with_a_verb_is_a_statement() {
        let source = r#"const A: Statement = Statement::new("select job", "SELECT 1 \
                            FROM jobs"); const B: &str = "SELECTED words"; /* "SELECT 2" */ fn f() { g("UPDATE a") }"#;
        assert_eq!(found(source), ["SELECT 1 FROM jobs", "UPDATE a"]);
    }

    #[test]
    fn tests_and_what_documents_say_are_left_out() {
        let source = "/// SELECT 1 of it\n#[cfg(test)]\nmod tests { const A: &str = \"SELECT 1\"; }\n\
                      #[cfg(test)] mod more;\nconst B: &str = \"SELECT 2\";";
        assert_eq!(found(source), ["SELECT 2"]);
    }

    #[test]
    fn a_text_of_several_parts_is_one_statement() {
        let source = r#"macro_rules! columns { () => { columns!("b") }; ($other:literal) => { concat!("a, ", $other) }; }
            const A: &str = concat!("SELECT ", columns!(), " FROM t");
            const B: &str = concat!("SELECT ", columns!("c"), " FROM t");"#;
        assert_eq!(found(source), ["SELECT a, b FROM t", "SELECT a, c FROM t"]);
    }

    #[test]
    fn what_is_made_at_run_time_is_told_as_such() {
        let made = statements(r#"fn f() { let sql = format!("DELETE FROM {table} WHERE x"); }"#);
        assert_eq!(made, Found { statements: Vec::new(), is_more: true });
        assert!(statements(r#"const A: &str = concat!("SELECT ", WHAT);"#).is_more);
        assert!(!statements(r#"fn f() { println!("{x}"); format!("{y}") }"#).is_more);
    }
}
