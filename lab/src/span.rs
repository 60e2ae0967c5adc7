//! Lengths of time as people say them.

/// A length of time in milliseconds, such as `0.4 s`, `30 s` or `1 min 1 s`.
pub(super) fn span(ms: u64) -> String {
    let mut parts = Vec::new();
    let mut left = ms;
    for (factor, unit) in [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min")] {
        if left >= factor {
            parts.push(format!("{} {unit}", left / factor));
            left %= factor;
        }
    }
    if left > 0 || parts.is_empty() {
        let exact = format!("{}.{:03}", left / 1_000, left % 1_000);
        parts.push(format!("{} s", exact.trim_end_matches('0').trim_end_matches('.')));
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_names_no_unit_of_which_there_is_none() {
        for (ms, said) in [
            (0, "0 s"),
            (400, "0.4 s"),
            (1_007, "1.007 s"),
            (30_000, "30 s"),
            (60_000, "1 min"),
            (61_500, "1 min 1.5 s"),
            (3_600_010, "1 h 0.01 s"),
            (90_061_000, "1 d 1 h 1 min 1 s"),
        ] {
            assert_eq!(span(ms), said);
        }
    }
}
