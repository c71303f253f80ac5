package io.github.clip4j.image.webp;

/// The loop filter, which smooths the edges between blocks where the step is small enough to come from quantization (RFC 6386, section 15).
///
/// Macroblocks are filtered one after the other, row by row, each first at its left edge, then at the vertical edges within, then at its
/// upper edge and the horizontal edges within. Predictions refer to samples before filtering, so the whole image is filtered once it is
/// complete. Samples across an edge are called p3 p2 p1 p0 | q0 q1 q2 q3.
final class LoopFilter {
    private final Vp8Header header;
    private final Plane y;
    private final Plane u;
    private final Plane v;

    LoopFilter(Vp8Header header, Plane y, Plane u, Plane v) {
        this.header = header;
        this.y = y;
        this.u = u;
        this.v = v;
    }

    /// Filters the edges of a macroblock.
    ///
    /// @param level 0 for none, to 63
    /// @param inner whether the edges within are filtered too: it is predicted in subblocks or has coefficients
    void macroblock(int column, int row, int level, boolean inner) {
        if (level == 0) {
            return;
        }
        int interior = interiorLimit(level);
        int innerEdge = 2 * (2 * level + interior) + 1;
        int outerEdge = innerEdge + 8;
        if (header.simpleFilter) {
            simple(column, row, outerEdge, innerEdge, inner);
            return;
        }
        int highVariance = level >= 40 ? 2 : level >= 15 ? 1 : 0;
        int luma = y.at(16 * column, 16 * row);
        int chroma = u.at(8 * column, 8 * row);
        if (column > 0) {
            outer(y, luma, 1, y.stride, 16, outerEdge, interior, highVariance);
            outer(u, chroma, 1, u.stride, 8, outerEdge, interior, highVariance);
            outer(v, chroma, 1, v.stride, 8, outerEdge, interior, highVariance);
        }
        if (inner) {
            for (int x = 4; x < 16; x += 4) {
                inner(y, luma + x, 1, y.stride, 16, innerEdge, interior, highVariance);
            }
            inner(u, chroma + 4, 1, u.stride, 8, innerEdge, interior, highVariance);
            inner(v, chroma + 4, 1, v.stride, 8, innerEdge, interior, highVariance);
        }
        if (row > 0) {
            outer(y, luma, y.stride, 1, 16, outerEdge, interior, highVariance);
            outer(u, chroma, u.stride, 1, 8, outerEdge, interior, highVariance);
            outer(v, chroma, v.stride, 1, 8, outerEdge, interior, highVariance);
        }
        if (inner) {
            for (int i = 4; i < 16; i += 4) {
                inner(y, luma + i * y.stride, y.stride, 1, 16, innerEdge, interior, highVariance);
            }
            inner(u, chroma + 4 * u.stride, u.stride, 1, 8, innerEdge, interior, highVariance);
            inner(v, chroma + 4 * v.stride, v.stride, 1, 8, innerEdge, interior, highVariance);
        }
    }

    /// Section 15.2: luma alone, and of each edge only p0 and q0.
    private void simple(int column, int row, int outerEdge, int innerEdge, boolean inner) {
        int luma = y.at(16 * column, 16 * row);
        if (column > 0) {
            simple(y.samples, luma, 1, y.stride, outerEdge);
        }
        for (int x = 4; inner && x < 16; x += 4) {
            simple(y.samples, luma + x, 1, y.stride, innerEdge);
        }
        if (row > 0) {
            simple(y.samples, luma, y.stride, 1, outerEdge);
        }
        for (int i = 4; inner && i < 16; i += 4) {
            simple(y.samples, luma + i * y.stride, y.stride, 1, innerEdge);
        }
    }

    private static void simple(byte[] s, int start, int across, int along, int edgeLimit) {
        for (int at = start; at < start + 16 * along; at += along) {
            int p1 = s[at - 2 * across] & 0xff;
            int p0 = s[at - across] & 0xff;
            int q0 = s[at] & 0xff;
            int q1 = s[at + across] & 0xff;
            if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) <= edgeLimit) {
                adjustTwo(s, at, across, p1, p0, q0, q1);
            }
        }
    }

    /// An edge between macroblocks (section 15.3, `MBfilter`).
    private static void outer(Plane plane, int start, int across, int along, int length, int edgeLimit, int interior, int highVariance) {
        byte[] s = plane.samples;
        for (int at = start; at < start + length * along; at += along) {
            int p1 = s[at - 2 * across] & 0xff;
            int p0 = s[at - across] & 0xff;
            int q0 = s[at] & 0xff;
            int q1 = s[at + across] & 0xff;
            if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) > edgeLimit) {
                continue;
            }
            int p2 = s[at - 3 * across] & 0xff;
            int q2 = s[at + 2 * across] & 0xff;
            if (!smooth(s[at - 4 * across] & 0xff, p2, p1, p0, interior) || !smooth(s[at + 3 * across] & 0xff, q2, q1, q0, interior)) {
                continue;
            }
            if (Math.abs(p1 - p0) > highVariance || Math.abs(q1 - q0) > highVariance) {
                adjustTwo(s, at, across, p1, p0, q0, q1);
                continue;
            }
            int w = signedByte(signedByte(p1 - q1) + 3 * (q0 - p0));
            int a = (27 * w + 63) >> 7;
            s[at - across] = unsignedByte(p0 + a);
            s[at] = unsignedByte(q0 - a);
            a = (18 * w + 63) >> 7;
            s[at - 2 * across] = unsignedByte(p1 + a);
            s[at + across] = unsignedByte(q1 - a);
            a = (9 * w + 63) >> 7;
            s[at - 3 * across] = unsignedByte(p2 + a);
            s[at + 2 * across] = unsignedByte(q2 - a);
        }
    }

    /// An edge between subblocks (section 15.3, `subblock_filter`).
    private static void inner(Plane plane, int start, int across, int along, int length, int edgeLimit, int interior, int highVariance) {
        byte[] s = plane.samples;
        for (int at = start; at < start + length * along; at += along) {
            int p1 = s[at - 2 * across] & 0xff;
            int p0 = s[at - across] & 0xff;
            int q0 = s[at] & 0xff;
            int q1 = s[at + across] & 0xff;
            if (4 * Math.abs(p0 - q0) + Math.abs(p1 - q1) > edgeLimit
                    || !smooth(s[at - 4 * across] & 0xff, s[at - 3 * across] & 0xff, p1, p0, interior)
                    || !smooth(s[at + 3 * across] & 0xff, s[at + 2 * across] & 0xff, q1, q0, interior)) {
                continue;
            }
            if (Math.abs(p1 - p0) > highVariance || Math.abs(q1 - q0) > highVariance) {
                adjustTwo(s, at, across, p1, p0, q0, q1);
                continue;
            }
            int w = 3 * (q0 - p0);
            int a = fiveBits((w + 4) >> 3);
            int half = (a + 1) >> 1;
            s[at - 2 * across] = unsignedByte(p1 + half);
            s[at - across] = unsignedByte(p0 + fiveBits((w + 3) >> 3));
            s[at] = unsignedByte(q0 - a);
            s[at + across] = unsignedByte(q1 - half);
        }
    }

    /// Section 15.2, `common_adjust` with the outer taps.
    private static void adjustTwo(byte[] s, int at, int across, int p1, int p0, int q0, int q1) {
        int w = 3 * (q0 - p0) + signedByte(p1 - q1);
        s[at - across] = unsignedByte(p0 + fiveBits((w + 3) >> 3));
        s[at] = unsignedByte(q0 - fiveBits((w + 4) >> 3));
    }

    private static boolean smooth(int s3, int s2, int s1, int s0, int limit) {
        return Math.abs(s3 - s2) <= limit && Math.abs(s2 - s1) <= limit && Math.abs(s1 - s0) <= limit;
    }

    /// How much samples on one side of an edge may differ (section 15.4, `interior_limit`).
    private int interiorLimit(int level) {
        int limit = level;
        if (header.sharpness > 0) {
            limit = Math.min(limit >> (header.sharpness > 4 ? 2 : 1), 9 - header.sharpness);
        }
        return Math.max(limit, 1);
    }

    /// Clamped to −16 … 15, what an eighth of a signed byte can be.
    private static int fiveBits(int x) {
        return Math.max(-16, Math.min(15, x));
    }

    private static int signedByte(int x) {
        return Math.max(-128, Math.min(127, x));
    }

    private static byte unsignedByte(int x) {
        return (byte) Math.max(0, Math.min(255, x));
    }
}
