package io.github.clip4j.checkpoint;

import io.github.clip4j.image.ClipPreprocess;
import io.github.clip4j.model.PositionInterpolation;
import io.github.clip4j.tokenizer.TokenizerProfile;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/// A reference implementation to agree with: one row of choices that belong together. Each of them changes embeddings, and a mixture agrees
/// with nobody.
///
/// A checkpoint's own is [Checkpoint#profile()]; [io.github.clip4j.ClipOptions] asks for another.
public enum Profile {
    /// Hugging Face with Pillow: the fast CLIP tokenizer, `CLIPImageProcessorPil` (up to version 4 `CLIPImageProcessor`), and
    /// `interpolate_pos_encoding` of transformers.
    HF("hf", TokenizerProfile.HF, ClipPreprocess.Convention.HUGGING_FACE, PositionInterpolation.HUGGING_FACE),
    /// Hugging Face with torchvision: as [#HF], but images as `CLIPImageProcessor` prepares them since transformers 5.
    HF_TORCHVISION(
            "hf-torchvision", TokenizerProfile.HF, ClipPreprocess.Convention.HUGGING_FACE_TORCHVISION, PositionInterpolation.HUGGING_FACE),
    /// openai/CLIP: `simple_tokenizer.py`, and the transform of `clip.py`. It cannot take images of another size; positions are resampled
    /// as open_clip does.
    OPENAI("openai", TokenizerProfile.OPENAI, ClipPreprocess.Convention.OPENAI, PositionInterpolation.OPEN_CLIP),
    /// open_clip: `tokenizer.py`, `transform.py`, and `resize_pos_embed`. A text that is too long is cut.
    OPEN_CLIP("open_clip", TokenizerProfile.OPEN_CLIP, ClipPreprocess.Convention.OPENAI, PositionInterpolation.OPEN_CLIP),
    /// immich's machine learning service: `textual.py` and `transforms.py`. A text that is too long is cut. It takes images of the model's
    /// own size only; positions are resampled as open_clip does, whose models it exports.
    IMMICH("immich", TokenizerProfile.IMMICH, ClipPreprocess.Convention.IMMICH, PositionInterpolation.OPEN_CLIP);

    private final String id;
    private final TokenizerProfile tokenizer;
    private final ClipPreprocess.Convention convention;
    private final PositionInterpolation interpolation;

    Profile(String id, TokenizerProfile tokenizer, ClipPreprocess.Convention convention, PositionInterpolation interpolation) {
        this.id = id;
        this.tokenizer = tokenizer;
        this.convention = convention;
        this.interpolation = interpolation;
    }

    /// {@return the name on the command line}
    public String id() {
        return id;
    }

    /// {@return how texts are cleaned and cut into tokens}
    public TokenizerProfile tokenizer() {
        return tokenizer;
    }

    /// {@return in which order and with which roundings images are prepared}
    public ClipPreprocess.Convention convention() {
        return convention;
    }

    /// {@return how position embeddings are resampled for images of another size}
    public PositionInterpolation interpolation() {
        return interpolation;
    }

    /// {@return whether a text that is too long is cut rather than refused}
    public boolean truncates() {
        return tokenizer.truncates();
    }

    /// {@return the profile called `id`, or empty}
    ///
    /// @param id as on the command line
    public static Optional<Profile> ofId(String id) {
        return Arrays.stream(values()).filter(profile -> profile.id.equals(id)).findFirst();
    }

    /// {@return the names of all profiles, as `hf, hf-torchvision, … or immich`, for messages and help}
    public static String ids() {
        Profile[] all = values();
        String last = all[all.length - 1].id;
        return Arrays.stream(all).limit(all.length - 1L).map(Profile::id).collect(Collectors.joining(", ")) + " or " + last;
    }
}
