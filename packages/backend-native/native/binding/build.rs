fn main() {
    napi_build::setup();
    // The pool's threads never end, so the library must stay loaded when a worker thread that loaded it does.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
