//! What may stand in a text: what its reader sees, and what some scripts and emoji need in order to look as they should.
//!
//! What cannot be seen makes two names that look alike, hides words from whoever reads and shows them to whoever searches;
//! what turns the direction makes a text say something else than it holds. The properties are Unicode's, by ICU.

use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, ExtendedPictographic, GeneralCategory,
    JoiningType, NoncharacterCodePoint, Script,
};
use icu_properties::script::ScriptWithExtensions;
use icu_properties::{CodePointMapData, CodePointSetData};

use crate::sabotage;

const ZERO_WIDTH_SPACE: char = '\u{200b}';
const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';
const BLACK_FLAG: char = '\u{1f3f4}';

/// Those flags that are written with tags (Unicode Technical Standard 51): England, Scotland, Wales.
const TAGGED: [&str; 3] = [
    "\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// Scripts that are written without spaces between words: there, a line may break at a zero-width space.
const UNSPACED: [Script; 4] = [Script::Khmer, Script::Lao, Script::Myanmar, Script::Thai];

/// The first character that may not stand in this text, and how many are before it. `breaks` tells what may for the sake
/// of lines.
pub(super) fn fault(text: &str, breaks: fn(char) -> bool) -> Option<(usize, char)> {
    let wrong = |(at, it): (usize, char)| !breaks(it) && is_hidden(it) && !is_needed(text, at, it);
    let found = text.char_indices().enumerate().find(|(_, it)| wrong(*it));
    found.map(|(number, (_, it))| (number, it)).filter(|_| !sabotage::takes_out("visible text"))
}

/// What is left of a text on one line, where it holds what may not stand there: its breaks are spaces.
pub(super) fn cleaned(text: &str) -> String {
    let mut line: String = text.chars().map(|it| if is_break(it) { ' ' } else { it }).collect();
    // What goes may be what something else was good beside.
    while let Some((number, _)) = fault(&line, |_| false) {
        line = line.chars().take(number).chain(line.chars().skip(number + 1)).collect();
    }
    line.trim().to_owned()
}

/// What ends a line, or may.
pub(super) fn is_break(it: char) -> bool {
    matches!(it, '\n' | '\r' | '\t' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Whether a character is not to be seen, or says nothing by itself.
fn is_hidden(it: char) -> bool {
    // An annotation's marks, what stands for something that was not pasted along, and two that are blank by their look.
    let by_name = matches!(it, '\u{fff9}'..='\u{fffc}' | '\u{2800}' | '\u{1d159}');
    let no_text = matches!(
        CodePointMapData::<GeneralCategory>::new().get(it),
        GeneralCategory::Control
            | GeneralCategory::PrivateUse
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    by_name
        || no_text
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(it)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(it)
}

/// Whether a hidden character is needed where it stands, for what is beside it to look as it should.
fn is_needed(text: &str, at: usize, it: char) -> bool {
    let (before, rest) = (&text[..at], &text[at..]);
    let (last, next) = (before.chars().next_back(), rest.chars().nth(1));
    match it {
        JOINER if joins_emoji(last, next) => true,
        JOINER | NON_JOINER => joins(before, it, next),
        ZERO_WIDTH_SPACE => last.is_some_and(is_unspaced) && next.is_some_and(is_unspaced),
        '\u{fe00}'..=EMOJI_STYLE | '\u{e0100}'..='\u{e01ef}' => last.is_some_and(|last| varies(last, it, next)),
        // Mongolian's own variation selectors and its vowel separator.
        '\u{180b}'..='\u{180f}' => last.is_some_and(|last| is_of(last, Script::Mongolian)),
        '\u{2800}' => last.or(next).is_some_and(|beside| beside != it && is_of(beside, Script::Braille)),
        _ if is_tag(it) => ends_flag(before, rest),
        _ => false,
    }
}

/// Joiners are needed beside letters that are joined (Arabic and its like) and where a virama joins (Indic scripts). One
/// that keeps two apart has both, and one after another does nothing.
fn joins(before: &str, it: char, next: Option<char>) -> bool {
    let last = before.chars().next_back();
    if matches!(last, Some(JOINER | NON_JOINER)) {
        return false;
    }
    if last.is_some_and(is_virama) || next.is_some_and(is_virama) {
        return true;
    }
    // Vowels and other marks do not change how their letter is joined.
    let base = before.chars().rev().find(|it| joining(*it) != JoiningType::Transparent);
    let beside_space = last.is_none_or(char::is_whitespace) || next.is_none_or(char::is_whitespace);
    (base.is_some_and(is_joined) || next.is_some_and(is_joined)) && (it == JOINER || !beside_space)
}

fn joins_emoji(last: Option<char>, next: Option<char>) -> bool {
    let pictures = CodePointSetData::new::<ExtendedPictographic>();
    let ends_picture =
        |it| it == EMOJI_STYLE || pictures.contains(it) || CodePointSetData::new::<EmojiModifier>().contains(it);
    last.is_some_and(ends_picture) && next.is_some_and(|next| pictures.contains(next))
}

/// Whether a character has a variant by this selector: emoji and keycaps, ideographs (in names above all), symbols.
fn varies(last: char, selector: char, next: Option<char>) -> bool {
    let is_style = matches!(selector, '\u{fe0e}' | EMOJI_STYLE);
    if last.is_ascii() {
        return selector == EMOJI_STYLE && next == Some(KEYCAP) && matches!(last, '0'..='9' | '#' | '*');
    }
    let symbol = CodePointMapData::<GeneralCategory>::new().get(last) == GeneralCategory::MathSymbol;
    (is_style && CodePointSetData::new::<Emoji>().contains(last))
        || is_of(last, Script::Han)
        || (selector == '\u{fe00}' && (symbol || is_of(last, Script::Myanmar)))
}

/// Whether a tag, which stands first in `rest`, is a part of a flag that there is.
fn ends_flag(before: &str, rest: &str) -> bool {
    let flag = before.trim_end_matches(is_tag);
    let tags = rest.len() - rest.trim_start_matches(is_tag).len();
    flag.ends_with(BLACK_FLAG) && TAGGED.contains(&format!("{}{}", &before[flag.len()..], &rest[..tags]).as_str())
}

fn is_tag(it: char) -> bool {
    matches!(it, '\u{e0020}'..='\u{e007f}')
}

fn is_of(it: char, script: Script) -> bool {
    ScriptWithExtensions::new().has_script(it, script)
}

fn is_unspaced(it: char) -> bool {
    UNSPACED.iter().any(|script| is_of(it, *script))
}

fn is_virama(it: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(it) == CanonicalCombiningClass::Virama
}

fn is_joined(it: char) -> bool {
    let joined = [JoiningType::DualJoining, JoiningType::RightJoining, JoiningType::LeftJoining];
    joined.contains(&joining(it))
}

fn joining(it: char) -> JoiningType {
    CodePointMapData::<JoiningType>::new().get(it)
}

#[cfg(test)]
mod tests;
