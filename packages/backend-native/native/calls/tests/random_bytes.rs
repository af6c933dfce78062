//! The calls that the fuzzer makes, for bytes that a generator gives: a short form for every machine, without a sanitizer.

use calls::{Outcome, call, note_panics};

/// How many; `CALLS` asks for another number.
const CALLS: u64 = 20_000;
const BYTES: usize = 800;

/// SplitMix64 (Steele, Lea and Flood 2014).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[test]
fn kernels_compute_or_refuse() {
    let calls = std::env::var("CALLS").map_or(CALLS, |text| text.parse().expect("CALLS: expected a number"));
    note_panics();
    let (mut computed, mut findings) = (0, Vec::new());
    for seed in 0..calls {
        let mut state = seed;
        let bytes: Vec<u8> = (0..BYTES / 8).flat_map(|_| next(&mut state).to_le_bytes()).collect();
        match call(&bytes) {
            Ok(Outcome::Computed) => computed += 1,
            Ok(Outcome::Refused) => {}
            Err(message) => findings.push(format!("seed {seed}: {message}")),
        }
    }
    // The usual message of a panic from here on.
    drop(std::panic::take_hook());
    println!("{calls} calls with {} instructions: {computed} computed", kernels::level::processor().name());
    assert!(findings.is_empty(), "a check is missing, {} times: {:#?}", findings.len(), &findings[..findings.len().min(5)]);
    assert!(computed > calls / 2, "too many calls were refused to prove anything: {computed} of {calls} computed");
}
