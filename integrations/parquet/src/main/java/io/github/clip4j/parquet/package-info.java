/// An index of embeddings as a Parquet file, and back.
///
/// ```java
/// ParquetIndex.export(EmbeddingIndex.open(folder), file);
/// try (IndexWriter writer = IndexWriter.open(other, ParquetIndex.modelOf(file).orElseThrow())) {
///     ParquetIndex.Imported result = ParquetIndex.importInto(file, writer, System.err::println);
///     System.out.println(result.added() + " added, " + result.failed() + " failed");
/// }
/// ```
@NullMarked
package io.github.clip4j.parquet;

import org.jspecify.annotations.NullMarked;
