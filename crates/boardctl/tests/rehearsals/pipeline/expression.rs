//! What stands in `${{ }}` and after `if:`, as far as ours go.

use serde_json::Value;

/// What names mean, and how it goes with what came before.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// `github`, `needs`, `steps`, `matrix`, `inputs`, `secrets`, `vars`.
    pub(super) names: Value,
    /// Whether all before went well.
    pub(super) success: bool,
    /// Whether somebody cancelled it.
    pub(super) cancelled: bool,
}

impl Context {
    /// Whether a condition holds. Where it does not ask how things went, they have to have gone well.
    pub(super) fn holds(&self, condition: Option<&str>) -> bool {
        let well = self.success && !self.cancelled;
        let Some(text) = condition else { return well };
        let inner = text.trim().strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(text);
        let asks = ["always()", "success()", "failure()", "cancelled()"].iter().any(|word| inner.contains(word));
        (asks || well) && truthy(&self.value(inner))
    }

    /// A text with what its expressions come to. One that is an expression alone keeps its type.
    pub(super) fn fill(&self, text: &str) -> Value {
        if let Some(alone) = text.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"))
            && !alone.contains("${{")
        {
            return self.value(alone);
        }
        let mut parts = text.split("${{");
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (inner, rest) = part.split_once("}}").expect("an expression that ends");
            filled.push_str(&words(&self.value(inner)));
            filled.push_str(rest);
        }
        Value::String(filled)
    }

    /// The same, as a text.
    pub(super) fn text(&self, text: &str) -> String {
        words(&self.fill(text))
    }

    fn value(&self, text: &str) -> Value {
        let tokens = tokens(text);
        let mut reader = Reader { context: self, tokens: &tokens };
        let value = reader.any();
        assert!(reader.tokens.is_empty(), "{text:?} goes on with {:?}", reader.tokens);
        value
    }
}

pub(super) fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn truthy(value: &Value) -> bool {
    !matches!(value, Value::Null | Value::Bool(false)) && value != "" && value != 0
}

/// Names, texts in quotes, and marks.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '\'' => 2 + rest[1..].find('\'').expect("a text that ends"),
            '=' | '!' | '&' | '|' if ["==", "!=", "&&", "||"].iter().any(|mark| rest.starts_with(mark)) => 2,
            '(' | ')' | ',' | '!' => 1,
            _ => rest.find(|it: char| !(it.is_alphanumeric() || "._-*".contains(it))).unwrap_or(rest.len()),
        };
        assert!(length > 0, "{rest:?} is not understood");
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Reader<'a> {
    context: &'a Context,
    tokens: &'a [String],
}

impl Reader<'_> {
    fn next_is(&mut self, mark: &str) -> bool {
        let is = self.tokens.first().is_some_and(|token| token == mark);
        if is {
            self.tokens = &self.tokens[1..];
        }
        is
    }

    fn any(&mut self) -> Value {
        let mut value = self.all();
        while self.next_is("||") {
            let other = self.all();
            value = if truthy(&value) { value } else { other };
        }
        value
    }

    fn all(&mut self) -> Value {
        let mut value = self.compared();
        while self.next_is("&&") {
            let other = self.compared();
            value = if truthy(&value) { other } else { value };
        }
        value
    }

    fn compared(&mut self) -> Value {
        let value = self.one();
        if self.next_is("==") {
            return Value::Bool(value == self.one());
        }
        if self.next_is("!=") {
            return Value::Bool(value != self.one());
        }
        value
    }

    fn one(&mut self) -> Value {
        if self.next_is("!") {
            return Value::Bool(!truthy(&self.one()));
        }
        if self.next_is("(") {
            let value = self.any();
            assert!(self.next_is(")"), "a bracket is open");
            return value;
        }
        let token = self.tokens.first().expect("a value").clone();
        self.tokens = &self.tokens[1..];
        if let Some(text) = token.strip_prefix('\'') {
            return Value::String(text.trim_end_matches('\'').to_owned());
        }
        if self.next_is("(") { self.call(&token) } else { self.named(&token) }
    }

    fn call(&mut self, name: &str) -> Value {
        let mut given = Vec::new();
        while !self.next_is(")") {
            given.push(self.any());
            self.next_is(",");
        }
        let Context { success, cancelled, .. } = *self.context;
        match (name, given.as_slice()) {
            ("always", []) => Value::Bool(true),
            ("success", []) => Value::Bool(success && !cancelled),
            ("failure", []) => Value::Bool(!success && !cancelled),
            ("cancelled", []) => Value::Bool(cancelled),
            ("fromJSON", [Value::String(text)]) => serde_json::from_str(text).expect("JSON"),
            // What it is of stands for what is in it: sources are the same for all runs of a test.
            ("hashFiles", files) => Value::String(format!("{}-files", files.len())),
            other => panic!("{other:?} is not known"),
        }
    }

    fn named(&self, path: &str) -> Value {
        let first = path.split('.').next().unwrap_or_default();
        assert!(self.context.names.get(first).is_some(), "{path} is of nothing that there is here");
        path.split('.').fold(self.context.names.clone(), |value, name| value.get(name).cloned().unwrap_or_default())
    }
}

mod tests {
    use serde_json::json;

    use super::*;

    fn context(success: bool) -> Context {
        let names = json!({ "steps": { "a": { "outputs": { "ship": "true" } } }, "inputs": { "any": "false" } });
        Context { names, success, cancelled: false }
    }

    #[test]
    #[ignore = "with the pipeline that it is for"]
    fn expressions_come_to_what_they_come_to_at_github() {
        let context = context(true);
        assert!(context.holds(None) && context.holds(Some("steps.a.outputs.ship == 'true'")));
        assert!(!context.holds(Some("steps.b.outputs.ship == 'true'")), "what there is not is nothing");
        assert!(context.holds(Some("always() && (steps.a.outputs.ship == 'x' || !steps.b.outputs.ship)")));
        assert_eq!(context.text("a-${{ steps.a.outputs.ship }}-${{ 'b' }}"), "a-true-b");
        assert_eq!(context.text("${{ inputs.any == 'true' && 'boardctl-' || '' }}"), "");
        assert_eq!(context.fill("${{ fromJSON('[\"a\",\"b\"]') }}"), json!(["a", "b"]));
    }

    #[test]
    #[ignore = "with the pipeline that it is for"]
    fn what_follows_a_failure_has_to_ask_for_it() {
        let context = context(false);
        assert!(!context.holds(None) && !context.holds(Some("steps.a.outputs.ship == 'true'")));
        assert!(context.holds(Some("always()")) && context.holds(Some("failure()")));
    }
}
