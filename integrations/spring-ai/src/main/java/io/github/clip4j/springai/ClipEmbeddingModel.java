package io.github.clip4j.springai;

import io.github.clip4j.Clip;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.BatchingStrategy;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResultMetadata;

/// CLIP as Spring AI's embedding model of texts. A document whose media is an image gets the embedding of the image, in the same space.
///
/// Embeddings have length 1, and each is what [Clip] gives for it, alone or among others. Thread-safe. The model stays the caller's.
public final class ClipEmbeddingModel implements EmbeddingModel {
    private final ClipEmbeddings embeddings;

    /// An embedding model whose documents may have images at `file:` URLs, and which is not observed.
    ///
    /// @param clip stays open as long as the embedding model is used
    /// @throws IllegalStateException when the model has no text encoder or no tokenizer
    public ClipEmbeddingModel(Clip clip) {
        this(clip, true, ObservationRegistry.NOOP);
    }

    /// @param clip stays open as long as the embedding model is used
    /// @param allowsFiles whether the image of a document may be a `file:` URL, which is then read
    /// @param observations are told of each call as `clip4j.embed`, with `modality` and `model`
    /// @throws IllegalStateException when the model has no text encoder or no tokenizer
    public ClipEmbeddingModel(Clip clip, boolean allowsFiles, ObservationRegistry observations) {
        this.embeddings = new ClipEmbeddings(
                Objects.requireNonNull(clip, "clip is null"), allowsFiles, Objects.requireNonNull(observations, "observations is null"));
    }

    /// {@inheritDoc}
    ///
    /// @throws IllegalArgumentException when a text has more tokens than the model has positions, or the options ask for another number of
    ///     dimensions
    @Override
    public EmbeddingResponse call(EmbeddingRequest request) {
        embeddings.require(request.getOptions());
        List<int[]> ids = embeddings.ids(request.getInstructions());
        List<float[]> vectors = embeddings.texts(ids);
        List<Embedding> results = new ArrayList<>();
        for (int i = 0; i < vectors.size(); i++) {
            results.add(new Embedding(vectors.get(i), i, EmbeddingResultMetadata.EMPTY));
        }
        return new EmbeddingResponse(results, embeddings.metadata(ids));
    }

    /// {@inheritDoc}
    ///
    /// @throws IllegalArgumentException when its image cannot be had or read, or its text is too long
    @Override
    public float[] embed(Document document) {
        return embeddings.documents(List.of(document)).getFirst();
    }

    /// {@inheritDoc}
    ///
    /// Batches are for models that are paid by the token: all documents are embedded at once, and the strategy is not asked.
    @Override
    public List<float[]> embed(List<Document> documents, @Nullable EmbeddingOptions options, BatchingStrategy batchingStrategy) {
        embeddings.require(options);
        return embeddings.documents(documents);
    }

    @Override
    public int dimensions() {
        return embeddings.dimensions();
    }
}
