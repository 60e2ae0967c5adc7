//! Text: written, and in lines: how much fits, and where it is cut.

use std::fmt::{Arguments, Write as _};

/// Appends to a text.
pub(super) fn put(out: &mut String, text: Arguments<'_>) {
    let _writing_to_a_string_does_not_fail = out.write_fmt(text);
}

/// Returns the number of characters that fit into `width` units of text of that size. A character is taken to be 0.6 em
/// wide: all of a monospaced font, and more than most of any other.
pub(super) fn fitting(width: i32, size: i32) -> usize {
    usize::try_from(width * 10 / (size * 6)).unwrap_or(0)
}

/// Returns the height of lines of text.
pub(super) fn height(lines: &[String], step: i32) -> i32 {
    i32::try_from(lines.len()).unwrap_or(0) * step
}

/// Breaks text at its spaces into lines of at most `fits` characters. What needs more than `most`
/// lines, and a word that is longer than a line, end in an ellipsis.
pub(super) fn wrap(text: &str, fits: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        let last_line = lines.len() == most;
        match lines.last_mut() {
            Some(line) if length < room => {
                line.push(' ');
                line.push_str(word);
                room -= length + 1;
            }
            Some(line) if last_line => {
                line.push('…');
                break;
            }
            _ => {
                // No line begins with a dot between two things.
                let word =
                    if lines.is_empty() { word } else { word.trim_start_matches("·\u{a0}") };
                lines.push(word.to_owned());
                room = fits.saturating_sub(length);
            }
        }
    }
    for line in &mut lines {
        shorten(line, fits);
    }
    lines
}

fn shorten(line: &mut String, fits: usize) {
    if line.chars().count() > fits {
        let end = line.char_indices().nth(fits.saturating_sub(1)).map_or(0, |(end, _)| end);
        line.truncate(end);
        let length = line.trim_end_matches(['…', ' ', ',', ':']).len();
        line.truncate(length);
        line.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_spaces_and_never_longer_than_a_line() {
        assert_eq!(wrap("sets access, refresh 3", 22, 2), ["sets access, refresh 3"]);
        assert_eq!(wrap("sets access, refresh 3", 21, 2), ["sets access, refresh", "3"]);
        assert_eq!(wrap("sets access, refresh 3", 12, 2), ["sets access,", "refresh 3"]);
        assert_eq!(wrap("sets access, refresh 3", 9, 2), ["sets", "access,…"]);
        assert_eq!(wrap("7 · Replay(undelivered)", 12, 1), ["7 ·…"]);
        assert_eq!(wrap("7 · Replay(undelivered)", 12, 2), ["7 ·", "Replay(unde…"]);
        assert_eq!(wrap("call ·\u{a0}lost", 11, 2), ["call ·\u{a0}lost"]);
        assert_eq!(wrap("call ·\u{a0}lost", 10, 2), ["call", "lost"]);
        assert_eq!(wrap("é·→…é", 3, 1), ["é·…"]);
        for fits in 1..30 {
            for most in 1..4 {
                let lines = wrap("3 reads, 1 write: rotate, acknowledge", fits, most);
                assert!(lines.len() <= most, "{lines:?}");
                assert!(lines.iter().all(|line| line.chars().count() <= fits), "{lines:?} {fits}");
            }
        }
    }
}
