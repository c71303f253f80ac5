package io.github.clip4j.langchain4j;

import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.common.AbstractEmbeddingModelIT;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import io.github.clip4j.Clip;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tiny.TinyClip;
import java.util.List;
import org.junit.jupiter.api.AfterAll;

/// langchain4j's own tests of an embedding model.
class LangchainKitTest extends AbstractEmbeddingModelIT {
    private final Clip clip = TinyClip.load();

    @AfterAll
    void close() {
        clip.close();
    }

    @Override
    protected List<EmbeddingModel> models() {
        return List.of(ClipEmbeddingModel.of(clip));
    }

    @Override
    protected EmbeddingModel modelWith(EmbeddingModelListener listener) {
        return ClipEmbeddingModel.builder(clip).listeners(List.of(listener)).build();
    }

    @Override
    protected EmbeddingModel failingModelWith(EmbeddingModelListener listener) {
        Clip closed = TinyClip.load();
        EmbeddingModel model = ClipEmbeddingModel.builder(closed).listeners(List.of(listener)).build();
        closed.close();
        return model;
    }

    @Override
    protected boolean supportsImageInput() {
        return true;
    }

    /// CLIP has one embedding of a text, whatever it is for.
    @Override
    protected boolean supportsInputTypeParameter() {
        return false;
    }

    @Override
    protected boolean supportsDimensionsParameter() {
        return false;
    }

    /// One input of a text and an image: CLIP has no embedding of both.
    @Override
    protected boolean supportsInterleavedInput() {
        return false;
    }

    @Override
    protected ImageContent catImage() {
        return ImageContent.from(ReferenceData.projectRoot().resolve("docs/examples/red-circle.png"), "image/png");
    }
}
