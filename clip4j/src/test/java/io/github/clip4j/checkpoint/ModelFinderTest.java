package io.github.clip4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.clip4j.checkpoint.LayoutMapperTest.Named;
import io.github.clip4j.core.Activation;
import io.github.clip4j.core.format.torch.TorchFile;
import io.github.clip4j.core.weights.WeightFormatException;
import io.github.clip4j.testkit.ReferenceData;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The names of tensors as other programs write them. (That the same weights give the same bits is tested with files.)
class ModelFinderTest {
    private static ModelFinder.Found find(Named source) throws WeightFormatException {
        return ModelFinder.find(source, Optional.empty());
    }

    private static Named hf(Named source, String root) {
        return source.with(root + "text_model.embeddings.token_embedding.weight", 10, 4).with(root + "text_model.final_layer_norm.weight",
                4)
                .with(root + "vision_model.embeddings.class_embedding", 4).with(root + "vision_model.post_layernorm.weight", 4)
                .with(root + "logit_scale");
    }

    private static Named text(String root) {
        return new Named().with(root + "text_model.embeddings.token_embedding.weight", 10, 4)
                .with(root + "text_model.final_layer_norm.weight", 4);
    }

    @Test
    void aModelAloneStaysAsItIs() throws WeightFormatException {
        Named model = hf(new Named(), "").with("vision_model.embeddings.position_ids", 5);
        assertThat(find(model).weights()).isSameAs(model);
        assertThat(find(model).leftOut()).isEmpty();
    }

    /// The text encoder of Stable Diffusion 1, beside its other two networks.
    @Test
    void theTextEncoderOfADiffusionModel() throws WeightFormatException {
        Named source = text("cond_stage_model.transformer.").with("model.diffusion_model.out.0.weight", 4)
                .with("model.diffusion_model.out.0.bias", 4).with("first_stage_model.encoder.conv_in.weight", 4).with("alphas_cumprod", 4);
        ModelFinder.Found found = find(source);
        assertThat(found.weights().tensors().keySet()).containsExactly(
                "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight",
                "cond_stage_model.transformer.text_model.final_layer_norm.weight");
        assertThat(found.leftOut()).contains("m.pt: left out 4 of 6 tensors, which are not part of the CLIP in "
                + "'cond_stage_model.transformer': "
                + "alphas_cumprod, first_stage_model.encoder.conv_in.weight, model (2 tensors)");
    }

    /// An image encoder within a language model, without its own name before its tensors.
    @Test
    void anImageEncoderAlone() throws WeightFormatException {
        Named source = new Named().with("model.vision_tower.embeddings.class_embedding", 4).with("model.vision_tower.pre_layrnorm.weight",
                4)
                .with("model.vision_tower.encoder.layers.0.mlp.fc1.weight", 4, 4).with("model.vision_tower.head.bias", 4)
                .with("model.layers.0.weight", 4).with("lm_head.weight", 4).with("model.vision_tower.adapter.weight", 4);
        ModelFinder.Found found = find(source);
        assertThat(found.weights().tensors()).hasSize(4).containsKey("model.vision_tower.head.bias");
        assertThat(found.leftOut().orElseThrow()).endsWith(
                "in 'model.vision_tower': lm_head.weight, model.layers.0.weight, model.vision_tower.adapter.weight");
    }

    /// Stable Diffusion XL has two text encoders, in two layouts.
    @Test
    void twoInTwoLayoutsAreTwo() {
        Named source = text("conditioner.embedders.0.transformer.").with("conditioner.embedders.1.model.token_embedding.weight", 10, 4)
                .with("conditioner.embedders.1.model.ln_final.weight", 4);
        assertThatThrownBy(() -> find(source)).isInstanceOf(WeightFormatException.class)
                .hasMessageContaining("got 2: under 'conditioner.embedders.0.transformer' (text encoder), "
                        + "'conditioner.embedders.1.model' (text "
                        + "encoder); choose one");
    }

    @ParameterizedTest
    @CsvSource({
        "'.', logit_scale", "'', logit_scale", "ema, ema.logit_scale", "ema., ema.logit_scale", "a, a.b.logit_scale", "a.b, a.b.logit_scale"
    })
    void thePartIsChosenByItsKeys(String part, String scale) throws WeightFormatException {
        Named source = hf(hf(hf(new Named(), ""), "ema."), "a.b.");
        ModelFinder.Found found = ModelFinder.find(source, Optional.of(part));
        assertThat(found.weights().tensors()).containsKey(scale).hasSize(5);
    }

    /// The wrapper's name is not needed twice: where names without it would be the same, they stay.
    @Test
    void wrappersAreNotTakenAwayWhereNamesWouldMeet() {
        assertThatThrownBy(() -> find(hf(hf(new Named(), ""), "module.")))
                .hasMessageContaining("got 2: under 'module' (both encoders), '.' (the top level) (both encoders)");
    }

    @Test
    void relativesAreRefusedAlthoughPartsOfThemAreLikeClip() {
        Named chinese = new Named().with("visual.class_embedding", 4).with("visual.ln_pre.weight", 4)
                .with("bert.encoder.layer.0.output.dense.weight", 4);
        assertThatThrownBy(() -> find(chinese)).hasMessageStartingWith("m.pt: this is Chinese-CLIP");
        Named trained = new Named().with("state_dict.visual.class_embedding", 4).with("state_dict.visual.ln_pre.weight", 4)
                .with("state_dict.text_decoder.ln_final.weight", 4);
        assertThatThrownBy(() -> find(trained)).hasMessageStartingWith("m.pt: this is CoCa");
    }

    @ParameterizedTest
    @CsvSource({
        "text_model.encoder.layers.0.self_attn.q_proj.lora_A.default.weight",
                "text_model.encoder.layers.0.self_attn.q_proj.base_layer.weight",
        "vision_model.encoder.layers.0.mlp.fc1.lora_up.weight"
    })
    void adaptersThatAreNotMergedAreNamed(String name) {
        assertThatThrownBy(() -> find(hf(new Named(), "").with(name, 4, 4))).hasMessageStartingWith("m.pt: holds a LoRA adapter");
    }

    /// SigLIP's towers have other tensors in common than CLIP's.
    @Test
    void towersWithoutAClassTokenAreFound() throws WeightFormatException {
        Named hf = new Named().with("model.vision_tower.vision_model.embeddings.patch_embedding.bias", 4)
                .with("model.vision_tower.vision_model.embeddings.patch_embedding.weight", 4, 3, 2, 2).with("lm_head.weight", 4);
        assertThat(find(hf).leftOut().orElseThrow()).endsWith("left out 1 of 3 tensors, which are not part of the CLIP in "
                + "'model.vision_tower': lm_head.weight");
        Named timm = new Named().with("student.visual.trunk.pos_embed", 1, 4, 4).with("teacher.visual.trunk.pos_embed", 1, 4, 4);
        assertThatThrownBy(() -> find(timm)).hasMessageContaining("got 2: under 'student' (image encoder), 'teacher' (image encoder)");
    }

    @Test
    void flattenedParametersAreNamed() {
        assertThatThrownBy(() -> find(new Named().with("_fsdp_wrapped_module._flat_param", 100)))
                .hasMessageStartingWith("m.pt: holds the flattened parameters of FSDP");
    }

    @Test
    void whatIsNoClipIsLeftToTheMapper() throws WeightFormatException {
        Named other = new Named().with("model.layers.0.weight", 4);
        assertThat(find(other).weights()).isSameAs(other);
        assertThatThrownBy(() -> LayoutMapper.map(other)).hasMessageContaining("expected the tensors of a CLIP model, got 1 others");
    }

    @ParameterizedTest
    @CsvSource({"quick_traced.pt, QUICK_GELU", "gelu_scripted.pt, GELU", "tanh_traced.pt, GELU_TANH"})
    void theCodeOfAnArchiveTellsTheActivation(String file, Activation activation) throws IOException {
        try (TorchFile weights = TorchFile.open(
                ReferenceData.projectRoot().resolve("clip-core/src/test/resources/torch").resolve(file))) {
            assertThat(KnownActivations.ofCode(weights)).contains(new KnownActivations.Known(activation, "the archive's own code"));
        }
        assertThat(KnownActivations.ofCode(new Named())).isEmpty();
    }
}
