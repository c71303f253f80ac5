package io.github.clip4j.image.webp;

/// The two inverse transforms of VP8 (RFC 6386, section 14), in the fixed-point arithmetic that is part of the format.
final class InverseTransform {
    /// √2·cos(π/8) − 1 and √2·sin(π/8), in 65536ths.
    private static final int COS = 20091;
    private static final int SIN = 35468;

    private InverseTransform() {}

    /// The Walsh-Hadamard transform of a Y2 block (section 14.3). Its outputs are the DCs of the sixteen luma blocks: element `16·i` of
    /// `out`.
    static void walshHadamard(short[] in, short[] out) {
        int[] columns = new int[16];
        for (int i = 0; i < 4; i++) {
            int a0 = in[i] + in[12 + i];
            int a1 = in[4 + i] + in[8 + i];
            int a2 = in[4 + i] - in[8 + i];
            int a3 = in[i] - in[12 + i];
            columns[i] = a0 + a1;
            columns[4 + i] = a3 + a2;
            columns[8 + i] = a0 - a1;
            columns[12 + i] = a3 - a2;
        }
        for (int i = 0; i < 4; i++) {
            int rounded = columns[4 * i] + 3;
            int a0 = rounded + columns[4 * i + 3];
            int a1 = columns[4 * i + 1] + columns[4 * i + 2];
            int a2 = columns[4 * i + 1] - columns[4 * i + 2];
            int a3 = rounded - columns[4 * i + 3];
            out[64 * i] = (short) ((a0 + a1) >> 3);
            out[64 * i + 16] = (short) ((a3 + a2) >> 3);
            out[64 * i + 32] = (short) ((a0 - a1) >> 3);
            out[64 * i + 48] = (short) ((a3 - a2) >> 3);
        }
    }

    /// Adds the inverse DCT of a block to the prediction (sections 14.4 and 14.5).
    ///
    /// @param at where the block's 16 coefficients begin
    /// @param to the block's first sample in `plane`
    static void add(short[] in, int at, byte[] plane, int to, int stride) {
        // Down the columns; t`r``c` is the result's row r, column c.
        int a = in[at] + in[at + 8];
        int b = in[at] - in[at + 8];
        int c = sin(in[at + 4]) - cos(in[at + 12]);
        int d = cos(in[at + 4]) + sin(in[at + 12]);
        int t00 = a + d;
        int t10 = b + c;
        int t20 = b - c;
        int t30 = a - d;
        a = in[at + 1] + in[at + 9];
        b = in[at + 1] - in[at + 9];
        c = sin(in[at + 5]) - cos(in[at + 13]);
        d = cos(in[at + 5]) + sin(in[at + 13]);
        int t01 = a + d;
        int t11 = b + c;
        int t21 = b - c;
        int t31 = a - d;
        a = in[at + 2] + in[at + 10];
        b = in[at + 2] - in[at + 10];
        c = sin(in[at + 6]) - cos(in[at + 14]);
        d = cos(in[at + 6]) + sin(in[at + 14]);
        int t02 = a + d;
        int t12 = b + c;
        int t22 = b - c;
        int t32 = a - d;
        a = in[at + 3] + in[at + 11];
        b = in[at + 3] - in[at + 11];
        c = sin(in[at + 7]) - cos(in[at + 15]);
        d = cos(in[at + 7]) + sin(in[at + 15]);
        addRow(t00, t01, t02, a + d, plane, to);
        addRow(t10, t11, t12, b + c, plane, to + stride);
        addRow(t20, t21, t22, b - c, plane, to + 2 * stride);
        addRow(t30, t31, t32, a - d, plane, to + 3 * stride);
    }

    private static void addRow(int t0, int t1, int t2, int t3, byte[] plane, int to) {
        int rounded = t0 + 4;
        int a = rounded + t2;
        int b = rounded - t2;
        int c = sin(t1) - cos(t3);
        int d = cos(t1) + sin(t3);
        plane[to] = clamped(plane[to], (a + d) >> 3);
        plane[to + 1] = clamped(plane[to + 1], (b + c) >> 3);
        plane[to + 2] = clamped(plane[to + 2], (b - c) >> 3);
        plane[to + 3] = clamped(plane[to + 3], (a - d) >> 3);
    }

    /// The same for a block whose only coefficient is the DC.
    static void addDc(int dc, byte[] plane, int to, int stride) {
        int difference = (dc + 4) >> 3;
        for (int y = 0; y < 4; y++) {
            int row = to + y * stride;
            for (int x = row; x < row + 4; x++) {
                plane[x] = clamped(plane[x], difference);
            }
        }
    }

    private static int cos(int x) {
        return ((x * COS) >> 16) + x;
    }

    private static int sin(int x) {
        return (x * SIN) >> 16;
    }

    private static byte clamped(byte sample, int difference) {
        return (byte) Math.max(0, Math.min(255, (sample & 0xff) + difference));
    }
}
