package example;

import io.github.clip4j.Classification;
import io.github.clip4j.Clip;
import io.github.clip4j.PromptTemplates;
import io.github.clip4j.ZeroShotClassifier;
import io.github.clip4j.image.Image;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.image.ImageFormatException;
import io.github.clip4j.image.ImageOptions;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/// One model for all requests: each request embeds its one image, and the model encodes together what waits.
@SpringBootApplication
public class Service {
    public static void main(String[] args) {
        SpringApplication.run(Service.class, args);
    }

    /// The model, ready before the first request: `--model=DIR` names a checkpoint, clip-tiny is used without it. Spring closes it with
    /// [Held#close()].
    @Bean
    Held model(@Value("${model:}") String directory) throws IOException {
        Clip clip = directory.isEmpty() ? TinyClip.load() : Clip.load(Path.of(directory));
        clip.warmUp();
        return new Held(clip);
    }

    /// Closes the model when the application ends: it waits for calls under way, but not for ever.
    record Held(Clip clip) implements AutoCloseable {
        @Override
        public void close() {
            boolean finished = clip.close(Duration.ofSeconds(20));
            System.out.println("model closed, all calls finished: " + finished);
        }
    }

    @RestController
    static class Endpoints {
        private final Clip clip;

        Endpoints(Held model) {
            this.clip = model.clip();
        }

        /// An image file as the body, its embedding as the answer.
        @PostMapping("/embed")
        float[] embed(@RequestBody byte[] file) throws IOException {
            return clip.embedImage(image(file)).toArray();
        }

        /// The labels of the query, the most probable first. A service with fixed labels makes its classifier once.
        @PostMapping("/classify")
        List<Classification.Score> classify(@RequestParam List<String> label, @RequestBody byte[] file) throws IOException {
            ZeroShotClassifier classifier = clip.classifier(label, PromptTemplates.of("a photo of {}"));
            return classifier.classify(image(file)).scores();
        }

        @GetMapping("/health")
        String health() {
            double scratch = clip.scratchBytes() / 1048576.0;
            return "%s, %d MB of weights, %.1f MB of scratch".formatted(clip.name(), clip.weightBytes() >> 20, scratch);
        }

        private static Image image(byte[] file) throws IOException {
            return ImageFile.read(file, "request body", ImageOptions.defaults().withMaxPixels(40_000_000));
        }

        /// What is wrong with a request is told to its sender.
        @ExceptionHandler({ImageFormatException.class, IllegalArgumentException.class})
        @ResponseStatus(HttpStatus.BAD_REQUEST)
        String badRequest(Exception failure) {
            return failure.getMessage();
        }
    }
}
