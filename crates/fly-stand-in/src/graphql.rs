//! As much of GraphQL's language as flyctl writes: one operation with fields, aliases and arguments. A library for it would
//! bring a second copy of what the workspace has, for eight questions.

use std::collections::BTreeMap;

use serde_json::Value;

/// A field that is asked for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    /// What it is called in the answer.
    pub(crate) alias: String,
    pub(crate) name: String,
    arguments: BTreeMap<String, Value>,
    pub(crate) fields: Vec<Self>,
}

impl Field {
    pub(crate) fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.get(name)
    }
}

/// The fields of an operation, its variables in their places.
///
/// # Errors
/// What is not understood, by its name.
pub(crate) fn read(query: &str, variables: &Value) -> Result<Vec<Field>, String> {
    let words = words(query)?;
    let mut words = Words { words: &words, variables };
    // Its kind, its name, and what its variables are: all of that is told by their use.
    words.take_while(|word| word != "(" && word != "{");
    if words.next_is("(") {
        words.take_while(|word| word != ")");
        words.expect(")")?;
    }
    words.fields()
}

/// Names and signs. What is no part of the language that is read here is refused.
fn words(query: &str) -> Result<Vec<String>, String> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' | '}' | '(' | ')' | ':' | '!' | '$' | '[' | ']' | '=' => 1,
            '"' => rest[1..].find('"').map(|end| end + 2).ok_or("a text without an end")?,
            _ if is_name(first) || first == '-' => {
                rest.find(|sign| !is_name(sign) && sign != '-').unwrap_or(rest.len())
            }
            other => return Err(format!("GraphQL's {other:?} is not kept by this stand-in")),
        };
        words.push(rest[..length].to_owned());
        rest = rest[length..].trim_start_matches(|sign: char| sign.is_whitespace() || sign == ',');
    }
    Ok(words)
}

fn is_name(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || sign == '_'
}

struct Words<'a> {
    words: &'a [String],
    variables: &'a Value,
}

impl Words<'_> {
    fn next_is(&self, word: &str) -> bool {
        self.words.first().is_some_and(|next| next == word)
    }

    fn next(&mut self) -> Result<&str, String> {
        let (next, rest) = self.words.split_first().ok_or("it ends too soon")?;
        self.words = rest;
        Ok(next)
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        let next = self.next()?;
        if next == word { Ok(()) } else { Err(format!("wanted {word:?}, not {next:?}")) }
    }

    fn take_while(&mut self, so: impl Fn(&str) -> bool) {
        while self.words.first().is_some_and(|word| so(word)) {
            self.words = &self.words[1..];
        }
    }

    fn fields(&mut self) -> Result<Vec<Field>, String> {
        self.expect("{")?;
        let mut fields = Vec::new();
        while !self.next_is("}") {
            fields.push(self.field()?);
        }
        self.expect("}")?;
        Ok(fields)
    }

    fn field(&mut self) -> Result<Field, String> {
        let alias = self.next()?.to_owned();
        let name = if self.next_is(":") {
            self.expect(":")?;
            self.next()?.to_owned()
        } else {
            alias.clone()
        };
        let mut arguments = BTreeMap::new();
        if self.next_is("(") {
            self.expect("(")?;
            while !self.next_is(")") {
                let name = self.next()?.to_owned();
                self.expect(":")?;
                arguments.insert(name, self.value()?);
            }
            self.expect(")")?;
        }
        let fields = if self.next_is("{") { self.fields()? } else { Vec::new() };
        Ok(Field { alias, name, arguments, fields })
    }

    fn value(&mut self) -> Result<Value, String> {
        let variables = self.variables;
        match self.next()? {
            "$" => Ok(variables.get(self.next()?).cloned().unwrap_or_default()),
            text if text.starts_with('"') => Ok(Value::String(text.trim_matches('"').to_owned())),
            word if is_plain(word) => Ok(serde_json::from_str(word).unwrap_or_else(|_| Value::String(word.to_owned()))),
            sign => Err(format!("GraphQL's value {sign:?} is not kept by this stand-in")),
        }
    }
}

fn is_plain(word: &str) -> bool {
    word.chars().all(|sign| is_name(sign) || sign == '-')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_read_with_their_aliases_and_arguments() {
        let query = "query Q ($appName: String!, $n: Int = 3) { one:app(name: $appName, first: 2, of: \"x\") { id role { name } } two }";
        let fields = read(query, &json!({"appName": "web"})).expect("understood");
        let names: Vec<_> = fields.iter().map(|field| (field.alias.as_str(), field.name.as_str())).collect();
        assert_eq!(names, [("one", "app"), ("two", "two")]);
        let arguments = ["name", "first", "of", "else"].map(|name| fields[0].argument(name).cloned());
        assert_eq!(arguments, [Some(json!("web")), Some(json!(2)), Some(json!("x")), None]);
        assert_eq!(fields[0].fields[1].fields[0].name, "name");
        assert_eq!(read("{ a }", &Value::Null).expect("understood").len(), 1);
    }

    #[test]
    fn what_is_not_read_is_refused_by_its_name() {
        for (query, wrong) in [
            ("query { app { ...All } }", "'.'"),
            ("query { app(name: [1]) { id } }", "\"[\""),
            ("query { app { id }", "too soon"),
            ("{ a(b: \"c", "without an end"),
        ] {
            let error = read(query, &Value::Null).expect_err("refused");
            assert!(error.contains(wrong), "{query}: {error}");
        }
    }
}
