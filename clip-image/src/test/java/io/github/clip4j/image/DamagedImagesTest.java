package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.github.clip4j.testkit.Mutations;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A thousand damaged versions of each image file: each is read, or refused with [ImageFormatException].
class DamagedImagesTest {
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images");

    @TempDir
    private Path directory = Path.of("");

    @ParameterizedTest
    @ValueSource(
            strings = {"rgba.png", "palette.gif", "grey.bmp", "cmyk.jpg", "turned.jpg", "rgba.tif", "icon.ico", "colours.ppm",
                "bilevel.pbm"})
    void images(String name) throws IOException {
        ImageOptions upright = ImageOptions.defaults().withUpright(true);
        Mutations mutations = new Mutations(Files.readAllBytes(IMAGES.resolve(name)), 42);
        for (int i = 0; i < 1000; i++) {
            byte[] damaged = mutations.next();
            Path file = Files.write(directory.resolve(name), damaged);
            try {
                assertThat(ImageFile.read(file, upright).toRgb()).isNotEmpty();
            } catch (ImageFormatException e) {
                assertThat(e).hasMessageContaining(name);
            } catch (IOException | RuntimeException | Error e) {
                Files.write(Path.of("target", "damaged-" + name), damaged);
                fail("version %d of %s, kept in target".formatted(i, name), e);
            }
        }
    }
}
