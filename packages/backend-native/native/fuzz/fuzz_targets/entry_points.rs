//! The calls of the crate `calls` for bytes that libFuzzer finds.

#![no_main]

use calls::{call, note_panics};
use libfuzzer_sys::fuzz_target;

fuzz_target!(
    init: note_panics(),
    |bytes: &[u8]| {
        if let Err(message) = call(bytes) {
            eprintln!("a check is missing: {message}");
            std::process::abort();
        }
    }
);
