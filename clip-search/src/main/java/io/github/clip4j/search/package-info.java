/// An index of the embeddings of images: in one folder on disk, written by one process at a time, searched exactly.
///
/// ```java
/// try (IndexWriter writer = IndexWriter.open(folder, IndexModel.of(clip, "openai/clip-vit-base-patch32"))) {
///     writer.put(IndexEntry.of(path, size, modified, hash, width, height), clip.embedImage(image));
///     writer.commit();                                    // from now on nothing can lose it
/// }
/// EmbeddingIndex index = EmbeddingIndex.open(folder);     // what was committed, in memory
/// index.search(clip.embedText("a beach"), SearchOptions.top(10));
/// ```
@NullMarked
package io.github.clip4j.search;

import org.jspecify.annotations.NullMarked;
