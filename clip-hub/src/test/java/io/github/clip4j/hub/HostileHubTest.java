package io.github.clip4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A hub that sends what it should not, or nothing. Whatever it does, a download ends, and nothing is visible but what was promised.
@Timeout(60)
class HostileHubTest {
    private static final String REPOSITORY = "owner/model";
    private static final byte[] CONTENT = "all that was asked for".repeat(5_000).getBytes(StandardCharsets.UTF_8);
    private static final Duration PATIENCE = Duration.ofMillis(300);

    private final FakeHub hub = new FakeHub();
    private final CountDownLatch end = new CountDownLatch(1);

    @TempDir
    private Path cache = Path.of("");

    @AfterEach
    void stop() {
        end.countDown();
        hub.close();
    }

    private HubClient client() {
        HubSettings settings = HubSettings.of(Map.of(), cache).withEndpoint(hub.uri()).withCache(cache).withToken("secret")
                .withProxies(new EnvironmentProxies(Map.of(), Optional.empty()));
        return new HubClient(settings, Duration.ofMillis(5), PATIENCE);
    }

    private Optional<Path> download() throws IOException {
        return client().download(REPOSITORY, "main", "model.safetensors", (name, done, total) -> {});
    }

    private void assertFails(String message) {
        assertThatThrownBy(this::download).isInstanceOf(HubException.class).hasMessageContaining(message);
        assertThat(cache.resolve("models--owner--model/snapshots")).as("nothing is visible under its name").doesNotExist();
        assertThat(cache.resolve("models--owner--model/refs")).doesNotExist();
    }

    private void onGet(FakeHub.Handler get) {
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.head(exchange, 200, CONTENT);
            } else {
                get.handle(exchange);
            }
        };
    }

    private void silence() {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void silenceBeforeTheHeadersEnds() {
        hub.handler = exchange -> silence();
        assertFails("after 4 attempts");
    }

    @Test
    void silenceInTheBodyEndsAndIsResumed() throws IOException {
        onGet(exchange -> {
            if (exchange.getRequestHeaders().getFirst("Range") != null) {
                FakeHub.body(exchange, CONTENT, true);
                return;
            }
            exchange.sendResponseHeaders(200, CONTENT.length);
            exchange.getResponseBody().write(CONTENT, 0, 70_000);
            exchange.getResponseBody().flush();
            silence();
        });
        assertThat(download().orElseThrow()).hasBinaryContent(CONTENT);
        assertThat(hub.requests).anyMatch(request -> request.matches("GET .* bytes=[1-9]\\d*- with token"));
    }

    @Test
    void silenceForEverIsAnError() {
        onGet(exchange -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            int from = range == null ? 0 : Integer.parseInt(range.substring("bytes=".length(), range.length() - 1));
            exchange.getResponseHeaders().set("Content-Range", "bytes %d-%d/%d".formatted(from, CONTENT.length - 1, CONTENT.length));
            exchange.sendResponseHeaders(range == null ? 200 : 206, CONTENT.length - from);
            exchange.getResponseBody().write(CONTENT, from, 1); // one byte an attempt
            exchange.getResponseBody().flush();
            silence();
        });
        assertFails("nothing came for 300 ms, after 4 attempts");
    }

    @Test
    void aBodyWithoutEndEnds() {
        onGet(exchange -> endless(exchange));
        assertFails("expected 110,000 bytes, got ");
    }

    @Test
    void aBodyWithoutEndOfUnknownSizeEnds() {
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.status(exchange, 200, "X-Repo-Commit", FakeHub.COMMIT, "ETag", "\"" + FakeHub.sha256(CONTENT) + "\"");
            } else {
                endless(exchange);
            }
        };
        assertFails("expected at most 100,000,000 bytes, as the hub does not say how many, got more");
    }

    private static void endless(HttpExchange exchange) throws IOException {
        exchange.sendResponseHeaders(200, 0);
        OutputStream out = exchange.getResponseBody();
        byte[] chunk = new byte[1 << 16];
        while (true) {
            out.write(chunk); // until the client has closed the connection
        }
    }

    @Test
    void aPackedBodyThatNobodyAskedForIsRefused() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(CONTENT);
        }
        onGet(exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            FakeHub.body(exchange, packed.toByteArray(), false);
        });
        assertFails("expected 110,000 bytes, got " + packed.size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bytes 1-9/10", "bytes 99999999999999999999-1/2", "bytes -1-2/3", "bytes 0-", "none", ""})
    void aPartThatNobodyAskedForIsRefused(String range) {
        onGet(exchange -> {
            exchange.getResponseHeaders().set("Content-Range", range);
            exchange.sendResponseHeaders(206, CONTENT.length);
            exchange.getResponseBody().write(CONTENT);
        });
        assertFails("expected the content from byte 0 on, got the range '");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "file:///etc/passwd", "ftp://localhost/a", "jar:file:/a!/b", "mailto:a", "http:", "//", "http://[", "\\\\host\\a"
    })
    void aRedirectElsewhereIsRefused(String location) {
        hub.handler = exchange -> FakeHub.head(exchange, 302, CONTENT, "Location", location);
        assertFails("expected ");
        assertThat(hub.count(request -> request.startsWith("GET"))).isZero();
    }

    @Test
    void contentInACircleEnds() {
        onGet(exchange -> FakeHub.status(exchange, 307, "Location", exchange.getRequestURI().toString()));
        assertFails("expected the content after at most 10 redirects");
    }

    @Test
    void anotherOriginGetsNoToken() throws IOException {
        try (FakeHub other = new FakeHub()) {
            other.handler = exchange -> FakeHub.body(exchange, CONTENT, true);
            onGet(exchange -> FakeHub.status(exchange, 302, "Location", other.uri() + "/content"));
            assertThat(download()).isPresent();
            assertThat(other.requests).containsExactly("GET /content");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "../../../etc/passwd", "/etc/passwd", "C:\\Windows", "a\0b", "CON", "0123", ""})
    void whatBecomesANameMustBeHexadecimal(String name) {
        for (String header : new String[] {"X-Repo-Commit", "X-Linked-Etag"}) {
            hub.handler = exchange -> FakeHub.status(
                    exchange, 200, "X-Repo-Commit", header.equals("X-Repo-Commit") ? name.replace('\0', '?') : FakeHub.COMMIT,
                    "X-Linked-Etag", header.equals("X-Linked-Etag") ? name.replace('\0', '?') : FakeHub.sha256(CONTENT),
                    "X-Linked-Size", "1");
            assertFails("hexadecimal digits, got '");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-1", "1e9", "99999999999999999999999", "0x10", "many"})
    void aSizeMustBeANumber(String size) {
        hub.handler = exchange -> FakeHub.status(exchange, 200, "X-Repo-Commit", FakeHub.COMMIT, "X-Linked-Etag", FakeHub.sha256(CONTENT),
                "X-Linked-Size", size);
        assertFails("expected a size in bytes, got '");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"weight_map\":{\"a\":\"../../x\"}}", "{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "{\"weight_map\":{\"a\":\"C:x\"}}",
                "{\"weight_map\":{\"a\":\"b\\\\c\"}}", "{\"weight_map\":{\"a\":\"b\\u0000c\"}}", "{\"weight_map\":{\"a\":\"\"}}",
                "{\"weight_map\":{\"a\":null}}", "{\"weight_map\":{\"a\":1}}", "{\"weight_map\":[]}", "{\"a\":1,\"a\":2}", "[]", "<html>",
                ""
            })
    void anIndexNamesOnlyFilesOfTheRepository(String index) {
        byte[] config = "{\"model_type\": \"clip\"}".getBytes(StandardCharsets.UTF_8);
        byte[] listed = index.getBytes(StandardCharsets.UTF_8);
        hub.handler = exchange -> {
            String path = exchange.getRequestURI().getPath();
            if (path.endsWith("/config.json")) {
                FakeHub.file(config).handle(exchange);
            } else if (path.endsWith(".index.json")) {
                FakeHub.file(listed).handle(exchange);
            } else {
                FakeHub.status(exchange, 404, "X-Error-Code", "EntryNotFound");
            }
        };
        assertThatThrownBy(() -> CheckpointDownload.fetch(client(), REPOSITORY, "main", (name, done, total) -> {}))
                .isInstanceOf(IOException.class).hasMessageMatching(".*(expected|appears twice).*");
        assertThat(hub.requests).noneMatch(request -> request.contains("passwd") || request.contains("x "));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "86400", "99999999999999999999", "never"})
    void aHubThatIsBusyIsNotWaitedForAsLongAsItLikes(String after) {
        hub.handler = exchange -> FakeHub.status(exchange, 503, "Retry-After", after);
        assertFails("the hub answered 503, after 4 attempts");
        hub.handler = exchange -> FakeHub.status(exchange, 429, "Retry-After", after);
        assertFails("the hub answered 429, after 4 attempts");
    }

    @Test
    void whatLiesInTheCacheHasUsualPermissions() throws IOException {
        hub.handler = FakeHub.file(CONTENT);
        Path file = download().orElseThrow();
        Path usual = Files.writeString(cache.resolve("usual"), "");
        PosixFileAttributeView view = Files.getFileAttributeView(usual, PosixFileAttributeView.class);
        if (view == null) {
            return; // a file system without permissions
        }
        String expected = PosixFilePermissions.toString(view.readAttributes().permissions());
        for (Path each : new Path[] {file, cache.resolve("models--owner--model/refs/main")}) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each))).isEqualTo(expected);
        }
        try (Stream<Path> names = Files.list(cache.resolve("models--owner--model/refs"))) {
            assertThat(names).containsExactly(cache.resolve("models--owner--model/refs/main"));
        }
    }
}
