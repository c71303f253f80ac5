package io.github.clip4j.testkit;

import java.util.function.IntToDoubleFunction;
import org.assertj.core.api.Assertions;

/// Compares arrays of floats under a bound that the caller derives, and reports the worst element.
public final class FloatAssert {
    private FloatAssert() {}

    /// Asserts |actual[i] − expected[i]| ≤ bound(i) for every i, and that nothing is NaN.
    public static void assertWithin(float[] actual, float[] expected, IntToDoubleFunction bound, String what) {
        Assertions.assertThat(actual).as(what).hasSameSizeAs(expected);
        double worst = 0;
        int at = -1;
        for (int i = 0; i < actual.length; i++) {
            double excess = Math.abs((double) actual[i] - expected[i]) / bound.applyAsDouble(i);
            if (!(excess <= 1) && !(excess <= worst)) { // NaN fails both
                worst = excess;
                at = i;
            }
        }
        if (at >= 0) {
            Assertions.fail("%s: index %d of %d: expected %s ± %.3g, got %s (%.2f times the bound)"
                    .formatted(what, at, actual.length, expected[at], bound.applyAsDouble(at), actual[at], worst));
        }
    }

    /// Asserts |actual[i] − expected[i]| ≤ bound for every i.
    public static void assertWithin(float[] actual, float[] expected, double bound, String what) {
        assertWithin(actual, expected, i -> bound, what);
    }

    /// Asserts that both arrays hold the same bits.
    public static void assertSameBits(float[] actual, float[] expected, String what) {
        Assertions.assertThat(actual).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            if (Float.floatToRawIntBits(actual[i]) != Float.floatToRawIntBits(expected[i])) {
                Assertions.fail("%s: index %d of %d: expected the bits of %s, got %s"
                        .formatted(what, i, actual.length, expected[i], actual[i]));
            }
        }
    }
}
