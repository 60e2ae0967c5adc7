//! Numbers and instants as the scripts compare them: twenty digits, for the reason that `common.lua` gives.

use crate::clock::Timestamp;

/// Zero of the instants, which are counted from the first one that there is.
const EPOCH: u64 = 1 << 63;

pub(super) fn number(value: u64) -> String {
    format!("{value:020}")
}

pub(super) fn instant(at: Timestamp) -> String {
    number(at.millis().cast_unsigned() ^ EPOCH)
}

/// Reads a number, as the integer of a row.
pub(super) fn read_number(text: &str) -> Option<i64> {
    digits(text)?.try_into().ok()
}

/// Reads an instant, as the integer of a row.
pub(super) fn read_instant(text: &str) -> Option<i64> {
    Some((digits(text)? ^ EPOCH).cast_signed())
}

fn digits(text: &str) -> Option<u64> {
    let fits = text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_stand_in_the_order_of_their_instants() {
        let instants =
            [i64::MIN, i64::MIN + 1, -(1 << 53) - 1, -1, 0, 1, 1 << 53, (1 << 53) + 1, i64::MAX];
        let texts = instants.map(|millis| instant(Timestamp::from_millis(millis)));
        assert!(texts.is_sorted() && texts.iter().all(|text| text.len() == 20), "{texts:?}");
        assert_eq!(texts.each_ref().map(|text| read_instant(text)), instants.map(Some));
        assert_eq!(read_number(&number(u64::from(u32::MAX) + 3)), Some(4_294_967_298));
    }

    #[test]
    fn a_text_of_another_form_is_no_number() {
        for text in ["", "7", "+0000000000000000007", "18446744073709551616", " 000000000000000007"]
        {
            assert_eq!((read_number(text), read_instant(text)), (None, None), "{text}");
        }
        assert_eq!(read_number(&number(u64::MAX)), None, "no row has so great a number");
    }
}
