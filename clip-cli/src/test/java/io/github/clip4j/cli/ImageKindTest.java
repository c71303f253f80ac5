package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImageKindTest {
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images");

    @TempDir
    private Path directory = Path.of("");

    /// What a folder of photographs has without an extension is found all the same.
    @ParameterizedTest
    @CsvSource({
        "rgba.png, png", "cmyk.jpg, jpeg", "palette.gif, gif", "grey.bmp, bmp", "rgba.tif, tiff", "icon.ico, ico", "colours.ppm, pnm",
        "bilevel.pbm, pnm"
    })
    void isSeenInTheFirstBytes(String name, String kind) throws IOException {
        Path file = Files.copy(IMAGES.resolve(name), directory.resolve("IMG_0001"));
        assertThat(ImageKind.ofContent(file)).isEqualTo(kind);
        assertThat(ImageKind.isImage(file)).isTrue();
    }

    @Test
    void whatIsRefusedByNameIsAnImageTooAndTextIsNot() throws IOException {
        Map<String, Boolean> starts = Map.of(
                "\0\0\0\u0018ftypheic\0\0\0\0", true, "\0\0\0\u0018ftypmp42\0\0\0\0", false, "\0\0\0\fjP  \r\n\u0087\n", true,
                "8BPS\0\u0001", true, "%PDF-1.7", false, "BM is a make of ".repeat(4), false, "P1 is the first point", false, "", false);
        for (Map.Entry<String, Boolean> each : starts.entrySet()) {
            Path file = Files.write(directory.resolve("notes.txt"), each.getKey().getBytes(StandardCharsets.ISO_8859_1));
            assertThat(ImageKind.isImage(file)).as(each.getKey()).isEqualTo(each.getValue());
        }
    }
}
