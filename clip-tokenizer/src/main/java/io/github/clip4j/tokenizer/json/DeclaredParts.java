package io.github.clip4j.tokenizer.json;

import com.google.gson.JsonPrimitive;
import io.github.clip4j.tokenizer.declared.DeclaredTokens;
import io.github.clip4j.tokenizer.declared.DeclaredTokens.Token;
import io.github.clip4j.tokenizer.json.AddedTokens.AddedToken;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// A tokenizer with the tokens that the files beside it name, and with what a class of transformers sets itself.
final class DeclaredParts {
    /// Classes that build their tokenizer of the vocabulary and of the config's flags, whatever the normaliser of `tokenizer.json` is.
    private static final Set<String> BERTS = Set.of("BertTokenizer", "DistilBertTokenizer");

    private static final Map<String, String> BERTS_NAMES = Map.of(
            "unk_token", "[UNK]", "sep_token", "[SEP]", "pad_token", "[PAD]", "cls_token", "[CLS]", "mask_token", "[MASK]");

    private static final String XLM_ROBERTA = "XLMRobertaTokenizer";

    private static final Map<String, String> XLM_ROBERTAS_NAMES = Map.of(
            "bos_token", "<s>", "eos_token", "</s>", "sep_token", "</s>", "cls_token", "<s>", "unk_token", "<unk>", "pad_token", "<pad>",
            "mask_token", "<mask>");

    private DeclaredParts() {}

    /// The parts of `tokenizer.json`. Where no class is named, a normaliser of BERT's kind tells that it is a BERT's: the reference takes
    /// the class of the model then.
    static Parts ofJson(Parts parts, DeclaredTokens declared, NormalizerStep ofFlags) throws IOException {
        boolean berts = parts.normalizer() instanceof NormalizerStep.Bert;
        boolean bert = declared.tokenizerClass().map(BERTS::contains).orElse(berts);
        if (bert && berts) {
            return berts(new Parts(
                    parts.model(), parts.addedTokens(), ofFlags, parts.preTokenizer(), parts.postProcessor(), parts.decoder(),
                    parts.truncation(), parts.padding()), declared, parts.addedTokens());
        }
        if (declared.tokenizerClass().filter(XLM_ROBERTA::equals).isPresent()) {
            requireAround(parts, declared, "bos_token", "eos_token");
            return with(parts, declared, parts.addedTokens(), XLM_ROBERTAS_NAMES, true);
        }
        return with(parts, declared, parts.addedTokens(), Map.of(), false);
    }

    /// The parts of `vocab.txt`.
    static Parts ofWords(Parts parts, DeclaredTokens declared) throws IOException {
        return berts(parts, declared, List.of());
    }

    private static Parts berts(Parts parts, DeclaredTokens declared, List<AddedToken> ofFile) throws IOException {
        requireAround(parts, declared, "cls_token", "sep_token");
        if (parts.model() instanceof WordPieceModel words) {
            declared.require("unk_token", words.unknownToken(), "which the model has for unknown words");
        }
        return with(parts, declared, ofFile, BERTS_NAMES, true);
    }

    /// The parts of a SentencePiece file. `SiglipTokenizer` finds added tokens by rules of its own, so none may be beside the pieces.
    static Parts ofPieces(Parts parts, DeclaredTokens declared, SentencePieceFamily family) throws IOException {
        Parts with = with(parts, declared, parts.addedTokens(), Map.of(), false);
        if (family != SentencePieceFamily.T5) {
            return with;
        }
        Optional<AddedToken> beyond = with.addedTokens().stream().filter(token -> parts.model().id(token.content()) < 0).findFirst();
        if (beyond.isPresent()) {
            String what = "added token '%s'".formatted(beyond.get().content());
            throw declared.refused(what, "one of the pieces of spiece.model", "another; save the tokenizer as tokenizer.json");
        }
        return parts;
    }

    private static void requireAround(Parts parts, DeclaredTokens declared, String first, String last) throws IOException {
        int[] around = parts.postProcessor() == null ? new int[0] : parts.postProcessor().apply(new int[0]);
        String begin = around.length < 2 ? null : parts.model().token(around[0]);
        String end = around.length < 2 ? null : parts.model().token(around[around.length - 1]);
        if (begin != null && end != null) {
            declared.require(first, begin, "with which texts begin");
            declared.require(last, end, "with which texts end");
        }
    }

    private static Parts with(
            Parts parts, DeclaredTokens declared, List<AddedToken> ofFile, Map<String, String> standard, boolean rebuilt)
            throws IOException {
        declared.require("split_special_tokens", new JsonPrimitive(false), "as special tokens are found in a text");
        List<Token> tokens = ofFile.stream()
                .map(token -> new Token(
                        token.content(), token.id(), token.singleWord(), token.lstrip(), token.rstrip(), token.normalized(),
                        token.special()))
                .toList();
        List<AddedToken> added = declared
                .withIds(declared.added(tokens, standard, rebuilt), parts.model()::id, parts.model().size())
                .stream()
                .map(token -> new AddedToken(
                        token.id(), token.content(), token.singleWord(), token.lstrip(), token.rstrip(), token.normalized(),
                        token.special()))
                .toList();
        return new Parts(
                parts.model(), added, parts.normalizer(), parts.preTokenizer(), parts.postProcessor(), parts.decoder(),
                parts.truncation(), parts.padding());
    }
}
