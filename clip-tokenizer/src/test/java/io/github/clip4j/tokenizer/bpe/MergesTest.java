package io.github.clip4j.tokenizer.bpe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MergesTest {
    private static final int[] A_B = {0, 1, 2}; // a = 0, b = 1, ab = 2
    private static final int[] B_A = {1, 0, 3};

    @Test
    void theBestRankIsMergedFirst() {
        assertThat(new Merges(List.of(A_B, B_A)).merge(new int[] {0, 1, 0})).containsExactly(2, 0);
        assertThat(new Merges(List.of(B_A, A_B)).merge(new int[] {0, 1, 0})).containsExactly(0, 3);
    }

    /// OpenAI's `dict(zip(merges, range(len(merges))))` and Hugging Face's map both keep the later rank.
    @Test
    void theLastOfTwoMergesOfTheSamePairCounts() {
        assertThat(new Merges(List.of(A_B, B_A, A_B)).merge(new int[] {0, 1, 0})).containsExactly(0, 3);
    }

    @Test
    void theLeftmostOfEqualPairsIsMergedFirst() {
        int[] twice = {0, 0, 4};
        assertThat(new Merges(List.of(twice)).merge(new int[] {0, 0, 0})).containsExactly(4, 0);
        assertThat(new Merges(List.of(twice)).merge(new int[0])).isEmpty();
    }
}
