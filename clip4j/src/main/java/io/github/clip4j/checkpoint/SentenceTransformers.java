package io.github.clip4j.checkpoint;

import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.Excerpt;
import io.github.clip4j.core.format.Folder;
import io.github.clip4j.core.format.json.JsonFields;
import io.github.clip4j.core.format.json.StrictJson;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Folders of the library sentence-transformers: a chain of modules, `modules.json`, of which the first is a CLIP in a folder of its own.
///
/// ```
/// [{"idx": 0, "name": "0", "path": "0_CLIPModel", "type": "sentence_transformers.models.CLIPModel"}]
/// ```
///
/// A text encoder with the modules that make an embedding of its outputs is [TextModules].
final class SentenceTransformers {
    static final String MODULES = "modules.json";
    private static final String CONFIG = "config_sentence_transformers.json";

    private SentenceTransformers() {}

    /// What a folder of this library leads to.
    ///
    /// @param folder of the CLIP, or of the text encoder; any other folder itself
    /// @param text the chain that makes an embedding of a text, if the folder has one
    record Led(Folder folder, Optional<TextModules> text) {}

    /// Follows a folder of this library.
    ///
    /// @throws WeightFormatException when a module computes something that clip4j does not
    static Led follow(Folder folder) throws IOException {
        if (!folder.has(MODULES) || folder.has("open_clip_config.json")) {
            return new Led(folder, Optional.empty());
        }
        requireNoPrompt(folder);
        List<JsonFields> modules = modules(folder);
        List<String> kinds = new ArrayList<>();
        for (JsonFields module : modules) {
            String type = module.string("type").orElse("nothing");
            kinds.add(type.substring(type.lastIndexOf('.') + 1));
        }
        if (kinds.size() > 1 && kinds.getFirst().equals("Transformer") && kinds.get(1).equals("Pooling")) {
            List<Folder> folders = new ArrayList<>();
            for (JsonFields module : modules) {
                folders.add(folder(folder, module));
            }
            TextModules text = TextModules.of(folder, kinds, folders);
            return new Led(text.transformer(), Optional.of(text));
        }
        if (folder.has("config.json")) {
            return new Led(folder, Optional.empty());
        }
        for (int i = 0; i < modules.size(); i++) {
            String kind = kinds.get(i);
            if (i == 0 ? !kind.equals("CLIPModel") && !kind.equals("Transformer") : !kind.equals("Normalize")) {
                throw new WeightFormatException("%s.type: expected %s, got %s; clip4j does not compute such a module".formatted(
                        modules.get(i).where(), i == 0 ? "a CLIPModel" : "a Normalize after the CLIPModel", Excerpt.of(kind)));
            }
        }
        return new Led(modules.isEmpty() ? folder : folder(folder, modules.getFirst()), Optional.empty());
    }

    /// A prompt that is put before every text would change every embedding.
    private static void requireNoPrompt(Folder folder) throws IOException {
        if (!folder.has(CONFIG)) {
            return;
        }
        JsonFields config = CheckpointFiles.json(folder, CONFIG);
        Optional<String> name = config.string("default_prompt_name");
        Optional<JsonFields> prompts = config.object("prompts");
        if (name.isPresent() && prompts.isPresent()) {
            String prompt = prompts.get().string(name.get()).orElse("");
            if (!prompt.isEmpty()) {
                String got = "'%s', which puts '%s' before it; delete the field and put the prompt before your texts"
                        .formatted(Excerpt.of(name.get()), Excerpt.of(prompt));
                throw config.wrong("default_prompt_name", "none, as clip4j encodes a text as it is given", got);
            }
        }
    }

    private static Folder folder(Folder folder, JsonFields module) throws IOException {
        String path = module.string("path").orElse("");
        if (path.isEmpty()) {
            return folder;
        }
        if (path.contains("..") || path.startsWith("/") || path.contains("\\") || path.contains(":") || !folder.hasFolder(path)) {
            throw new WeightFormatException("%s.path: expected the name of a folder beside %s, got '%s'"
                    .formatted(module.where(), MODULES, Excerpt.of(path)));
        }
        return folder.folder(path);
    }

    private static List<JsonFields> modules(Folder folder) throws IOException {
        try (ByteSource source = folder.open(MODULES)) {
            return StrictJson.readObjects(source);
        }
    }
}
