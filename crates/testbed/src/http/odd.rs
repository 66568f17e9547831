/// JSON values that nobody means to send, as texts; some are not even JSON. For any field of any endpoint.
pub fn odd_values() -> Vec<String> {
    let fixed = [
        // Of every type, and at the edges of numbers.
        "null", "true", "false", "0", "-0", "-1", "1.5", "1e2", "1e308", "1e400", "9223372036854775807",
        "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "[]", "{}", "[null]",
        r#"["yes"]"#, r#"{"yes":null}"#, r#"{"$ne":null}"#, r#"{"a":1,"a":2}"#,
        // Texts: empty, blank, control characters, characters that look like nothing or write backwards.
        r#""""#, r#""   ""#, r#""\u0000""#, r#""ab\u0000cd""#, r#""\u001b[31mred""#, r#""a\nb\r\tc""#, r#""\u007f\u0085""#,
        r#""\u200b\u200e\ufeff""#, r#""\u202eabc""#, r#""\uffff\ufffe""#, "\"Zalgo \u{336}\u{335}\u{321}text\"",
        "\"\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\"", r#""\ud83d\ude00""#,
        // Lone surrogates, which no UTF-8 text can hold.
        r#""\ud800""#, r#""\udfff\ud800""#, r#""abc\ud83d""#,
        // Texts that mean something elsewhere.
        r#""'; DROP TABLE people; --""#, r#""%00%0a""#, r#""../../etc/passwd""#, r#""{{7*7}}${7*7}""#, r#""\\x00""#,
        r#""https://exa mple""#, r#""https://[::1""#, r#""9999-12-31T23:59:60Z""#, r#""-0001-01-01T00:00:00Z""#,
        r#""2030-02-30T25:61:61+99:99""#, r#""00000000-0000-0000-0000-000000000000""#, r#""NaN""#, r#""infinity""#,
        // Not JSON.
        "", "nul", "NaN", "'a'", "\"\u{0}\"", "\"\n\"", "01", "[1,", "\"open",
    ];
    let mut values: Vec<String> = fixed.iter().map(|text| (*text).to_owned()).collect();
    values.extend([
        format!("\"{}\"", "x".repeat(30_000)),
        format!("\"{}\"", "\u{1f600}".repeat(10_001)),
        format!("{}{}", "[".repeat(100), "]".repeat(100)),
        format!("{}{}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("{}1{}", "{\"a\":".repeat(90), "}".repeat(90)),
        "9".repeat(1_000),
    ]);
    values
}
