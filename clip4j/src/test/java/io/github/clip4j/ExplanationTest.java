package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.clip4j.image.Image;
import io.github.clip4j.model.Decomposition;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ExplanationTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static Clip clip;

    @BeforeAll
    static void load() throws IOException {
        clip = Clip.load(MODEL);
    }

    @AfterAll
    static void close() {
        clip.close();
    }

    private static Image image() {
        byte[] rgb = new byte[40 * 32 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 31 ^ i >> 5);
        }
        return Image.ofRgb(40, 32, rgb);
    }

    private static double sum(Decomposition parts) {
        double sum = parts.rest();
        for (int layer = 0; layer < parts.layers(); layer++) {
            sum += parts.mlp(layer);
        }
        for (int position = 0; position < parts.positions(); position++) {
            sum += parts.position(position);
        }
        return sum;
    }

    @Test
    void bothSidesSumToTheCosineOfTheEmbeddings() {
        List<String> texts = List.of("a photo of a cat", "the small green triangle");
        Explanation explanation = clip.explain(image(), texts);
        assertThat(explanation.rows()).isEqualTo(4);
        assertThat(explanation.columns()).isEqualTo(4);
        double[] cosines = clip.similarity(List.of(image()), texts)[0];
        for (int i = 0; i < 2; i++) {
            Explanation.Label label = explanation.labels().get(i);
            assertThat(label.label()).isEqualTo(texts.get(i));
            assertThat(label.cosine()).isCloseTo(cosines[i], within(1e-6));
            assertThat(sum(label.image())).isCloseTo(cosines[i], within(1e-5));
            assertThat(sum(label.text())).isCloseTo(cosines[i], within(1e-5));
            assertThat(label.tokens()).hasSize(label.text().positions()).startsWith("<|startoftext|>").endsWith("<|endoftext|>");
            double patches = 0;
            for (double[] row : explanation.patches(i)) {
                for (double patch : row) {
                    patches += patch;
                }
            }
            double classToken = label.image().position(0);
            assertThat(patches + classToken + sum(label.image()) - heads(label.image())).isCloseTo(cosines[i], within(1e-5));
        }
        double[][] contrast = explanation.contrast(0, 1);
        assertThat(contrast[1][2]).isEqualTo(explanation.patches(0)[1][2] - explanation.patches(1)[1][2]);
        assertThat(contrast[1][2]).isEqualTo(
                explanation.labels().get(0).image().position(7) - explanation.labels().get(1).image().position(7));
    }

    private static double heads(Decomposition parts) {
        double sum = 0;
        for (int layer = 0; layer < parts.layers(); layer++) {
            for (int head = 0; head < parts.heads(); head++) {
                sum += parts.head(layer, head);
            }
        }
        return sum;
    }

    @Test
    void refusesWhatCannotBeExplained() {
        assertThatThrownBy(() -> clip.explain(image(), Arrays.asList("a cat", null)))
                .isInstanceOf(NullPointerException.class).hasMessage("labels[1] is null");
        assertThatThrownBy(() -> clip.explain(image(), List.of("a photo ".repeat(30)))).hasMessageContaining("text");
    }
}
