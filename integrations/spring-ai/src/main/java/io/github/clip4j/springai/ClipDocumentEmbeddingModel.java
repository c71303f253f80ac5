package io.github.clip4j.springai;

import io.github.clip4j.Clip;
import io.micrometer.observation.ObservationRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.springframework.ai.chat.metadata.EmptyUsage;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.DocumentEmbeddingRequest;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;
import org.springframework.ai.embedding.EmbeddingResultMetadata;
import org.springframework.ai.embedding.EmbeddingResultMetadata.ModalityType;
import org.springframework.util.MimeTypeUtils;

/// CLIP as Spring AI's embedding model of documents, each of which is a text or an image.
///
/// Embeddings have length 1 and the order of the documents. Thread-safe. The model stays the caller's.
public final class ClipDocumentEmbeddingModel implements DocumentEmbeddingModel {
    private final Clip clip;
    private final ClipEmbeddings embeddings;

    /// An embedding model whose documents may have images at `file:` URLs, and which is not observed.
    ///
    /// @param clip stays open as long as the embedding model is used
    /// @throws IllegalStateException when the model has no text encoder or no tokenizer
    public ClipDocumentEmbeddingModel(Clip clip) {
        this(clip, true, ObservationRegistry.NOOP);
    }

    /// @param clip stays open as long as the embedding model is used
    /// @param allowsFiles whether the image of a document may be a `file:` URL, which is then read
    /// @param observations are told of each call as `clip4j.embed`, with `modality` and `model`
    /// @throws IllegalStateException when the model has no text encoder or no tokenizer
    public ClipDocumentEmbeddingModel(Clip clip, boolean allowsFiles, ObservationRegistry observations) {
        this.clip = Objects.requireNonNull(clip, "clip is null");
        this.embeddings = new ClipEmbeddings(clip, allowsFiles, Objects.requireNonNull(observations, "observations is null"));
    }

    /// {@inheritDoc}
    ///
    /// @throws IllegalArgumentException when an image cannot be had or read, a text is too long, or the options ask for another number of
    ///     dimensions; the message has the place and the id of the document
    @Override
    public EmbeddingResponse call(DocumentEmbeddingRequest request) {
        embeddings.require(request.getOptions());
        List<Document> documents = request.getInstructions();
        List<float[]> vectors = embeddings.documents(documents);
        List<Embedding> results = new ArrayList<>();
        for (int i = 0; i < documents.size(); i++) {
            results.add(new Embedding(vectors.get(i), i, metadata(documents.get(i))));
        }
        return new EmbeddingResponse(results, new EmbeddingResponseMetadata(clip.name(), new EmptyUsage()));
    }

    private static EmbeddingResultMetadata metadata(Document document) {
        Media media = document.getMedia();
        return media == null
                ? new EmbeddingResultMetadata(document.getId(), ModalityType.TEXT, MimeTypeUtils.TEXT_PLAIN, document.getText())
                : new EmbeddingResultMetadata(document.getId(), ModalityType.IMAGE, media.getMimeType(), media.getData());
    }

    @Override
    public int dimensions() {
        return embeddings.dimensions();
    }
}
