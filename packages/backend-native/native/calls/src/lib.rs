//! Calls one kernel with sizes and slices of the bytes' choice, as the fuzzer and the tests of this crate do. A kernel may refuse them
//! by a check's panic, which the binding makes a JavaScript error; it may not touch memory that is not its own (a sanitizer looks), and
//! a panic that no check speaks (an index, an overflow, a division) is a finding too: a check is missing.
//!
//! The modules are those of the binding. A test names the kernels that are called from none of them.

mod blocks;
mod images;
mod layout;
mod network;
mod pointwise;
mod products;
mod ranking;
mod source;
mod training;

use arbitrary::Unstructured;
use source::Source;
use std::panic::{catch_unwind, set_hook};
use std::sync::Mutex;

type Entry = fn(&mut Source<'_>);

/// What a call came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    Computed,
    Refused,
}

/// Where the last panic came from, and what it said.
static LAST: Mutex<String> = Mutex::new(String::new());

/// What panics say that are no check's, or only an inner one's. (A check's has words of its own: those of the kernel.)
const UNCHECKED: [&str; 17] = [
    "attempt to",
    "index out of bounds",
    "range ",
    "out of range",
    "mid > len",
    "must be non-zero",
    "does not match destination",
    "capacity overflow",
    "called `",
    "unreachable code",
    "unsafe precondition",
    "assertion failed: ",
    "assertion `left == right` failed\n",
    "\nmatrix: ",
    "\ngemm: ",
    "\nproduct: ",
    "\nproduct downward: ",
];

/// From now on panics are noted, not printed.
pub fn note_panics() {
    set_hook(Box::new(|panic| *LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = panic.to_string()));
}

/// Calls a kernel as the bytes say. An error is a panic that no check speaks. Wants `note_panics` before.
pub fn call(bytes: &[u8]) -> Result<Outcome, String> {
    const FAMILIES: [&[Entry]; 8] = [
        &pointwise::ENTRIES,
        &layout::ENTRIES,
        &ranking::ENTRIES,
        &images::ENTRIES,
        &products::ENTRIES,
        &network::ENTRIES,
        &blocks::ENTRIES,
        &training::ENTRIES,
    ];
    let outcome = catch_unwind(|| {
        let mut source = Source(Unstructured::new(bytes));
        let entries = FAMILIES.concat();
        source.pick(&entries)(&mut source);
    });
    if outcome.is_ok() {
        return Ok(Outcome::Computed);
    }
    let message = LAST.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone();
    if UNCHECKED.iter().any(|text| message.contains(text)) { Err(message) } else { Ok(Outcome::Refused) }
}
