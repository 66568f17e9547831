//! W3C Trace Context, level 2, as it is written: <https://www.w3.org/TR/trace-context-2/>.

use std::sync::Arc;

use opentelemetry::trace::{SpanId, TraceId};

use crate::http::edge::once;

/// How long `VERSION-TRACE ID-PARENT ID-FLAGS` is in version 00; later versions may only add to it.
const LENGTH: usize = 55;
const SAMPLED: u8 = 0b01;
const RANDOM: u8 = 0b10;

/// A `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TraceParent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    /// Whether the caller keeps its spans.
    pub(super) sampled: bool,
    /// Whether the trace's id was drawn at random.
    pub(super) random: bool,
}

impl TraceParent {
    /// Reads it to the letter, or not at all; flags that nobody knows yet are left out.
    pub(super) fn read(text: &str) -> Option<Self> {
        if !well_formed(text) {
            return None;
        }
        let (trace, span) = (TraceId::from_hex(&text[3..35]).ok()?, SpanId::from_hex(&text[36..52]).ok()?);
        let flags = u8::from_str_radix(&text[53..LENGTH], 16).ok()?;
        let named = trace != TraceId::INVALID && span != SpanId::INVALID;
        named.then_some(Self { trace, span, sampled: flags & SAMPLED != 0, random: flags & RANDOM != 0 })
    }

    pub(super) fn text(self) -> String {
        let Self { trace, span, sampled, random } = self;
        let flags = if sampled { SAMPLED } else { 0 } | if random { RANDOM } else { 0 };
        format!("00-{trace}-{span}-{flags:02x}")
    }
}

fn well_formed(text: &str) -> bool {
    let Some((known, rest)) = text.as_bytes().split_at_checked(LENGTH) else {
        return false;
    };
    let fits = |(at, byte): (usize, &u8)| match at {
        2 | 35 | 52 => *byte == b'-',
        _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    };
    let may_follow = rest.is_empty() || (!known.starts_with(b"00") && rest.starts_with(b"-"));
    known.iter().enumerate().all(fits) && may_follow && !known.starts_with(b"ff")
}

/// Members that a list may have.
const MEMBERS: usize = 32;
/// Of a longer list the members that are longer than this go first, and then the last ones.
const LONGEST: usize = 512;
const LONG_MEMBER: usize = 128;
/// Our own member.
const OURS: &str = "board=";

/// What other tracing systems say of a trace: passed on as it came, and looked at by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Others(Arc<str>);

impl Others {
    /// Reads what stands in any number of headers: what others say, and the value of our own member. A list that breaks
    /// a rule says nothing at all.
    pub(super) fn read<'a>(lists: impl IntoIterator<Item = &'a str>) -> (Option<Self>, Option<&'a str>) {
        let members = lists.into_iter().flat_map(|list| list.split(',')).map(|member| member.trim_matches([' ', '\t']));
        let members: Vec<_> = members.filter(|member| !member.is_empty()).take(MEMBERS + 1).collect();
        if members.len() > MEMBERS || !members.iter().all(|member| is_member(member)) {
            return (None, None);
        }
        let (ours, others): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| member.starts_with(OURS));
        let ours = once(ours.into_iter().filter_map(|member| member.strip_prefix(OURS))).ok().flatten();
        let others = bounded(others).join(",");
        ((!others.is_empty()).then(|| Self(others.into())), ours)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// With this value of our own member, which goes first.
    pub(super) fn with_ours(others: Option<&Self>, value: &str) -> String {
        let others = others.iter().flat_map(|others| others.0.split(',')).take(MEMBERS - 1);
        std::iter::once(format!("{OURS}{value}")).chain(others.map(str::to_owned)).collect::<Vec<_>>().join(",")
    }
}

fn bounded(mut members: Vec<&str>) -> Vec<&str> {
    while members.iter().map(|member| member.len() + 1).sum::<usize>() > LONGEST + 1 {
        let last = members.iter().rposition(|member| member.len() > LONG_MEMBER).unwrap_or(members.len() - 1);
        members.remove(last);
    }
    members
}

fn is_member(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, value)| is_key(key) && is_value(value))
}

fn is_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = |byte: u8| plain(byte) || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@');
    text.len() <= 256 && text.bytes().next().is_some_and(plain) && text.bytes().all(fits)
}

fn is_value(text: &str) -> bool {
    // A comma cannot be here: it would have ended the member. Nor can a blank at the end.
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'=')
}

#[cfg(test)]
mod tests;
