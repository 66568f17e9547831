//! Who mails are from.

use std::fmt;
use std::str::FromStr;

/// What a person is told to write.
pub(super) const WANTED: &str = "ADDRESS or NAME <ADDRESS>, such as Board <mail@board.example>";

/// The longest address that mail can carry (RFC 5321).
const LONGEST: usize = 254;

/// `mail@board.example` or `Board <mail@board.example>`, as Resend takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(String);

/// Neither of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an address, nor a name and an address")]
pub struct BadSender;

impl Sender {
    /// As it goes into a request.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Sender {
    type Err = BadSender;

    fn from_str(text: &str) -> Result<Self, BadSender> {
        let address = match text.strip_suffix('>').map(|rest| rest.split_once('<')) {
            None => text,
            Some(Some((name, address))) if is_name(name) => address,
            Some(_) => return Err(BadSender),
        };
        if is_address(address) { Ok(Self(text.to_owned())) } else { Err(BadSender) }
    }
}

fn is_name(name: &str) -> bool {
    // Names with these would need quotes, which Resend's form does not have.
    !name.trim().is_empty() && !name.contains(|c: char| c.is_control() || "<>@,\"".contains(c))
}

/// Strict enough to catch a slip; whether mail may come from there, Resend knows.
fn is_address(address: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let Some((local, domain)) = address.split_once('@') else { return false };
    address.len() <= LONGEST
        && !local.is_empty()
        && local.chars().all(fits)
        && domain.contains('.')
        && domain
            .split('.')
            .all(|label| !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
}

#[cfg(test)]
mod tests {
    use super::{BadSender, Sender};

    #[test]
    fn both_forms_are_taken_as_they_are() {
        for good in ["mail@board.example", "Board <mail@board.example>", "Zoë & Co. <a.b+c@d-e.example>"] {
            assert_eq!(good.parse::<Sender>().as_ref().map(Sender::as_str), Ok(good));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let long = format!("{}@board.example", "a".repeat(250));
        for wrong in [
            "",
            "mail",
            "mail@board",
            "@board.example",
            "mail@board.example>",
            "<mail@board.example>",
            "Board <mail@board.example",
            "Board mail@board.example",
            "A\r\nBcc: x <mail@board.example>",
            "a@b.example, c@d.example",
            "mail@board..example",
            &long,
        ] {
            assert_eq!(wrong.parse::<Sender>(), Err(BadSender), "{wrong}");
        }
    }
}
