//! A state in 128 bits: two states with the same fingerprint are taken for one.
//!
//! With n states the probability that any two are confused is at most n²/2¹²⁹. The words of a state are exact (equal
//! composite values are equal words), so nothing else is lost.

use crate::kernel::state::State;

const LEFT: u64 = 0x9e37_79b9_7f4a_7c15;
const RIGHT: u64 = 0xd6e8_feb8_6659_fd93;

/// The product of two words, both halves folded together.
fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ (product >> 64) as u64
}

/// The fingerprint of a state, with a word of the search's own mixed in.
pub fn fingerprint(state: &State, extra: u64) -> u128 {
    let mut left = LEFT ^ extra;
    let mut right = RIGHT ^ extra.rotate_left(32);
    for word in state.row() {
        let bits = word.bits();
        // Each lane is a bijection of its state for a given word, then folded: no word can cancel another.
        left = mix(left ^ bits, LEFT).rotate_left(23) ^ bits;
        right = mix(right.wrapping_add(bits), RIGHT).rotate_left(41).wrapping_add(bits);
    }
    let (left, right) = (mix(left, RIGHT ^ right), mix(right ^ LEFT, left | 1));
    u128::from(left) << 64 | u128::from(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::value::Word;

    #[test]
    fn every_bit_of_the_state_moves_about_half_of_the_bits() {
        let mut state = State::new(12);
        let base = fingerprint(&state, 0);
        for slot in 0..12 {
            for bit in 0..64 {
                state.set(slot, Word::from_bits(1 << bit));
                let moved = (fingerprint(&state, 0) ^ base).count_ones();
                assert!((30..=98).contains(&moved), "slot {slot}, bit {bit}: {moved} bits of 128");
                state.set(slot, Word::UNBOUND);
            }
        }
        assert_ne!(fingerprint(&state, 1), base);
    }
}
