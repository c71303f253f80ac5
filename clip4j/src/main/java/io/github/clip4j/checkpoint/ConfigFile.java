package io.github.clip4j.checkpoint;

import io.github.clip4j.model.ClipConfig;
import java.util.Map;

/// A file that says what the model's extents are.
sealed interface ConfigFile permits ClipConfigFile, OpenClipConfigFile {
    /// The file's name.
    String name();

    /// What it says.
    ClipConfig config();

    /// Where each value came from: for every key such as `vision_config.patch_size`, its value and `config.json` or `default`.
    Map<String, String> origins();
}
