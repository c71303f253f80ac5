package io.github.clip4j.nn;

import static io.github.clip4j.testkit.FloatAssert.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorInfo;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.ImageEncoder;
import io.github.clip4j.model.Probe;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/// What a probe changes, the encoder goes on with.
class EditTest {
    private static final int HEAD_DIM = 8; // of the golden model's image encoder: 40 in 5 heads

    private final Golden golden = new Golden();

    /// Sets the outputs of one head to zero.
    private static Probe without(String attention, int head, int headDim) {
        return new Probe() {
            @Override
            public void see(String name, Tensor value) {}

            @Override
            public void edit(String name, Tensor value) {
                if (name.equals(attention)) {
                    for (int row = 0; row < value.rows(); row++) {
                        int from = value.rowOffset(row) + head * headDim;
                        Arrays.fill(value.array(), from, from + headDim, 0f);
                    }
                }
            }
        };
    }

    /// The golden model, where output projection `name` does not read columns `from` to `to`.
    private record Deaf(WeightSource source, String name, int from, int to) implements WeightSource {
        @Override
        public String location() {
            return source.location();
        }

        @Override
        public SortedMap<String, TensorInfo> tensors() {
            return source.tensors();
        }

        @Override
        public float[] read(String tensor) throws IOException {
            float[] values = source.read(tensor);
            if (tensor.equals(name)) {
                int width = TensorInfo.require(source, tensor).shape().dim(1);
                for (int row = 0; row < values.length / width; row++) {
                    Arrays.fill(values, row * width + from, row * width + to, 0f);
                }
            }
            return values;
        }

        @Override
        public float[] read(String tensor, int first, int count, float[] buffer) throws IOException {
            return Arrays.copyOfRange(read(tensor), first, first + count);
        }

        @Override
        public void close() {}
    }

    /// A head whose outputs are zero, and a projection that does not read them: every product with either is ±0, so all sums are the same.
    @Test
    void aHeadThatIsSetToZeroIsOneThatNobodyReads() throws IOException {
        String attention = "vision_model.encoder.layers.1.self_attn";
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory); Workers workers = new Workers(1)) {
            WeightSource weights = checkpoint.weights();
            ImageEncoder whole = ClipModel.load(golden.config, weights, workers).imageEncoder().orElseThrow();
            for (int head = 0; head < 5; head++) {
                Deaf source = new Deaf(weights, attention + ".out_proj.weight", head * HEAD_DIM, (head + 1) * HEAD_DIM);
                ImageEncoder deaf = ClipModel.load(golden.config, source, workers).imageEncoder().orElseThrow();
                float[] actual = whole.trace(golden.image(0), without(attention, head, HEAD_DIM)).toArray();
                assertSameBits(actual, deaf.trace(golden.image(0), (name, x) -> {}).toArray(), "head " + head);
                assertThat(actual).isNotEqualTo(whole.trace(golden.image(0), (name, x) -> {}).toArray());
            }
        }
    }

    /// A change of any stage that the probe is offered changes the result: none is offered that nothing reads.
    @Test
    void everyStageThatIsOfferedCounts() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory); Workers workers = new Workers(1)) {
            ClipModel model = ClipModel.load(golden.config, checkpoint.weights(), workers);
            assertEveryEditCounts(probe -> model.imageEncoder().orElseThrow().trace(golden.image(0), probe));
            assertEveryEditCounts(probe -> model.textEncoder().orElseThrow().trace(golden.text(0), probe));
        }
    }

    private interface Pass {
        Tensor trace(Probe probe);
    }

    private static void assertEveryEditCounts(Pass pass) {
        Set<String> seen = new HashSet<>();
        Set<String> offered = new HashSet<>();
        float[] expected = pass.trace(new Probe() {
            @Override
            public void see(String name, Tensor value) {
                seen.add(name);
            }

            @Override
            public void edit(String name, Tensor value) {
                assertThat(seen).doesNotContain(name); // asked first, told then
                offered.add(name);
            }
        }).toArray();
        assertThat(seen).containsAll(offered);
        seen.removeAll(offered);
        assertThat(seen).allMatch(name -> name.matches(".*(weights|out_proj|fc1|fc2|_projection)"));
        for (String stage : offered) {
            float[] actual = pass.trace(new Probe() {
                @Override
                public void see(String name, Tensor value) {}

                @Override
                public void edit(String name, Tensor value) {
                    if (name.equals(stage)) {
                        for (int row = 0; row < value.rows(); row++) {
                            for (int i = 0; i < value.width(); i++) {
                                value.array()[value.rowOffset(row) + i] *= i % 2 == 0 ? 1.5f : 0.5f;
                            }
                        }
                    }
                }
            }).toArray();
            assertThat(actual).as(stage).isNotEqualTo(expected);
        }
    }
}
