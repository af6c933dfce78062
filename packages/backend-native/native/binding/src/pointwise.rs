//! Element-wise functions.

use crate::exclusive;
use crate::process::precision;
use crate::values::{Input, Output, refuse};
use kernels::activation::{self, Activation};
use kernels::broadcast::Broadcast;
use kernels::cast;
use kernels::comparison::{self, Comparison};
use kernels::elementwise::{self, Binary, Unary};
use kernels::integer::{self, Integer};
use kernels::logic::{self, Connective};
use kernels::select;
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

/// The functions of two integers.
const INTEGER: [(&str, Integer); 5] = [
    ("Add", Integer::Add),
    ("Sub", Integer::Sub),
    ("Multiply", Integer::Multiply),
    ("Maximum", Integer::Maximum),
    ("Minimum", Integer::Minimum),
];

/// The functions of two truth values.
const CONNECTIVES: [(&str, Connective); 2] = [("LogicalAnd", Connective::And), ("LogicalOr", Connective::Or)];

pub fn names<T>(table: &[(&str, T)]) -> Vec<String> {
    table.iter().map(|(name, _)| (*name).to_owned()).collect()
}

pub fn pick<T: Copy>(table: &[(&str, T)], code: u32) -> Result<T> {
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
pub fn integer_names() -> Vec<String> {
    names(&INTEGER)
}

#[napi(catch_unwind)]
pub fn connective_names() -> Vec<String> {
    names(&CONNECTIVES)
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

/// Calls `compute` with the layout that these numbers describe.
fn broadcast(layout: &[i32], compute: impl FnOnce(&Broadcast<'_>)) -> Result<()> {
    let sizes = sizes(layout)?;
    let (shape, strides) = sizes.split_at(sizes.len() / 3);
    let (a, b) = strides.split_at(shape.len());
    compute(&Broadcast { shape, a, b });
    Ok(())
}

#[napi(catch_unwind)]
pub fn binary(code: u32, layout: Input<i32>, a: Input<f32>, b: Input<f32>, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [layout, a, b]);
    let operation = pick(&BINARY, code)?;
    broadcast(&layout, |layout| elementwise::combine(operation, layout, &a, &b, &mut y))
}

#[napi(catch_unwind)]
pub fn binary_integers(code: u32, layout: Input<i32>, a: Input<i32>, b: Input<i32>, mut y: Output<i32>) -> Result<()> {
    exclusive!([y], [layout, a, b]);
    let operation = pick(&INTEGER, code)?;
    broadcast(&layout, |layout| integer::combine(operation, layout, &a, &b, &mut y))
}

#[napi(catch_unwind)]
pub fn binary_truths(code: u32, layout: Input<i32>, a: Input<u8>, b: Input<u8>, mut y: Output<u8>) -> Result<()> {
    exclusive!([y], [layout, a, b]);
    let connective = pick(&CONNECTIVES, code)?;
    broadcast(&layout, |layout| logic::combine(connective, layout, &a, &b, &mut y))
}

#[napi(catch_unwind)]
pub fn not(x: Input<u8>, mut y: Output<u8>) -> Result<()> {
    exclusive!([y], [x]);
    logic::not(&x, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn compare(code: u32, layout: Input<i32>, a: Input<f32>, b: Input<f32>, mut y: Output<u8>) -> Result<()> {
    exclusive!([y], [layout, a, b]);
    let comparison = pick(&COMPARISONS, code)?;
    broadcast(&layout, |layout| comparison::compare(comparison, layout, &a, &b, &mut y))
}

#[napi(catch_unwind)]
pub fn compare_integers(code: u32, layout: Input<i32>, a: Input<i32>, b: Input<i32>, mut y: Output<u8>) -> Result<()> {
    exclusive!([y], [layout, a, b]);
    let comparison = pick(&COMPARISONS, code)?;
    broadcast(&layout, |layout| comparison::compare(comparison, layout, &a, &b, &mut y))
}

/// From one type of array to another.
macro_rules! casts {
    ($($name:ident: $from:ty => $to:ty;)*) => { $(
        #[napi(catch_unwind)]
        pub fn $name(x: Input<$from>, mut y: Output<$to>) -> Result<()> {
            exclusive!([y], [x]);
            cast::cast::<$from, $to>(&x, &mut y);
            Ok(())
        }
    )* };
}

casts! {
    floats_to_integers: f32 => i32;
    floats_to_truths: f32 => u8;
    integers_to_floats: i32 => f32;
    integers_to_truths: i32 => u8;
    truths_to_floats: u8 => f32;
    truths_to_integers: u8 => i32;
}

#[napi(catch_unwind)]
pub fn select_floats(condition: Input<u8>, a: Input<f32>, b: Input<f32>, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [condition, a, b]);
    select::select(&condition, &a, &b, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn select_bytes(condition: Input<u8>, a: Input<u8>, b: Input<u8>, mut y: Output<u8>) -> Result<()> {
    exclusive!([y], [condition, a, b]);
    select::select(&condition, &a, &b, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn one_hot_floats(indices: Input<i32>, depth: u32, on: f64, off: f64, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [indices]);
    select::one_hot(&indices, depth as usize, on as f32, off as f32, &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn one_hot_integers(indices: Input<i32>, depth: u32, on: i32, off: i32, mut y: Output<i32>) -> Result<()> {
    exclusive!([y], [indices]);
    select::one_hot(&indices, depth as usize, on, off, &mut y);
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
