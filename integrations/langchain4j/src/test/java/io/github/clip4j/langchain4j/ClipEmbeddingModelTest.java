package io.github.clip4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.sun.net.httpserver.HttpServer;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ContentType;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.embedding.response.EmbeddingResponse;
import io.github.clip4j.Clip;
import io.github.clip4j.image.ImageFile;
import io.github.clip4j.testkit.ReferenceData;
import io.github.clip4j.tiny.TinyClip;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ClipEmbeddingModelTest {
    private static final Path IMAGE = ReferenceData.projectRoot().resolve("docs/examples/red-circle.png");
    private static final Clip CLIP = TinyClip.load();

    private final EmbeddingModel model = ClipEmbeddingModel.of(CLIP);

    @AfterAll
    static void close() {
        CLIP.close();
    }

    private static EmbeddingRequest request(EmbeddingInput... inputs) {
        return EmbeddingRequest.builder().inputs(inputs).build();
    }

    private static EmbeddingInput image(URI url) {
        return EmbeddingInput.from(ImageContent.from(url));
    }

    private static float[] ofFile() throws IOException {
        return CLIP.embedImage(ImageFile.read(IMAGE)).toArray();
    }

    @Test
    void givesTheBitsOfTheLibraryInTheOrderOfTheInputs() throws IOException {
        List<EmbeddingInput> inputs = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            inputs.add(i % 3 == 1 ? EmbeddingInput.from(ImageContent.from(IMAGE, "image/png")) : EmbeddingInput.from("a red circle " + i));
        }
        EmbeddingResponse response = model.embed(EmbeddingRequest.builder().inputs(inputs).build());
        assertThat(response.embeddings()).hasSize(40);
        for (int i = 0; i < 40; i++) {
            float[] expected = i % 3 == 1 ? ofFile() : CLIP.embedText("a red circle " + i).toArray();
            assertThat(response.embeddings().get(i).vector()).as("input %d", i).isEqualTo(expected);
        }
        assertThat(response.modelName()).isEqualTo(CLIP.name());
        assertThat(model.dimension()).isEqualTo(CLIP.dimension());
        assertThat(model.supportedContentTypes()).containsExactlyInAnyOrder(ContentType.TEXT, ContentType.IMAGE);
    }

    @Test
    void countsTheTokensOfTexts() throws IOException {
        int tokens = CLIP.tokenizer().encode("a red circle").length + CLIP.tokenizer().encode("blue").length;
        EmbeddingResponse response = model.embed(request(EmbeddingInput.from("a red circle"), image(IMAGE.toUri()),
                EmbeddingInput.from("blue")));
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(tokens);
    }

    @Test
    void readsImagesFromFilesAndDataUrls() throws IOException {
        String base64 = Base64.getEncoder().encodeToString(Files.readAllBytes(IMAGE));
        List<EmbeddingInput> all = List.of(
                image(IMAGE.toUri()), image(URI.create("data:image/png;base64," + base64)),
                EmbeddingInput.from(ImageContent.from(base64, "image/png")), EmbeddingInput.from(ImageContent.from(IMAGE, "image/png")));
        for (var embedding : model.embed(EmbeddingRequest.builder().inputs(all).build()).embeddings()) {
            assertThat(embedding.vector()).isEqualTo(ofFile());
        }
    }

    @Test
    void fetchesFromServersOnlyWhenAllowed() throws IOException {
        byte[] png = Files.readAllBytes(IMAGE);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        List<String> asked = new ArrayList<>();
        server.createContext("/", exchange -> {
            asked.add(exchange.getRequestURI().getPath());
            boolean known = exchange.getRequestURI().getPath().equals("/a.png");
            exchange.sendResponseHeaders(known ? 200 : 404, known ? png.length : -1);
            if (known) {
                exchange.getResponseBody().write(png);
            }
            exchange.close();
        });
        server.start();
        try {
            URI url = URI.create("http://%s:%d/a.png".formatted(server.getAddress().getHostString(), server.getAddress().getPort()));
            assertThatThrownBy(() -> model.embed(request(EmbeddingInput.from("a"), image(url))))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessage("inputs[1]: a remote URL is not allowed by this embedding model; use allowRemote(true), or fetch it and"
                            + " give its bytes");
            assertThat(asked).isEmpty();
            EmbeddingModel allowed = ClipEmbeddingModel.builder(CLIP).allowRemote(true).build();
            assertThat(allowed.embed(request(image(url))).embeddings().getFirst().vector()).isEqualTo(ofFile());
            assertThatThrownBy(() -> allowed.embed(request(image(url.resolve("/b.png")))))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessage("inputs[0]: expected an image at http://%s/b.png, got HTTP status 404".formatted(url.getAuthority()));
        } finally {
            server.stop(0);
        }
    }

    /// What waits for a network waits on its caller's thread: as many waiting images as the model has threads, and more, hold up nobody.
    @Test
    void aServerThatHangsHoldsUpNobodyElse() throws IOException, InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            asked.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        server.start();
        try {
            URI url = URI.create("http://%s:%d/a.png".formatted(server.getAddress().getHostString(), server.getAddress().getPort()));
            EmbeddingModel allowed = ClipEmbeddingModel.builder(CLIP).allowRemote(true).build();
            int images = 2 * Runtime.getRuntime().availableProcessors() + 2;
            EmbeddingInput[] all = Stream.generate(() -> image(url)).limit(images).toArray(EmbeddingInput[]::new);
            Thread caller = Thread.ofVirtual().start(() -> assertThatThrownBy(() -> allowed.embed(request(all)))
                    .isInstanceOf(InvalidRequestException.class));
            asked.await();
            assertTimeoutPreemptively(Duration.ofSeconds(15), () -> model.embed(request(EmbeddingInput.from("a red circle"))));
            released.countDown();
            caller.join();
        } finally {
            released.countDown();
            server.stop(0);
        }
    }

    @Test
    void whatIsNoImageFileIsNamed() throws IOException {
        assertThatThrownBy(() -> model.embed(request(image(IMAGE.resolveSibling("none.png").toUri()))))
                .hasMessageStartingWith("inputs[0]: expected an image file, got nothing at ");
        assertThatThrownBy(() -> model.embed(request(image(Files.createTempDirectory("x").toUri()))))
                .hasMessageStartingWith("inputs[0]: expected an image file, got a folder at ");
        assertThatThrownBy(() -> model.embed(request(image(URI.create("photo.jpg")))))
                .hasMessage("inputs[0]: expected a URL, got 'photo.jpg'; a file is given by ImageContent.from(Path, mimeType)");
        assertThatThrownBy(() -> model.embed(request(EmbeddingInput.from("word ".repeat(100)))))
                .hasMessageContaining("cut long texts by truncation(true) of the builder");
    }

    @Test
    void filesCanBeForbidden() {
        EmbeddingModel without = ClipEmbeddingModel.builder(CLIP).allowFiles(false).build();
        assertThatThrownBy(() -> without.embed(request(image(IMAGE.toUri()))))
                .isInstanceOf(InvalidRequestException.class).hasMessageStartingWith("inputs[0]: a file: URL is not allowed");
        assertThat(without.embed(request(EmbeddingInput.from(ImageContent.from(IMAGE, "image/png")))).embeddings()).hasSize(1);
    }

    @Test
    void refusesWithTheIndexWhatIsNotOneTextOrOneImage() {
        assertThatThrownBy(() -> model.embed(request(
                        EmbeddingInput.from("a"), EmbeddingInput.from(TextContent.from("b"), ImageContent.from(IMAGE, "image/png")))))
                .isInstanceOf(UnsupportedFeatureException.class)
                .hasMessageStartingWith("inputs[1]: expected one text or one image, got 2 contents; CLIP encodes a text or an image");
        assertThatThrownBy(() -> model.embed(request(EmbeddingInput.from(AudioContent.from("AAAA", "audio/wav")))))
                .isInstanceOf(UnsupportedFeatureException.class);
        EmbeddingInput noImage = EmbeddingInput.from(ImageContent.from("AAAA", "image/png"));
        assertThatThrownBy(() -> model.embed(request(EmbeddingInput.from("a"), noImage)))
                .isInstanceOf(InvalidRequestException.class).hasMessageStartingWith("inputs[1]: expected an image");
        assertThatThrownBy(() -> model.embed(request(EmbeddingInput.from(ImageContent.from("A", "image/png")))))
                .isInstanceOf(InvalidRequestException.class).hasMessageStartingWith("inputs[0]: expected base64: ");
        for (String url : List.of("ftp://localhost/a.png", "data:image/png,abc", "file://elsewhere/a.png", "a.png", "jar:file:/a.jar!/a")) {
            assertThatThrownBy(() -> model.embed(request(image(URI.create(url))))).as(url)
                    .isInstanceOf(InvalidRequestException.class).hasMessageStartingWith("inputs[0]: ");
        }
    }

    @Test
    void cutsLongTextsOnlyWhenAsked() {
        String text = "red ".repeat(200);
        int positions = CLIP.model().config().text().orElseThrow().contextLength();
        assertThatThrownBy(() -> ClipEmbeddingModel.builder(CLIP).truncation(false).build().embed(request(EmbeddingInput.from("a"),
                        EmbeddingInput.from(text))))
                .isInstanceOf(InvalidRequestException.class).hasMessageStartingWith("inputs[1]: ");
        assertThat(ClipEmbeddingModel.builder(CLIP).truncation(true).build().embed(text).content().vector())
                .isEqualTo(CLIP.embedTokens(CLIP.tokenizer().encodeTruncated(text, positions)).toArray());
    }

    @Test
    void answersLaterTheSame() {
        assertThat(model.embedAsync(request(EmbeddingInput.from("a red circle"))).join().embeddings().getFirst())
                .isEqualTo(model.embed("a red circle").content());
        assertThat(model.embedAll(List.of(TextSegment.from("a"), TextSegment.from("b"))).content()).hasSize(2);
    }
}
