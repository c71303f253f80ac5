package io.github.clip4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
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

    /// A repository of these files; their content is their name unless it is a config.
    private void publish(Map<String, String> configs, String... others) {
        hub.handler = exchange -> {
            String name = exchange.getRequestURI().getPath().substring("/owner/model/resolve/main/".length());
            if (configs.containsKey(name)) {
                FakeHub.file(configs.get(name).getBytes(StandardCharsets.UTF_8)).handle(exchange);
            } else if (List.of(others).contains(name)) {
                FakeHub.file(name.getBytes(StandardCharsets.UTF_8)).handle(exchange);
            } else {
                FakeHub.status(exchange, 404, "X-Error-Code", "EntryNotFound");
            }
        };
    }

    private List<String> fetched() throws IOException {
        Path directory = hub().fetch(REPOSITORY, Hub.MAIN, (name, done, total) -> {});
        try (Stream<Path> files = Files.walk(directory, FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> directory.relativize(file).toString().replace('\\', '/')).sorted().toList();
        }
    }

    /// sentence-transformers/clip-ViT-B-32-multilingual-v1 is laid out so.
    @Test
    void aChainOfModulesIsDownloadedWithItsFolders() throws IOException {
        publish(Map.of("modules.json", """
                [{"path": "", "type": "sentence_transformers.models.Transformer"},
                 {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
                 {"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]""",
                "config.json", "{\"model_type\": \"distilbert\"}", "1_Pooling/config.json", "{}", "2_Dense/config.json", "{}"),
                "vocab.txt", "tokenizer_config.json", "sentence_bert_config.json", "pytorch_model.bin", "2_Dense/pytorch_model.bin",
                "1_Pooling/pytorch_model.bin", "README.md");
        assertThat(fetched()).containsExactly(
                "1_Pooling/config.json", "2_Dense/config.json", "2_Dense/pytorch_model.bin", "config.json", "modules.json",
                "pytorch_model.bin", "sentence_bert_config.json", "tokenizer_config.json", "vocab.txt");
    }

    /// sentence-transformers/clip-ViT-B-32 is laid out so: nothing but the chain is at the top.
    @Test
    void aClipInAFolderIsDownloaded() throws IOException {
        publish(Map.of("modules.json", "[{\"path\": \"0_CLIPModel\", \"type\": \"sentence_transformers.models.CLIPModel\"}]",
                "0_CLIPModel/config.json", "{\"model_type\": \"clip\"}"),
                "0_CLIPModel/vocab.json", "0_CLIPModel/merges.txt", "0_CLIPModel/model.safetensors", "0_CLIPModel/pytorch_model.bin");
        assertThat(fetched()).containsExactly(
                "0_CLIPModel/config.json", "0_CLIPModel/merges.txt", "0_CLIPModel/model.safetensors", "0_CLIPModel/vocab.json",
                "modules.json");
    }

    /// SigLIP of 2023, XLM-R and others have SentencePiece's model; with tokenizer.json it is not needed.
    @Test
    void vocabulariesOfSentencePieceAreDownloadedWithoutTokenizerJson() throws IOException {
        Map<String, String> config = Map.of("config.json", "{\"model_type\": \"siglip\"}");
        publish(config, "spiece.model", "processor_config.json", "pytorch_model-1.bin", "model.safetensors");
        assertThat(fetched()).containsExactly("config.json", "model.safetensors", "processor_config.json", "spiece.model");
        hub.requests.clear();
        publish(config, "spiece.model", "tokenizer.json", "model.safetensors");
        assertThat(fetched()).contains("tokenizer.json");
        assertThat(hub.requests).noneMatch(request -> request.contains("spiece.model"));
    }

    @Test
    void shardsOfPyTorchAreDownloaded() throws IOException {
        publish(Map.of("config.json", "{\"model_type\": \"clip\"}", "pytorch_model.bin.index.json",
                "{\"weight_map\": {\"a\": \"pytorch_model-1.bin\", \"b\": \"pytorch_model-2.bin\"}}"),
                "pytorch_model-1.bin", "pytorch_model-2.bin");
        assertThat(fetched()).containsExactly("config.json", "pytorch_model-1.bin", "pytorch_model-2.bin", "pytorch_model.bin.index.json");
    }

    @Test
    void aModuleStaysWithinTheRepository() {
        publish(Map.of("modules.json", "[{\"path\": \"../../other\", \"type\": \"models.Dense\"}]", "config.json", "{}"));
        assertThatThrownBy(this::fetched).isInstanceOf(HubException.class).hasMessageContaining("expected a name within the repository");
        publish(Map.of("modules.json", "{}", "config.json", "{}"));
        assertThatThrownBy(this::fetched).isInstanceOf(IOException.class)
                .hasMessageContaining("modules.json: expected a JSON array, got an object");
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
