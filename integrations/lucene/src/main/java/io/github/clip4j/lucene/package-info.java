/// Embeddings of CLIP in an index of Apache Lucene.
///
/// ```java
/// EmbeddingField images = EmbeddingField.of("image", IndexModel.of(clip, ""));
/// try (Directory directory = FSDirectory.open(folder)) {
///     try (IndexWriter writer = images.writer(directory, new IndexWriterConfig())) {
///         writer.addDocument(images.document(clip.embedImage(image), new StringField("path", "a.jpg", Field.Store.YES)));
///     }
///     try (DirectoryReader reader = DirectoryReader.open(directory)) {
///         for (ClipHit hit : ClipSearcher.of(clip, reader, "image").search("a beach", 10)) {
///             System.out.println(hit.document().get("path") + " " + hit.cosine());
///         }
///     }
/// }
/// ```
@NullMarked
package io.github.clip4j.lucene;

import org.jspecify.annotations.NullMarked;
