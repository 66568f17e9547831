//! The macros that put texts together: `concat!`, and those that a file makes for itself.

use std::collections::BTreeMap;

use proc_macro2::{Group, TokenTree};

use super::text;

/// Deeper than anybody nests them.
const DEEP: usize = 16;

/// The macros of a file, by name.
#[derive(Debug, Default)]
pub(super) struct Macros(BTreeMap<String, Vec<Rule>>);

/// The names of what it is given, and what it becomes.
type Rule = (Vec<String>, Vec<TokenTree>);

/// What a macro was given, by name.
type Given = BTreeMap<String, String>;

impl Macros {
    /// Those that are made at the outermost level of a file.
    pub(super) fn of(tokens: &[TokenTree]) -> Self {
        let made = tokens.windows(4).filter_map(|window| match window {
            [TokenTree::Ident(word), TokenTree::Punct(_), TokenTree::Ident(name), TokenTree::Group(rules)]
                if word == "macro_rules" =>
            {
                Some((name.to_string(), self::rules(rules)))
            }
            _ => None,
        });
        Self(made.collect())
    }

    /// The text that a call becomes; `None` where that is not known before it runs.
    pub(super) fn expand(&self, name: &str, given: &Group) -> Option<String> {
        self.call(name, given, &Given::new(), 0)
    }

    fn call(&self, name: &str, given: &Group, outer: &Given, depth: usize) -> Option<String> {
        let tokens: Vec<TokenTree> = given.stream().into_iter().collect();
        let arguments = arguments(&tokens);
        let mut texts = arguments.iter().map(|argument| self.value(argument, outer, depth));
        if name == "concat" {
            return texts.collect();
        }
        let rules = self.0.get(name).filter(|_| depth < DEEP)?;
        let (names, becomes) = rules.iter().find(|(names, _)| names.len() == arguments.len())?;
        let inner = names.iter().map(|name| Some((name.clone(), texts.next()??))).collect::<Option<Given>>()?;
        self.value(becomes, &inner, depth + 1)
    }

    /// A text, a name of what was given, or another call.
    fn value(&self, tokens: &[TokenTree], given: &Given, depth: usize) -> Option<String> {
        match tokens {
            [TokenTree::Literal(literal)] => text(literal).or_else(|| Some(literal.to_string())),
            [TokenTree::Punct(_), TokenTree::Ident(name)] => given.get(&name.to_string()).cloned(),
            [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Group(arguments)] => {
                self.call(&name.to_string(), arguments, given, depth)
            }
            _ => None,
        }
    }
}

/// Split at commas; one behind the last is fine.
fn arguments(tokens: &[TokenTree]) -> Vec<Vec<TokenTree>> {
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    tokens.split(is_comma).filter(|argument| !argument.is_empty()).map(<[TokenTree]>::to_vec).collect()
}

/// `(pattern) => { text }`, each with its arrow of two signs.
fn rules(group: &Group) -> Vec<Rule> {
    let tokens: Vec<TokenTree> = group.stream().into_iter().collect();
    let groups: Vec<Vec<TokenTree>> = tokens
        .iter()
        .filter_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream().into_iter().collect()),
            _ => None,
        })
        .collect();
    groups.chunks_exact(2).map(|rule| (names(&rule[0]), rule[1].clone())).collect()
}

/// What a pattern calls what it is given.
fn names(pattern: &[TokenTree]) -> Vec<String> {
    let named = pattern.windows(2).filter_map(|window| match window {
        [TokenTree::Punct(dollar), TokenTree::Ident(name)] if dollar.as_char() == '$' => Some(name.to_string()),
        _ => None,
    });
    named.collect()
}
