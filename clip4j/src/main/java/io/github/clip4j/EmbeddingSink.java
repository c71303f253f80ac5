package io.github.clip4j;

/// Receives the embeddings of a long list one by one, in the list's order: each item ends in exactly one of the two methods, on the thread
/// that called [Clip#embedImages(java.util.Iterator, EmbeddingSink)] or [Clip#embedTexts(java.util.Iterator, EmbeddingSink)].
///
/// What a sink throws ends the call, which throws it.
public interface EmbeddingSink {
    /// An item was embedded.
    ///
    /// @param index its place in the list, from 0: so many items have ended before it
    /// @param embedding of the item
    void embedded(long index, Embedding embedding);

    /// An item could not be embedded. The others are.
    ///
    /// @param index its place in the list, from 0: so many items have ended before it
    /// @param failure what was wrong with it
    void failed(long index, Throwable failure);
}
