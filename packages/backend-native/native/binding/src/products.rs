//! Matrix products and linear layers.

use crate::exclusive;
use crate::process::precision;
use crate::values::{Input, Output, refuse};
use kernels::activation::Activation;
use kernels::linear::{self, Gradients, Linear, Product};
use napi::Result;
use napi_derive::napi;

/// What an activation's number means; its place in the list.
const ACTIVATIONS: [(&str, Activation); 3] = [("linear", Activation::Linear), ("relu", Activation::Relu), ("gelu", Activation::Gelu)];

#[napi(catch_unwind)]
pub fn activation_names() -> Vec<String> {
    ACTIVATIONS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

pub fn activation(code: u32) -> Result<Activation> {
    ACTIVATIONS.get(code as usize).map(|&(_, activation)| activation).ok_or_else(|| refuse(format_args!("activation: {code} is not one")))
}

/// `pairs` names the matrices of a and b that meet, pair after pair; `transpose` is 1 for a, 2 for b, 3 for both.
#[napi(catch_unwind)]
pub fn multiply(
    a: Input<f32>,
    b: Input<f32>,
    bias: Option<Input<f32>>,
    pairs: Input<i32>,
    rows: u32,
    columns: u32,
    depth: u32,
    transpose: u32,
    code: u32,
    mut c: Output<f32>,
) -> Result<()> {
    exclusive!([c], [a, b, bias, pairs]);
    let (both, rest) = pairs.as_chunks::<2>();
    let number = |index: i32| usize::try_from(index).map_err(|_| refuse("pairs: expected numbers that are not negative"));
    let numbers = both.iter().map(|&[left, right]| Ok((number(left)?, number(right)?))).collect::<Result<Vec<_>>>()?;
    if !rest.is_empty() {
        return Err(refuse("pairs: expected an even count"));
    }
    let product = Product {
        a: &a,
        b: &b,
        bias: bias.as_deref(),
        rows: rows as usize,
        columns: columns as usize,
        depth: depth as usize,
        transpose_a: transpose & 1 != 0,
        transpose_b: transpose & 2 != 0,
        activation: activation(code)?,
        precision: precision(),
    };
    linear::products(&product, &numbers, &mut c);
    Ok(())
}

#[napi(catch_unwind)]
pub fn linear(
    x: Input<f32>,
    weight: Input<f32>,
    bias: Option<Input<f32>>,
    inputs: u32,
    outputs: u32,
    code: u32,
    mut y: Output<f32>,
    mut before: Option<Output<f32>>,
) -> Result<()> {
    exclusive!([y, before], [x, weight, bias]);
    let layer = Linear {
        x: &x,
        weight: &weight,
        bias: bias.as_deref(),
        inputs: inputs as usize,
        outputs: outputs as usize,
        activation: activation(code)?,
        precision: precision(),
    };
    linear::linear(&layer, &mut y, before.as_deref_mut());
    Ok(())
}

#[napi(catch_unwind)]
pub fn linear_gradient(
    x: Input<f32>,
    weight: Input<f32>,
    dy: Input<f32>,
    before: Option<Input<f32>>,
    inputs: u32,
    outputs: u32,
    code: u32,
    mut work: Option<Output<f32>>,
    mut dx: Option<Output<f32>>,
    mut d_weight: Output<f32>,
    mut d_bias: Option<Output<f32>>,
) -> Result<()> {
    exclusive!([work, dx, d_weight, d_bias], [x, weight, dy, before]);
    let layer = Linear {
        x: &x,
        weight: &weight,
        bias: None,
        inputs: inputs as usize,
        outputs: outputs as usize,
        activation: activation(code)?,
        precision: precision(),
    };
    let gradients = Gradients { dx: dx.as_deref_mut(), d_weight: &mut d_weight, d_bias: d_bias.as_deref_mut() };
    linear::linear_gradient(&layer, &dy, before.as_deref(), work.as_deref_mut(), gradients);
    Ok(())
}
