package io.github.clip4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/// Damaged versions of a file, the same ones for the same seed: bits flipped, pieces cut out, doubled, moved or overwritten, numbers made
/// huge, the end cut off.
public final class Mutations {
    /// So many are tried of each file; `-Dclip.damaged=10000` tries more.
    private static final int VERSIONS = Integer.getInteger("clip.damaged", 2_000);

    private static final int TEN_THOUSAND = 10_000;

    private static final List<String> PIECES = List.of(
            "0", "-1", "4294967296", "9223372036854775807", "99999999999999999999", "1e308", "null", "[]", "{}", "\"",
            "\\", ",", ":", "}", "]", "\0", "\u00FF\u00FF\u00FF\u007F", "True", "data.pkl", "\n", " ");

    private final byte[] original;
    private final SplittableRandom random;

    /// @param seed the same one gives the same versions
    public Mutations(byte[] original, long seed) {
        this.original = original.clone();
        this.random = new SplittableRandom(seed);
    }

    /// Reads a file.
    public interface Reader {
        /// Reads `file`, or throws the documented exception.
        void read(Path file) throws IOException;
    }

    /// Reads damaged versions of a file: each must be read, or refused with the documented exception.
    ///
    /// @param file where the versions are written, one after the other
    /// @param leastRefused of ten thousand versions: a reader that refuses none has not looked
    public static void survive(byte[] original, Path file, Class<? extends IOException> refusal, int leastRefused, Reader reader)
            throws IOException {
        Mutations mutations = new Mutations(original, 42);
        int refused = 0;
        for (int i = 0; i < VERSIONS; i++) {
            byte[] damaged = mutations.next();
            Files.write(file, damaged);
            try {
                reader.read(file);
            } catch (IOException | RuntimeException | Error e) {
                if (!refusal.isInstance(e)) {
                    Path kept = Files.write(Path.of("target", "damaged-" + file.getFileName()), damaged);
                    throw new AssertionError("version %d, kept in %s".formatted(i, kept), e);
                }
                refused++;
            }
        }
        assertThat(refused).as("versions refused").isBetween((int) ((long) leastRefused * VERSIONS / TEN_THOUSAND), VERSIONS);
    }

    /// The next damaged version: one to four mutations of the original.
    public byte[] next() {
        byte[] bytes = original;
        for (int n = random.nextInt(1, 5); n > 0; n--) {
            bytes = mutate(bytes);
        }
        return bytes;
    }

    private byte[] mutate(byte[] bytes) {
        if (bytes.length == 0) {
            return original;
        }
        int at = position(bytes.length);
        int length = random.nextInt(1, 17);
        int end = Math.min(bytes.length, at + length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        switch (random.nextInt(7)) {
            case 0 -> { // a bit flipped
                byte[] flipped = bytes.clone();
                flipped[at] ^= (byte) (1 << random.nextInt(8));
                return flipped;
            }
            case 1 -> out.write(bytes, 0, at); // cut off
            case 2 -> { // a piece cut out
                out.write(bytes, 0, at);
                out.write(bytes, end, bytes.length - end);
            }
            case 3 -> { // a piece doubled
                out.write(bytes, 0, end);
                out.write(bytes, at, bytes.length - at);
            }
            case 4 -> { // something put in
                out.write(bytes, 0, at);
                out.writeBytes(piece());
                out.write(bytes, at, bytes.length - at);
            }
            case 5 -> { // something written over
                byte[] piece = piece();
                out.write(bytes, 0, at);
                out.writeBytes(piece);
                int rest = Math.min(bytes.length, at + piece.length);
                out.write(bytes, rest, bytes.length - rest);
            }
            default -> { // a piece from elsewhere
                int from = position(bytes.length);
                out.write(bytes, 0, at);
                out.write(bytes, from, Math.min(length, bytes.length - from));
                out.write(bytes, end, bytes.length - end);
            }
        }
        return out.toByteArray();
    }

    /// Headers are at the beginning: half of the mutations are there.
    private int position(int length) {
        return random.nextBoolean() ? random.nextInt(length) : random.nextInt(Math.min(length, 400));
    }

    private byte[] piece() {
        return PIECES.get(random.nextInt(PIECES.size())).getBytes(StandardCharsets.ISO_8859_1);
    }
}
