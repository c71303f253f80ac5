package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.sun.management.ThreadMXBean;
import io.github.clip4j.testkit.Gen;
import io.github.clip4j.testkit.Mutations;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Damaged WebP files are read, or refused with [ImageFormatException]; and a small one takes no more memory than it has pixels.
class DamagedWebpTest {
    private static final Path FILES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images/webp");
    private static final int VP8_DATA = 20;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lossy_q75", "lossy_partitions", "lossy_segments", "lossy_simple_filter", "lossy_1x9", "alpha_lossless", "alpha_gradient",
                "lossless", "lossless_drawing", "lossless_alpha", "lossless_4_colours", "lossless_1x40", "animated_alpha_offset", "turned"
            })
    void damagedFilesAreReadOrRefused(String name) throws IOException {
        Mutations mutations = new Mutations(file(name), 42);
        for (int i = 0; i < 1000; i++) {
            readOrRefuse(mutations.next(), name + " version " + i);
        }
    }

    /// Bits of the header and of the codes that follow it, one to three at a time: what most files of random bits never get to.
    @ParameterizedTest
    @ValueSource(strings = {"lossy_partitions", "lossless", "lossless_drawing", "lossless_16_colours", "lossless_flat"})
    void everyHeaderBitMayBeWrong(String name) throws IOException {
        byte[] original = file(name);
        Gen gen = new Gen(7);
        int bits = 8 * Math.min(original.length - VP8_DATA, 200);
        for (int i = 0; i < 3000; i++) {
            byte[] damaged = original.clone();
            for (int n = i % 3; n >= 0; n--) {
                int bit = i < bits && n == 0 ? i : gen.integer(0, bits);
                damaged[VP8_DATA + bit / 8] ^= (byte) (1 << bit % 8);
            }
            readOrRefuse(damaged, name + " version " + i);
        }
    }

    /// Each chunk's length, and each number of `VP8X` and `ANMF`, made smaller and larger.
    @ParameterizedTest
    @ValueSource(strings = {"alpha_raw", "alpha_lossless", "animated_offset", "animated_alpha_offset", "turned"})
    void everyNumberOfTheContainerMayBeWrong(String name) throws IOException {
        byte[] original = file(name);
        int[] values = {0, 1, 2, 3, 7, 8, 9, 10, 15, 16, 17, 100, 1000, 0xffff, 0xffffff, 0x7fffffff, 0x80000000, -9, -8, -2, -1};
        for (int at = 4; at < Math.min(original.length - 4, 140); at++) {
            for (int value : values) {
                byte[] damaged = original.clone();
                ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
                readOrRefuse(damaged, "%s with %d at %d".formatted(name, value, at));
            }
        }
    }

    /// Pillow refuses each: the container says how long the file is.
    @ParameterizedTest
    @ValueSource(strings = {"lossy_q75", "alpha_lossless", "lossless", "animated_offset"})
    void aFileThatIsCutShortIsRefused(String name) throws IOException {
        byte[] original = file(name);
        for (int length = 16; length < original.length; length++) {
            byte[] cut = Arrays.copyOf(original, length);
            assertThatThrownBy(() -> ImageFile.read(cut, "cut.webp", ImageOptions.defaults()))
                    .isInstanceOf(ImageFormatException.class)
                    .hasMessageStartingWith("cut.webp: a WebP file that cannot be decoded: RIFF: the file is cut");
        }
    }

    /// With lengths that agree again, the decoder itself runs out of data. Bytes at the end may not be needed: of the last partition at
    /// most the 2 that flush its encoder, and the padding.
    @ParameterizedTest
    @ValueSource(strings = {"lossy_q75", "lossy_partitions", "lossy_no_filter", "lossless", "lossless_drawing"})
    void anImageThatIsCutShortIsRefused(String name) throws IOException {
        byte[] original = file(name);
        for (int length = VP8_DATA + 2; length < original.length - 4; length += 2) {
            byte[] cut = Arrays.copyOf(original, length);
            ByteBuffer numbers = ByteBuffer.wrap(cut).order(ByteOrder.LITTLE_ENDIAN);
            numbers.putInt(4, length - 8);
            numbers.putInt(16, length - VP8_DATA);
            assertThatThrownBy(() -> ImageFile.read(cut, "cut.webp", ImageOptions.defaults())).as("%d of %d bytes", length, original.length)
                    .isInstanceOf(ImageFormatException.class).hasMessageContaining("VP8");
        }
    }

    @Test
    void messagesSayWhatWasExpected() throws IOException {
        byte[] flat = file("lossless_flat");
        byte[] version = flat.clone();
        version[VP8_DATA + 4] |= (byte) 0x20;
        assertThatThrownBy(() -> ImageFile.read(version, "new.webp", ImageOptions.defaults()))
                .hasMessage("new.webp: a WebP file that cannot be decoded: VP8L: expected version 0, got 1");
        byte[] canvas = file("turned");
        canvas[24] = 99;
        assertThatThrownBy(() -> ImageFile.read(canvas, "canvas.webp", ImageOptions.defaults())).hasMessage(
                "canvas.webp: a WebP file that cannot be decoded: VP8X: "
                        + "expected an image that fits the canvas of 100 × 21, got 34 × 21 at 0, 0");
    }

    @Test
    void aCanvasWithMorePixelsThanPillowReadsIsRefused() throws IOException {
        byte[] animated = file("animated_offset");
        animated[25] = 0x40; // a width of 16,384 + 60
        animated[28] = 0x40; // and a height of 16,384 + 40
        assertThatThrownBy(() -> ImageFile.read(animated, "huge.webp", ImageOptions.defaults()))
                .isInstanceOf(ImageFormatException.class).hasMessage("huge.webp: expected at most 178,956,970 pixels, got 16444 × 16424");
    }

    /// 13,000 × 13,000 pixels would be 760 MB; that there are no modes for their macroblocks is seen before any of it is taken.
    @Test
    void aSmallFileThatClaimsALargeLossyPictureTakesLittleMemory() throws IOException {
        byte[] claim = file("lossy_q75");
        ByteBuffer.wrap(claim).order(ByteOrder.LITTLE_ENDIAN).putShort(VP8_DATA + 6, (short) 13_000).putShort(VP8_DATA + 8, (short) 13_000);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> ImageFile.read(claim, "claim.webp", ImageOptions.defaults())).isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("the data is cut short: expected the modes of 660,969 macroblocks (13000 × 13000 pixels)");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
    }

    /// The same for lossless pictures whose pixels take bits.
    @Test
    void aSmallFileThatClaimsALargeLosslessPictureTakesLittleMemory() throws IOException {
        byte[] claim = file("lossless_noise");
        ByteBuffer.wrap(claim).order(ByteOrder.LITTLE_ENDIAN).putInt(VP8_DATA + 1, 12_999 | 12_999 << 14);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        assertThatThrownBy(() -> ImageFile.read(claim, "claim.webp", ImageOptions.defaults()))
                .isInstanceOf(ImageFormatException.class).hasMessageContaining("VP8L: the data is cut short");
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(1 << 20);
    }

    @Test
    void memoryIsInProportionToThePixelsAndTheFile() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        byte[] original = file("lossless");
        Mutations mutations = new Mutations(Arrays.copyOfRange(original, VP8_DATA + 5, original.length), 11);
        long most = 0;
        for (int i = 0; i < 1000; i++) { // behind the header, so that the size stays 75 × 50
            byte[] rest = mutations.next();
            byte[] damaged = Arrays.copyOf(original, VP8_DATA + 5 + rest.length + (rest.length + 1 & 1));
            System.arraycopy(rest, 0, damaged, VP8_DATA + 5, rest.length);
            ByteBuffer.wrap(damaged).order(ByteOrder.LITTLE_ENDIAN).putInt(4, damaged.length - 8).putInt(16, 5 + rest.length);
            long before = threads.getCurrentThreadAllocatedBytes();
            readOrRefuse(damaged, "lossless version " + i);
            most = Math.max(most, threads.getCurrentThreadAllocatedBytes() - before);
        }
        // A code that is not a single symbol takes at least 12 bits of the file, a table of all sizes at least 16. With the largest colour cache one of
        // five has 2,328 symbols and takes 30 KB while it is read, the others 7 KB: 12 KB on average for 2 bytes of a file of 3,800 is 23 MB at most.
        // Measured: 99,096 bytes.
        assertThat(most).isLessThan(32L << 20);
    }

    private static byte[] file(String name) throws IOException {
        return Files.readAllBytes(FILES.resolve(name + ".webp"));
    }

    private static void readOrRefuse(byte[] damaged, String what) throws IOException {
        try {
            Image image = ImageFile.read(damaged, "damaged.webp", ImageOptions.defaults());
            assertThat(image.toRgb()).hasSize(3 * image.width() * image.height());
        } catch (ImageFormatException e) {
            assertThat(e).hasMessageContaining("damaged.webp");
            if (WebpFile.isWebp(damaged)) {
                assertThat(e.getCause() instanceof RuntimeException).as("%s: met %s, which no check foresaw", what, e.getCause()).isFalse();
            }
        } catch (RuntimeException | Error e) {
            Files.write(Path.of("target", "damaged.webp"), damaged);
            fail(what + ", kept in target", e);
        }
    }
}
