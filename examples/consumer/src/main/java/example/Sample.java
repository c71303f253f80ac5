package example;

import io.github.clip4j.Clip;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.Embedding;
import io.github.clip4j.Classification;
import io.github.clip4j.PromptTemplates;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The sample of the README.
public final class Sample {
    private Sample() {}

    public static void main(String[] args) throws IOException {
        try (Clip clip = Clip.load(Path.of(args[0]))) {
            var classifier = clip.classifier(List.of("cat", "dog"), PromptTemplates.of("a photo of a {}"));
            Classification result = classifier.classify(ImageFile.read(Path.of(args[1])));
            System.out.println(result.best().label() + " " + result.best().probability());

            Embedding image = clip.embedImage(ImageFile.read(Path.of(args[1])));
            Embedding text = clip.embedText("a photo of a cat");
            System.out.println("cosine " + image.dot(text));
        }
    }
}
