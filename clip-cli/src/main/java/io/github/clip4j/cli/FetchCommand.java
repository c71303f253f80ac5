package io.github.clip4j.cli;

import io.github.clip4j.hub.Hub;
import java.io.IOException;
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
            "Nothing else downloads. An interrupted download is resumed; content is checked against its hash. Environment: HF_ENDPOINT, "
                    + "HF_HOME,",
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

    @Option(names = "--revision", paramLabel = "REV", defaultValue = Hub.MAIN, description =
            "a branch, a tag or a commit; main unless given")
    private String revision = Hub.MAIN;

    @Override
    public Integer call() throws IOException {
        spec.commandLine().getOut().println(ModelPath.hub().fetch(repository, revision, Output.bytesProgress()));
        return 0;
    }
}
