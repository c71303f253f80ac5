package io.github.clip4j.hub;

import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where and how to download, as users of Hugging Face's tools set it up (huggingface/huggingface_hub `constants.py`).
///
/// @param endpoint the origin of the hub
/// @param cache the directory of the cache
/// @param token for private and gated repositories, or null
/// @param offline whether only the cache is looked at
public record HubSettings(URI endpoint, Path cache, @Nullable String token, boolean offline) {
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

    /// Without the token, which must not reach a log.
    @Override
    public String toString() {
        return "HubSettings[" + endpoint + ", " + cache + (token == null ? "" : ", with a token") + (offline ? ", offline" : "") + "]";
    }

    /// From `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_TOKEN` and `HF_HUB_OFFLINE`.
    ///
    /// @throws IllegalArgumentException when the endpoint is no address
    public static HubSettings of(Map<String, String> environment, Path home) {
        String endpoint = environment.getOrDefault("HF_ENDPOINT", "https://huggingface.co");
        String base = environment.getOrDefault("XDG_CACHE_HOME", home.resolve(".cache").toString());
        String hfHome = environment.getOrDefault("HF_HOME", Path.of(base, "huggingface").toString());
        String cache = environment.getOrDefault("HF_HUB_CACHE", Path.of(hfHome, "hub").toString());
        String token = environment.get("HF_TOKEN");
        return new HubSettings(
                URI.create(endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint), Path.of(cache),
                token == null || token.isBlank() ? null : token.strip(),
                TRUE.contains(environment.getOrDefault("HF_HUB_OFFLINE", "").toUpperCase(Locale.ROOT)));
    }
}
