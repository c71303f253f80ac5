package io.github.clip4j.core.format;

import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;

/// The memory that what is read from a file may take: in proportion to the file, so that a small one cannot fill a large memory.
///
/// What readers build of a file (names, lists, tables) is charged here before it is allocated. The tensors themselves are not: their size
/// is checked against the file's.
public final class Budget {
    /// What any file may take: real lists of names take some megabytes.
    private static final long FREE = 32L << 20;

    /// What each byte of a file may take. Real checkpoints stay far below: nearly all of their bytes are tensors.
    private static final long PER_BYTE = 4;

    private final String where;
    private final long total;
    private long left;

    private Budget(String where, long total) {
        this.where = where;
        this.total = total;
        this.left = total;
    }

    /// The budget of a file.
    public static Budget of(ByteSource source) throws IOException {
        return new Budget(source.name(), FREE + PER_BYTE * source.size());
    }

    /// Takes a number of bytes.
    ///
    /// @throws WeightFormatException when the budget is spent
    public void take(long bytes) throws WeightFormatException {
        left -= bytes;
        if (left < 0) {
            throw new WeightFormatException(
                    "%s: expected lists of tensors that fit a file of this size, got more than %,d bytes of them; is it damaged?"
                            .formatted(where, total));
        }
    }
}
