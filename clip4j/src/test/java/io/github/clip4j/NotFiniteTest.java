package io.github.clip4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.DType;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.image.Image;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A weight that is NaN or infinite is named as soon as an output shows it.
class NotFiniteTest {
    private static final Path MODEL = ReferenceData.projectRoot().resolve("clip-vit/src/test/resources/golden/tiny");
    private static final int ELEMENT = 1; // the one that is spoilt

    private static Map<String, byte[]> files() throws IOException {
        Map<String, byte[]> files = new HashMap<>();
        try (Stream<Path> all = Files.list(MODEL)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    /// The model with one number of a tensor replaced.
    private static Checkpoint spoilt(String tensor, int element, float value) throws IOException {
        Map<String, byte[]> files = files();
        ByteBuffer weights = ByteBuffer.wrap(files.get("model.safetensors")).order(ByteOrder.LITTLE_ENDIAN);
        int header = (int) weights.getLong(0);
        String json = new String(weights.array(), 8, header, StandardCharsets.UTF_8);
        Matcher entry = Pattern.compile("\"" + Pattern.quote(tensor) + "\":\\s*\\{[^}]*\"data_offsets\":\\s*\\[(\\d+)").matcher(json);
        assertThat(entry.find()).as(tensor).isTrue();
        weights.putFloat(8 + header + Integer.parseInt(entry.group(1)) + 4 * element, value);
        return Checkpoint.ofBytes("spoilt", files);
    }

    private static Clip load(Checkpoint checkpoint) throws IOException {
        return Clip.load(checkpoint, ClipOptions.defaults().withThreads(1));
    }

    private static Image image() {
        byte[] rgb = new byte[40 * 40 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i * 37);
        }
        return Image.ofRgb(40, 40, rgb);
    }

    /// Every tensor that each output depends on, whatever its form in memory is.
    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void everyTensorIsNamed(float value) throws IOException {
        int named = 0;
        try (Checkpoint whole = Checkpoint.open(MODEL)) {
            for (TensorInfo info : whole.weights().tensors().values()) {
                boolean text = info.name().startsWith("text");
                if (info.name().startsWith("logit") || info.name().endsWith("position_ids") || info.name().contains("token_embedding")) {
                    continue; // tested below; and a row of the vocabulary shows in texts with that token alone
                }
                try (Checkpoint checkpoint = spoilt(info.name(), ELEMENT, value); Clip clip = load(checkpoint)) {
                    assertThatThrownBy(() -> {
                        if (text) {
                            clip.embedText("a photo of a cat");
                        } else {
                            clip.embedImage(image());
                        }
                    }).as(info.name()).isInstanceOf(IllegalStateException.class)
                            .hasMessageStartingWith(info.name() + ": expected finite numbers, got " + value)
                            .hasMessageContaining("the checkpoint is damaged");
                    named++;
                }
            }
        }
        assertThat(named).isGreaterThan(30);
    }

    @Test
    void theOtherTowerStillAnswers() throws IOException {
        try (Checkpoint checkpoint = spoilt("visual_projection.weight", 0, Float.NaN); Clip clip = load(checkpoint);
                Clip whole = Clip.load(MODEL)) {
            assertThat(clip.embedText("a")).isEqualTo(whole.embedText("a"));
            assertThatThrownBy(() -> clip.embedImage(image()))
                    .hasMessageStartingWith("visual_projection.weight: expected finite numbers, got NaN at [0, 0]");
        }
    }

    @Test
    void aScaleThatIsNotFiniteIsRefusedAtOnce() throws IOException {
        for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 800}) {
            try (Checkpoint checkpoint = spoilt("logit_scale", 0, value)) {
                assertThatThrownBy(() -> load(checkpoint)).isInstanceOf(WeightFormatException.class)
                        .hasMessageStartingWith("logit_scale in ").hasMessageContaining("expected a finite number")
                        .hasMessageEndingWith("got " + (double) value);
            }
        }
    }

    @Test
    void sixteenBitsRefuseItByNameWhenTheModelIsRead() throws IOException {
        try (Checkpoint checkpoint = spoilt("visual_projection.weight", 0, Float.NaN)) {
            assertThatThrownBy(() -> Clip.load(checkpoint, ClipOptions.defaults().withWeights(DType.F16)))
                    .hasMessageStartingWith("visual_projection.weight: weight [0, 0]: expected a number that fits float16, got NaN");
        }
    }
}
