//! Keys that look like keys, and that an attacker can sign for.

use jsonwebtoken::{Algorithm, DecodingKey};

use super::*;

/// The encodings of points of small order without the sign of `x`: their last bytes but for its highest bit are these,
/// from the lowest byte on.
fn small_order() -> Vec<[u8; 32]> {
    let word = |text: &str| -> [u8; 32] {
        let byte =
            |at: usize| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("hexadecimal");
        std::array::from_fn(byte)
    };
    let near = |lowest: &str| format!("{lowest}{}7f", "ff".repeat(30));
    let small = |y: &str| format!("{y}{}", "00".repeat(31));
    let ys = [
        small("00"),
        small("01"),
        near("ec"),
        near("ed"),
        near("ee"),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".into(),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".into(),
    ];
    let both = |y: [u8; 32]| {
        let mut negative = y;
        negative[31] |= 0x80;
        [y, negative]
    };
    ys.iter().flat_map(|y| both(word(y))).collect()
}

fn ed25519_of(point: [u8; 32]) -> Value {
    with(ed25519(), "x", base64url(point))
}

/// A signature that no key made: the neutral point, and a factor of zero.
fn forgery() -> String {
    let mut signature = [0; 64];
    signature[0] = 1;
    base64url(signature)
}

#[test]
fn a_forgery_that_the_neutral_key_makes_valid_is_of_no_use() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    // The library below believes it, whatever the message.
    let key = DecodingKey::from_ed_der(&neutral);
    for number in 0..64 {
        let message = format!("message {number}");
        let believed =
            jsonwebtoken::crypto::verify(&forgery(), message.as_bytes(), &key, Algorithm::EdDSA);
        assert_eq!(believed.ok(), Some(true), "{message}");
    }
    let refused = set(&[ed25519_of(neutral)]).expect_err("refused");
    assert!(matches!(refused, JwksError::NoneFit(keys) if keys[0].reason == UnfitKey::Weak));
}

#[test]
fn every_encoding_of_a_point_of_small_order_is_refused() {
    let points = small_order();
    assert_eq!(points.len(), 14);
    for point in points {
        let refused = set(&[ed25519_of(point)]).expect_err("refused");
        let JwksError::NoneFit(keys) = refused else { panic!("{refused:?}") };
        assert_eq!(keys[0].reason, UnfitKey::Weak, "{point:02x?}");
        // It says nothing of its neighbours.
        let mut other = point;
        other[5] ^= 1;
        assert!(set(&[ed25519_of(other)]).is_ok(), "{other:02x?}");
    }
}

#[test]
fn a_modulus_with_a_small_factor_is_refused() {
    let modulus = URL_SAFE_NO_PAD.decode(rsa()["n"].as_str().expect("a modulus"));
    let modulus = modulus.expect("base64url");
    let rest = |modulus: &[u8], divisor: u32| {
        modulus.iter().fold(0, |rest, byte| (rest * 256 + u32::from(*byte)) % divisor)
    };
    for divisor in [3, 5, 7, 251, 743, 751] {
        // The next odd multiple: of the last three bytes only.
        let mut multiple = modulus.clone();
        while rest(&multiple, divisor) != 0 || multiple[255].is_multiple_of(2) {
            let at = multiple.len() - 3;
            let low = u32::from_be_bytes([0, multiple[at], multiple[at + 1], multiple[at + 2]]);
            multiple[at..].copy_from_slice(&(low + 1).to_be_bytes()[1..]);
        }
        let refused = set(&[with(rsa(), "n", base64url(multiple))]).expect_err("refused");
        let JwksError::NoneFit(keys) = refused else { panic!("{refused:?}") };
        assert_eq!(keys[0].reason, UnfitKey::Weak, "{divisor}");
    }
    // All ones is a product of small primes at any even length, and one that is too long is not divided at all.
    for (bytes, reason) in
        [(256, UnfitKey::Weak), (1024, UnfitKey::Weak), (1025, UnfitKey::Modulus)]
    {
        let refused = set(&[with(rsa(), "n", base64url(vec![0xff; bytes]))]).expect_err("refused");
        let JwksError::NoneFit(keys) = refused else { panic!("{refused:?}") };
        assert_eq!(keys[0].reason, reason, "{bytes}");
    }
}
