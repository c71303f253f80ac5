package io.github.clip4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonArray;
import io.github.clip4j.testkit.ReferenceData;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Shares, cosines and thresholds of `clip classify`, with the built-in model.
class ThresholdTest {
    private static final Path CIRCLE = ReferenceData.projectRoot().resolve("docs/examples/red-circle.png");

    private static JsonArray labels(String... more) {
        String[] args = Stream.concat(
                Stream.of("classify", CIRCLE.toString(), "--label", "a red circle", "--label", "a blue square", "--json"),
                Stream.of(more)).toArray(String[]::new);
        return Cli.run(args).results().getFirst().getAsJsonArray("labels");
    }

    private static double cosine(JsonArray labels, int i) {
        return labels.get(i).getAsJsonObject().get("cosine").getAsDouble();
    }

    @Test
    void theCosineDoesNotDependOnTheOtherLabelsAndTheShareDoes() {
        JsonArray two = labels();
        JsonArray three = labels("--label", "a red square");
        assertThat(cosine(three, 0)).isEqualTo(cosine(two, 0));
        Cli.Run alone = Cli.run("classify", CIRCLE.toString(), "--label", "a blue square");
        assertThat(alone.out().lines().toList()).hasSize(3).last().asString().contains("100.00 %").contains("0.303");
    }

    @Test
    void aThresholdIsACosineOrAShare() {
        JsonArray all = labels();
        double between = (cosine(all, 0) + cosine(all, 1)) / 2;
        assertThat(labels("--threshold", String.valueOf(between))).hasSize(1);
        assertThat(labels("--threshold", String.valueOf(cosine(all, 1)))).as("at least, not above").hasSize(2);
        assertThat(labels("--threshold", "50%")).hasSize(1);
        assertThat(labels("--threshold", "1")).isEmpty();
        Cli.Run none = Cli.run("classify", CIRCLE.toString(), "--label", "a blue square", "--threshold", "0.9");
        assertThat(none.exit()).isZero();
        assertThat(none.out().lines().toList()).containsExactly(CIRCLE.toString(), "  no label reaches 0.9");
    }

    @Test
    void independentLabelsAreJudgedByThemselves() {
        JsonArray two = labels("--independent");
        JsonArray three = labels("--independent", "--label", "a red square");
        assertThat(three.get(0)).isEqualTo(two.get(0));
        for (int i = 0; i < 2; i++) {
            double logit = two.get(i).getAsJsonObject().get("logit").getAsDouble();
            assertThat(two.get(i).getAsJsonObject().get("probability").getAsDouble()).isEqualTo(1 / (1 + Math.exp(-logit)));
        }
        assertThat(Cli.run("classify", CIRCLE.toString(), "--label", "a", "--independent").out()).contains("by itself  cosine");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "1.1", "-2", "101%", "-1%", "%", "NaN", ""})
    void otherThresholdsAreWrongUsage(String threshold) {
        Cli.Run run = Cli.run("classify", CIRCLE.toString(), "--label", "a", "--threshold", threshold);
        assertThat(run.exit()).isEqualTo(2);
        assertThat(run.err()).contains("--threshold: expected a cosine of -1 to 1 or a share of 0% to 100%, got '" + threshold + "'");
    }
}
