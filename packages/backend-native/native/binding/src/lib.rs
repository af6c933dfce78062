//! The functions of the addon. Each checks that its results share no memory with its other arguments and passes slices to a kernel;
//! a kernel that refuses its arguments panics, and the panic becomes a JavaScript error.

mod blocks;
mod images;
mod layout;
mod network;
mod pointwise;
mod process;
mod products;
mod ranking;
mod training;
mod values;

use napi_derive::module_init;

#[module_init]
fn start() {
    // The message of a panic is in the error; nothing is to be printed besides.
    std::panic::set_hook(Box::new(|_| {}));
}
