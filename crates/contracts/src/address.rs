//! Mail addresses: what is taken for one, what tells mailboxes apart, and what mail is sent to.
//!
//! One mailbox is one person. Nearly every mailbox takes its name in any case, and a domain is the same in Unicode and
//! in A-labels, so the key is the whole address in lower case with its domain in A-labels (UTS 46, the `idna` crate). On
//! the wire a domain goes in A-labels, too: whoever mapped `straße.example` in another way than the key does would send
//! the link to somebody else.

use std::borrow::Cow;

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};

/// The longest address, in characters (RFC 5321).
const LONGEST: usize = 254;
/// The longest part before the `@`.
const LONGEST_LOCAL: usize = 64;

/// A mail address: kept as it was written for showing and for sending, and as the key of its mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    written: String,
    key: String,
}

/// Why a text is no address. It says what is wrong, never the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// Longer than mail can carry.
    #[error("is too long: wanted {LONGEST} characters at most")]
    TooLong,
    /// Without an `@`.
    #[error("has no @: wanted a mail address")]
    NoAt,
    /// What stands before the `@` is no name of a mailbox.
    #[error("is not a mail address: wanted NAME@DOMAIN, the name in ASCII")]
    Local,
    /// What stands behind the `@` is no domain.
    #[error("is not a mail address: behind the @ stands no domain")]
    Domain,
}

impl Address {
    /// Takes the form that nearly everybody has: an unquoted local part in ASCII and a domain of at least two labels, in
    /// any script. An A-label has to be what its U-label encodes to.
    ///
    /// # Errors
    /// [`BadAddress`].
    pub fn parse(text: &str) -> Result<Self, BadAddress> {
        let text = text.trim();
        if text.chars().count() > LONGEST {
            return Err(BadAddress::TooLong);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(BadAddress::NoAt)?;
        if !is_local(local) {
            return Err(BadAddress::Local);
        }
        let ascii = ascii(domain).filter(|ascii| ascii.contains('.')).ok_or(BadAddress::Domain)?;
        // A domain in another script as UTS 46 has it: what it maps away, such as what nobody sees, is not kept.
        let shown = if domain.is_ascii() { Cow::Borrowed(domain) } else { Cow::Owned(unicode(&ascii)) };
        let key = format!("{}@{ascii}", local.to_ascii_lowercase());
        if key.len() > LONGEST {
            return Err(BadAddress::TooLong);
        }
        Ok(Self { written: format!("{local}@{shown}"), key })
    }

    /// As it was written.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What tells its mailbox from all others.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Where mail to a stored address goes: as it was written, but a domain in another script in A-labels, since neither
/// SMTP without an extension nor Resend takes any other. What no longer is an address goes as it is, to be refused.
#[must_use]
pub fn on_the_wire(written: &str) -> Cow<'_, str> {
    match written.rsplit_once('@') {
        Some((local, domain)) if !domain.is_ascii() => match ascii(domain) {
            Some(ascii) => Cow::Owned(format!("{local}@{ascii}")),
            None => Cow::Borrowed(written),
        },
        _ => Cow::Borrowed(written),
    }
}

/// A domain in lower case and A-labels. Refused are labels that are longer than DNS has them, that begin or end with a
/// hyphen, that hold other ASCII than letters, digits and hyphens, and A-labels that encode nothing or not their like.
fn ascii(domain: &str) -> Option<String> {
    let mapped =
        Uts46::new().to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify);
    mapped.ok().map(Cow::into_owned)
}

fn unicode(ascii: &str) -> String {
    Uts46::new().to_unicode(ascii.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast).0.into_owned()
}

fn is_local(local: &str) -> bool {
    let atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atext);
    local.len() <= LONGEST_LOCAL && local.split('.').all(atom)
}

/// The characters of an atom (RFC 5322).
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, String) {
        let address = Address::parse(text).expect(text);
        (address.written().to_owned(), address.key().to_owned())
    }

    #[test]
    fn one_mailbox_has_one_key_however_it_is_written() {
        for (key, spellings) in [
            ("ada.l+x@example.org", ["Ada.L+x@Example.ORG", "ada.l+x@example.org", " ADA.L+X@EXAMPLE.ORG\n"]),
            ("ada@xn--bcher-kva.example", ["ada@bücher.example", "Ada@XN--Bcher-KVA.Example", "ada@BÜCHER.example"]),
            ("ada@xn--bcher-kva.example", ["ada@bu\u{308}cher.example", "ada@bücher。example", "ada@ｂücher.example"]),
            ("ada@xn--fa-hia.example", ["ada@faß.example", "ada@xn--fa-hia.example", "ADA@FAẞ.EXAMPLE"]),
            ("ada@xn--9dbne9b.example", ["ada@שלום.example", "ada@xn--9dbne9b.example", "ADA@שלום.example"]),
        ] {
            for spelling in spellings {
                assert_eq!(read(spelling).1, key, "{spelling}");
            }
        }
    }

    #[test]
    fn what_was_written_is_kept_without_what_nobody_sees() {
        for (text, kept) in [
            ("Ada.L@Example.ORG", "Ada.L@Example.ORG"),
            ("Ada@bücher.example", "Ada@bücher.example"),
            ("ada@XN--bcher-kva.example", "ada@XN--bcher-kva.example"),
            ("ada@exam\u{ad}ple.example", "ada@example.example"),
            ("ada@bü\u{200b}cher.example", "ada@bücher.example"),
        ] {
            assert_eq!(read(text).0, kept, "{text}");
        }
    }

    #[test]
    fn mail_goes_to_what_was_written_with_its_domain_as_the_key_has_it() {
        for (written, wire) in [
            ("Ada.L@Example.ORG", "Ada.L@Example.ORG"),
            ("Ada@bücher.example", "Ada@xn--bcher-kva.example"),
            ("ada@faß.example", "ada@xn--fa-hia.example"),
            ("ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example"),
        ] {
            assert_eq!(on_the_wire(&read(written).0), wire);
        }
        for older in ["ada@xn--a", "ada", "", "ada@\u{fffd}"] {
            assert_eq!(on_the_wire(older), older, "written under another rule");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.org", "a.".repeat(130));
        let encoded = format!("a@{}.example", "ü".repeat(60));
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
            "ada@x-.org",
            "ada@x..org",
            "ada@example.org.",
            "ada@ex_ample.org",
            "ada@example.org\r\nBcc: eve@example.org",
            "ädä@example.org",
            "<ada@example.org>",
            "ada@bü cher.example",
            "ada＠bücher.example",
            "ada@\u{202e}bücher.example",
            "ada@א1a.example",
            long.as_str(),
            longer.as_str(),
            encoded.as_str(),
        ] {
            assert!(Address::parse(wrong).is_err(), "{wrong:?} was taken");
        }
    }

    #[test]
    fn a_broken_a_label_is_refused() {
        for wrong in ["xn--", "xn--a", "xn--bcher-kv", "xn--bcher-kva\u{fc}", "xn--abc-", "xn--Bücher", "xn--ls8h="] {
            let address = format!("ada@{wrong}.example");
            assert_eq!(Address::parse(&address).err(), Some(BadAddress::Domain), "{address}");
        }
    }
}
