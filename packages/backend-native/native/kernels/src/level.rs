//! Which instructions this process uses: found once, at run time.

use crate::simd::{Avx2, Avx512, Portable};
use std::sync::OnceLock;

/// A set of instructions, with the token that proves the processor has them.
#[derive(Clone, Copy)]
pub enum Level {
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    Portable(Portable),
}

/// What was found and what the environment asked for.
#[derive(Clone, Copy)]
pub struct Processor {
    pub level: Level,
    /// AVX-512-BF16 is there and worth using: products may multiply in bfloat16.
    pub bfloat16: bool,
}

impl Processor {
    /// The name that `SSL_VIT_CPU` takes.
    pub fn name(&self) -> &'static str {
        match self.level {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(_) if self.bfloat16 => "avx512bf16",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512(_) => "avx512",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2(_) => "avx2",
            Level::Portable(_) => "portable",
        }
    }
}

/// The processor, capped by the environment variable `SSL_VIT_CPU` (avx512bf16, avx512, avx2 or portable).
pub fn processor() -> &'static Processor {
    static FOUND: OnceLock<Processor> = OnceLock::new();
    FOUND.get_or_init(|| detect(std::env::var("SSL_VIT_CPU").unwrap_or_default().as_str()))
}

/// The widest level there is, or the one asked for where the processor has it.
pub fn level() -> Level {
    processor().level
}

/// Intel's processors carry out a bfloat16 product at a quarter of the rate of a float32 one (measured: 89 against 179 GFLOP/s a core),
/// AMD's at the full rate: only there does it pay.
#[cfg(target_arch = "x86_64")]
fn bfloat16_is_fast() -> bool {
    let id = std::arch::x86_64::__cpuid(0);
    [id.ebx, id.edx, id.ecx].map(u32::to_le_bytes).concat() != *b"GenuineIntel"
}

fn detect(asked: &str) -> Processor {
    #[cfg(target_arch = "x86_64")]
    {
        let wide = asked != "avx2" && asked != "portable";
        if let (true, Some(token)) = (wide, Avx512::detect()) {
            let wanted = asked == "avx512bf16" || (asked != "avx512" && bfloat16_is_fast());
            let bfloat16 = wanted && std::arch::is_x86_feature_detected!("avx512bf16");
            return Processor { level: Level::Avx512(token), bfloat16 };
        }
        if let (true, Some(token)) = (asked != "portable", Avx2::detect()) {
            return Processor { level: Level::Avx2(token), bfloat16: false };
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = asked;
    Processor { level: Level::Portable(Portable), bfloat16: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_path_can_be_asked_for() {
        assert_eq!(detect("portable").name(), "portable");
        assert!(!detect("avx512").bfloat16);
        assert_ne!(detect("avx2").name(), "avx512");
    }
}
