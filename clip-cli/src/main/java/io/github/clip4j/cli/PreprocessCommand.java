package io.github.clip4j.cli;

import com.google.gson.JsonObject;
import io.github.clip4j.checkpoint.CanonicalWeights;
import io.github.clip4j.checkpoint.CheckpointDirectory;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.Activation;
import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.image.Image;
import io.github.clip4j.model.VisionConfig;
import io.github.clip4j.tokenizer.TokenizerProfile;
import io.github.clip4j.tools.NpyWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `clip preprocess`
@Command(
        name = "preprocess",
        description = "Prepares images for the image encoder and writes them as 00000.npy, 00001.npy, … in the order of the input.",
        mixinStandardHelpOptions = true,
        footer = {
            "",
            "Prints one JSON line for each image. Without --model they are prepared as for ViT-B/32: 224 × 224 pixels.",
            "",
            "Examples:",
            "  clip preprocess *.jpg -o prepared",
            "  clip preprocess --list images.txt --uint8 --model DIR -o prepared"
        })
final class PreprocessCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private ModelOptions model = new ModelOptions();

    @Mixin
    private ReadOptions reading = new ReadOptions();

    @Parameters(paramLabel = "IMAGE", description = "image files")
    private List<Path> images = new ArrayList<>();

    @Option(names = "--list", paramLabel = "FILE", description = "a file with the path of one image on each line")
    private @Nullable Path list;

    @Option(names = "--uint8", description = "write the resized and cropped bytes [h, w, 3] instead of float32 [3, h, w]")
    private boolean uint8;

    @Option(names = {"-o", "--output"}, paramLabel = "DIR", required = true, description = "the directory to write to")
    private Path output = Path.of("");

    @Override
    public Integer call() throws IOException {
        if (images.isEmpty() == (list == null)) {
            throw new ParameterException(spec.commandLine(), "input: expected either IMAGE... or --list");
        }
        List<Path> files = list == null ? images : Output.lines(list).stream().map(Path::of).toList();
        ClipPreprocess preprocess = preprocess();
        Files.createDirectories(output);
        PrintWriter out = spec.commandLine().getOut();
        Consumer<Integer> progress = Output.progress("Preprocessing", files.size());
        int failed = 0;
        for (int i = 0; i < files.size(); i++) {
            JsonObject line = new JsonObject();
            line.addProperty("image", files.get(i).toString());
            try {
                Path file = output.resolve("%05d.npy".formatted(i));
                write(preprocess, reading.read(files.get(i)), file);
                line.addProperty("file", file.toString());
            } catch (IOException | IllegalArgumentException e) {
                failed++;
                line.addProperty("error", ReadAhead.message(files.get(i), e));
            }
            out.println(Output.json(line));
            progress.accept(i + 1);
        }
        return failed == 0 ? 0 : 1;
    }

    private ClipPreprocess preprocess() throws IOException {
        ClipPreprocess preprocess;
        if (model.isGiven()) {
            CheckpointDirectory checkpoint = model.checkpoint();
            try (CanonicalWeights weights = checkpoint.openWeights()) {
                VisionConfig vision = checkpoint.config(weights, Activation.QUICK_GELU).vision(); // which does not matter to pixels
                if (vision == null) {
                    throw new IllegalStateException(checkpoint.name() + " has no image encoder: it is a checkpoint of texts only");
                }
                preprocess = checkpoint.preprocess(vision, model.profileOr(checkpoint.profile(weights.layout())));
            }
        } else {
            TokenizerProfile profile = model.profileOr(TokenizerProfile.HF);
            preprocess = ClipPreprocess.huggingFace(224).withConvention(CheckpointDirectory.convention(profile));
        }
        return model.imageSize() > 0 ? preprocess.withSize(model.imageSize()) : preprocess;
    }

    private void write(ClipPreprocess preprocess, Image image, Path file) throws IOException {
        if (uint8) {
            Image cropped = preprocess.resizeAndCrop(image);
            NpyWriter.writeUnsignedBytes(file, cropped.toRgb(), cropped.shape());
        } else {
            Tensor pixels = preprocess.apply(image);
            NpyWriter.writeFloats(file, pixels.toArray(), pixels.shape());
        }
    }
}
