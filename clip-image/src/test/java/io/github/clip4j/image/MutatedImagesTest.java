package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.MutationRun;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Valid files of every format with one number changed: each is read, or refused with [ImageFormatException], in bounded time and memory.
/// `-Dclip.mutations=100000 -Dclip.seed=7` does many more, and others.
class MutatedImagesTest {
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images");
    private static final int QUICK = 1500;
    private static final long MAX_PIXELS = 1 << 24;
    private static final Pattern DECLARED = Pattern.compile("at most 1 pixels, got (\\d+) × (\\d+)");
    /// Samples of 4 bytes, their copy when the image is turned, and what one format's image becomes in another, an icon's.
    private static final long BYTES_OF_A_PIXEL = 16;

    private static List<byte[]> files(String suffixes) throws IOException {
        Pattern pattern = Pattern.compile(".*\\.(" + suffixes + ")");
        List<byte[]> files = new ArrayList<>();
        for (Path folder : new Path[] {IMAGES, IMAGES.resolve("formats"), IMAGES.resolve("webp")}) {
            try (var names = Files.list(folder)) {
                for (Path file : names.sorted().toList()) {
                    String name = String.valueOf(file.getFileName());
                    boolean golden = name.contains(".expected.") || name.contains(".openai.");
                    if (pattern.matcher(name).matches() && !golden && (!name.endsWith("png") || !folder.endsWith("webp"))) {
                        files.add(Files.readAllBytes(file));
                    }
                }
            }
        }
        return files;
    }

    @ParameterizedTest
    @ValueSource(strings = {"png", "jpg", "gif", "bmp|dib", "tif", "webp", "pbm|pgm|ppm|pfm", "ico", "tga", "pcx", "sgi", "qoi"})
    void oneChangedNumberDoesNoHarm(String suffixes) throws IOException, InterruptedException {
        List<byte[]> files = files(suffixes);
        assertThat(files).isNotEmpty();
        MutationRun.ofBytes("image." + suffixes, ImageFormatException.class, MutatedImagesTest::bound).survive(
                QUICK, 0.02, random -> ImageFields.mutate(files.get(random.nextInt(files.size())), random),
                bytes -> ImageFile.read(bytes, "mutated", options(bytes)));
    }

    /// A file's own choice, so that a kept file is read as it was.
    private static ImageOptions options(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        boolean partial = (crc.getValue() & 1) == 0;
        return ImageOptions.defaults().withUpright((crc.getValue() & 2) == 0).withPartial(partial).withMaxPixels(MAX_PIXELS);
    }

    /// Eight times the file, 64 MB, and the image that it declares, which is learned from the refusal of all images.
    private static long bound(byte[] bytes) {
        long pixels = 0;
        try {
            ImageFile.read(bytes, "mutated", ImageOptions.defaults().withMaxPixels(1));
        } catch (ImageFormatException e) {
            Matcher declared = DECLARED.matcher(String.valueOf(e.getMessage()));
            pixels = declared.find() ? atMost(declared.group(1)) * atMost(declared.group(2)) : 0;
        }
        return MutationRun.bound(bytes.length) + BYTES_OF_A_PIXEL * Math.min(pixels, MAX_PIXELS);
    }

    /// A declared extent, as far as it counts: the product of two does not overflow.
    private static long atMost(String extent) {
        return Math.min(Long.parseLong(extent), MAX_PIXELS);
    }
}
