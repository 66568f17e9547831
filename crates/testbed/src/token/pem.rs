//! The PEM text of a private key (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// Lines of 64 characters, as section 2 of the RFC wants them.
pub(super) fn encode(der: &[u8]) -> String {
    let mut text = format!("{BEGIN}\n");
    for (at, character) in STANDARD.encode(der).chars().enumerate() {
        if at > 0 && at % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text + "\n" + END + "\n"
}

/// `None` when the text is not that of one private key.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let inner = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    let base64: String = inner.split_whitespace().collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_pem() {
        let der: Vec<u8> = (0..83).collect();
        let text = encode(&der);
        assert!(text.lines().all(|line| line.len() <= 64));
        assert_eq!(decode(&text), Some(der));
    }

    #[test]
    fn what_is_no_pem_is_refused() {
        assert_eq!(decode("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----"), None);
        assert_eq!(decode(""), None);
    }
}
