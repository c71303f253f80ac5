package io.github.clip4j.spark;

import io.github.clip4j.Clip;
import io.github.clip4j.Embedding;
import io.github.clip4j.EmbeddingSink;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.image.ImageOptions;
import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// What became of an image or a text: an embedding, or what was wrong with it.
record Outcome(@Nullable Embedding embedding, @Nullable String error) {
    private static Outcome failed(Throwable failure) {
        String message = failure.getMessage();
        boolean explains = message != null && !(failure instanceof Error);
        // Java's message of a missing file is its path alone.
        String kind = explains && !(failure instanceof FileNotFoundException) ? "" : failure.getClass().getSimpleName() + ": ";
        return new Outcome(null, kind + message);
    }

    /// How the bytes of an image come.
    interface Content {
        byte @Nullable [] read() throws Exception;
    }

    /// Embeds images.
    ///
    /// @param names of them, for messages
    static List<Outcome> ofImages(Clip clip, List<? extends Content> contents, List<String> names) {
        Iterator<Callable<Image>> images = new Iterator<>() {
            private int next;

            @Override
            public boolean hasNext() {
                return next < contents.size();
            }

            // Reads on the caller's thread, so that the model's threads never wait for a network.
            @Override
            public Callable<Image> next() {
                int index = next++;
                String name = names.get(index);
                byte[] bytes;
                try {
                    bytes = contents.get(index).read();
                } catch (Exception e) {
                    return () -> {
                        throw e;
                    };
                }
                return () -> ImageFile.read(required(bytes, name), name, ImageOptions.defaults());
            }
        };
        Collector collector = new Collector();
        clip.embedImages(images, collector);
        return collector.outcomes;
    }

    /// Embeds texts.
    ///
    /// @param name of a text, for messages
    static List<Outcome> ofTexts(Clip clip, List<@Nullable String> texts, String name) {
        List<Outcome> outcomes = new ArrayList<>();
        Collector collector = new Collector();
        clip.embedTexts(texts.stream().map(text -> text == null ? "" : text).iterator(), collector);
        for (int i = 0; i < texts.size(); i++) {
            outcomes.add(texts.get(i) == null ? nothing(name) : collector.outcomes.get(i));
        }
        return outcomes;
    }

    private static byte[] required(byte @Nullable [] bytes, String name) {
        if (bytes == null) {
            throw new IllegalArgumentException(nothing(name).error);
        }
        return bytes;
    }

    private static Outcome nothing(String name) {
        return new Outcome(null, name + " is null");
    }

    private static final class Collector implements EmbeddingSink {
        private final List<Outcome> outcomes = new ArrayList<>();

        @Override
        public void embedded(long index, Embedding embedding) {
            outcomes.add(new Outcome(embedding, null));
        }

        @Override
        public void failed(long index, Throwable failure) {
            outcomes.add(Outcome.failed(failure));
        }
    }
}
