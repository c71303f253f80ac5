package io.github.clip4j.langchain4j;

import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ContentType;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.listener.EmbeddingModelListener;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import dev.langchain4j.model.output.TokenUsage;
import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.EmbeddingSink;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFormatException;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// CLIP as an embedding model of langchain4j. Texts and images get embeddings in one space, of length 1, so that a store of images is
/// searched by words, and by images.
///
/// ```java
/// Clip clip = Clip.load(Path.of("clip-vit-base-patch32"));
/// EmbeddingModel model = ClipEmbeddingModel.of(clip);
/// model.embed(EmbeddingRequest.builder()
///         .input(ImageContent.from(Path.of("beach.jpg"), "image/jpeg"))
///         .input("a photo of a beach")
///         .build());
/// ```
///
/// An input is one text or one image. The embeddings have the order of the inputs, and each is what [Clip] gives for it, alone or among
/// others. One input that cannot be embedded fails the request, as langchain4j has no way to tell of one among others; the message has its
/// index.
///
/// Thread-safe. The model stays the caller's, who closes it.
public final class ClipEmbeddingModel implements EmbeddingModel {
    private final Clip clip;
    private final Tokenizer tokenizer;
    private final int contextLength;
    private final ImageSource images;
    private final List<EmbeddingModelListener> listeners;

    private ClipEmbeddingModel(Builder builder) {
        this.clip = builder.clip;
        Tokenizer own = clip.tokenizer();
        this.tokenizer = builder.truncation == null ? own : own.withTruncation(builder.truncation);
        this.contextLength = clip.model().config().text()
                .orElseThrow(() -> new IllegalStateException(clip.name() + " has no text encoder"))
                .contextLength();
        this.images = new ImageSource(builder.allowsFiles, builder.allowsRemote);
        this.listeners = List.copyOf(builder.listeners);
    }

    /// {@return an embedding model with the defaults of [Builder]}
    ///
    /// @param clip stays open as long as the embedding model is used
    public static ClipEmbeddingModel of(Clip clip) {
        return builder(clip).build();
    }

    /// {@return a builder of an embedding model}
    ///
    /// @param clip stays open as long as the embedding model is used
    public static Builder builder(Clip clip) {
        return new Builder(clip);
    }

    /// What an embedding model may do. Not thread-safe.
    public static final class Builder {
        private final Clip clip;
        private @Nullable Boolean truncation;
        private boolean allowsFiles = true;
        private boolean allowsRemote;
        private final List<EmbeddingModelListener> listeners = new ArrayList<>();

        private Builder(Clip clip) {
            this.clip = Objects.requireNonNull(clip, "clip is null");
        }

        /// Whether a text with more tokens than the model has positions is cut rather than refused; without it, as the model does.
        ///
        /// @return this
        public Builder truncation(boolean truncates) {
            this.truncation = truncates;
            return this;
        }

        /// Whether an image may be a `file:` URL, which it may by default. Where the URLs come from users, forbid it: they could name any
        /// image of the machine. `ImageContent.from(Path, String)` does not need it; it has read the file.
        ///
        /// @return this
        public Builder allowFiles(boolean allowed) {
            this.allowsFiles = allowed;
            return this;
        }

        /// Whether an image may be an `http:` or `https:` URL, which is then fetched. Not by default: a URL that comes from a user reaches
        /// servers that only this machine can reach.
        ///
        /// @return this
        public Builder allowRemote(boolean allowed) {
            this.allowsRemote = allowed;
            return this;
        }

        /// Listeners that are told of requests, responses and errors.
        ///
        /// @return this
        public Builder listeners(List<EmbeddingModelListener> told) {
            listeners.clear();
            listeners.addAll(told);
            return this;
        }

        /// {@return the embedding model}
        ///
        /// @throws IllegalStateException when the model has no text encoder or no tokenizer, or is closed
        public ClipEmbeddingModel build() {
            return new ClipEmbeddingModel(this);
        }
    }

    @Override
    public Set<ContentType> supportedContentTypes() {
        return Set.of(ContentType.TEXT, ContentType.IMAGE);
    }

    @Override
    public int dimension() {
        return clip.dimension();
    }

    @Override
    public String modelName() {
        return clip.name();
    }

    @Override
    public List<EmbeddingModelListener> listeners() {
        return listeners;
    }

    /// {@inheritDoc}
    ///
    /// @throws InvalidRequestException when an input is not one text or one image, an image cannot be had or read, or a text has more
    ///     tokens than the model has positions; the message begins with `inputs[i]`
    @Override
    public EmbeddingResponse doEmbed(EmbeddingRequest request) {
        List<EmbeddingInput> inputs = request.inputs();
        List<Integer> textPlaces = new ArrayList<>();
        List<int[]> tokens = new ArrayList<>();
        List<Integer> imagePlaces = new ArrayList<>();
        List<Supplier<Callable<Image>>> files = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            switch (only(inputs.get(i), i)) {
                case TextContent text -> {
                    textPlaces.add(i);
                    tokens.add(encode(text.text(), i));
                }
                case ImageContent image -> {
                    imagePlaces.add(i);
                    files.add(images.of(image.image(), "inputs[" + i + "]"));
                }
                case Content other -> throw new UnsupportedFeatureException(
                        "inputs[%d]: expected a text or an image, got %s".formatted(i, other.type()));
            }
        }
        dev.langchain4j.data.embedding.Embedding[] embeddings = new dev.langchain4j.data.embedding.Embedding[inputs.size()];
        embedImages(files, imagePlaces, embeddings);
        List<Embedding> texts = tokens.isEmpty() ? List.of() : clip.embedTokens(tokens);
        for (int k = 0; k < texts.size(); k++) {
            embeddings[textPlaces.get(k)] = embedding(texts.get(k));
        }
        return EmbeddingResponse.builder()
                .embeddings(Arrays.asList(embeddings))
                .modelName(modelName())
                .tokenUsage(new TokenUsage(tokens.stream().mapToInt(ids -> ids.length).sum()))
                .build();
    }

    /// [#doEmbed] on a virtual thread of its own. Cancelling the future does not stop what is under way.
    @Override
    public CompletableFuture<EmbeddingResponse> doEmbedAsync(EmbeddingRequest request) {
        return CompletableFuture.supplyAsync(() -> doEmbed(request), Thread::startVirtualThread);
    }

    private static Content only(EmbeddingInput input, int index) {
        List<Content> contents = input.contents();
        if (contents.size() != 1) {
            throw new UnsupportedFeatureException(("inputs[%d]: expected one text or one image, got %d contents; CLIP encodes a text or an"
                    + " image, and has no embedding of both together: make them two inputs").formatted(index, contents.size()));
        }
        return contents.getFirst();
    }

    private int[] encode(String text, int index) {
        try {
            return tokenizer.encode(text, contextLength);
        } catch (TextTooLongException e) {
            String message = String.valueOf(e.getMessage()).replace("withTruncation(true)", "truncation(true) of the builder");
            throw new InvalidRequestException("inputs[%d]: %s".formatted(index, message), e);
        }
    }

    /// Decodes and embeds images in bounded memory, on the model's threads; what comes from a network is fetched on this one, one after the
    /// other. The first failure is thrown when the others have ended.
    private void embedImages(
            List<Supplier<Callable<Image>>> files, List<Integer> places, dev.langchain4j.data.embedding.Embedding[] embeddings) {
        if (files.isEmpty()) {
            return;
        }
        List<RuntimeException> failures = new ArrayList<>();
        clip.embedImages(files.stream().map(Supplier::get).iterator(), new EmbeddingSink() {
            @Override
            public void embedded(long index, Embedding image) {
                embeddings[places.get((int) index)] = embedding(image);
            }

            @Override
            public void failed(long index, Throwable cause) {
                if (cause instanceof InvalidRequestException known) {
                    failures.add(known);
                } else {
                    String where = cause instanceof ImageFormatException ? "" : "inputs[" + places.get((int) index) + "]: "; // has it
                    failures.add(new InvalidRequestException(where + cause.getMessage(), cause));
                }
            }
        });
        if (!failures.isEmpty()) {
            throw failures.getFirst();
        }
    }

    private static dev.langchain4j.data.embedding.Embedding embedding(Embedding embedding) {
        return dev.langchain4j.data.embedding.Embedding.from(embedding.toArray());
    }
}
