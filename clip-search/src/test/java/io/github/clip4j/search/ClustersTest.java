package io.github.clip4j.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Embedding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClustersTest {
    private static final int D = 40;

    @TempDir
    private Path folder;

    private final Map<String, Embedding> all = new HashMap<>();

    /// `count` neighbours of each centre; the name of a path begins with its centre.
    private EmbeddingIndex index(int centres, int count, double spread) throws IOException {
        Random random = new Random(18);
        for (int i = 0; i < centres * count; i++) {
            String centre = "c" + i % centres;
            all.put(centre + "/" + i, Rows.near(Rows.of(centre, D), spread, random));
        }
        try (IndexWriter writer = IndexWriter.open(folder, Rows.model(D))) {
            all.forEach((path, embedding) -> writer.put(Rows.entry(path), embedding));
            writer.commit();
        }
        return EmbeddingIndex.open(folder);
    }

    @Test
    void groupsThatAreThereAreFound() throws IOException {
        List<Cluster> clusters = index(7, 50, 0.3).clusters(7);
        assertThat(clusters).hasSize(7);
        for (Cluster cluster : clusters) {
            assertThat(cluster.members()).hasSize(50);
            assertThat(cluster.members().stream().map(hit -> hit.entry().path().replaceFirst("/.*", "")).collect(Collectors.toSet()))
                    .hasSize(1);
        }
    }

    /// What k-means ends with: each image is with the centre that is nearest to it, and each centre is the mean direction of its images.
    @Test
    void imagesAreWithTheNearestCentre() throws IOException {
        List<Cluster> clusters = index(30, 20, 2).clusters(11);
        assertThat(clusters).hasSize(11);
        assertThat(clusters).isEqualTo(EmbeddingIndex.open(folder).clusters(11));
        float rounding = EmbeddingIndex.error(D);
        int before = Integer.MAX_VALUE;
        for (Cluster cluster : clusters) {
            assertThat(cluster.members()).hasSizeLessThanOrEqualTo(before).isSortedAccordingTo(SearchHit.BEST_FIRST);
            before = cluster.members().size();
            float[] sum = new float[D];
            for (SearchHit hit : cluster.members()) {
                Embedding embedding = Objects.requireNonNull(all.get(hit.entry().path()));
                for (Cluster other : clusters) {
                    assertThat(embedding.dot(other.centre())).isLessThanOrEqualTo(hit.cosine() + 2 * rounding);
                }
                for (int i = 0; i < D; i++) {
                    sum[i] += embedding.toArray()[i];
                }
            }
            // both are rounded once a component, and sum in float32: angles of at most some 600 · 2⁻²⁴ = 4e-5, whose square is 1e-9
            assertThat(Embedding.normalized(sum).dot(cluster.centre())).isGreaterThan(1 - 1e-6);
        }
        assertThat(clusters.stream().mapToInt(cluster -> cluster.members().size()).sum()).isEqualTo(600);
    }

    @Test
    void equalImagesMakeNoGroupsOfTheirOwn() throws IOException {
        assertThat(index(2, 30, 0).clusters(5)).hasSize(2).allMatch(cluster -> cluster.members().size() == 30);
        assertThat(EmbeddingIndex.open(folder).clusters(1)).hasSize(1);
        assertThatThrownBy(() -> EmbeddingIndex.open(folder).clusters(0)).hasMessageContaining("expected at least 1, got 0");
    }
}
