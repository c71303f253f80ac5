package io.github.clip4j.hub;

import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Where and how to download, as users of Hugging Face's tools set it up (huggingface/huggingface_hub `constants.py`). Immutable. No method
/// accepts null.
public final class HubSettings {
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");

    private final URI endpoint;
    private final Path cache;
    private final Optional<String> token;
    private final boolean offline;
    private final ProxySelector proxies;

    private HubSettings(URI endpoint, Path cache, Optional<String> token, boolean offline, ProxySelector proxies) {
        this.endpoint = endpoint;
        this.cache = cache;
        this.token = token;
        this.offline = offline;
        this.proxies = proxies;
    }

    /// From `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_TOKEN` and `HF_HUB_OFFLINE`, and the proxies of `HTTPS_PROXY`,
    /// `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not; without them the JVM's own proxies.
    ///
    /// @param environment usually `System.getenv()`
    /// @param home the user's directory, under which the cache is unless the environment says otherwise
    /// @return the settings
    /// @throws IllegalArgumentException when the endpoint is not an address
    public static HubSettings of(Map<String, String> environment, Path home) {
        String endpoint = environment.getOrDefault("HF_ENDPOINT", "https://huggingface.co");
        String base = environment.getOrDefault("XDG_CACHE_HOME", home.resolve(".cache").toString());
        String hfHome = environment.getOrDefault("HF_HOME", Path.of(base, "huggingface").toString());
        String cache = environment.getOrDefault("HF_HUB_CACHE", Path.of(hfHome, "hub").toString());
        return new HubSettings(
                URI.create(endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint), Path.of(cache),
                Optional.ofNullable(environment.get("HF_TOKEN")).map(String::strip).filter(token -> !token.isEmpty()),
                TRUE.contains(environment.getOrDefault("HF_HUB_OFFLINE", "").toUpperCase(Locale.ROOT)),
                new EnvironmentProxies(environment, Optional.ofNullable(ProxySelector.getDefault())));
    }

    /// {@return the origin of the hub}
    public URI endpoint() {
        return endpoint;
    }

    /// {@return the directory of the cache}
    public Path cache() {
        return cache;
    }

    /// {@return what opens private and gated repositories} It is sent to the endpoint alone.
    public Optional<String> token() {
        return token;
    }

    /// {@return whether only the cache is looked at}
    public boolean offline() {
        return offline;
    }

    /// {@return which proxy leads to an address}
    public ProxySelector proxies() {
        return proxies;
    }

    /// {@return these settings with another hub}
    ///
    /// @param endpoint without `/` at its end
    public HubSettings withEndpoint(URI endpoint) {
        return new HubSettings(endpoint, cache, token, offline, proxies);
    }

    /// {@return these settings with another directory of the cache}
    ///
    /// @param cache made when it does not exist
    public HubSettings withCache(Path cache) {
        return new HubSettings(endpoint, cache, token, offline, proxies);
    }

    /// {@return these settings with a token}
    ///
    /// @param token as `huggingface.co/settings/tokens` gives it
    public HubSettings withToken(String token) {
        return new HubSettings(endpoint, cache, Optional.of(token), offline, proxies);
    }

    /// {@return these settings, looking at the cache alone or not}
    ///
    /// @param offline true: nothing is downloaded
    public HubSettings withOffline(boolean offline) {
        return new HubSettings(endpoint, cache, token, offline, proxies);
    }

    /// {@return these settings with other proxies}
    ///
    /// @param proxies asked for each address
    public HubSettings withProxies(ProxySelector proxies) {
        return new HubSettings(endpoint, cache, token, offline, proxies);
    }

    /// Without the token, which must not reach a log.
    @Override
    public String toString() {
        return "HubSettings[" + endpoint + ", " + cache + (token.isEmpty() ? "" : ", with a token") + (offline ? ", offline" : "") + "]";
    }
}
