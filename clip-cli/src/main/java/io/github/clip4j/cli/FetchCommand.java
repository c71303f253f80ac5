package io.github.clip4j.cli;

import io.github.clip4j.hub.EnvironmentProxies;
import io.github.clip4j.hub.HubCache;
import io.github.clip4j.hub.HubCheckpoint;
import io.github.clip4j.hub.HubClient;
import io.github.clip4j.hub.HubException;
import io.github.clip4j.hub.HubSettings;
import java.io.IOException;
import java.net.ProxySelector;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip fetch`
@Command(
        name = "fetch",
        description = "Downloads a published checkpoint into the cache that Hugging Face's tools share; --model REPO finds it there.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Nothing else downloads. An interrupted download is resumed; content is checked against its hash. Environment: HF_ENDPOINT, HF_HOME,",
            "HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE, HTTPS_PROXY, NO_PROXY.",
            "",
            "Examples:",
            "  clip fetch laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
            "  clip fetch openai/clip-vit-base-patch32 --revision refs/pr/15",
            "  clip classify photo.jpg --model laion/CLIP-ViT-B-32-laion2B-s34B-b79K --label \"a cat\" --label \"a dog\""
        })
final class FetchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "REPO", description = "a repository, such as openai/clip-vit-base-patch32")
    private String repository = "";

    @Option(names = "--revision", paramLabel = "REV", defaultValue = "main", description = "a branch, a tag or a commit; main unless given")
    private String revision = "main";

    static HubSettings settings(Map<String, String> environment) {
        return HubSettings.of(environment, Path.of(System.getProperty("user.home")));
    }

    @Override
    public Integer call() throws IOException {
        Map<String, String> environment = System.getenv();
        HubSettings settings = settings(environment);
        Path directory;
        if (settings.offline()) {
            directory = new HubCache(settings.cache())
                    .find(repository, revision)
                    .orElseThrow(() -> new HubException("%s@%s is not in the cache %s, and HF_HUB_OFFLINE forbids to download it".formatted(repository, revision, settings.cache())));
        } else {
            HubClient client = new HubClient(settings, new EnvironmentProxies(environment, ProxySelector.getDefault()));
            directory = HubCheckpoint.fetch(client, repository, revision, Output.bytesProgress());
        }
        spec.commandLine().getOut().println(directory);
        return 0;
    }
}
