package io.github.clip4j.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.image.ClipPreprocess.Convention;
import io.github.clip4j.image.ClipPreprocess.Crop;
import io.github.clip4j.image.ClipPreprocess.Filter;
import io.github.clip4j.image.ClipPreprocess.ResizeTo;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Prepared images against transformers', torchvision's and immich's preparation, to the bit
/// (`weights-tools/python/make_preprocess_goldens.py`, which names the versions). [ImageGoldenTest] has Pillow's.
class PreprocessGoldenTest {
    private static final Path RESOURCES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources");
    private static final Map<String, Convention> CONVENTIONS = Map.of(
            "hf", Convention.HUGGING_FACE, "hf-torchvision", Convention.HUGGING_FACE_TORCHVISION, "immich", Convention.IMMICH);

    @Test
    void everyCaseHasTheReferencesBits() throws IOException {
        List<String> differing = new ArrayList<>();
        List<String> lines = Files.readAllLines(RESOURCES.resolve("preprocess/cases.jsonl"));
        assertThat(lines).hasSizeGreaterThan(190);
        for (String line : lines) {
            JsonObject golden = JsonParser.parseString(line).getAsJsonObject();
            Tensor pixels = preprocess(golden).apply(image(golden));
            List<Double> extents = numbers(golden, "shape");
            Shape shape = Shape.of(extents.get(0).intValue(), extents.get(1).intValue(), extents.get(2).intValue());
            if (!pixels.shape().equals(shape) || !sha256(pixels).equals(golden.get("sha256").getAsString())) {
                differing.add(line);
            }
        }
        assertThat(differing).isEmpty();
    }

    private static Image image(JsonObject golden) throws IOException {
        return golden.has("file")
                ? ImageFile.read(RESOURCES.resolve("images").resolve(golden.get("file").getAsString()))
                : made(golden.get("width").getAsInt(), golden.get("height").getAsInt(), golden.get("seed").getAsInt());
    }

    /// The same image as the golden maker's `samples`.
    private static Image made(int width, int height, int seed) {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < rgb.length; i++) {
            int hash = (i + seed * 1_000_003) * 0x9E3779B1;
            hash ^= hash >>> 15;
            rgb[i] = (byte) ((hash * 0x85EBCA77) >>> 24);
        }
        return Image.ofRgb(width, height, rgb);
    }

    private static ClipPreprocess preprocess(JsonObject golden) {
        List<Double> to = numbers(golden, "to");
        List<Double> crop = numbers(golden, "crop");
        return new ClipPreprocess(
                golden.get("resize").getAsString().equals("shortest")
                        ? new ResizeTo.ShortestEdge(to.getFirst().intValue())
                        : new ResizeTo.Exactly(to.getFirst().intValue(), to.getLast().intValue()),
                crop.isEmpty() ? Optional.empty() : Optional.of(new Crop(crop.get(0).intValue(), crop.get(1).intValue())), 0,
                Filter.valueOf(golden.get("filter").getAsString().toUpperCase(Locale.ROOT)), golden.get("factor").getAsDouble(),
                numbers(golden, "mean"), numbers(golden, "std"), convention(golden.get("profile").getAsString()));
    }

    private static Convention convention(String profile) {
        return Optional.ofNullable(CONVENTIONS.get(profile)).orElseThrow();
    }

    private static List<Double> numbers(JsonObject golden, String name) {
        JsonArray array = golden.getAsJsonArray(name);
        return array.asList().stream().map(JsonElement::getAsDouble).toList();
    }

    private static String sha256(Tensor pixels) {
        float[] values = pixels.toArray();
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Every image of the reference data that Pillow opens, at 224 pixels.
    @Test
    void everyReferenceImageHasTheReferencesBits() throws IOException {
        Path images = ReferenceData.require("images");
        List<String> refused = new ArrayList<>();
        List<String> differing = new ArrayList<>();
        int equal = 0;
        for (String line : Files.readAllLines(RESOURCES.resolve("preprocess/reference_images.tsv"))) {
            String[] fields = line.split("\t", -1);
            Image image;
            try {
                image = ImageFile.read(images.resolve(fields[0]));
            } catch (ImageFormatException e) {
                refused.add(fields[0]);
                continue;
            }
            ClipPreprocess preprocess = ClipPreprocess.huggingFace(224);
            if (sha256(preprocess.withConvention(Convention.HUGGING_FACE_TORCHVISION).apply(image)).startsWith(fields[1])
                    && sha256(preprocess.withConvention(Convention.IMMICH).apply(image)).startsWith(fields[2])) {
                equal++;
            } else {
                differing.add(fields[0]);
            }
        }
        // the readers' exceptions, which ImageGoldenTest explains
        assertThat(refused).isSubsetOf("pillow/hopper.Lab.tif", "pillow/hopper_lzma.tif", "pillow/hopper_bad_exif.jpg");
        assertThat(differing).isEmpty();
        assertThat(equal).isGreaterThanOrEqualTo(284);
    }

    /// The precision that all weights together say, without ending the search early.
    @ParameterizedTest
    @EnumSource(Filter.class)
    void noWeightOfTorchsNeedsFewerBits(Filter filter) {
        for (int in = 1; in <= 70; in++) {
            for (int out = 1; out <= 70; out++) {
                ResampleAxis axis = ResampleAxis.of(in, out, filter, ResampleAxis.Arithmetic.TORCH);
                double greatest = 0;
                for (double weight : axis.weights(0, out).weights()) {
                    greatest = Math.max(greatest, weight);
                }
                int bits = 0;
                while (bits < 22 && (int) (0.5 + greatest * (1 << (bits + 1))) < 1 << 15) {
                    bits++;
                }
                assertThat(axis.precision()).as("%d to %d", in, out).isEqualTo(bits);
            }
        }
    }

    /// Goldens for these are in the cases. Here, that the part of a resized image of 9 GB is no more than a part, in every mode and order.
    @Test
    void aVeryNarrowImageTakesMemoryForTheCropAlone() {
        for (Convention convention : Convention.values()) {
            ClipPreprocess preprocess = ClipPreprocess.huggingFace(224).withConvention(convention);
            for (Image.Mode mode : Image.Mode.values()) {
                for (int[] size : new int[][] {{1, 60_000}, {60_000, 1}, {2, 60_000}}) {
                    Image narrow = new Image(size[0], size[1], mode, new byte[size[0] * size[1] * mode.bytes()], new int[] {0x123456});
                    assertThat(preprocess.resizeAndCrop(narrow).shape()).as("%s %s", convention, narrow).isEqualTo(Shape.of(224, 224, 3));
                }
            }
        }
    }

    /// An image of one column or row is repeated rather than summed. The same image, as two equal columns or rows, is summed.
    @ParameterizedTest
    @EnumSource(value = Image.Mode.class, names = {"GREY", "GREY16", "RGB", "RGBA", "GREY_ALPHA", "CMYK"})
    void aSingleColumnIsAsWideAsTwoEqualOnes(Image.Mode mode) {
        byte[] column = made(1, 40 * mode.bytes(), 3).toRgb();
        byte[] narrow = Arrays.copyOf(column, 40 * mode.bytes());
        byte[] doubled = new byte[2 * narrow.length];
        for (int i = 0; i < doubled.length; i++) {
            doubled[i] = narrow[i / (2 * mode.bytes()) * mode.bytes() + i % mode.bytes()];
        }
        Image one = new Image(1, 40, mode, narrow, null);
        Image two = new Image(2, 40, mode, doubled, null);
        Window window = new Window(1, 2, 5, 20);
        assertThat(Resize.resize(one, 9, 30, Filter.BICUBIC, window).samples())
                .isEqualTo(Resize.resize(two, 9, 30, Filter.BICUBIC, window).samples());
        Image row = new Image(40, 1, mode, narrow, null);
        byte[] rows = Arrays.copyOf(narrow, 2 * narrow.length);
        System.arraycopy(narrow, 0, rows, narrow.length, narrow.length);
        Window wide = new Window(3, 1, 20, 5);
        assertThat(Resize.resize(row, 30, 9, Filter.BICUBIC, wide).samples())
                .isEqualTo(Resize.resize(new Image(40, 2, mode, rows, null), 30, 9, Filter.BICUBIC, wide).samples());
    }

    /// The limits are Pillow's: 53,687,091 pixels are resized to by it, and one more is a MemoryError.
    @Test
    void whatPillowRefusesIsRefusedInWords() {
        assertThat(ResampleAxis.of(1, 53_687_091, Filter.BICUBIC, ResampleAxis.Arithmetic.PILLOW).taps()).isEqualTo(5);
        assertThatThrownBy(() -> ResampleAxis.of(1, 53_687_092, Filter.BICUBIC, ResampleAxis.Arithmetic.PILLOW))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected at most 268,435,455 weights for one direction of resizing, as Pillow does, got 268,435,460 from 1 to "
                        + "53,687,092 pixels; crop it first");
        Image wide = new Image(12_000_000, 1, Image.Mode.GREY, new byte[12_000_000], null);
        assertThatThrownBy(() -> ClipPreprocess.openAi(224).apply(wide))
                .hasMessage("Image[12000000 × 1 GREY]: expected an edge below 2^31 pixels after resizing, got 224 × 2688000000; "
                        + "crop it first");
        Image tall = new Image(2, 4_000_000, Image.Mode.GREY, new byte[8_000_000], null);
        ClipPreprocess square = new ClipPreprocess(
                new ResizeTo.Exactly(224, 224), Optional.empty(), 0, Filter.BICUBIC, 1 / 255.0, List.of(), List.of(),
                Convention.HUGGING_FACE);
        assertThat(square.apply(tall).shape()).isEqualTo(Shape.of(3, 224, 224)); // the vertical pass first
        assertThatThrownBy(() -> square.withConvention(Convention.HUGGING_FACE_TORCHVISION).apply(tall))
                .hasMessage("Image[2 × 4000000 GREY]: expected at most 2^31 bytes between the two passes of resizing, got 2,688,000,000; "
                        + "crop it first");
    }

    @Test
    void immichHasNoLongestEdge() {
        ClipPreprocess longest = new ClipPreprocess(
                new ResizeTo.LongestEdge(8), Optional.of(new Crop(8, 8)), 7, Filter.BICUBIC, 1 / 255.0, List.of(), List.of(),
                Convention.OPENAI);
        assertThatThrownBy(() -> longest.withConvention(Convention.IMMICH))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("preprocessing: immich scales to the shortest edge or to a square, not to the longest edge");
    }
}
