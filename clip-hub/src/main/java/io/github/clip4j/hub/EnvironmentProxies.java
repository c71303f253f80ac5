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
import java.util.Optional;
import java.util.regex.Pattern;

/// The proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in capitals or not, as curl and Python understand them; without
/// them the JVM's own.
final class EnvironmentProxies extends ProxySelector {
    private final Map<String, String> environment;
    private final Optional<ProxySelector> otherwise;

    /// @param environment usually `System.getenv()`
    /// @param otherwise asked where the environment says nothing; empty for no proxy then
    EnvironmentProxies(Map<String, String> environment, Optional<ProxySelector> otherwise) {
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
            return otherwise.map(selector -> selector.select(uri)).orElse(List.of(Proxy.NO_PROXY));
        }
        if (isExempt(uri.getHost())) {
            return List.of(Proxy.NO_PROXY);
        }
        URI address = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
        if (address.getHost() == null) {
            throw new IllegalArgumentException("proxy: expected an address such as http://proxy:3128, got '" + proxy + "'");
        }
        int port = address.getPort() < 0 ? 80 : address.getPort();
        return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(address.getHost(), port)));
    }

    private boolean isExempt(String host) {
        String lower = host.toLowerCase(Locale.ROOT);
        return Pattern.compile(",").splitAsStream(variable("NO_PROXY")).map(String::strip).filter(name -> !name.isEmpty())
                .anyMatch(name -> {
            String domain = (name.startsWith(".") ? name.substring(1) : name).toLowerCase(Locale.ROOT);
            return name.equals("*") || lower.equals(domain) || lower.endsWith("." + domain);
        });
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException e) {} // the request fails with it
}
