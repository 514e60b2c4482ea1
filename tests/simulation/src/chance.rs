//! The one source of chance of a seed.

use std::{ops::RangeInclusive, time::Duration};

/// SplitMix64: small, fast, and the same on every machine.
/// <https://prng.di.unimi.it/splitmix64.c>
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD15B_A7C4_0000_5EED)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number of the range, each as likely as the other.
    pub(crate) fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let (low, high) = range.into_inner();
        low + self.next() % (high - low + 1)
    }

    /// True in this many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.within(1..=100) <= percent
    }

    pub(crate) fn millis(&mut self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.within(range))
    }

    pub(crate) fn seconds(&mut self, range: RangeInclusive<u64>) -> Duration {
        let (low, high) = range.into_inner();
        self.millis(low * 1_000..=high * 1_000)
    }

    /// One of a list that is not empty.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let last = u64::try_from(of.len()).ok()?.checked_sub(1)?;
        of.get(usize::try_from(self.within(0..=last)).ok()?).copied()
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.within(0..=u64::try_from(last).unwrap_or_default());
            items.swap(last, usize::try_from(other).unwrap_or_default());
        }
    }

    /// 32 hex digits.
    pub(crate) fn name(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }
}
