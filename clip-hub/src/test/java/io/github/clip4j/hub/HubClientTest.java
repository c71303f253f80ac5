package io.github.clip4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The download protocol against a local hub and a store on another origin.
class HubClientTest {
    private static final String REPOSITORY = "owner/model";
    private static final byte[] CONTENT = "the weights of a model, ".repeat(5000).getBytes(StandardCharsets.UTF_8);

    private final FakeHub hub = new FakeHub();
    private final FakeHub store = new FakeHub();

    @TempDir
    private Path cache = Path.of("");

    @AfterEach
    void stop() {
        hub.close();
        store.close();
    }

    private HubClient client() {
        return client(cache);
    }

    private HubClient client(Path directory) {
        return new HubClient(settings(hub.uri(), directory).withToken("secret"), Duration.ofMillis(5), Duration.ofSeconds(20));
    }

    private static HubSettings settings(URI endpoint, Path directory) {
        return HubSettings.of(Map.of(), directory)
                .withEndpoint(endpoint)
                .withCache(directory)
                .withProxies(new EnvironmentProxies(Map.of(), Optional.empty()));
    }

    private Optional<Path> download(String file) throws IOException {
        return client().download(REPOSITORY, "main", file, (name, done, total) -> {});
    }

    private void assertDownloads() throws IOException {
        Path file = download("model.safetensors").orElseThrow();
        assertThat(Files.readAllBytes(file)).isEqualTo(CONTENT);
        assertThat(file).isEqualTo(cache.resolve("models--owner--model/snapshots").resolve(FakeHub.COMMIT).resolve("model.safetensors"));
        assertThat(cache.resolve("models--owner--model/refs/main")).hasContent(FakeHub.COMMIT);
        assertThat(cache.resolve("models--owner--model/blobs").resolve(FakeHub.sha256(CONTENT))).isRegularFile();
    }

    private void assertFails(String message) {
        assertThatThrownBy(() -> download("model.safetensors")).isInstanceOf(HubException.class).hasMessageContaining(message);
        Path snapshots = cache.resolve("models--owner--model/snapshots");
        assertThat(snapshots).as("nothing is visible under its name").doesNotExist();
    }

    private Path incomplete() throws IOException {
        Path blobs = Files.createDirectories(cache.resolve("models--owner--model/blobs"));
        return blobs.resolve(FakeHub.sha256(CONTENT) + ".incomplete");
    }

    @Test
    void downloadsOnceAndFindsItThereAgain() throws IOException {
        hub.handler = FakeHub.file(CONTENT);
        assertDownloads();
        assertDownloads();
        assertThat(hub.count(request -> request.startsWith("GET"))).isEqualTo(1);
        assertThat(hub.requests.getFirst()).isEqualTo("HEAD /owner/model/resolve/main/model.safetensors with token");
        assertThat(new HubCache(cache).find(REPOSITORY, "main")).isPresent();
        HubClient offline = new HubClient(
                settings(URI.create("http://localhost:9"), cache).withOffline(true), Duration.ZERO, Duration.ofSeconds(20));
        assertThat(offline.download(REPOSITORY, "main", "model.safetensors", (name, done, total) -> {})).isPresent();
        assertThat(offline.download(REPOSITORY, "main", "other", (name, done, total) -> {})).isEmpty();
    }

    @Test
    void smallFilesHaveGitsHash() throws Exception {
        byte[] text = "{}".getBytes(StandardCharsets.UTF_8);
        MessageDigest git = MessageDigest.getInstance("SHA-1");
        git.update("blob 2\0{}".getBytes(StandardCharsets.UTF_8));
        String etag = HexFormat.of().formatHex(git.digest());
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.status(exchange, 200, "X-Repo-Commit", FakeHub.COMMIT, "ETag", "W/\"" + etag + "\"");
            } else {
                FakeHub.body(exchange, text, true);
            }
        };
        assertThat(download("config.json").orElseThrow()).hasContent("{}");
    }

    @Test
    void aStoreOnAnotherOriginGetsNoToken() throws IOException {
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.head(exchange, 302, CONTENT, "Location", store.uri() + "/bucket/object?signature=1");
            } else {
                FakeHub.status(exchange, 302, "Location", store.uri() + "/bucket/object?signature=1");
            }
        };
        store.handler = exchange -> FakeHub.body(exchange, CONTENT, true);
        assertDownloads();
        assertThat(store.requests).containsExactly("GET /bucket/object?signature=1");
    }

    @Test
    void aRenamedRepositoryIsFollowed() throws IOException {
        hub.handler = exchange -> {
            if (exchange.getRequestURI().getPath().startsWith("/owner/")) {
                FakeHub.status(exchange, 307, "Location", "/new/name/resolve/main/model.safetensors");
            } else {
                FakeHub.file(CONTENT).handle(exchange);
            }
        };
        assertDownloads();
        assertThat(hub.requests).contains("HEAD /new/name/resolve/main/model.safetensors with token");
    }

    @Test
    void resumesWhereItEnded() throws IOException {
        Files.write(incomplete(), Arrays.copyOf(CONTENT, 1000));
        hub.handler = FakeHub.file(CONTENT);
        assertDownloads();
        assertThat(hub.requests).contains("GET /owner/model/resolve/main/model.safetensors bytes=1000- with token");
    }

    @Test
    void aServerThatIgnoresRangesSendsAll() throws IOException {
        Files.write(incomplete(), Arrays.copyOf(CONTENT, 1000));
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.head(exchange, 200, CONTENT);
            } else {
                FakeHub.body(exchange, CONTENT, false);
            }
        };
        assertDownloads();
    }

    @Test
    void aCutConnectionIsResumed() throws IOException {
        AtomicInteger gets = new AtomicInteger();
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.head(exchange, 200, CONTENT);
            } else if (gets.getAndIncrement() < 2) {
                FakeHub.cut(exchange, CONTENT, 70_000);
            } else {
                FakeHub.body(exchange, CONTENT, true);
            }
        };
        assertDownloads();
        assertThat(gets.get()).isEqualTo(3);
    }

    @Test
    void wrongRangesAreRefused() throws IOException {
        Files.write(incomplete(), Arrays.copyOf(CONTENT, 1000));
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.head(exchange, 200, CONTENT);
            } else {
                exchange.getResponseHeaders().set("Content-Range", "bytes 999-%d/%d".formatted(CONTENT.length - 1, CONTENT.length));
                exchange.sendResponseHeaders(206, CONTENT.length - 999);
                exchange.getResponseBody().write(CONTENT, 999, CONTENT.length - 999);
            }
        };
        assertFails("expected the content from byte 1000 on, got the range 'bytes 999-");
    }

    @Test
    void aRangeThatCannotBeSatisfiedStartsAnew() throws IOException {
        Files.write(incomplete(), Arrays.copyOf(CONTENT, 1000));
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.head(exchange, 200, CONTENT);
            } else if (exchange.getRequestHeaders().containsKey("Range")) {
                FakeHub.status(exchange, 416);
            } else {
                FakeHub.body(exchange, CONTENT, true);
            }
        };
        assertDownloads();
    }

    @Test
    void anEtagThatChangedStartsAnew() throws IOException {
        byte[] old = "an older version".getBytes(StandardCharsets.UTF_8);
        Files.createDirectories(cache.resolve("models--owner--model/blobs"));
        Files.write(cache.resolve("models--owner--model/blobs").resolve(FakeHub.sha256(old) + ".incomplete"), old);
        hub.handler = FakeHub.file(CONTENT);
        assertDownloads();
        assertThat(hub.requests).doesNotContain("GET /owner/model/resolve/main/model.safetensors bytes=16- with token");
    }

    @Test
    void shortLongAndWrongContentIsRefused() {
        hub.handler = FakeHub.file(CONTENT, Arrays.copyOf(CONTENT, 100));
        assertFails("after 4 attempts; what came is kept and will be resumed");
        hub.handler = FakeHub.file(CONTENT, Arrays.copyOf(CONTENT, CONTENT.length + 10));
        assertFails("expected 120,000 bytes, got 120,010");
        byte[] wrong = CONTENT.clone();
        wrong[7]++;
        hub.handler = FakeHub.file(CONTENT, wrong);
        assertFails("does not have the hash " + FakeHub.sha256(CONTENT));
    }

    @Test
    void passingFailuresAreTriedAgain() throws IOException {
        AtomicInteger requests = new AtomicInteger();
        hub.handler = exchange -> {
            switch (requests.getAndIncrement()) {
                case 0 -> FakeHub.status(exchange, 429);
                case 1 -> FakeHub.status(exchange, 503);
                default -> FakeHub.file(CONTENT).handle(exchange);
            }
        };
        assertDownloads();
        hub.handler = exchange -> FakeHub.status(exchange, 500);
        assertThatThrownBy(() -> download("other")).hasMessageContaining("the hub answered 500, after 4 attempts");
    }

    @Test
    void lastingFailuresSayWhatToDo() throws IOException {
        hub.handler = exchange -> FakeHub.status(exchange, 404, "X-Error-Code", "EntryNotFound");
        assertThat(download("model.safetensors")).isEmpty();
        hub.handler = exchange -> FakeHub.status(exchange, 401, "X-Error-Code", "RepoNotFound");
        assertFails("there is no repository owner/model, or it is private");
        hub.handler = exchange -> FakeHub.status(exchange, 404, "X-Error-Code", "RevisionNotFound");
        assertFails("has no revision main");
        hub.handler = exchange -> FakeHub.status(exchange, 403, "X-Error-Code", "GatedRepo");
        assertFails("owner/model is gated");
        hub.handler = exchange -> FakeHub.status(exchange, 401);
        assertFails("wants a token it knows");
        hub.handler = exchange -> FakeHub.status(exchange, 403);
        assertFails("access is denied to the holder of HF_TOKEN");
        hub.handler = exchange -> FakeHub.status(exchange, 418);
        assertFails("the hub answered 418");
    }

    @Test
    void missingAndMaliciousHeadersAreRefused() {
        hub.handler = exchange -> FakeHub.status(exchange, 200, "ETag", "\"" + FakeHub.sha256(CONTENT) + "\"");
        assertFails("expected the header X-Repo-Commit");
        hub.handler = exchange -> FakeHub.status(exchange, 200, "X-Repo-Commit", FakeHub.COMMIT);
        assertFails("expected the header ETag");
        hub.handler = exchange ->
                FakeHub.status(exchange, 200, "X-Repo-Commit", "../../evil", "ETag", "\"" + FakeHub.sha256(CONTENT) + "\"");
        assertFails("expected a commit of 40 hexadecimal digits, got '../../evil'");
        hub.handler = exchange -> FakeHub.status(exchange, 200, "X-Repo-Commit", FakeHub.COMMIT, "ETag", "\"../../evil\"");
        assertFails("expected an etag of 40 or 64 hexadecimal digits");
        hub.handler = exchange -> FakeHub.status(exchange, 302, "X-Repo-Commit", FakeHub.COMMIT);
        assertFails("expected the Location of a redirect");
        hub.handler = exchange -> FakeHub.status(exchange, 302, "Location", "file:///etc/passwd");
        assertFails("expected to be redirected to http or https");
    }

    @Test
    void redirectsInACircleEnd() {
        hub.handler = exchange -> FakeHub.status(exchange, 302, "Location", exchange.getRequestURI().toString());
        assertFails("after at most 10 redirects");
    }

    @Test
    void httpsIsNotLeft() {
        HttpHeaders headers = HttpHeaders.of(Map.of("Location", List.of("http://example.org/x")), (name, value) -> true);
        assertThatThrownBy(() -> HubClient.redirect(URI.create("https://example.org/y"), headers, "x"))
                .isInstanceOf(HubException.class).hasMessageContaining("expected to stay with https");
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../../x", "/x", "a\\..\\x", "", "a//b", "C:x", "."})
    void namesStayInTheRepository(String name) {
        assertThatThrownBy(() -> download(name)).isInstanceOf(HubException.class)
                .hasMessageContaining("expected a name within the repository");
        assertThat(hub.requests).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/b/c", "", "a--b/c", "-a/b", "a/.."})
    void repositoriesHaveNames(String name) {
        assertThatThrownBy(() -> client().download(name, "main", "x", (file, done, total) -> {}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aCacheThatCannotBeWrittenIsNamed() throws IOException {
        hub.handler = FakeHub.file(CONTENT);
        Path file = Files.writeString(cache.resolve("file"), "no directory");
        assertThatThrownBy(() -> client(file).download(REPOSITORY, "main", "x", (name, done, total) -> {}))
                .isInstanceOf(HubException.class).hasMessageContaining("cannot be written");
    }

    @Test
    void threadsThatWantTheSameFileFetchItOnce() throws Exception {
        hub.handler = FakeHub.file(CONTENT);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<Optional<Path>>> tasks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                tasks.add(() -> download("model.safetensors"));
            }
            for (Future<Optional<Path>> result : threads.invokeAll(tasks)) {
                assertThat(Files.readAllBytes(result.get().orElseThrow())).isEqualTo(CONTENT);
            }
        }
        assertThat(hub.count(request -> request.startsWith("GET"))).isEqualTo(1);
    }

    /// Downloads in a process of its own: the endpoint and the cache are its arguments.
    public static void main(String[] arguments) throws IOException {
        HubSettings settings = settings(URI.create(arguments[0]), Path.of(arguments[1]));
        new HubClient(settings, Duration.ofMillis(5), Duration.ofSeconds(20))
                .download(REPOSITORY, "main", "model.safetensors", (name, done, total) -> {});
    }

    @Test
    void processesThatWantTheSameFileFetchItOnce() throws Exception {
        hub.handler = exchange -> {
            if (exchange.getRequestMethod().equals("GET")) {
                pause(); // long enough for the other process to come
            }
            FakeHub.file(CONTENT).handle(exchange);
        };
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            processes.add(new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(), "-cp", System.getProperty("java.class.path"),
                            HubClientTest.class.getName(), hub.uri().toString(), cache.toString())
                    .inheritIO()
                    .start());
        }
        for (Process process : processes) {
            assertThat(process.waitFor()).isZero();
        }
        assertDownloads();
        assertThat(hub.count(request -> request.startsWith("GET"))).isEqualTo(1);
    }

    private static void pause() throws IOException {
        try {
            Thread.sleep(1500);
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
