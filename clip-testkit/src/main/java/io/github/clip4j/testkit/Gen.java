package io.github.clip4j.testkit;

import java.util.SplittableRandom;

/// Random test input from a seed that failures can name.
public final class Gen {
    private final SplittableRandom random;

    /// @param seed the same one gives the same input
    public Gen(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /// `n` floats from a normal distribution of mean 0 and variance 1.
    public float[] floats(int n) {
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /// An integer from `from` to below `to`.
    public int integer(int from, int to) {
        return random.nextInt(from, to);
    }
}
