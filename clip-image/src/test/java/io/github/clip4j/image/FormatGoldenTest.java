package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The layouts of all formats against Pillow 12.3, from the project's own goldens (`weights-tools/python/make_format_goldens.py`).
class FormatGoldenTest {
    private static final Path FILES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images/formats");
    private static final String CUT = ".cut";

    static List<String> lines() throws IOException {
        return Files.readAllLines(FILES.resolve("EXPECTED.tsv"));
    }

    /// Each file whole, and each file that lacks its end as far as it goes.
    @ParameterizedTest
    @MethodSource("lines")
    void equalsPillowToTheBit(String line) throws IOException {
        String[] expected = line.split("\t", -1);
        boolean cut = expected[0].endsWith(CUT);
        Image image = ImageFile.read(FILES.resolve(expected[0]), ImageOptions.defaults().withPartial(cut));
        assertThat(image.damage().isPresent()).as("damaged").isEqualTo(cut);
        assertThat(sums(image, 30)).isEqualTo(line.substring(line.indexOf('\t') + 1));
    }

    /// Of the same files as bytes: where they are cut short, they are refused as Pillow refuses them.
    @ParameterizedTest
    @MethodSource("lines")
    void whatLacksItsEndIsRefused(String line) throws IOException {
        String name = line.substring(0, line.indexOf('\t'));
        if (!name.endsWith(CUT)) {
            assertThat(sums(ImageFile.read(Files.readAllBytes(FILES.resolve(name))), 30)).isEqualTo(line.substring(name.length() + 1));
            return;
        }
        assertThatThrownBy(() -> ImageFile.read(FILES.resolve(name)))
                .isInstanceOf(ImageFormatException.class).hasMessageStartingWith(name + ": the image is damaged or cut short: ");
    }

    @Test
    void thereAreGoldensOfAllKinds() throws IOException {
        assertThat(lines()).hasSizeGreaterThan(110).anyMatch(line -> line.startsWith("float.tif"));
    }

    /// All images of a folder against a table that `weights-tools/python/compare_images.py` makes of it, with
    /// `-Dclip.images=TABLE`: what both read is equal, or the difference is printed.
    @Test
    @EnabledIfSystemProperty(named = "clip.images", matches = ".+")
    void everyImageOfATableIsEqualOrRefused() throws IOException {
        int equal = 0;
        int refused = 0;
        StringBuilder differing = new StringBuilder();
        for (String line : Files.readAllLines(Path.of(System.getProperty("clip.images")))) {
            String[] expected = line.split("\t", -1);
            boolean read = !expected[1].equals("refused");
            try {
                String actual = sums(ImageFile.read(Path.of(expected[0])), 224);
                if (read && !actual.equals(line.substring(line.indexOf('\t') + 1))) {
                    differing.append(line).append(" but ").append(actual).append('\n');
                }
                equal += read ? 1 : 0;
            } catch (ImageFormatException e) {
                refused += read ? 1 : 0;
                System.out.println((read ? "refused: " : "refused by both: ") + e.getMessage());
            }
        }
        System.out.printf(Locale.ROOT, "%d equal, %d refused here alone%n", equal, refused);
        assertThat(differing.toString()).isEmpty();
    }

    private static String sums(Image image, int size) {
        ClipPreprocess preprocess = ClipPreprocess.openAi(size);
        return "%dx%d\t%s\t%s\t%s".formatted(
                image.width(), image.height(), sum(image), sum(preprocess.resizeAndCrop(image)),
                sum(preprocess.resizeAndCrop(image.convertToRgb())));
    }

    private static String sum(Image image) {
        CRC32 crc = new CRC32();
        crc.update(image.toRgb());
        return "%08x".formatted(crc.getValue());
    }
}
