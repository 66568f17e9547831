use serde_json::Value;

/// The longest address, in characters (RFC 5321).
const LONGEST: usize = 254;
/// The longest part before the `@`.
const LONGEST_LOCAL: usize = 64;
const LONGEST_LABEL: usize = 63;

/// A mail address: kept as it was written for sending, and with its domain in lower case for telling people apart.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    written: String,
    key: String,
}

impl Address {
    /// Takes the form that nearly everybody has: an unquoted local part and a domain of at least two labels.
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        let text = value.as_str().ok_or("is not a text: wanted a mail address")?.trim();
        if text.len() > LONGEST {
            return Err(format!("has {} characters: wanted {LONGEST} at most", text.chars().count()));
        }
        let (local, domain) = text.rsplit_once('@').ok_or("has no @: wanted a mail address")?;
        if !is_local(local) || !is_domain(domain) {
            return Err("is not a mail address: wanted NAME@DOMAIN in ASCII".to_owned());
        }
        Ok(Self { written: text.to_owned(), key: format!("{local}@{}", domain.to_ascii_lowercase()) })
    }

    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }
}

fn is_local(local: &str) -> bool {
    let atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atext);
    local.len() <= LONGEST_LOCAL && local.split('.').all(atom)
}

/// The characters of an atom (RFC 5322).
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        let edges = !label.starts_with('-') && !label.ends_with('-');
        let known = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        !label.is_empty() && label.len() <= LONGEST_LABEL && edges && known
    };
    domain.contains('.') && domain.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_domain_does_not_tell_people_apart_by_its_case_and_the_local_part_does() {
        let address = Address::parse(&"Ada.L+x@Example.ORG".into()).expect("an address");
        assert_eq!(address.written(), "Ada.L+x@Example.ORG");
        assert_eq!(address.key(), "Ada.L+x@example.org");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.org", "a.".repeat(130));
        for wrong in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "ada@example",
            "ada@@example.org",
            "a da@example.org",
            ".ada@example.org",
            "ada.@example.org",
            "a..b@example.org",
            "ada@-x.org",
            "ada@x..org",
            "ada@example.org\r\nBcc: eve@example.org",
            "ädä@example.org",
            "ada@exämple.org",
            "<ada@example.org>",
            long.as_str(),
            longer.as_str(),
        ] {
            assert!(Address::parse(&wrong.into()).is_err(), "{wrong:?} was taken");
        }
        assert!(Address::parse(&7.into()).is_err());
    }
}
