package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// WebP samples against Pillow's, from the project's own goldens (`weights-tools/python/make_webp_goldens.py`) and the reference data.
class WebpGoldenTest {
    private static final Path FILES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images/webp");

    static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(FILES)) {
            return files.map(file -> String.valueOf(file.getFileName())).filter(name -> name.endsWith(".webp")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void equalsPillowToTheSample(String name) throws IOException {
        Image expected = ImageFile.read(FILES.resolve(name.replace(".webp", ".png")));
        Image actual = ImageFile.read(FILES.resolve(name));
        assertThat(actual).hasToString(expected.toString()); // size and mode
        assertThat(actual.samples()).isEqualTo(expected.samples());
    }

    @Test
    void thereAreGoldensOfAllKinds() throws IOException {
        assertThat(names()).hasSizeGreaterThanOrEqualTo(41).contains(
                "lossy_partitions.webp", "lossy_simple_filter.webp", "alpha_gradient.webp", "lossless_2_colours.webp",
                "animated_alpha_offset.webp");
    }

    @Test
    void turnsAPictureAsItsExifOrientationSays() throws IOException {
        Image upright = ImageFile.read(FILES.resolve("turned.webp"), ImageOptions.defaults().withUpright(true));
        assertThat(upright).hasToString("Image[21 × 34 RGB]");
        assertThat(upright.samples()).isEqualTo(ImageFile.read(FILES.resolve("turned.upright.png")).samples());
    }

    /// As `ImageGoldenTest.equalsPillowOnTheReferencePictures`, for the files in WebP.
    @Test
    void equalsPillowOnTheReferencePictures() throws IOException {
        JsonObject manifest = JsonParser.parseString(Files.readString(ReferenceData.require("images_reference/MANIFEST.json")))
                .getAsJsonObject().getAsJsonObject("images");
        List<String> differing = new ArrayList<>();
        int compared = 0;
        for (String name : manifest.keySet()) {
            JsonObject entry = manifest.getAsJsonObject(name);
            if (!entry.has("hf224") || !entry.get("format").getAsString().equals("WEBP")) {
                continue;
            }
            compared++;
            Image image = ImageFile.read(ReferenceData.require("images/" + name));
            String hf = entry.get("hf224").getAsString();
            String openAi = entry.has("openai224") ? entry.get("openai224").getAsString() : hf;
            ClipPreprocess preprocess = ClipPreprocess.openAi(224);
            if (!Arrays.equals(preprocess.resizeAndCrop(image.convertToRgb()).toRgb(), expected(hf))
                    || !Arrays.equals(preprocess.resizeAndCrop(image).toRgb(), expected(openAi))
                    || !image.mode().name().equals(entry.get("mode").getAsString())) {
                differing.add(name);
            }
        }
        assertThat(compared).isEqualTo(18);
        assertThat(differing).isEmpty();
    }

    private static byte[] expected(String file) throws IOException {
        return ImageFile.read(ReferenceData.require("images_reference/" + file)).toRgb();
    }
}
