use proptest::prelude::*;

use super::*;

fn first(text: &str) -> Option<(usize, char)> {
    fault(text, |_| false)
}

/// Each with what it is.
const HIDDEN: [(&str, &str); 5] = [
    ("controls and breaks", "\0\u{1b}\u{7f}\u{9b}\n\u{85}\u{2028}\u{2029}"),
    (
        "turn the direction: marks, embeddings, overrides, isolates",
        "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}\u{206a}\u{206f}",
    ),
    (
        "not to be seen: soft hyphen, grapheme joiner, fillers, zero widths, invisible operators",
        "\u{ad}\u{34f}\u{115f}\u{1160}\u{3164}\u{ffa0}\u{17b4}\u{17b5}\u{180b}\u{180e}\u{200b}\u{200c}\u{200d}\u{2060}\u{2061}\u{2064}\u{2065}\u{feff}\u{fff0}\u{1bca0}\u{1d173}",
    ),
    ("blank by their look", "\u{2800}\u{1d159}\u{fffc}"),
    (
        "say nothing by themselves: annotations, variation selectors, tags, private use, no characters at all",
        "\u{fff9}\u{fffa}\u{fffb}\u{fe00}\u{fe0f}\u{e0100}\u{e0001}\u{e0041}\u{e007f}\u{e000}\u{f8ff}\u{f0000}\u{10fffd}\u{fdd0}\u{ffff}\u{1fffe}",
    ),
];

const GOOD: [&str; 44] = [
    "Zoë Škvorecký – “Köchin”, 100 %",
    "O’Neill & Søn",
    "Nguyễn Thị Hằng",
    "İstanbul",
    "Ελένη",
    "Ольга",
    // Scripts from the right, with marks, numbers and no controls.
    "אברהם בן-דוד",
    "محمّد ٣",
    "ދިވެހި",
    // Persian: between two words of one, after a mark, beside a number or a Latin word, and a letter's initial form.
    "می\u{200c}خواهم",
    "خانه\u{200c}ها",
    "کار\u{200c}ها",
    "مَ\u{200c}ی",
    "۵\u{200c}ساله",
    "ISO\u{200c}های",
    "ه\u{200d}.ش",
    // Indic: half forms, a last consonant of old Malayalam, Bengali's ra, Sinhala.
    "क\u{94d}\u{200d}ष",
    "क\u{94d}\u{200c}ष",
    "അവന\u{d4d}\u{200d} ഇവൻ",
    "র\u{200d}\u{9cd}য",
    "ශ\u{dca}\u{200d}රී",
    // Written without spaces.
    "ភាសា\u{200b}ខ្មែរ",
    "ภาษา\u{200b}ไทย",
    "ᠮᠣᠩᠭᠣᠯ\u{180e}ᠠ",
    "ᠭ\u{180b}ᠠ",
    // Ideographs with their variants, Hangul of syllables and of letters, kana.
    "葛\u{e0100}城",
    "辻\u{fe00}",
    "한국어",
    "ᄒᆞᆫ",
    "ﾊﾝｶｸ",
    "∩\u{fe00}",
    // Emoji: styles, families, tones, professions, flags, keycaps.
    "❤\u{fe0f}",
    "☎\u{fe0e}",
    "👨\u{200d}👩\u{200d}👧",
    "👩🏽\u{200d}💻",
    "🏳\u{fe0f}\u{200d}🌈",
    "🇨🇭",
    "1\u{fe0f}\u{20e3}",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "⠓⠁⠇⠇⠕⠀⠺",
    "\u{600}١",
    "\u{fffd}",
    "a\u{a0}b",
    "東京\u{3000}都",
];

/// Guards: visible text.
#[test]
fn what_cannot_be_seen_or_turns_the_direction_is_found_where_it_stands() {
    for (what, hidden) in HIDDEN {
        for it in hidden.chars() {
            assert_eq!(first(&format!("ab{it}c")), Some((2, it)), "{what}: U+{:04X}", u32::from(it));
            assert_eq!(first(&it.to_string()), Some((0, it)));
        }
    }
}

#[test]
fn what_people_write_stays_as_it_is() {
    for good in GOOD {
        assert_eq!(first(good), None, "{good}");
        assert_eq!(cleaned(good), good);
    }
}

#[test]
fn what_some_need_is_refused_where_nothing_needs_it() {
    for (text, number) in [
        ("ab\u{200d}c", 2),
        ("😀\u{200d}", 1),
        ("\u{200d}😀", 0),
        ("علی\u{200c}", 3),
        ("علی\u{200c} ب", 3),
        ("ه\u{200d}\u{200d}", 2),
        ("می\u{200c}\u{200c}خ", 3),
        ("क\u{200d}ष", 1),
        ("ab\u{200b}ไ", 2),
        ("1\u{fe0f}", 1),
        ("a\u{fe0f}\u{20e3}", 1),
        ("❤\u{fe0f}\u{fe0f}", 2),
        ("❤\u{e0100}", 1),
        ("葛\u{e0100}\u{e0101}", 2),
        ("🏴\u{e0067}\u{e0062}", 1),
        ("🏴\u{e0068}\u{e0069}\u{e007f}", 1),
        ("🏳\u{e0067}", 1),
        ("⠀⠀", 0),
    ] {
        assert_eq!(first(text).map(|(number, _)| number), Some(number), "{}", text.escape_unicode());
    }
}

#[test]
fn a_cleaned_line_keeps_what_is_seen() {
    assert_eq!(cleaned("Clerk\r\nBcc: all@x.example\u{2028}\u{85}\0"), "Clerk  Bcc: all@x.example");
    assert_eq!(cleaned("\u{202e}gnp.exe\u{202c} \u{ad}"), "gnp.exe");
    assert_eq!(cleaned("\u{3164}\u{2800}\u{200b}"), "");
    // The joiner was good beside what has gone.
    assert_eq!(cleaned("ه\u{200c}\u{ad}"), "ه");
}

proptest! {
    #[test]
    fn a_cleaned_line_has_no_fault_and_is_clean(text: String) {
        let line = cleaned(&text);
        prop_assert_eq!(first(&line), None);
        prop_assert_eq!(cleaned(&line), line);
    }

    #[test]
    fn what_is_seen_is_never_taken_away(text in "[a-zA-Z0-9 ,.äöüß–א-תа-яぁ-ん一-龥😀-😏]{0,40}") {
        prop_assert_eq!(cleaned(&text), text.trim());
    }
}
