package io.github.clip4j.bench;

import java.util.Random;

/// The extents of a product C`[m, n]` = A`[m, k]`·B`[k, n]`, written `m×n×k` with the letter x.
record Extents(int m, int n, int k) {
    static Extents parse(String text) {
        String[] parts = text.split("x", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("shape: expected m x n x k such as 50x3072x768, got '" + text + "'");
        }
        return new Extents(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    }

    /// 2·m·n·k: a multiplication and an addition for each step of each element.
    double operations() {
        return 2.0 * m * n * k;
    }

    /// Values as activations have them: normal, of deviation 1.
    static float[] random(int count, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
