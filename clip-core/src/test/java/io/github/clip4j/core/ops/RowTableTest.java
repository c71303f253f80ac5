package io.github.clip4j.core.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.core.DType;
import io.github.clip4j.testkit.Gen;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowTableTest {
    private static final int ROWS = 5;
    private static final int WIDTH = 19;

    private static float rounded(float value, DType storage) {
        return switch (storage) {
            case F16 -> Float.float16ToFloat(Float.floatToFloat16(value));
            case BF16 -> DType.bfloat16ToFloat(DType.floatToBfloat16(value));
            default -> value;
        };
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void aRowIsTheOneThatWasSetRoundedOnce(DType storage) {
        float[] values = new Gen(1).floats(ROWS * WIDTH);
        float[] b = new Gen(2).floats(WIDTH + 3);
        RowTable table = new RowTable(ROWS, WIDTH, storage);
        table.setRows(0, 2, values);
        float[] rest = new float[3 * WIDTH + 7]; // a buffer may be longer
        System.arraycopy(values, 2 * WIDTH, rest, 0, 3 * WIDTH);
        table.setRows(2, 3, rest);
        assertThat(table.bytes()).isEqualTo((long) ROWS * WIDTH * storage.bytes());
        for (int row = 0; row < ROWS; row++) {
            float[] y = new float[WIDTH + 2];
            table.add(row, b, 3, y, 1);
            for (int i = 0; i < WIDTH; i++) {
                assertThat(y[1 + i]).isEqualTo(rounded(values[row * WIDTH + i], storage) + b[3 + i]);
            }
            float[] scaled = new float[WIDTH + 2];
            table.addScaled(row, 0.3f, b, 3, scaled, 1);
            for (int i = 0; i < WIDTH; i++) {
                float product = 0.3f * rounded(values[row * WIDTH + i], storage); // rounded before the sum
                assertThat(scaled[1 + i]).isEqualTo(product + b[3 + i]);
            }
            assertThat(y[0]).isZero();
            assertThat(y[WIDTH + 1]).isZero();
        }
    }

    @Test
    void refusesNumbersBeyondTheStorage() {
        RowTable table = new RowTable(2, 2, DType.F16);
        assertThatThrownBy(() -> table.setRows(0, 2, new float[] {1, 2, 3, 70000}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("row 1 of a table: expected a number that fits F16, got 70000.0; keep the weights in float32");
        assertThatThrownBy(() -> new RowTable(2, 2, DType.F64)).hasMessage("table: expected its numbers in F32, F16 or BF16, got F64");
    }

    @Test
    void infinityStaysWhatItIs() {
        RowTable table = new RowTable(1, 1, DType.F16);
        table.setRows(0, 1, new float[] {Float.POSITIVE_INFINITY});
        float[] y = new float[1];
        table.add(0, new float[1], 0, y, 0);
        assertThat(y[0]).isEqualTo(Float.POSITIVE_INFINITY);
    }
}
