package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Pixels against Pillow's, from the project's own goldens (`weights-tools/python/make_image_goldens.py`) and the reference data.
class ImageGoldenTest {
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/images");

    @ParameterizedTest
    @ValueSource(strings = {"rgb", "tall", "tiny", "exact", "grey", "palette", "bilevel", "rgba", "grey_alpha"})
    void equalsPillowToThePixel(String name) throws IOException {
        Image actual = ClipPreprocess.openAi(30).resizeAndCrop(ImageFile.read(IMAGES.resolve(name + ".png")));
        Image expected = ImageFile.read(IMAGES.resolve(name + ".expected.png"));
        assertThat(actual.toRgb()).isEqualTo(expected.toRgb());
    }

    @Test
    void normalizesAsNumPyDoes() {
        Image white = Image.ofRgb(1, 1, new byte[] {(byte) 255, 0, (byte) 128});
        ClipPreprocess one = new ClipPreprocess(
                new ClipPreprocess.ResizeTo.None(), 0, 0, Resize.Filter.BICUBIC, 1 / 255.0, ClipPreprocess.OPENAI_MEAN, ClipPreprocess.OPENAI_STD);
        float[] expected = {
            (1f - 0.48145466f) / 0.26862954f, (0f - 0.4578275f) / 0.26130258f, ((float) (128 / 255.0) - 0.40821073f) / 0.27577711f
        };
        assertThat(one.apply(white).toArray()).containsExactly(expected);
    }

    @Test
    void cropsWithHuggingFacesOffsets() {
        byte[] columns = new byte[7 * 3];
        for (int x = 0; x < 7; x++) {
            columns[x * 3] = (byte) x;
        }
        Image image = Image.ofRgb(7, 1, columns);
        assertThat(CenterCrop.crop(image, 4, 1).toRgb()[0]).as("(7 − 4) / 2 rounded down").isEqualTo((byte) 1);
        byte[] padded = CenterCrop.crop(image, 10, 2).toRgb();
        assertThat(padded[1 * 3]).as("2 black columns, (10 − 7) / 2 rounded up").isZero();
        assertThat(padded[(10 + 3) * 3]).as("second row, column 3: the picture's column 1").isEqualTo((byte) 1);
    }

    @Test
    void damagedUnknownAndHugeFilesAreErrorsThatNameTheFile() throws IOException {
        byte[] png = Files.readAllBytes(IMAGES.resolve("rgb.png"));
        assertThatThrownBy(() -> ImageFile.decode(Arrays.copyOf(png, 200), "cut.png"))
                .isInstanceOf(ImageFormatException.class).hasMessageStartingWith("cut.png: not a picture that can be decoded");
        assertThatThrownBy(() -> ImageFile.decode(new byte[] {1, 2, 3}, "x.bin"))
                .hasMessage("x.bin: expected a picture (PNG, JPEG, GIF, BMP, TIFF …), got an unknown format");
        byte[] runLengths = new byte[64];
        runLengths[0] = 'B';
        runLengths[1] = 'M';
        runLengths[30] = 2;
        assertThatThrownBy(() -> ImageFile.decode(runLengths, "r.bmp"))
                .hasMessage("r.bmp: a BMP with 4-bit run-length coding cannot be decoded exactly; save it as PNG");
        byte[] huge = png.clone();
        huge[16] = 0x00;
        huge[17] = 0x00;
        huge[18] = (byte) 0x75;
        huge[19] = 0x30; // a width of 30,000
        huge[22] = (byte) 0x75;
        huge[23] = 0x30; // and as high
        assertThatThrownBy(() -> ImageFile.decode(huge, "huge.png"))
                .isInstanceOf(ImageFormatException.class).hasMessage("huge.png: expected at most 178,956,970 pixels, got 30000 × 30000");
    }

    /// Whether rounding the crop's offset down and rounding it to even disagree: hf224 was cut with the latter, as torchvision does, while every
    /// version of Hugging Face's own processor rounds down (docs/adr/0004-crop-offsets.md).
    private static boolean isCutElsewhere(int width, int height) {
        int shorter = Math.min(width, height);
        int difference = (int) (224.0 * Math.max(width, height) / shorter) - 224;
        return difference % 4 == 3;
    }

    @Test
    void equalsPillowOnTheReferencePictures() throws IOException {
        JsonObject manifest = JsonParser.parseString(Files.readString(ReferenceData.require("images_reference/MANIFEST.json")))
                .getAsJsonObject().getAsJsonObject("images");
        List<String> differing = new ArrayList<>();
        int compared = 0;
        for (String name : manifest.keySet()) {
            JsonObject entry = manifest.getAsJsonObject(name);
            if (!entry.has("hf224") || !Set.of("PNG", "BMP", "GIF", "TIFF", "JPEG").contains(entry.get("format").getAsString())
                    || !Set.of("RGB", "RGBA", "L", "P", "I;16", "I;16B").contains(entry.get("mode").getAsString())) {
                continue;
            }
            Image image;
            try {
                image = ImageFile.read(ReferenceData.require("images/" + name));
            } catch (ImageFormatException e) {
                continue;
            }
            if (isCutElsewhere(image.width(), image.height())) {
                continue;
            }
            compared++;
            Image expected = ImageFile.read(ReferenceData.require("images_reference/" + entry.get("hf224").getAsString()));
            if (!Arrays.equals(ClipPreprocess.openAi(224).resizeAndCrop(image).toRgb(), expected.toRgb())) {
                differing.add(name);
            }
        }
        assertThat(compared).isGreaterThan(200);
        // Damaged files, from which decoders recover in their own ways
        assertThat(differing).containsExactlyInAnyOrder("pillow/hopper_bad_exif.jpg", "pillow/badrle.bmp");
    }
}
