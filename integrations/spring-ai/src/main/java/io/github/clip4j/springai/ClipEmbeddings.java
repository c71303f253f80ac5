package io.github.clip4j.springai;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.EmbeddingSink;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.image.ImageOptions;
import io.github.clip4j.tokenizer.TextTooLongException;
import io.github.clip4j.tokenizer.Tokenizer;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.chat.metadata.DefaultUsage;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingResponseMetadata;

/// What both of Spring AI's embedding models do with texts and images.
final class ClipEmbeddings {
    private static final int LONGEST_PATH = 4096; // longer text is a picture in base64, with a fault

    private final Clip clip;
    private final boolean allowsFiles;
    private final Tokenizer tokenizer;
    private final int contextLength;
    private final ObservationRegistry observations;

    ClipEmbeddings(Clip clip, boolean allowsFiles, ObservationRegistry observations) {
        this.clip = clip;
        this.allowsFiles = allowsFiles;
        this.tokenizer = clip.tokenizer();
        this.contextLength = clip.model().config().text()
                .orElseThrow(() -> new IllegalStateException(clip.name() + " has no text encoder"))
                .contextLength();
        this.observations = observations;
    }

    int dimensions() {
        return clip.dimension();
    }

    /// The embeddings of texts.
    ///
    /// @param ids of the texts, from [#ids]
    List<float[]> texts(List<int[]> ids) {
        return observed("text", () -> clip.embedTokens(ids)).stream().map(Embedding::toArray).toList();
    }

    /// The token ids of texts.
    List<int[]> ids(List<String> texts) {
        List<int[]> ids = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            ids.add(ids(texts.get(i), "input " + i));
        }
        return ids;
    }

    private int[] ids(@Nullable String text, String where) {
        if (text == null) {
            throw new IllegalArgumentException(where + ": expected a text, got null");
        }
        try {
            return tokenizer.encode(text, contextLength);
        } catch (TextTooLongException e) {
            String message = String.valueOf(e.getMessage()).replace("by withTruncation(true)", "by clip4j.truncation=true");
            throw new IllegalArgumentException(where + ": " + message, e);
        }
    }

    /// The embeddings of documents, each of one text or one image, in their order. Images are decoded in bounded memory, on the model's
    /// threads.
    List<float[]> documents(List<Document> documents) {
        float[][] all = new float[documents.size()][];
        List<Integer> textPlaces = new ArrayList<>();
        List<int[]> texts = new ArrayList<>();
        List<Integer> imagePlaces = new ArrayList<>();
        List<Callable<Image>> images = new ArrayList<>();
        for (int i = 0; i < all.length; i++) {
            Document document = documents.get(i);
            if (document == null) {
                throw new IllegalArgumentException("document %d: expected a document, got null".formatted(i));
            }
            Media media = document.getMedia();
            String where = "document %d (%s)".formatted(i, document.getId());
            if (media == null) {
                textPlaces.add(i);
                texts.add(ids(document.getText(), where));
            } else {
                imagePlaces.add(i);
                images.add(() -> image(media, where));
            }
        }
        if (!images.isEmpty()) {
            Optional<Throwable> failure = observed("image", () -> images(images, imagePlaces, all));
            if (failure.isPresent()) {
                throw failure.get() instanceof RuntimeException known ? known
                        : new IllegalArgumentException(String.valueOf(failure.get().getMessage()), failure.get());
            }
        }
        List<float[]> embedded = texts.isEmpty() ? List.of() : texts(texts);
        for (int k = 0; k < embedded.size(); k++) {
            all[textPlaces.get(k)] = embedded.get(k);
        }
        return List.of(all);
    }

    /// Embeds images into their places.
    ///
    /// @return the first failure
    private Optional<Throwable> images(List<Callable<Image>> images, List<Integer> places, float[][] all) {
        List<Throwable> failures = new ArrayList<>();
        clip.embedImages(images.iterator(), new EmbeddingSink() {
            @Override
            public void embedded(long index, Embedding image) {
                all[places.get((int) index)] = image.toArray();
            }

            @Override
            public void failed(long index, Throwable cause) {
                failures.add(cause);
            }
        });
        return failures.stream().findFirst();
    }

    /// Media hold bytes, or a text: a URL, or base64.
    private Image image(Media media, String where) {
        Object data = media.getData();
        try {
            if (data instanceof byte[] bytes) {
                return ImageFile.read(bytes, where, ImageOptions.defaults());
            }
            String text = data.toString();
            if (text.regionMatches(true, 0, "file:", 0, 5)) {
                return file(text, where);
            }
            boolean isUrl = text.substring(0, Math.min(text.length(), 12)).matches("(?i)[a-z][a-z0-9+.-]*:.*");
            if (isUrl && !text.regionMatches(true, 0, "data:", 0, 5)) {
                throw new IllegalArgumentException(("%s: an image at %s: is not fetched; give Media its bytes, as"
                        + " new Media(mimeType, new UrlResource(url)) does").formatted(where, text.substring(0, text.indexOf(':'))));
            }
            return ImageFile.readDataUrl(isUrl ? text : "data:;base64," + text, where, ImageOptions.defaults());
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            String hint = data instanceof String path && path.length() < LONGEST_PATH && path.contains(".") && !path.contains(":")
                    ? "; a file is given as file: URL, or as new FileSystemResource(path)" : "";
            throw new IllegalArgumentException((message.startsWith(where) ? message : where + ": " + message) + hint, e);
        }
    }

    private Image file(String url, String where) throws IOException {
        if (!allowsFiles) {
            throw new IllegalArgumentException(where + ": a file: URL is not allowed, because they could come from users; set "
                    + "clip4j.allow-files=true, or give Media its bytes, as new Media(mimeType, new FileSystemResource(file)) does");
        }
        Path path;
        try {
            path = Path.of(URI.create(url));
        } catch (IllegalArgumentException e) { // a blank, a host, no slash …
            throw new IllegalArgumentException("%s: expected a file: URL of this machine, such as file:///images/a%%20b.png, got '%s': %s"
                    .formatted(where, url, e.getMessage()), e);
        }
        if (!Files.isRegularFile(path)) { // a device may have no end
            throw new IllegalArgumentException("%s: expected an image file, got %s at %s".formatted(
                    where, Files.isDirectory(path) ? "a folder" : Files.exists(path) ? "something else" : "nothing", path));
        }
        return ImageFile.read(Files.readAllBytes(path), where, ImageOptions.defaults());
    }

    private <T> T observed(String modality, Supplier<T> work) {
        return Observation.createNotStarted("clip4j.embed", observations)
                .contextualName("clip4j embed " + modality)
                .lowCardinalityKeyValue("modality", modality)
                .lowCardinalityKeyValue("model", clip.name())
                .observe(work);
    }

    /// The model's name, and the number of tokens, which Spring AI wants of texts.
    EmbeddingResponseMetadata metadata(List<int[]> ids) {
        int tokens = ids.stream().mapToInt(text -> text.length).sum();
        return new EmbeddingResponseMetadata(clip.name(), new DefaultUsage(tokens, 0));
    }

    /// Refuses the number of dimensions that a request may ask for, when it is not the model's.
    void require(@Nullable EmbeddingOptions options) {
        Integer dimensions = options == null ? null : options.getDimensions();
        if (dimensions != null && dimensions != dimensions()) {
            throw new IllegalArgumentException("expected %d dimensions, which %s has, or none in the options, got %d"
                    .formatted(dimensions(), clip.name(), dimensions));
        }
    }
}
