package io.github.clip4j.nn;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.gson.JsonObject;
import io.github.clip4j.Classification;
import io.github.clip4j.Clip;
import io.github.clip4j.ClipOptions;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.Shape;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.format.safetensors.SafetensorsFile;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.PositionInterpolation;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.reference.ReferenceSiglip;
import io.github.clip4j.testkit.Gen;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// SigLIP's towers, its reference and the whole zero-shot answer against transformers (`make_siglip_goldens.py` says which version).
class SiglipGoldenTest {
    /// The goldens hold no attention weights, and not what the pooling reads, which PyTorch keeps to itself.
    private static boolean isCompared(String name) {
        return !name.endsWith(".self_attn.weights") && !name.endsWith(".attention.weights") && !name.endsWith(".attention.values");
    }

    private final Golden golden = new Golden("siglip");

    private ReferenceSiglip reference(String input) {
        return ReferenceSiglip.watched(golden.config, golden.parameters, (name, x) -> {
            if (isCompared(name)) {
                golden.assertFloat64(input + "/" + name, x);
            }
        });
    }

    private void assertAllCompared(String input) {
        Set<String> names = golden.names(input);
        names.removeAll(golden.compared());
        assertThat(names).isEmpty();
    }

    @Test
    void theReferenceAgreesWithTransformersInEveryIntermediateResult() {
        for (int i = 0; i < 2; i++) {
            golden.assertFloat64("image" + i + "/vision_model.head", new double[][] {reference("image" + i).encodeImage(golden.image(i))});
            assertAllCompared("image" + i);
            golden.assertFloat64("text" + i + "/text_model.head", new double[][] {reference("text" + i).encodeText(golden.text(i))});
            assertAllCompared("text" + i);
        }
    }

    @Test
    void theReferencesLogitsAreThoseOfTransformers() {
        ReferenceSiglip reference = new ReferenceSiglip(golden.config, golden.parameters);
        double[][] logits = new double[2][];
        for (int i = 0; i < 2; i++) {
            logits[i] = reference.logits(golden.image(i), new int[][] {golden.text(0), golden.text(1)});
        }
        golden.assertFloat64("logits_per_image", logits);
    }

    @Test
    void theFastPathAgreesWithTransformersInEveryIntermediateResult() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory); Workers workers = new Workers(2)) {
            ClipModel model = ClipModel.load(golden.config, checkpoint.weights(), workers);
            for (int i = 0; i < 2; i++) {
                String image = "image" + i + "/";
                model.imageEncoder().orElseThrow().trace(golden.image(i), (name, x) -> {
                    if (isCompared(name)) {
                        golden.assertFloat32(image + name, x.toArray());
                    }
                });
                assertAllCompared("image" + i);
                String text = "text" + i + "/";
                model.textEncoder().orElseThrow().trace(golden.text(i), (name, x) -> {
                    if (isCompared(name)) {
                        golden.assertFloat32(text + name, x.toArray());
                    }
                });
                assertAllCompared("text" + i);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void embeddingsAreWithinTwiceTheErrorOfTransformersAndHaveTheSameBitsInAnyBatch(int threads) throws IOException {
        Gen gen = new Gen(threads);
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory); Workers workers = new Workers(threads)) {
            ClipModel model = ClipModel.load(golden.config, checkpoint.weights(), workers);
            ImageEncoder images = model.imageEncoder().orElseThrow();
            TextEncoder texts = model.textEncoder().orElseThrow();
            for (int batch : new int[] {1, 2, 3, 8, 33}) {
                List<int[]> ids = new ArrayList<>();
                float[] pixels = new float[batch * 2700];
                for (int i = 0; i < batch; i++) {
                    boolean known = batch <= 2 || i == batch - 1; // in the last place, which another part of a pass computes
                    ids.add(known ? golden.text(i % 2) : padded(gen));
                    System.arraycopy(known ? golden.image(i % 2).toArray() : gen.floats(2700), 0, pixels, i * 2700, 2700);
                }
                Tensor ofImages = images.encode(Tensor.of(pixels, Shape.of(batch, 3, 30, 30)));
                Tensor ofTexts = texts.encode(ids);
                int last = batch - 1;
                float[] image = ofImages.rows(last, 1).toArray();
                float[] text = ofTexts.rows(last, 1).toArray();
                golden.assertWithinTwice("image" + last % 2 + "/vision_model.head", image);
                golden.assertWithinTwice("text" + last % 2 + "/text_model.head", text);
                assertSameBits(image, images.trace(golden.image(last % 2), (name, x) -> {}).toArray(), "image, batch " + batch);
                assertSameBits(text, texts.trace(golden.text(last % 2), (name, x) -> {}).toArray(), "text, batch " + batch);
                for (int i = 0; i < batch; i++) {
                    assertSameBits(
                            ofTexts.rows(i, 1).toArray(), texts.encode(List.of(ids.get(i))).toArray(), "text " + i + " of " + batch);
                }
            }
        }
    }

    private static int[] padded(Gen gen) {
        int[] ids = new int[64];
        for (int i = 0; i < gen.integer(1, 64); i++) {
            ids[i] = gen.integer(2, 400);
        }
        return ids;
    }

    @Test
    void otherImageSizesAreThoseOfTransformers() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory);
                SafetensorsFile inputs = SafetensorsFile.open(golden.directory.resolve("inputs.safetensors"))) {
            ClipModel model = ClipModel.load(
                    golden.config, checkpoint.weights(), Workers.SERIAL, OptionalInt.of(45), PositionInterpolation.HUGGING_FACE, DType.F32);
            Tensor pixels = Tensor.of(inputs.read("other"), Shape.of(1, 3, 45, 45));
            golden.assertFloat32("other_size", model.imageEncoder().orElseThrow().encode(pixels).toArray());
        }
    }

    /// Half-precision weights round once, by 2⁻¹¹ of each weight.
    @Test
    void halfPrecisionKeepsTheDirection() throws IOException {
        try (Clip full = Clip.load(golden.directory);
                Clip half = Clip.load(golden.directory, ClipOptions.defaults().withWeights(DType.F16))) {
            Image image = ImageFile.read(golden.directory.resolve("image.png"));
            assertThat(half.embedImage(image).dot(full.embedImage(image))).isGreaterThan(0.99999).isLessThan(1);
            assertThat(half.embedText("two cats").dot(full.embedText("two cats"))).isGreaterThan(0.99999).isLessThan(1);
            assertThat(half.weightBytes()).isLessThan(full.weightBytes() * 6 / 10);
        }
    }

    /// The pipeline's scores are of float32; its own error in a logit is about 10⁻⁶, and a probability changes by a quarter of it.
    @Test
    void theAnswerIsThatOfTheZeroShotPipeline() throws IOException {
        JsonObject manifest = golden.manifest();
        JsonObject scores = manifest.getAsJsonObject("pipeline");
        try (Clip clip = Clip.load(golden.directory)) {
            PromptTemplates template = PromptTemplates.of(manifest.get("template").getAsString());
            ZeroShotClassifier classifier = clip.classifier(List.copyOf(scores.keySet()), template);
            assertThat(classifier.isIndependent()).isTrue();
            Classification answer = classifier.classify(ImageFile.read(golden.directory.resolve("image.png")));
            assertThat(answer.independent()).isTrue();
            assertThat(answer.top(1).independent()).isTrue();
            assertThat(answer.scores()).hasSize(4);
            for (Classification.Score score : answer.scores()) {
                assertThat(score.probability()).as(score.label()).isEqualTo(scores.get(score.label()).getAsDouble(), within(1e-5));
            }
            assertThat(answer.scores().stream().map(Classification.Score::label)).containsExactlyElementsOf(scores.keySet());
        }
    }

    @Test
    void textsAreThoseOfTheTokenizerOfTransformers() throws IOException {
        try (Clip clip = Clip.load(golden.directory)) {
            for (int i = 0; i < 2; i++) {
                String text = golden.manifest().getAsJsonArray("texts").get(i).getAsString();
                assertThat(clip.tokenizer().encode(text, 64)).isEqualTo(golden.text(i));
            }
            assertThat(clip.tokenizer().encode("a photo of a cat")).endsWith(1).doesNotContain(0);
        }
    }

    @Test
    void pixelsAreThoseOfTheProcessorOfTransformers() throws IOException {
        try (Clip clip = Clip.load(golden.directory)) {
            float[] pixels = clip.preprocess().apply(ImageFile.read(golden.directory.resolve("image.png"))).toArray();
            float[] expected = new float[60];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = golden.manifest().getAsJsonArray("prepared").get(i).getAsFloat();
            }
            assertSameBits(Arrays.copyOf(pixels, 60), expected, "the first 60 of " + pixels.length);
        }
    }

    @Test
    void aTextOfAnotherLengthIsRefused() throws IOException {
        try (Clip clip = Clip.load(golden.directory)) {
            assertThatThrownBy(() -> clip.embedTokens(new int[] {5, 6, 1}))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("text 0: expected exactly 64 token ids, padding included, because this model reads the last position, "
                            + "got 3");
        }
    }
}
