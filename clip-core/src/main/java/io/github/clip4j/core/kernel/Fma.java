package io.github.clip4j.core.kernel;

/// The multiply-add of the scalar kernels.
public final class Fma {
    private Fma() {}

    /// a·b + c, rounded once: what the vector kernels compute, to the bit.
    ///
    /// On a processor without a fused multiply-add it is rounded twice, because the exact result would be computed with `BigDecimal`, a
    /// thousand times slower. The product's rounding is then off by at most u·|a·b|, u = 2⁻²⁴: [VectorSupport] says so in its log line.
    public static float fma(float a, float b, float c) {
        return VectorSupport.FUSED ? Math.fma(a, b, c) : a * b + c;
    }
}
