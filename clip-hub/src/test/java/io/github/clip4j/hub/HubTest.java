package io.github.clip4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Checkpoints in the cache, downloaded from a local hub.
class HubTest {
    private static final String REPOSITORY = "owner/model";

    private final FakeHub hub = new FakeHub();

    @TempDir
    private Path cache = Path.of("");

    @AfterEach
    void stop() {
        hub.close();
    }

    private Hub hub() {
        return new Hub(HubSettings.of(Map.of(), cache)
                .withEndpoint(hub.uri())
                .withCache(cache)
                .withProxies(new EnvironmentProxies(Map.of(), Optional.empty())));
    }

    @Test
    void settingsAreThoseThatUsersKnow() {
        Path home = Path.of("/home/x");
        assertThat(HubSettings.of(Map.of(), home).cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
        assertThat(HubSettings.of(Map.of("HF_HOME", "/data/hf"), home).cache()).isEqualTo(Path.of("/data/hf/hub"));
        assertThat(HubSettings.of(Map.of("HF_HOME", "/data/hf", "HF_HUB_CACHE", "/c"), home).cache()).isEqualTo(Path.of("/c"));
        assertThat(HubSettings.of(Map.of("HF_HUB_OFFLINE", "1"), home).offline()).isTrue();
        assertThat(HubSettings.of(Map.of("HF_TOKEN", " t\n"), home).token()).contains("t");
        assertThat(HubSettings.of(Map.of("HF_ENDPOINT", "http://mirror/"), home).endpoint()).isEqualTo(URI.create("http://mirror"));
        assertThat(HubSettings.of(Map.of("HF_TOKEN", "hidden"), home).toString()).contains("with a token").doesNotContain("hidden");
    }

    @Test
    void proxiesAreThoseOfTheEnvironment() {
        EnvironmentProxies proxies =
                new EnvironmentProxies(Map.of("https_proxy", "http://proxy:3128", "NO_PROXY", "localhost, .internal"), Optional.empty());
        assertThat(proxies.select(URI.create("https://hub.example/x")).getFirst().address().toString()).contains("proxy").endsWith(":3128");
        assertThat(proxies.select(URI.create("https://a.internal/x"))).containsExactly(Proxy.NO_PROXY);
        assertThat(proxies.select(URI.create("http://hub.example/x"))).containsExactly(Proxy.NO_PROXY);
    }

    @Test
    void aCheckpointIsItsConfigsItsVocabularyAndOneFormOfItsWeights() throws IOException {
        hub.handler = exchange -> {
            String name = exchange.getRequestURI().getPath().substring("/owner/model/resolve/main/".length());
            switch (name) {
                case "config.json" -> FakeHub.file("{\"model_type\": \"clip\"}".getBytes(StandardCharsets.UTF_8)).handle(exchange);
                case "tokenizer.json", "model-1.safetensors", "model-2.safetensors", "pytorch_model.bin" ->
                    FakeHub.file(name.getBytes(StandardCharsets.UTF_8)).handle(exchange);
                case "model.safetensors.index.json" -> FakeHub.file(
                        "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}"
                                .getBytes(StandardCharsets.UTF_8)).handle(exchange);
                default -> FakeHub.status(exchange, 404, "X-Error-Code", "EntryNotFound");
            }
        };
        Path directory = hub().fetch(REPOSITORY, Hub.MAIN, (name, done, total) -> {});
        assertThat(directory.toFile().list()).containsExactlyInAnyOrder(
                "config.json", "tokenizer.json", "model-1.safetensors", "model-2.safetensors", "model.safetensors.index.json");
        assertThat(directory.resolve("model-2.safetensors")).hasContent("model-2.safetensors");
    }

    @Test
    void aRepositoryWithoutWeightsNamesTheWayOut() {
        hub.handler = exchange -> {
            if (exchange.getRequestURI().getPath().endsWith("/config.json")) {
                FakeHub.file("{\"model_type\": \"clip\"}".getBytes(StandardCharsets.UTF_8)).handle(exchange);
            } else {
                FakeHub.status(exchange, 404, "X-Error-Code", "EntryNotFound");
            }
        };
        assertThatThrownBy(() -> hub().fetch(REPOSITORY, Hub.MAIN, (name, done, total) -> {}))
                .isInstanceOf(HubException.class).hasMessageContaining("expected weights").hasMessageContaining("--revision refs/pr/N");
    }

    @Test
    void offlineOnlyTheCacheIsLookedAt() throws IOException {
        Hub offline = new Hub(HubSettings.of(Map.of("HF_HUB_OFFLINE", "1"), cache).withCache(cache).withEndpoint(hub.uri()));
        assertThat(offline.find(REPOSITORY, Hub.MAIN)).isEmpty();
        assertThatThrownBy(() -> offline.fetch(REPOSITORY, Hub.MAIN, (name, done, total) -> {}))
                .isInstanceOf(HubException.class).hasMessageStartingWith("owner/model@main: expected it in the cache")
                        .hasMessageContaining("HF_HUB_OFFLINE");
        Path snapshot = Files.createDirectories(cache.resolve("models--owner--model/snapshots").resolve(FakeHub.COMMIT));
        Files.writeString(Files.createDirectories(cache.resolve("models--owner--model/refs")).resolve("main"), FakeHub.COMMIT);
        assertThat(offline.fetch(REPOSITORY, Hub.MAIN, (name, done, total) -> {})).isEqualTo(snapshot);
        assertThat(offline.find(REPOSITORY, FakeHub.COMMIT)).contains(snapshot);
        assertThat(hub.requests).isEmpty();
    }
}
