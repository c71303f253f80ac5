package io.github.clip4j;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.DType;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.TextTooLongException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// What a model takes besides images and texts, what it refuses, and how it says so.
class ClipInputsTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final Path IMAGES = ReferenceData.projectRoot().resolve("clip-image/src/test/resources/images");
    private static final String LONG = "a photo of a cat ".repeat(5);

    private static Clip clip;

    @BeforeAll
    static void load() throws IOException {
        clip = Clip.load(MODEL, ClipOptions.defaults().withThreads(2));
    }

    @AfterAll
    static void close() {
        clip.close();
    }

    private static List<Image> images() throws IOException {
        return List.of(ImageFile.read(IMAGES.resolve("rgb.png")), ImageFile.read(IMAGES.resolve("tall.png")));
    }

    @Test
    void pixelsGiveWhatTheirImagesGive() throws IOException {
        List<Embedding> expected = clip.embedImages(images());
        List<float[]> pixels = images().stream().map(image -> clip.preprocess().apply(image).toArray()).toList();
        assertThat(clip.embedPixels(pixels)).isEqualTo(expected);
        assertThat(clip.embedPixels(pixels.getFirst())).isEqualTo(expected.getFirst());
        List<float[]> many = Collections.nCopies(130, pixels.getLast()); // more than are encoded at once
        assertThat(clip.embedPixels(many)).hasSize(130).containsOnly(expected.getLast());
        assertThat(clip.embedPixels(List.of())).isEmpty();
    }

    @Test
    void pixelsThatDoNotFitAreRefused() {
        assertThatThrownBy(() -> clip.embedPixels(new float[2699]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("pixels: expected the 2700 numbers of [3, 30, 30], got 2699; Clip.preprocess() prepares images for this model");
        float[] broken = new float[2700];
        broken[17] = Float.NaN;
        assertThatThrownBy(() -> clip.embedPixels(List.of(new float[2700], broken)))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("pixels[1]: expected finite numbers, got NaN at index 17");
    }

    @Test
    void tokensGiveWhatTheirTextsGive() {
        List<String> texts = List.of("a photo of a cat", "two red circles", "");
        List<int[]> ids = texts.stream().map(text -> clip.tokenizer().encode(text)).toList();
        assertThat(clip.embedTokens(ids)).isEqualTo(clip.embedTexts(texts));
        assertThat(clip.embedTokens(ids.getFirst())).isEqualTo(clip.embedText("a photo of a cat"));
        assertThat(clip.embedTokens(clip.tokenizer().encodePadded("a photo of a cat", 20))).isEqualTo(clip.embedText("a photo of a cat"));
        assertThatThrownBy(() -> clip.embedTokens(new int[0])).hasMessage("text 0: expected 1 to 20 token ids, got 0");
        assertThatThrownBy(() -> clip.embedTokens(List.of(ids.getFirst(), new int[] {635, 637})))
                .hasMessage("text 1: expected token ids below 637, got 637 at position 1; is this the model's tokenizer?");
        assertThatThrownBy(() -> clip.embedTokens(List.of(ids.getFirst(), new int[] {635, 5})))
                .hasMessage("text 1: token ids: expected an end of text, 636, got none among 2 ids");
    }

    @Test
    void similarityIsTheCosineOfEachImageWithEachText() throws IOException {
        List<String> texts = List.of("a cat", "a dog", "a house");
        double[][] cosines = clip.similarity(images(), texts);
        assertThat(cosines).hasDimensions(2, 3);
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 3; j++) {
                assertThat(cosines[i][j]).isEqualTo(clip.embedImage(images().get(i)).dot(clip.embedText(texts.get(j))));
            }
        }
        assertThat(clip.dimension()).isEqualTo(24).isEqualTo(clip.embedText("a").dimension());
    }

    @Test
    void aTextOfAListThatIsTooLongIsNamed() {
        TextTooLongException refused = catchThrowableOfType(
                TextTooLongException.class, () -> clip.embedTexts(List.of("a", "b", LONG)));
        assertThat(refused).hasMessage("texts[2] \"a photo of a cat a photo of a cat a phot…\": expected at most 20 tokens, "
                + "start and end included, got 27; shorten it, or cut long texts by withTruncation(true)");
        assertThat(refused.index()).hasValue(2);
        List<String> many = new ArrayList<>(Collections.nCopies(4100, "a")); // more than are encoded at once
        many.set(4098, LONG);
        assertThatThrownBy(() -> clip.embedTexts(many)).hasMessageStartingWith("texts[4098] \"a photo");
        assertThatThrownBy(() -> clip.embedText(LONG)).hasMessageStartingWith("text \"a photo");
    }

    @Test
    void truncationIsChosenWhateverTheProfile() throws IOException {
        try (Clip cutting = Clip.load(MODEL, ClipOptions.defaults().withTruncation(true));
                Clip refusing = Clip.load(MODEL, ClipOptions.defaults().withProfile(Profile.OPEN_CLIP).withTruncation(false));
                Clip openClip = Clip.load(MODEL, ClipOptions.defaults().withProfile(Profile.OPEN_CLIP))) {
            int[] cut = Arrays.copyOf(clip.tokenizer().encode(LONG), 20);
            cut[19] = clip.tokenizer().endOfText();
            assertSameBits(cutting.embedText(LONG).toArray(), clip.embedTokens(cut).toArray(), "cut");
            assertThat(cutting.embedTexts(List.of("a", LONG)).getLast()).isEqualTo(clip.embedTokens(cut));
            assertThat(openClip.embedText(LONG)).as("as the profile does").isEqualTo(clip.embedTokens(cut));
            assertThatThrownBy(() -> refusing.embedText(LONG)).isInstanceOf(TextTooLongException.class);
        }
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void nullIsNamed() throws IOException {
        Image image = images().getFirst();
        assertThatThrownBy(() -> clip.embedTexts(Arrays.asList("a", "b", "c", null)))
                .isInstanceOf(NullPointerException.class).hasMessage("texts[3] is null");
        assertThatThrownBy(() -> clip.embedImages(Arrays.asList(image, null)))
                .isInstanceOf(NullPointerException.class).hasMessage("images[1] is null");
        assertThatThrownBy(() -> clip.embedTexts(null)).isInstanceOf(NullPointerException.class).hasMessage("texts is null");
        assertThatThrownBy(() -> clip.embedImages(null)).isInstanceOf(NullPointerException.class).hasMessage("images is null");
        assertThatThrownBy(() -> clip.embedText(null)).isInstanceOf(NullPointerException.class).hasMessage("text is null");
        assertThatThrownBy(() -> clip.embedImage(null)).isInstanceOf(NullPointerException.class).hasMessage("image is null");
        assertThatThrownBy(() -> clip.embedPixels((float[]) null)).isInstanceOf(NullPointerException.class).hasMessage("pixels is null");
        assertThatThrownBy(() -> clip.embedPixels(Collections.singletonList((float[]) null)))
                .isInstanceOf(NullPointerException.class).hasMessage("pixels[0] is null");
        assertThatThrownBy(() -> clip.embedTokens((int[]) null)).isInstanceOf(NullPointerException.class).hasMessage("ids is null");
        assertThatThrownBy(() -> clip.embedTokens(Arrays.asList(new int[] {635, 636}, null)))
                .isInstanceOf(NullPointerException.class).hasMessage("ids[1] is null");
    }

    /// Before anything is read or embedded.
    @Test
    @SuppressWarnings("NullAway") // on purpose
    void nullIsNamedWhereAModelIsOpenedOrAListIsLong() {
        EmbeddingSink unused = new EmbeddingSink() {
            @Override
            public void embedded(long index, Embedding embedding) {
                throw new AssertionError("embedded");
            }

            @Override
            public void failed(long index, Throwable failure) {
                throw new AssertionError("failed", failure);
            }
        };
        Map<String, ThrowingCallable> calls = Map.ofEntries(
                Map.entry("images is null", () -> clip.embedImages(null, unused)),
                Map.entry("texts is null", () -> clip.embedTexts(null, unused)),
                Map.entry("sink is null", () -> clip.embedTexts(List.<String>of().iterator(), null)),
                Map.entry("limit is null", () -> clip.close(null)),
                Map.entry("path is null", () -> Clip.load((Path) null)),
                Map.entry("checkpoint is null", () -> Clip.load((Checkpoint) null, ClipOptions.defaults())),
                Map.entry("options is null", () -> Clip.load(MODEL, null)),
                Map.entry("templates is null", () -> PromptTemplates.of((String[]) null)),
                Map.entry("name is null", () -> Checkpoint.ofBytes(null, Map.of())),
                Map.entry("files is null", () -> Checkpoint.ofBytes("model", null)),
                Map.entry("files: config.json is null", () -> Checkpoint.ofBytes("model", Collections.singletonMap("config.json", null))),
                Map.entry("loader is null", () -> Checkpoint.ofResources(null, "model")),
                Map.entry("folder is null", () -> Checkpoint.ofResources(ClipInputsTest.class.getClassLoader(), null)),
                Map.entry("convention is null", () -> clip.preprocess().withConvention(null)));
        calls.forEach((message, call) -> assertThatThrownBy(call).isInstanceOf(NullPointerException.class).hasMessage(message));
        assertThatThrownBy(() -> clip.embedImages(Collections.emptyIterator(), null)).hasMessage("sink is null");
    }

    @Test
    void optionsAreValuesAndAbsenceIsEmpty() {
        ClipOptions defaults = ClipOptions.defaults();
        assertThat(defaults.profile()).isEmpty();
        assertThat(defaults.activation()).isEmpty();
        assertThat(defaults.imageSize()).isEmpty();
        assertThat(defaults.truncation()).isEmpty();
        ClipOptions options = defaults.withThreads(3).withProfile(Profile.OPENAI).withActivation(Activation.GELU)
                .withImageSize(64).withTruncation(false).withLanguage("fra_Latn").withWeights(DType.F16).withMaxConcurrent(2);
        assertThat(options.threads()).isEqualTo(3);
        assertThat(options.profile()).hasValue(Profile.OPENAI);
        assertThat(options.activation()).hasValue(Activation.GELU);
        assertThat(options.imageSize()).hasValue(64);
        assertThat(options.truncation()).hasValue(false);
        assertThat(options.language()).hasValue("fra_Latn");
        assertThat(options.weights()).isEqualTo(DType.F16);
        assertThat(options.maxConcurrent()).isEqualTo(2);
        ClipOptions same = defaults.withLanguage("fra_Latn").withWeights(DType.F16).withMaxConcurrent(2).withTruncation(false)
                .withImageSize(64)
                .withActivation(Activation.GELU).withProfile(Profile.OPENAI).withThreads(3);
        assertThat(options).isEqualTo(same).hasSameHashCodeAs(same).isNotEqualTo(defaults).isNotEqualTo(options.withLanguage("deu_Latn"));
        assertThat(defaults.withThreads(2)).hasToString("ClipOptions[threads=2, profile=the checkpoint's, activation=the checkpoint's, "
                + "imageSize=the checkpoint's, truncation=the checkpoint's, "
                + "language=the checkpoint's, weights=F32, maxConcurrent=1]");
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void optionsRefuseWhatCannotBe() {
        ClipOptions defaults = ClipOptions.defaults();
        assertThatThrownBy(() -> defaults.withThreads(0)).hasMessage("threads: expected 1 to 4,096, got 0");
        assertThatThrownBy(() -> defaults.withThreads(Integer.MAX_VALUE)).hasMessage("threads: expected 1 to 4,096, got 2,147,483,647");
        assertThatThrownBy(() -> defaults.withMaxConcurrent(0)).hasMessage("max concurrent: expected 1 to 4,096, got 0");
        assertThatThrownBy(() -> defaults.withMaxConcurrent(4_097)).hasMessage("max concurrent: expected 1 to 4,096, got 4,097");
        assertThatThrownBy(() -> defaults.withImageSize(0)).hasMessage("image size: expected 1 to 10,000 pixels, got 0");
        assertThatThrownBy(() -> defaults.withWeights(DType.I64)).hasMessage("weights: expected F32, F16 or BF16, got I64");
        assertThatThrownBy(() -> defaults.withProfile(null)).isInstanceOf(NullPointerException.class).hasMessage("profile is null");
        assertThatThrownBy(() -> defaults.withActivation(null)).isInstanceOf(NullPointerException.class).hasMessage("activation is null");
        assertThatThrownBy(() -> defaults.withWeights(null)).isInstanceOf(NullPointerException.class).hasMessage("weights is null");
    }
}
