package io.github.clip4j.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.clip4j.checkpoint.Checkpoint;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.model.ClipModel;
import io.github.clip4j.model.TextEncoder;
import io.github.clip4j.testkit.Gen;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrefixTreeTest {
    @Test
    void whatTextsShareIsComputedOnce() {
        List<int[]> texts = List.of(
                new int[] {1, 2, 3, 9}, new int[] {1, 2, 4, 9, 9}, new int[] {5, 9}, new int[] {1, 2, 3, 9}, new int[] {1, 2, 3, 3, 9});
        PrefixTree tree = new PrefixTree(texts, new int[] {4, 4, 2, 4, 5});
        Sequences sequences = tree.sequences(0, 5);
        assertThat(sequences.rows()).as("1 2 3 3 9, 9, 4 9, 5 9; of 19 tokens").isEqualTo(10);
        for (int i = 0; i < 5; i++) {
            assertThat(tree.text(i)).isEqualTo(Arrays.copyOf(texts.get(tree.original(i)), tree.text(i).length));
            assertThat(sequences.pooledPositions()[i]).isEqualTo(tree.text(i).length - 1);
        }
        assertThat(tree.sequences(3, 5).rows()).as("a pass of its own shares nothing with the one before").isEqualTo(4 + 2);
    }

    /// Random texts over few tokens, so that most share beginnings, some are equal, and some begin others.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void sharingChangesNoBit(int threads) throws IOException {
        Golden golden = new Golden();
        Gen gen = new Gen(threads);
        List<int[]> texts = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            int[] ids = new int[gen.integer(1, 20)];
            for (int p = 0; p < ids.length; p++) {
                ids[p] = gen.integer(0, p < 3 ? 2 : 4);
            }
            ids[ids.length - 1] = golden.endOfText();
            texts.add(ids);
        }
        try (Checkpoint checkpoint = Checkpoint.open(golden.directory); Workers workers = new Workers(threads)) {
            TextEncoder encoder = ClipModel.load(golden.config, checkpoint.weights(), workers).textEncoder().orElseThrow();
            Tensor together = encoder.encode(texts);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(together.rows(i, 1).toArray()).as("text %d", i).containsExactly(encoder.encode(List.of(texts.get(i))).toArray());
            }
        }
    }
}
