//! Moving values without changing them, and reductions.

use crate::Entry;
use crate::source::Source;
use kernels::gather::{self, Sizes};
use kernels::logic::{self, Connective};
use kernels::reduce::{self, Reduction};
use kernels::strided::{self, Axis};

pub const ENTRIES: [Entry; 7] = [copy, copy, reduction, truths, gather_rows, scatter_rows, segments];

fn copy(source: &mut Source<'_>) {
    let rank = source.below(5);
    let sizes: Vec<usize> = (0..rank).map(|_| source.size()).collect();
    // The target lies row by row; the source has the same axes in another order, repeated or backwards; now and then anything.
    let mut axes: Vec<Axis> = sizes.iter().map(|&size| Axis { size, source: 0, target: 0 }).collect();
    let (mut from, mut to, mut offset) = (1usize, 1usize, 0usize);
    for axis in axes.iter_mut().rev() {
        axis.target = if source.below(31) == 0 { source.size() } else { to };
        to = to.saturating_mul(axis.size);
    }
    let start = source.below(rank.saturating_sub(1));
    for position in 0..rank {
        let axis = &mut axes[(start + position) % rank];
        let stride = if source.below(31) == 0 { source.size() } else { from };
        match source.below(7) {
            0 => {}
            1 => {
                axis.source = -(stride as isize);
                offset = offset.saturating_add(axis.size.saturating_sub(1).saturating_mul(stride));
                from = from.saturating_mul(axis.size);
            }
            _ => {
                axis.source = stride as isize;
                from = from.saturating_mul(axis.size);
            }
        }
    }
    let target_offset = source.below(3);
    let to = [to.saturating_add(target_offset)];
    if source.flag() {
        strided::copy(&axes, &source.floats(&[from]), offset, &mut source.room(&to), target_offset);
    } else {
        strided::copy(&axes, &source.bytes(&[from]), offset, &mut source.room(&to), target_offset);
    }
}

fn reduction(source: &mut Source<'_>) {
    let reduction = source.pick(&[Reduction::Sum, Reduction::Mean, Reduction::Max, Reduction::Min, Reduction::Prod]);
    let [outer, count, inner] = source.block();
    if source.below(7) == 0 {
        reduce::sum_of_squares(&source.floats(&[outer, count]));
    } else {
        reduce::reduce(reduction, &source.floats(&[outer, count, inner]), count, inner, &mut source.room(&[outer, inner]));
    }
}

fn truths(source: &mut Source<'_>) {
    let connective = source.pick(&[Connective::And, Connective::Or]);
    let [outer, count, inner] = source.block();
    logic::reduce(connective, &source.bytes(&[outer, count, inner]), count, inner, &mut source.room(&[outer, inner]));
}

fn gather_rows(source: &mut Source<'_>) {
    let [batch, outer, rows, count, inner] = source.sizes();
    let (sizes, indices) = (Sizes { batch, outer, rows, count, inner }, source.indices(&[batch, count], rows));
    let (x, y) = ([batch, outer, rows, inner], [batch, outer, count, inner]);
    if source.flag() {
        gather::gather(&source.floats(&x), &indices, sizes, &mut source.room(&y));
    } else {
        gather::gather(&source.bytes(&x), &indices, sizes, &mut source.room(&y));
    }
}

fn scatter_rows(source: &mut Source<'_>) {
    let [batch, rows, count, inner] = source.sizes();
    let (dy, indices) = (source.floats(&[batch, count, inner]), source.indices(&[batch, count], rows));
    gather::scatter_add(&dy, &indices, Sizes { batch, outer: 1, rows, count, inner }, &mut source.room(&[batch, rows, inner]));
}

fn segments(source: &mut Source<'_>) {
    let [count, inner, segments] = source.sizes();
    let (x, ids) = (source.floats(&[count, inner]), source.indices(&[count], segments));
    gather::segment_sum(&x, &ids, inner, &mut source.room(&[segments, inner]));
}
