package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.checkpoint.Profile;
import io.github.clip4j.image.Image;
import io.github.clip4j.testkit.Gen;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tokenizer.TextTooLongException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ZeroShotClassifierTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final PromptTemplates PHOTO = PromptTemplates.of("a photo of a {}");
    private static final List<String> LABELS = List.of("cat", "dog", "house", "two red circles");

    private static Clip clip;
    private static ZeroShotClassifier classifier;

    @BeforeAll
    static void load() throws IOException {
        clip = Clip.load(MODEL, ClipOptions.defaults().withThreads(1));
        classifier = clip.classifier(LABELS, PHOTO);
    }

    @AfterAll
    static void close() {
        clip.close();
    }

    private static Image image(int seed) {
        byte[] rgb = new byte[30 * 30 * 3];
        Gen gen = new Gen(seed);
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) gen.integer(0, 256);
        }
        return Image.ofRgb(30, 30, rgb);
    }

    @Test
    void scoresCarryTheCosineAndTheLogit() {
        Embedding image = clip.embedImage(image(1));
        Classification result = classifier.classify(image(1));
        assertThat(result.scores()).extracting(Classification.Score::label).containsExactlyInAnyOrderElementsOf(LABELS);
        for (Classification.Score score : result.scores()) {
            double cosine = image.dot(clip.embedText("a photo of a " + score.label()));
            Embedding label = classifier.classEmbeddings().get(LABELS.indexOf(score.label()));
            assertThat(score.cosine()).isEqualTo(cosine).isEqualTo(image.dot(label));
            assertThat(score.logit()).isEqualTo(clip.model().logitScale().orElseThrow() * cosine);
        }
        // four rounded quotients of 2⁻⁵³, and their sum
        assertThat(result.scores().stream().mapToDouble(Classification.Score::probability).sum()).isCloseTo(1, within(1e-15));
    }

    @Test
    void independentLabelsAreTheSigmoidsOfTheSameLogits() {
        Classification independent = classifier.classifyIndependent(image(1));
        Classification softmax = classifier.classify(image(1));
        for (int i = 0; i < LABELS.size(); i++) {
            Classification.Score score = independent.scores().get(i);
            assertThat(score.label()).isEqualTo(softmax.scores().get(i).label());
            assertThat(score.logit()).isEqualTo(softmax.scores().get(i).logit());
            assertThat(score.probability()).isEqualTo(1 / (1 + Math.exp(-score.logit())));
        }
        assertThat(classifier.classifyIndependent(List.of(image(1), image(2)))).containsExactly(
                classifier.classifyIndependent(image(1)), classifier.classifyIndependent(clip.embedImage(image(2))));
    }

    /// A bias of −10, as of models that were trained with a sigmoid, and logits beyond what e^x can hold.
    @Test
    void aBiasIsPartOfTheLogitAndLargeLogitsStayNumbers() {
        Embedding x = Embedding.ofUnit(new float[] {1, 0});
        Embedding against = Embedding.ofUnit(new float[] {-1, 0});
        ZeroShotClassifier sigmoid = large(x, against, OptionalDouble.of(-10));
        Classification independent = sigmoid.classifyIndependent(x);
        assertThat(independent.scores()).extracting(Classification.Score::logit).containsExactly(1990.0, -2010.0);
        assertThat(independent.scores()).extracting(Classification.Score::probability).containsExactly(1.0, 0.0);
        assertThat(sigmoid.isIndependent()).isTrue();
        assertThat(sigmoid.classify(x)).isEqualTo(independent).extracting(Classification::independent).isEqualTo(true);
        ZeroShotClassifier softmax = large(x, against, OptionalDouble.empty());
        assertThat(softmax.isIndependent()).isFalse();
        assertThat(softmax.classify(x).scores()).extracting(Classification.Score::probability).containsExactly(1.0, 0.0);
        assertThat(softmax.classify(x).independent()).isFalse();
        assertThat(softmax.classify(x).scores()).extracting(Classification.Score::logit).containsExactly(2000.0, -2000.0);
        assertThat(softmax.classifyIndependent(x).independent()).isTrue();
    }

    private static ZeroShotClassifier large(Embedding x, Embedding against, OptionalDouble bias) {
        return new ZeroShotClassifier(List.of("x", "against"), List.of(x, against), 2000, bias, images -> List.of());
    }

    @Test
    void topAndAboveKeepTheOrderAndTheNumbers() {
        Classification all = classifier.classify(image(3));
        assertThat(all.top(2).scores()).containsExactlyElementsOf(all.scores().subList(0, 2));
        assertThat(all.top(100)).isEqualTo(all);
        double second = all.scores().get(1).probability();
        assertThat(all.above(second).scores()).containsExactlyElementsOf(all.scores().subList(0, 2));
        assertThat(all.above(0)).isEqualTo(all);
        assertThat(all.above(1).scores()).isEmpty();
        assertThatThrownBy(() -> all.above(1).best()).isInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(() -> all.top(0)).hasMessage("top: expected at least 1 label, got 0");
        assertThatThrownBy(() -> all.above(1.5)).hasMessage("above: expected a probability of 0 to 1, got 1.5");
        assertThatThrownBy(() -> all.above(Double.NaN)).hasMessage("above: expected a probability of 0 to 1, got NaN");
    }

    private static void assertRefused(String message, String... labels) {
        assertThatThrownBy(() -> clip.classifier(Arrays.asList(labels), PHOTO))
                .isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test
    void labelsThatTheModelCannotTellApartAreRefused() {
        assertRefused("labels[1] 'Cat' and labels[3] 'cat' have the same tokens, so no image tells them apart; remove one",
                "a", "Cat", "b", "cat");
        assertRefused("labels[0] 'a' and labels[1] 'a' have the same tokens, so no image tells them apart; remove one", "a", "a");
        assertRefused("labels[0] 'red  dog' and labels[1] 'red dog' have the same tokens, so no image tells them apart; remove one",
                "red  dog", "red dog");
        assertThatThrownBy(() -> clip.classifier(List.of(), PHOTO)).hasMessage("labels: expected at least one");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "\t\n", "\u00A0"})
    void aBlankLabelIsRefused(String blank) {
        assertRefused("labels[2] is blank: expected a text with tokens, got '" + blank + "'", "a", "b", blank);
    }

    @Test
    void aLabelThatIsTooLongIsNamedBeforeAnyIsEmbedded() {
        List<Integer> progress = new ArrayList<>();
        String label = "cat ".repeat(30).strip();
        TextTooLongException refused = catchThrowableOfType(
                TextTooLongException.class, () -> clip.classifier(List.of("a", label), PHOTO, progress::add));
        assertThat(refused).hasMessageStartingWith("labels[1] \"a photo of a cat cat cat cat cat cat cat…\": expected at most 20 tokens");
        assertThat(refused.index()).hasValue(1);
        assertThat(progress).isEmpty();
    }

    /// Two labels that differ only behind the cut have the same tokens for the model, in every profile.
    @Test
    void labelsThatAreCutToTheSameTokensAreRefused() throws IOException {
        String label = "cat ".repeat(30);
        ClipOptions options = ClipOptions.defaults().withThreads(1).withProfile(Profile.OPENAI).withTruncation(true);
        try (Clip cutting = Clip.load(MODEL, options)) {
            assertThatThrownBy(() -> cutting.classifier(List.of(label + "x", label + "y"), PHOTO))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("labels[0] 'cat cat").hasMessageContaining("have the same tokens");
            PromptTemplates behind = PromptTemplates.of("{}", "a photo of a {}");
            assertThat(cutting.classifier(List.of("x" + label, "y" + label), behind).labels()).hasSize(2);
        }
    }

    @Test
    @SuppressWarnings("NullAway") // on purpose
    void nullIsNamed() {
        assertThatThrownBy(() -> clip.classifier(Arrays.asList("a", "b", null), PHOTO))
                .isInstanceOf(NullPointerException.class).hasMessage("labels[2] is null");
        assertThatThrownBy(() -> clip.classifier(null, PHOTO)).isInstanceOf(NullPointerException.class).hasMessage("labels is null");
        assertThatThrownBy(() -> clip.classifier(LABELS, null)).isInstanceOf(NullPointerException.class).hasMessage("templates is null");
        assertThatThrownBy(() -> classifier.classify((Image) null)).isInstanceOf(NullPointerException.class).hasMessage("image is null");
        assertThatThrownBy(() -> classifier.classify((Embedding) null))
                .isInstanceOf(NullPointerException.class).hasMessage("image is null");
        assertThatThrownBy(() -> classifier.classifyIndependent(Arrays.asList(image(1), null)))
                .isInstanceOf(NullPointerException.class).hasMessage("images[1] is null");
        assertThatThrownBy(() -> PromptTemplates.of("{}", null))
                .isInstanceOf(NullPointerException.class).hasMessage("templates[1] is null");
        assertThatThrownBy(() -> PHOTO.apply(null)).isInstanceOf(NullPointerException.class).hasMessage("label is null");
    }
}
