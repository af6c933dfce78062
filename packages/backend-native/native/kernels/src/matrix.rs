//! Matrices inside slices.

use std::marker::PhantomData;

/// A matrix to read: element (r, c) lies at r · row_stride + c · column_stride; one of the strides is 1.
#[derive(Clone, Copy)]
pub struct Matrix<'a> {
    start: *const f32,
    pub rows: usize,
    pub columns: usize,
    pub row_stride: usize,
    pub column_stride: usize,
    lifetime: PhantomData<&'a [f32]>,
}

// SAFETY: it only reads floats that it borrows, as a shared slice does.
unsafe impl Sync for Matrix<'_> {}
// SAFETY: as above.
unsafe impl Send for Matrix<'_> {}

/// Whether all elements lie inside `length` values. (128 bits hold any such offset, so no check can be passed by wrapping around.)
fn fits(rows: usize, columns: usize, stride: usize, length: usize) -> bool {
    rows == 0 || columns == 0 || (rows as u128 - 1) * stride as u128 + columns as u128 <= length as u128
}

impl<'a> Matrix<'a> {
    /// Rows one after another, `stride` apart.
    pub fn new(values: &'a [f32], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(fits(rows, columns, stride, values.len()), "matrix: {rows} x {columns} does not fit {} values", values.len());
        Self { start: values.as_ptr(), rows, columns, row_stride: stride, column_stride: 1, lifetime: PhantomData }
    }

    pub fn transposed(self) -> Self {
        Self { rows: self.columns, columns: self.rows, row_stride: self.column_stride, column_stride: self.row_stride, ..self }
    }

    /// `count` rows from `first` on.
    pub fn rows_from(self, first: usize, count: usize) -> Self {
        assert!(first + count <= self.rows);
        Self { start: self.at(first, 0), rows: count, ..self }
    }

    /// `count` columns from `first` on.
    pub fn columns_from(self, first: usize, count: usize) -> Self {
        self.transposed().rows_from(first, count).transposed()
    }

    /// One row of a matrix whose rows lie one after another.
    #[inline(always)]
    pub fn row(&self, row: usize) -> &'a [f32] {
        assert!(row < self.rows && self.column_stride == 1);
        // SAFETY: a row of the matrix, which borrows its floats for 'a.
        unsafe { std::slice::from_raw_parts(self.at(row, 0), self.columns) }
    }

    /// Where element (row, column) lies. It may be read as long as it is inside the matrix.
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> *const f32 {
        self.start.wrapping_add(row * self.row_stride + column * self.column_stride)
    }
}

/// A matrix to write, rows `stride` apart.
pub struct MatrixMut<'a> {
    start: *mut f32,
    pub rows: usize,
    pub columns: usize,
    pub stride: usize,
    lifetime: PhantomData<&'a mut [f32]>,
}

// SAFETY: threads that share one write disjoint elements; every write is in an unsafe block that says why.
unsafe impl Sync for MatrixMut<'_> {}
// SAFETY: it owns its borrow of the floats.
unsafe impl Send for MatrixMut<'_> {}

impl<'a> MatrixMut<'a> {
    pub fn new(values: &'a mut [f32], rows: usize, columns: usize, stride: usize) -> Self {
        assert!(columns <= stride || rows <= 1, "matrix: rows overlap");
        assert!(fits(rows, columns, stride, values.len()), "matrix: {rows} x {columns} does not fit {} values", values.len());
        Self { start: values.as_mut_ptr(), rows, columns, stride, lifetime: PhantomData }
    }

    /// A second handle on `count` rows from `first` and `width` columns from `column` on.
    ///
    /// # Safety
    /// No element may be written through two handles at the same time.
    pub unsafe fn part(&self, first: usize, count: usize, column: usize, width: usize) -> MatrixMut<'a> {
        assert!(first + count <= self.rows && column + width <= self.columns);
        MatrixMut { start: self.at(first, column), rows: count, columns: width, stride: self.stride, lifetime: PhantomData }
    }

    /// Where element (row, column) lies. It may be used as long as it is inside the matrix.
    #[inline(always)]
    pub fn at(&self, row: usize, column: usize) -> *mut f32 {
        self.start.wrapping_add(row * self.stride + column)
    }

    /// `width` elements of a row.
    ///
    /// # Safety
    /// No element may be in use through two handles at the same time.
    #[inline(always)]
    #[allow(clippy::mut_from_ref, reason = "the condition above makes the rows exclusive")]
    pub unsafe fn row(&self, row: usize, column: usize, width: usize) -> &mut [f32] {
        assert!(row < self.rows && column + width <= self.columns);
        // SAFETY: inside the matrix, and nobody else's by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.at(row, column), width) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extent_that_wraps_around_does_not_fit() {
        assert!(fits(3, 4, 5, 14) && !fits(3, 4, 5, 13));
        assert!(fits(0, usize::MAX, usize::MAX, 0) && fits(usize::MAX, 0, usize::MAX, 0));
        // (2³³ - 1) · 2³¹ + 2³¹ is 2⁶⁴: nothing, in 64 bits.
        assert!(!fits(1 << 33, 1 << 31, 1 << 31, 0));
    }
}
