//! What a run's bytes are turned into: sizes that mostly fit together, and slices of exactly their length, so that the sanitizer sees
//! the first byte beyond.

use arbitrary::Unstructured;
use kernels::gemm::Precision;

/// Longest slice: every kernel's loops (tiles, pieces, blocks) are shorter. (Miri interprets, so there it is what takes seconds.)
const MOST: usize = if cfg!(miri) { 1 << 10 } else { 1 << 17 };

pub struct Source<'a>(pub Unstructured<'a>);

impl Source<'_> {
    /// A number from 0 to `most`; 0 when the bytes are used up.
    pub fn below(&mut self, most: usize) -> usize {
        self.0.int_in_range(0..=most).unwrap_or(0)
    }

    pub fn flag(&mut self) -> bool {
        self.below(1) == 1
    }

    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() - 1)]
    }

    pub fn precision(&mut self) -> Precision {
        self.pick(&[Precision::Float32, Precision::Bfloat16])
    }

    /// A size: mostly small, now and then as JavaScript's numbers can be at worst.
    pub fn size(&mut self) -> usize {
        match self.below(63) {
            1 => self.below(u32::MAX as usize),
            2 => self.pick(&[1 << 16, 1 << 31, (1 << 32) - 1]),
            3 => 0,
            4..12 => self.below(600),
            12..28 => self.below(70),
            _ => 1 + self.below(9),
        }
    }

    pub fn sizes<const N: usize>(&mut self) -> [usize; N] {
        std::array::from_fn(|_| self.size())
    }

    /// A size where many multiply: up to `usual`, seldom up to `seldom`, very seldom any.
    pub fn small(&mut self, usual: usize, seldom: usize) -> usize {
        match self.below(127) {
            1 => self.size(),
            2 => 0,
            3..13 => self.below(seldom),
            _ => 1 + self.below(usual - 1),
        }
    }

    /// The lengths of an outer axis, of one that a kernel goes along, and of what lies inside; some large, and often nothing inside.
    pub fn block(&mut self) -> [usize; 3] {
        let [outer, count, inner] = self.sizes();
        match self.below(15) {
            1 => [1 + outer % 2, self.below(MOST / 2), 1],
            2 => [1, self.below(300), self.below(MOST / 300)],
            3 => [1, self.below(3), self.below(MOST / 4)],
            4..10 => [outer, count, 1],
            _ => [outer, count, inner],
        }
    }

    /// The length that the sizes ask for, unless it is too long to be had or the bytes want another one.
    fn length(&mut self, sizes: &[usize]) -> usize {
        let product = sizes.iter().try_fold(1usize, |product, &size| product.checked_mul(size));
        let length = if sizes.contains(&0) { Some(0) } else { product.filter(|&length| length <= MOST) };
        match (length, self.below(127)) {
            (Some(length), ..125) => length,
            (Some(length), 125) => length + 1,
            (Some(length), 126) => length.saturating_sub(1),
            _ => self.below(70),
        }
    }

    fn filled<T: Clone>(&mut self, sizes: &[usize], mut next: impl FnMut(&mut Self) -> T) -> Box<[T]> {
        // A few values of the bytes' choice, over and over: the bytes would not last for more.
        let length = self.length(sizes);
        let values: Vec<T> = (0..7).map(|_| next(self)).collect();
        values.into_iter().cycle().take(length).collect()
    }

    pub fn floats(&mut self, sizes: &[usize]) -> Box<[f32]> {
        self.filled(sizes, |source| match source.below(15) {
            1 => f32::from_bits(source.0.arbitrary().unwrap_or(0)),
            2 => source.pick(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN_POSITIVE]),
            _ => source.below(255) as f32 / 64.0 - 2.0,
        })
    }

    pub fn maybe_floats(&mut self, sizes: &[usize]) -> Option<Box<[f32]>> {
        self.flag().then(|| self.floats(sizes))
    }

    pub fn integers(&mut self, sizes: &[usize]) -> Box<[i32]> {
        self.filled(sizes, |source| match source.below(7) {
            1 => source.pick(&[i32::MIN, i32::MAX, -1]),
            2 => source.0.arbitrary().unwrap_or(0),
            _ => source.below(255) as i32 - 128,
        })
    }

    pub fn bytes(&mut self, sizes: &[usize]) -> Box<[u8]> {
        self.filled(sizes, |source| if source.below(3) > 0 { source.below(1) as u8 } else { source.below(255) as u8 })
    }

    /// Numbers of rows, mostly below `rows`.
    pub fn indices(&mut self, sizes: &[usize], rows: usize) -> Box<[i32]> {
        self.filled(sizes, |source| match source.below(63) {
            1 => source.0.arbitrary().unwrap_or(0),
            _ => source.below(rows.saturating_sub(1)) as i32,
        })
    }

    /// Memory for a result.
    pub fn room<T: Clone + Default>(&mut self, sizes: &[usize]) -> Box<[T]> {
        vec![T::default(); self.length(sizes)].into_boxed_slice()
    }

    pub fn maybe_room(&mut self, sizes: &[usize]) -> Option<Box<[f32]>> {
        self.flag().then(|| self.room(sizes))
    }
}
