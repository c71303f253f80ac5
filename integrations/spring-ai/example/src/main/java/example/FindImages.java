package example;

import io.github.clip4j.Clip;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.DocumentEmbeddingModel;
import org.springframework.ai.embedding.DocumentEmbeddingRequest;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.MimeTypeUtils;

/// Images of a folder, found by words. Spring Boot makes the embedding models of the one bean that this application has.
@SpringBootApplication
public class FindImages {
    /// @param args a folder of images, then texts to look for
    public static void main(String[] args) {
        SpringApplication.run(FindImages.class, args);
    }

    /// The demonstration model. With `clip4j.model=FOLDER` in application.properties, this bean is not needed.
    @Bean
    Clip clip() {
        return TinyClip.load();
    }

    @Bean
    CommandLineRunner find(DocumentEmbeddingModel documents, EmbeddingModel texts) {
        return args -> {
            List<Document> images = images(Path.of(args[0]));
            List<Embedding> embeddings = documents.call(new DocumentEmbeddingRequest(images)).getResults();
            for (String wanted : List.of(args).subList(1, args.length)) {
                float[] query = texts.embed(wanted);
                int best = 0;
                for (int i = 1; i < images.size(); i++) {
                    best = dot(query, embeddings.get(i)) > dot(query, embeddings.get(best)) ? i : best;
                }
                System.out.printf(Locale.ROOT, "%-28s %-28s %.3f%n", wanted, images.get(best).getMetadata().get("file"),
                        dot(query, embeddings.get(best)));
            }
        };
    }

    private static List<Document> images(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".png")).sorted().map(FindImages::image).toList();
        }
    }

    private static Document image(Path file) {
        Media media = new Media(MimeTypeUtils.IMAGE_PNG, new FileSystemResource(file));
        return new Document(media, Map.of("file", file.getFileName().toString()));
    }

    /// The cosine: embeddings have length 1.
    private static double dot(float[] query, Embedding image) {
        double sum = 0;
        for (int i = 0; i < query.length; i++) {
            sum += (double) query[i] * image.getOutput()[i];
        }
        return sum;
    }
}
