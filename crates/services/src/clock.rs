//! Time and chance, as they really are.

use dispatch_engine::ports::Clock;
use jiff::Timestamp;
use ring::rand::{SystemRandom, generate};

/// The clock of this machine and the random numbers of its operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// # Panics
    /// When the operating system gives no random numbers: an identifier that can be guessed or met
    /// twice would be worse.
    fn fresh(&self) -> String {
        #[expect(clippy::expect_used, reason = "there is no safe way to go on")]
        let bytes: [u8; 16] = generate(&SystemRandom::new()).expect("the system gives random numbers").expose();
        hex::encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_is_32_hex_digits_and_never_the_same() {
        let (one, other) = (SystemClock.fresh(), SystemClock.fresh());
        assert_ne!(one, other);
        assert_eq!(one.len(), 32);
        assert!(one.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    }
}
