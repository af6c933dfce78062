//! Element-wise functions.

use crate::exclusive;
use crate::process::precision;
use crate::values::{Input, Output, refuse};
use kernels::activation::{self, Activation};
use kernels::elementwise::{self, Binary, Broadcast, Comparison, Unary};
use napi::Result;
use napi_derive::napi;

/// The functions of one number, by tfjs's names; their places in the list are what `unary` takes.
const UNARY: [(&str, Unary); 19] = [
    ("Abs", Unary::Abs),
    ("Exp", Unary::Exp),
    ("Log", Unary::Log),
    ("Sqrt", Unary::Sqrt),
    ("Rsqrt", Unary::Rsqrt),
    ("Square", Unary::Square),
    ("Neg", Unary::Neg),
    ("Erf", Unary::Erf),
    ("Tanh", Unary::Tanh),
    ("Sigmoid", Unary::Sigmoid),
    ("Relu", Unary::Relu),
    ("Relu6", Unary::Relu6),
    ("Sign", Unary::Sign),
    ("Reciprocal", Unary::Reciprocal),
    ("Step", Unary::Step),
    ("LeakyRelu", Unary::LeakyRelu),
    ("Log1p", Unary::Log1p),
    ("Expm1", Unary::Expm1),
    ("Softplus", Unary::Softplus),
];

/// The functions of two numbers.
const BINARY: [(&str, Binary); 7] = [
    ("Add", Binary::Add),
    ("Sub", Binary::Sub),
    ("Multiply", Binary::Multiply),
    ("RealDiv", Binary::Divide),
    ("Maximum", Binary::Maximum),
    ("Minimum", Binary::Minimum),
    ("SquaredDifference", Binary::SquaredDifference),
];

/// The comparisons.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("Equal", Comparison::Equal),
    ("NotEqual", Comparison::NotEqual),
    ("Greater", Comparison::Greater),
    ("GreaterEqual", Comparison::GreaterEqual),
    ("Less", Comparison::Less),
    ("LessEqual", Comparison::LessEqual),
];

fn names<T>(table: &[(&str, T)]) -> Vec<String> {
    table.iter().map(|(name, _)| (*name).to_owned()).collect()
}

fn pick<T: Copy>(table: &[(&str, T)], code: u32) -> Result<T> {
    table.get(code as usize).map(|&(_, operation)| operation).ok_or_else(|| refuse(format_args!("operation: {code} is not one")))
}

/// tfjs's names of the functions that `unary` takes by number.
#[napi(catch_unwind)]
pub fn unary_names() -> Vec<String> {
    names(&UNARY)
}

#[napi(catch_unwind)]
pub fn binary_names() -> Vec<String> {
    names(&BINARY)
}

#[napi(catch_unwind)]
pub fn comparison_names() -> Vec<String> {
    names(&COMPARISONS)
}

#[napi(catch_unwind)]
pub fn unary(code: u32, parameter: f64, x: Input<f32>, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [x]);
    elementwise::map(pick(&UNARY, code)?, parameter as f32, &x, &mut y);
    Ok(())
}

/// The layout's numbers: the shape, the strides of a, the strides of b, one after another.
fn sizes(layout: &[i32]) -> Result<Vec<usize>> {
    let sizes: Option<Vec<usize>> = layout.iter().map(|&size| usize::try_from(size).ok()).collect();
    sizes.filter(|sizes| sizes.len() % 3 == 0).ok_or_else(|| refuse("layout: expected three lists of sizes that are not negative"))
}

#[napi(catch_unwind)]
pub fn binary(code: u32, layout: Input<i32>, a: Input<f32>, b: Input<f32>, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [layout, a, b]);
    let sizes = sizes(&layout)?;
    let (shape, strides) = sizes.split_at(sizes.len() / 3);
    let (left, right) = strides.split_at(shape.len());
    elementwise::combine(pick(&BINARY, code)?, &Broadcast { shape, a: left, b: right }, &a, &b, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn compare(code: u32, layout: Input<i32>, a: Input<f32>, b: Input<f32>, mut y: Output<u8>) -> Result<()> {
    exclusive!([y], [layout, a, b]);
    let sizes = sizes(&layout)?;
    let (shape, strides) = sizes.split_at(sizes.len() / 3);
    let (left, right) = strides.split_at(shape.len());
    elementwise::test(pick(&COMPARISONS, code)?, &Broadcast { shape, a: left, b: right }, &a, &b, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn gelu(x: Input<f32>, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [x]);
    activation::forward(Activation::Gelu, precision(), &x, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn gelu_gradient(x: Input<f32>, dy: Input<f32>, mut dx: Output<f32>) -> Result<()> {
    exclusive!([dx], [x, dy]);
    activation::gradient(Activation::Gelu, precision(), &x, &dy, &mut dx);
    Ok(())
}
