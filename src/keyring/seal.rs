//! Private keys at rest: AES-256-GCM under a key derived from the server's secret.
//!
//! A sealed key is `0x01 ‖ nonce ‖ ciphertext ‖ tag`. Its name and algorithm are authenticated with it, so that an
//! attacker who can write to the database can neither swap two keys nor have one used with another algorithm.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

use super::{KeyId, KeyRecord, KeyringError, SigningAlgorithm};
use crate::secret::{ServerSecret, random};

const VERSION: u8 = 1;

/// Encrypts a private key. The nonce is random: a secret seals some keys a year, far below the 2³² at which random
/// nonces of 96 bits become a risk (NIST SP 800-38D §8.3).
pub(super) fn seal(
    kid: &KeyId,
    algorithm: SigningAlgorithm,
    mut private: Vec<u8>,
    secret: &ServerSecret,
) -> Result<Vec<u8>, KeyringError> {
    let nonce: [u8; NONCE_LEN] = random();
    cipher(secret)
        .and_then(|key| {
            let nonce = Nonce::assume_unique_for_key(nonce);
            key.seal_in_place_append_tag(nonce, bound_to(kid, algorithm), &mut private).ok()
        })
        .ok_or(KeyringError::Generate(algorithm))?;
    Ok([&[VERSION][..], &nonce, &private].concat())
}

/// Decrypts a private key.
pub(super) fn unseal(
    kid: &KeyId,
    algorithm: SigningAlgorithm,
    sealed: &[u8],
    secret: &ServerSecret,
) -> Result<Vec<u8>, KeyringError> {
    let open = || {
        let (&version, rest) = sealed.split_first()?;
        let (&nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>()?;
        if version != VERSION {
            return None;
        }
        let mut buffer = ciphertext.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let key = cipher(secret)?;
        let private = key.open_in_place(nonce, bound_to(kid, algorithm), &mut buffer).ok()?;
        Some(private.to_vec())
    };
    open().ok_or_else(|| KeyringError::Sealed(kid.clone()))
}

/// Returns the record sealed under `secret` instead of a former one; `None` if `secret` opens it already, or none of
/// those does.
pub(crate) fn reseal(
    record: &KeyRecord,
    former: &[ServerSecret],
    secret: &ServerSecret,
) -> Option<KeyRecord> {
    let KeyRecord { kid, algorithm, sealed, .. } = record;
    if unseal(kid, *algorithm, sealed, secret).is_ok() {
        return None;
    }
    let private = former.iter().find_map(|old| unseal(kid, *algorithm, sealed, old).ok())?;
    let sealed = seal(kid, *algorithm, private, secret).ok()?;
    Some(KeyRecord { sealed, ..record.clone() })
}

fn cipher(secret: &ServerSecret) -> Option<LessSafeKey> {
    let key = secret.derive("coatroom/keyring/v1");
    UnboundKey::new(&AES_256_GCM, &key).ok().map(LessSafeKey::new)
}

/// No name holds a zero byte, so that no other pair gives the same bytes.
fn bound_to(kid: &KeyId, algorithm: SigningAlgorithm) -> Aad<Vec<u8>> {
    Aad::from([kid.as_str().as_bytes(), b"\0", algorithm.as_str().as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(first: u8) -> ServerSecret {
        ServerSecret::new((first..first + 32).collect::<Vec<u8>>()).expect("long enough")
    }

    fn kid(text: &str) -> KeyId {
        KeyId::parse(text).expect("a name")
    }

    const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;

    #[test]
    fn a_sealed_key_opens_as_it_was_and_never_looks_the_same() {
        let seal = || seal(&kid("a"), ALGORITHM, b"private".to_vec(), &secret(0)).expect("sealed");
        let (one, two) = (seal(), seal());
        assert_ne!(one, two);
        assert!(!one.windows(7).any(|window| window == b"private"));
        assert_eq!(one.len(), 1 + 12 + 7 + 16);
        for sealed in [one, two] {
            let opened = unseal(&kid("a"), ALGORITHM, &sealed, &secret(0));
            assert_eq!(opened.expect("opened"), b"private");
        }
    }

    #[test]
    fn nothing_that_was_changed_opens() {
        let sealed = seal(&kid("a"), ALGORITHM, b"private".to_vec(), &secret(0)).expect("sealed");
        let refused = |kid: &KeyId, algorithm, sealed: &[u8], secret: &ServerSecret| {
            let opened = unseal(kid, algorithm, sealed, secret);
            assert!(matches!(opened, Err(KeyringError::Sealed(named)) if named == *kid));
        };
        for position in 0..sealed.len() {
            for bit in 0..8 {
                let mut changed = sealed.clone();
                changed[position] ^= 1 << bit;
                refused(&kid("a"), ALGORITHM, &changed, &secret(0));
            }
        }
        for length in 0..sealed.len() {
            refused(&kid("a"), ALGORITHM, &sealed[..length], &secret(0));
        }
        refused(&kid("a"), ALGORITHM, &[&sealed[..], b"x"].concat(), &secret(0));
        refused(&kid("b"), ALGORITHM, &sealed, &secret(0));
        refused(&kid("a"), SigningAlgorithm::Hs256, &sealed, &secret(0));
        refused(&kid("a"), ALGORITHM, &sealed, &secret(1));
    }

    #[test]
    fn a_key_of_a_former_secret_is_sealed_anew_and_no_other_is() {
        let record = |first| {
            let new = crate::keyring::NewKey::generate(ALGORITHM, &secret(first)).expect("made");
            crate::keyring::first(new, crate::Timestamp::from_millis(0)).remove(0)
        };
        let (old, ours, theirs) = (record(0), record(1), record(2));
        let anew = |record| reseal(record, &[secret(9), secret(0)], &secret(1));
        let sealed = anew(&old).expect("it opened");
        let opened = |record: &KeyRecord, first| {
            unseal(&record.kid, record.algorithm, &record.sealed, &secret(first))
        };
        assert_eq!(opened(&sealed, 1), opened(&old, 0));
        assert!(opened(&sealed, 0).is_err(), "the former secret opens it no more");
        assert_eq!(KeyRecord { sealed: old.sealed.clone(), ..sealed }, old);
        assert_eq!((anew(&ours), anew(&theirs)), (None, None));
    }
}
