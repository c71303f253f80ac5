package example;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.store.embedding.EmbeddingMatch;
import dev.langchain4j.store.embedding.EmbeddingSearchRequest;
import dev.langchain4j.store.embedding.inmemory.InMemoryEmbeddingStore;
import io.github.clip4j.Clip;
import io.github.clip4j.langchain4j.ClipEmbeddingModel;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// Images of a folder in langchain4j's store, found by words and by an image. The store keeps text segments: here, the name of the file.
public final class FindImages {
    private FindImages() {}

    /// @param args a folder of images, then texts or image files to look for
    public static void main(String[] args) throws IOException {
        List<Path> files;
        try (var listed = Files.list(Path.of(args[0]))) {
            files = listed.filter(file -> file.toString().endsWith(".png")).sorted().toList();
        }
        try (Clip clip = TinyClip.load()) {
            EmbeddingModel model = ClipEmbeddingModel.of(clip);
            List<EmbeddingInput> images = files.stream().map(FindImages::image).toList();
            List<Embedding> embeddings = model.embed(EmbeddingRequest.builder().inputs(images).build()).embeddings();

            InMemoryEmbeddingStore<TextSegment> store = new InMemoryEmbeddingStore<>();
            store.addAll(embeddings, files.stream().map(file -> TextSegment.from(file.getFileName().toString())).toList());

            for (String wanted : List.of(args).subList(1, args.length)) {
                Path file = Path.of(wanted);
                EmbeddingInput query = Files.exists(file) ? image(file) : EmbeddingInput.from(wanted);
                Embedding embedding = model.embed(EmbeddingRequest.builder().input(query).build()).embeddings().getFirst();
                EmbeddingMatch<TextSegment> best = store
                        .search(EmbeddingSearchRequest.builder().queryEmbedding(embedding).maxResults(1).build())
                        .matches().getFirst();
                double cosine = 2 * best.score() - 1; // a score of langchain4j is (cosine + 1) / 2
                System.out.printf(Locale.ROOT, "%-28s %-28s %.3f%n", file.getFileName(), best.embedded().text(), cosine);
            }
        }
    }

    private static EmbeddingInput image(Path file) {
        return EmbeddingInput.from(ImageContent.from(file, "image/png"));
    }
}
