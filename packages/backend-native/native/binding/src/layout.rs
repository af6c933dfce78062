//! Moving values without changing them, and reductions.

use crate::exclusive;
use crate::values::{Input, Output, refuse};
use kernels::gather::{self, Sizes};
use kernels::logic::{self, Connective};
use kernels::reduce::{Reduction, reduce as reduce_values};
use kernels::strided::{Axis, Element, copy};
use napi::Result;
use napi_derive::napi;

/// The layout's numbers: offset in the source, offset in the target, then size, source step and target step of each axis.
fn copy_by<T: Element>(layout: &[i32], source: &[T], target: &mut [T]) -> Result<()> {
    let wrong = || refuse("layout: expected two offsets and three numbers an axis");
    let (&[source_offset, target_offset], axes) = layout.split_first_chunk::<2>().ok_or_else(wrong)?;
    let size = |value: i32| usize::try_from(value).map_err(|_| wrong());
    let (axes, rest) = axes.as_chunks::<3>();
    if !rest.is_empty() {
        return Err(wrong());
    }
    let axes = axes.iter().map(|&[count, source, target]| Ok(Axis { size: size(count)?, source: source as isize, target: size(target)? }));
    copy(&axes.collect::<Result<Vec<_>>>()?, source, size(source_offset)?, target, size(target_offset)?);
    Ok(())
}

#[napi(catch_unwind)]
pub fn copy_floats(layout: Input<i32>, source: Input<f32>, mut target: Output<f32>) -> Result<()> {
    exclusive!([target], [layout, source]);
    copy_by(&layout, &source, &mut target)
}

#[napi(catch_unwind)]
pub fn copy_bytes(layout: Input<i32>, source: Input<u8>, mut target: Output<u8>) -> Result<()> {
    exclusive!([target], [layout, source]);
    copy_by(&layout, &source, &mut target)
}

/// The reductions by tfjs's names; their places in the list are what `reduce` takes.
const REDUCTIONS: [(&str, Reduction); 5] =
    [("Sum", Reduction::Sum), ("Mean", Reduction::Mean), ("Max", Reduction::Max), ("Min", Reduction::Min), ("Prod", Reduction::Prod)];

#[napi(catch_unwind)]
pub fn reduction_names() -> Vec<String> {
    REDUCTIONS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

#[napi(catch_unwind)]
pub fn reduce(code: u32, x: Input<f32>, count: u32, inner: u32, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [x]);
    let (_, reduction) = *REDUCTIONS.get(code as usize).ok_or_else(|| refuse(format_args!("operation: {code} is not one")))?;
    reduce_values(reduction, &x, count as usize, inner as usize, &mut y);
    Ok(())
}

/// Whether all of x are true, or (`any`) at least one is.
#[napi(catch_unwind)]
pub fn reduce_truths(any: bool, x: Input<u8>, count: u32, inner: u32, mut y: Output<u8>) -> Result<()> {
    exclusive!([y], [x]);
    logic::reduce(if any { Connective::Or } else { Connective::And }, &x, count as usize, inner as usize, &mut y);
    Ok(())
}

/// Batch, outer, rows, count, inner.
fn sizes([batch, outer, rows, count, inner]: [u32; 5]) -> Sizes {
    Sizes { batch: batch as usize, outer: outer as usize, rows: rows as usize, count: count as usize, inner: inner as usize }
}

#[napi(catch_unwind)]
pub fn gather(
    x: Input<f32>,
    indices: Input<i32>,
    batch: u32,
    outer: u32,
    rows: u32,
    count: u32,
    inner: u32,
    mut y: Output<f32>,
) -> Result<()> {
    exclusive!([y], [x, indices]);
    gather::gather(&x, &indices, sizes([batch, outer, rows, count, inner]), &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn gather_bytes(
    x: Input<u8>,
    indices: Input<i32>,
    batch: u32,
    outer: u32,
    rows: u32,
    count: u32,
    inner: u32,
    mut y: Output<u8>,
) -> Result<()> {
    exclusive!([y], [x, indices]);
    gather::gather(&x, &indices, sizes([batch, outer, rows, count, inner]), &mut y);
    Ok(())
}

#[napi(catch_unwind)]
pub fn scatter_add(dy: Input<f32>, indices: Input<i32>, batch: u32, rows: u32, count: u32, inner: u32, mut dx: Output<f32>) -> Result<()> {
    exclusive!([dx], [dy, indices]);
    gather::scatter_add(&dy, &indices, sizes([batch, 1, rows, count, inner]), &mut dx);
    Ok(())
}

#[napi(catch_unwind)]
pub fn segment_sum(x: Input<f32>, ids: Input<i32>, inner: u32, mut y: Output<f32>) -> Result<()> {
    exclusive!([y], [x, ids]);
    gather::segment_sum(&x, &ids, inner as usize, &mut y);
    Ok(())
}
