//! No kernel is left out of the calls.

use std::fs::{read_dir, read_to_string};
use std::path::Path;

/// Public functions that no function of the addon calls: they take no array from outside, or are parts of the kernels.
const PARTS: [&str; 11] = [
    "activation::closeness",
    "gemm::gemm",
    "layer_norm::normalize_row",
    "level::processor",
    "level::level",
    "reduce::sum_rows",
    "softmax::largest",
    "softmax::softmax_rows",
    "threads::thread_count",
    "threads::is_busy",
    "threads::parallel",
];

/// The names and the texts of a folder's modules.
fn modules(folder: &str) -> Vec<(String, String)> {
    let files = read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder");
    let paths = files.map(|file| file.expect("a file").path()).filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), read_to_string(&path).expect("text"))).collect()
}

#[test]
fn every_public_function_is_called() {
    let kernels = modules("../kernels/src");
    let public = &kernels.iter().find(|(name, _)| name == "lib").expect("lib.rs").1;
    let calls: String = modules("src").into_iter().map(|(_, text)| text).collect();
    let mut found = 0;
    for (module, text) in kernels.iter().filter(|(name, _)| public.contains(&format!("\npub mod {name};"))) {
        // Functions by themselves start at the margin, those that `simd!` makes a step further in; methods are not asked for.
        for line in text.lines().filter(|line| line.starts_with("pub fn ") || (line.starts_with("    pub fn ") && line.contains("<S"))) {
            let name = line.trim_start().trim_start_matches("pub fn ").split(['<', '(']).next().expect("a name");
            let function = format!("{module}::{name}");
            if PARTS.contains(&function.as_str()) || function.starts_with("threads::parallel_parts") || line.contains("&self") {
                continue;
            }
            found += 1;
            let called = calls.contains(&format!("{function}(")) || calls.contains(&format!("{function}::<"));
            assert!(called, "{function} is called from no entry of native/calls: add one");
        }
    }
    assert!(found > 40, "only {found} public functions were found");
}
