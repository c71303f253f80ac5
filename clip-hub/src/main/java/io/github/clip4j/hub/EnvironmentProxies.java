package io.github.clip4j.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not, as curl and Python understand them; without them the
/// JVM's own.
public final class EnvironmentProxies extends ProxySelector {
    private final Map<String, String> environment;
    private final @Nullable ProxySelector otherwise;

    /// @param environment usually `System.getenv()`
    /// @param otherwise asked where the environment says nothing; null for no proxy then
    public EnvironmentProxies(Map<String, String> environment, @Nullable ProxySelector otherwise) {
        this.environment = environment;
        this.otherwise = otherwise;
    }

    private String variable(String name) {
        return environment.getOrDefault(name, environment.getOrDefault(name.toLowerCase(Locale.ROOT), ""));
    }

    @Override
    public List<Proxy> select(URI uri) {
        String proxy = variable(uri.getScheme().toUpperCase(Locale.ROOT) + "_PROXY");
        proxy = proxy.isEmpty() ? variable("ALL_PROXY") : proxy;
        if (proxy.isEmpty()) {
            return otherwise == null ? List.of(Proxy.NO_PROXY) : otherwise.select(uri);
        }
        if (isExempt(uri.getHost())) {
            return List.of(Proxy.NO_PROXY);
        }
        URI address = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
        if (address.getHost() == null) {
            throw new IllegalArgumentException("proxy: expected an address such as http://proxy:3128, got '" + proxy + "'");
        }
        return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.getHost(), address.getPort() < 0 ? 80 : address.getPort())));
    }

    private boolean isExempt(String host) {
        return Pattern.compile(",").splitAsStream(variable("NO_PROXY")).map(String::strip).filter(name -> !name.isEmpty()).anyMatch(name -> {
            String domain = name.startsWith(".") ? name.substring(1) : name;
            return name.equals("*") || host.equalsIgnoreCase(domain) || host.toLowerCase(Locale.ROOT).endsWith("." + domain.toLowerCase(Locale.ROOT));
        });
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {} // the request fails with it
}
