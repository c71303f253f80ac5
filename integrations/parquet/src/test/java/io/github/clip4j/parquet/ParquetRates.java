package io.github.clip4j.parquet;

import io.github.clip4j.search.EmbeddingIndex;
import io.github.clip4j.search.IndexModel;
import io.github.clip4j.search.IndexWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/// Times of an export and an import: FOLDER ROWS DIMENSION. Run by `bench.sh`. The folder is kept; a second run measures alone.
final class ParquetRates {
    private static final int ROUNDS = 3;

    private ParquetRates() {}

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        IndexModel model = Images.model("rates", Integer.parseInt(args[2]));
        EmbeddingIndex index = EmbeddingIndex.isIndex(folder.resolve("index"))
                ? EmbeddingIndex.open(folder.resolve("index")) : Images.index(folder, model, Integer.parseInt(args[1]));
        Path file = folder.resolve("rates.parquet");
        for (int round = 1; round <= ROUNDS; round++) {
            long start = System.nanoTime();
            ParquetIndex.export(index, file);
            long exported = System.nanoTime();
            Path target = folder.resolve("imported " + round + " " + System.currentTimeMillis());
            try (IndexWriter writer = IndexWriter.open(target, index.model())) {
                ParquetIndex.importInto(file, writer, System.out::println);
            }
            long imported = System.nanoTime();
            System.out.printf(Locale.ROOT, "%,d x %d, round %d: export %.1f s, import %.1f s, %,d bytes%n",
                    index.size(), model.dimension(), round, (exported - start) / 1e9, (imported - exported) / 1e9, Files.size(file));
        }
    }
}
