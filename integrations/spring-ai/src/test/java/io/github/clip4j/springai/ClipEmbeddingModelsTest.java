package io.github.clip4j.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.Clip;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.DocumentEmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.EmbeddingResultMetadata.ModalityType;
import org.springframework.ai.embedding.TokenCountBatchingStrategy;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.MimeTypeUtils;

class ClipEmbeddingModelsTest {
    private static final Path IMAGE = ReferenceData.projectRoot().resolve("docs/examples/red-circle.png");
    private static final Clip CLIP = TinyClip.load();

    private final ClipEmbeddingModel texts = new ClipEmbeddingModel(CLIP);
    private final ClipDocumentEmbeddingModel documents = new ClipDocumentEmbeddingModel(CLIP);

    @AfterAll
    static void close() {
        CLIP.close();
    }

    private static Document image(byte[] data) {
        return new Document(Media.builder().mimeType(MimeTypeUtils.IMAGE_PNG).data(data).build(), Map.of());
    }

    private static Document image(String data) {
        return new Document(Media.builder().mimeType(MimeTypeUtils.IMAGE_PNG).data(data).build(), Map.of());
    }

    private static float[] ofFile() throws IOException {
        return CLIP.embedImage(ImageFile.read(IMAGE)).toArray();
    }

    @Test
    void textsHaveTheBitsOfTheLibrary() {
        EmbeddingResponse response = texts.call(new EmbeddingRequest(List.of("a red circle", "blue"), EmbeddingOptions.builder().build()));
        assertThat(response.getResults()).hasSize(2);
        assertThat(response.getResults().get(0).getOutput()).isEqualTo(CLIP.embedText("a red circle").toArray());
        assertThat(response.getResults().get(1).getOutput()).isEqualTo(CLIP.embedText("blue").toArray());
        assertThat(response.getResults().get(1).getIndex()).isEqualTo(1);
        assertThat(response.getMetadata().getModel()).isEqualTo(CLIP.name());
        int tokens = CLIP.tokenizer().encode("a red circle").length + CLIP.tokenizer().encode("blue").length;
        assertThat(response.getMetadata().getUsage().getPromptTokens()).isEqualTo(tokens);
        assertThat(texts.embed("blue")).isEqualTo(CLIP.embedText("blue").toArray());
        assertThat(texts.dimensions()).isEqualTo(documents.dimensions()).isEqualTo(CLIP.dimension());
    }

    @Test
    void documentsAreTextsAndImagesInTheirOrder() throws IOException {
        byte[] bytes = Files.readAllBytes(IMAGE);
        String base64 = Base64.getEncoder().encodeToString(bytes);
        Document text = new Document("a red circle");
        List<Document> all = List.of(
                image(bytes), text, image("data:image/png;base64," + base64), image(base64), image(IMAGE.toUri().toString()),
                new Document(new Media(MimeTypeUtils.IMAGE_PNG, new FileSystemResource(IMAGE)), Map.of()));
        EmbeddingResponse response = documents.call(new DocumentEmbeddingRequest(all));
        List<float[]> batched = texts.embed(all, EmbeddingOptions.builder().build(), new TokenCountBatchingStrategy());
        for (int i = 0; i < all.size(); i++) {
            float[] expected = i == 1 ? CLIP.embedText("a red circle").toArray() : ofFile();
            assertThat(response.getResults().get(i).getOutput()).as("document %d", i).isEqualTo(expected);
            assertThat(batched.get(i)).as("document %d", i).isEqualTo(expected);
            assertThat(texts.embed(all.get(i))).as("document %d", i).isEqualTo(expected);
        }
        assertThat(response.getResults().get(1).getMetadata().getModalityType()).isEqualTo(ModalityType.TEXT);
        assertThat(response.getResults().get(1).getMetadata().getDocumentId()).isEqualTo(text.getId());
        assertThat(response.getResults().get(2).getMetadata().getModalityType()).isEqualTo(ModalityType.IMAGE);
    }

    @Test
    void nothingIsFetchedAndFilesCanBeForbidden() {
        assertThatThrownBy(() -> texts.embed(new Document(
                        new Media(MimeTypeUtils.IMAGE_PNG, URI.create("http://localhost/a.png")), Map.of())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("document 0 (").hasMessageContaining("an image at http: is not fetched");
        ClipEmbeddingModel without = new ClipEmbeddingModel(CLIP, false, io.micrometer.observation.ObservationRegistry.NOOP);
        assertThatThrownBy(() -> without.embed(image(IMAGE.toUri().toString()))).hasMessageContaining("set clip4j.allow-files=true");
    }

    @Test
    void whatIsWrongIsNamed() {
        DocumentEmbeddingRequest request = new DocumentEmbeddingRequest(new Document("a"), image(new byte[] {1, 2, 3}));
        assertThatThrownBy(() -> documents.call(request))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("document 1 (").hasMessageContaining("expected an image");
        assertThatThrownBy(() -> texts.embed(image("/9j/")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("document 0 (");
        assertThatThrownBy(() -> texts.embed(image("/images/a.png"))).hasMessageStartingWith("document 0 (")
                .hasMessageEndingWith("; a file is given as file: URL, or as new FileSystemResource(path)");
        ClipEmbeddingModel refusing = new ClipEmbeddingModel(TinyClip.load(io.github.clip4j.ClipOptions.defaults().withTruncation(false)));
        assertThatThrownBy(() -> refusing.embed(List.of("a", "red ".repeat(200))))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("input 1: ");
        DocumentEmbeddingRequest mixed = new DocumentEmbeddingRequest(image(IMAGE.toUri().toString()), new Document("red ".repeat(200)));
        ClipDocumentEmbeddingModel both = new ClipDocumentEmbeddingModel(TinyClip.load(
                io.github.clip4j.ClipOptions.defaults().withTruncation(false)));
        assertThatThrownBy(() -> both.call(mixed)).hasMessageStartingWith("document 1 (").hasMessageContaining("clip4j.truncation=true");
        assertThatThrownBy(() -> texts.embed(image("file:/a b.png")))
                .hasMessageStartingWith("document 0 (").hasMessageContaining("expected a file: URL of this machine");
        assertThatThrownBy(() -> texts.embed(image(IMAGE.resolveSibling("none.png").toUri().toString())))
                .hasMessageStartingWith("document 0 (").hasMessageContaining("expected an image file, got nothing at ");
        assertThatThrownBy(() -> texts.call(new EmbeddingRequest(List.of("a"), EmbeddingOptions.builder().dimensions(3).build())))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("expected " + CLIP.dimension() + " dimensions");
    }
}
