package io.github.clip4j.image.webp;

/// The prediction of a subblock of 4 × 4 luma samples (RFC 6386, section 12.3) from the 13 samples around it:
///
/// ```
///   X | A B C D | E F G H
///   --+---------+--------
///   I |         |
///   J |         |
///   K |         |
///   L |         |
/// ```
final class SubblockPredictor {
    /// The modes, in the order of [SubblockModeTable]. The names say in which direction the samples are continued.
    static final int DC = 0;
    static final int TRUE_MOTION = 1;
    static final int VERTICAL = 2;
    static final int HORIZONTAL = 3;
    static final int DOWN_RIGHT = 4;
    static final int VERTICAL_RIGHT = 5;
    static final int DOWN_LEFT = 6;
    static final int VERTICAL_LEFT = 7;
    static final int HORIZONTAL_DOWN = 8;
    static final int HORIZONTAL_UP = 9;

    private SubblockPredictor() {}

    /// Fills a subblock.
    ///
    /// @param to its first sample
    /// @param right where E to H are, which for the lower subblocks at the right of a macroblock are those above the macroblock
    static void predict(int mode, byte[] s, int to, int stride, int right) {
        int above = to - stride;
        int x = s[above - 1] & 0xff;
        int a = s[above] & 0xff;
        int b = s[above + 1] & 0xff;
        int c = s[above + 2] & 0xff;
        int d = s[above + 3] & 0xff;
        int i = s[to - 1] & 0xff;
        int j = s[to + stride - 1] & 0xff;
        int k = s[to + 2 * stride - 1] & 0xff;
        int l = s[to + 3 * stride - 1] & 0xff;
        switch (mode) {
            case DC -> {
                byte mean = (byte) ((a + b + c + d + i + j + k + l + 4) >> 3);
                for (int y = 0; y < 4; y++) {
                    row(s, to + y * stride, mean, mean, mean, mean);
                }
            }
            case TRUE_MOTION -> MacroblockPredictor.trueMotion(s, to, stride, 4);
            case VERTICAL -> {
                byte v0 = mean(x, a, b);
                byte v1 = mean(a, b, c);
                byte v2 = mean(b, c, d);
                byte v3 = mean(c, d, s[right] & 0xff);
                for (int y = 0; y < 4; y++) {
                    row(s, to + y * stride, v0, v1, v2, v3);
                }
            }
            case HORIZONTAL -> {
                byte h0 = mean(x, i, j);
                byte h1 = mean(i, j, k);
                byte h2 = mean(j, k, l);
                byte h3 = mean(k, l, l);
                row(s, to, h0, h0, h0, h0);
                row(s, to + stride, h1, h1, h1, h1);
                row(s, to + 2 * stride, h2, h2, h2, h2);
                row(s, to + 3 * stride, h3, h3, h3, h3);
            }
            case DOWN_RIGHT -> {
                byte m0 = mean(j, k, l);
                byte m1 = mean(i, j, k);
                byte m2 = mean(x, i, j);
                byte m3 = mean(a, x, i);
                byte m4 = mean(b, a, x);
                byte m5 = mean(c, b, a);
                row(s, to, m3, m4, m5, mean(d, c, b));
                row(s, to + stride, m2, m3, m4, m5);
                row(s, to + 2 * stride, m1, m2, m3, m4);
                row(s, to + 3 * stride, m0, m1, m2, m3);
            }
            case VERTICAL_RIGHT -> {
                byte m0 = mean(x, a);
                byte m1 = mean(a, b);
                byte m2 = mean(b, c);
                byte n0 = mean(i, x, a);
                byte n1 = mean(x, a, b);
                byte n2 = mean(a, b, c);
                row(s, to, m0, m1, m2, mean(c, d));
                row(s, to + stride, n0, n1, n2, mean(b, c, d));
                row(s, to + 2 * stride, mean(j, i, x), m0, m1, m2);
                row(s, to + 3 * stride, mean(k, j, i), n0, n1, n2);
            }
            case HORIZONTAL_DOWN -> {
                byte m0 = mean(i, x);
                byte m1 = mean(j, i);
                byte m2 = mean(k, j);
                byte n0 = mean(i, x, a);
                byte n1 = mean(j, i, x);
                byte n2 = mean(k, j, i);
                row(s, to, m0, n0, mean(x, a, b), mean(a, b, c));
                row(s, to + stride, m1, n1, m0, n0);
                row(s, to + 2 * stride, m2, n2, m1, n1);
                row(s, to + 3 * stride, mean(l, k), mean(l, k, j), m2, n2);
            }
            case HORIZONTAL_UP -> {
                byte m1 = mean(j, k);
                byte m2 = mean(k, l);
                byte n1 = mean(j, k, l);
                byte n2 = mean(k, l, l);
                byte last = (byte) l;
                row(s, to, mean(i, j), mean(i, j, k), m1, n1);
                row(s, to + stride, m1, n1, m2, n2);
                row(s, to + 2 * stride, m2, n2, last, last);
                row(s, to + 3 * stride, last, last, last, last);
            }
            default -> fromTheRight(mode, s, to, stride, right, a, b, c, d);
        }
    }

    /// The two modes that need all of E to H.
    private static void fromTheRight(int mode, byte[] s, int to, int stride, int right, int a, int b, int c, int d) {
        int e = s[right] & 0xff;
        int f = s[right + 1] & 0xff;
        int g = s[right + 2] & 0xff;
        int h = s[right + 3] & 0xff;
        byte n0 = mean(a, b, c);
        byte n1 = mean(b, c, d);
        byte n2 = mean(c, d, e);
        byte n3 = mean(d, e, f);
        byte n4 = mean(e, f, g);
        if (mode == DOWN_LEFT) {
            byte n5 = mean(f, g, h);
            row(s, to, n0, n1, n2, n3);
            row(s, to + stride, n1, n2, n3, n4);
            row(s, to + 2 * stride, n2, n3, n4, n5);
            row(s, to + 3 * stride, n3, n4, n5, mean(g, h, h));
        } else { // VERTICAL_LEFT
            byte m1 = mean(b, c);
            byte m2 = mean(c, d);
            byte m3 = mean(d, e);
            row(s, to, mean(a, b), m1, m2, m3);
            row(s, to + stride, n0, n1, n2, n3);
            row(s, to + 2 * stride, m1, m2, m3, n4);
            row(s, to + 3 * stride, n1, n2, n3, mean(f, g, h));
        }
    }

    private static void row(byte[] s, int to, byte s0, byte s1, byte s2, byte s3) {
        s[to] = s0;
        s[to + 1] = s1;
        s[to + 2] = s2;
        s[to + 3] = s3;
    }

    private static byte mean(int p, int q) {
        return (byte) ((p + q + 1) >> 1);
    }

    private static byte mean(int p, int q, int r) {
        return (byte) ((p + 2 * q + r + 2) >> 2);
    }
}
