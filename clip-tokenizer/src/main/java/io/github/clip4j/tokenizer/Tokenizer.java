package io.github.clip4j.tokenizer;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Turns texts into the token ids of a model, and back.
///
/// [ClipTokenizer] is CLIP's. The other is that of all other models; SigLIP's texts always fill the model's context, so it pads them.
/// Implementations are immutable and thread-safe. No method accepts null.
public sealed interface Tokenizer permits ClipTokenizer, PaddedTokenizer {
    /// {@return the tokenizer of a model whose texts fill its context, as SigLIP's do, from the files of its repository}
    ///
    /// @param where the repository's name, for messages
    /// @param pieces the tokens of a text alone, which one of the files describes
    /// @param files bytes by name: that file, and `tokenizer_config.json`, if there is one
    /// @param profile the reference implementation to agree with
    /// @param clean what open_clip's config says of cleaning (`canonicalize`, `lower` or `whitespace`); empty for what the profile does
    ///     without
    /// @throws VocabularyFormatException when the config is malformed or asks for what is not supported
    static Tokenizer padded(
            String where, Pieces pieces, Map<String, byte[]> files, TokenizerProfile profile, Optional<String> clean)
            throws IOException {
        return PaddedTokenizer.read(where, pieces, files, profile, clean);
    }

    /// {@return the tokenizer of a model whose texts are as long as they are, with the tokens around them that the file says, as BERT's}
    ///
    /// @param where the repository's name, for messages
    /// @param pieces the tokens of a text alone, and those around it
    /// @param profile the reference implementation to agree with
    /// @param clean what open_clip's config says of cleaning; empty for its default
    /// @param truncates whether a text that is too long is cut rather than refused
    /// @throws VocabularyFormatException when the file puts no tokens around a text
    static Tokenizer surrounding(
            String where, Pieces pieces, TokenizerProfile profile, Optional<String> clean, boolean truncates) throws IOException {
        return PaddedTokenizer.surrounding(where, pieces, profile, clean, truncates);
    }

    /// {@return the tokenizer of CLIPA: BERT's tokens without the one that ends a text, and padding up to the context; a text that is too
    /// long is cut} So does open_clip with `strip_sep_token`.
    ///
    /// @param where the repository's name, for messages
    /// @param pieces the tokens of a text alone, and those around it
    /// @param profile the reference implementation to agree with
    /// @param clean what open_clip's config says of cleaning; empty for its default
    /// @throws VocabularyFormatException when the file puts no tokens around a text
    static Tokenizer withoutEnd(String where, Pieces pieces, TokenizerProfile profile, Optional<String> clean) throws IOException {
        return PaddedTokenizer.withoutEnd(where, pieces, profile, clean);
    }

    /// The tokens of texts alone, as `tokenizer.json` or SentencePiece's file describes them, without what a model puts around them.
    interface Pieces {
        /// {@return the ids of a text, of any length, without special tokens and padding}
        ///
        /// @param text cleaned
        int[] encodeWithoutSpecialTokens(String text);

        /// {@return the ids that the file puts around a text}
        int[] specialTokens();

        /// {@return the id that the file pads with, or −1 when it does not ask for padding}
        int padId();

        /// {@return a text in lower case as the file's normaliser would make it}
        ///
        /// @param text any text
        String lowerCase(String text);

        /// {@return the text of some ids}
        ///
        /// @param ids those that are not in use are left out
        /// @param skipSpecialTokens whether special tokens are left out, too
        String decode(int[] ids, boolean skipSpecialTokens);

        /// {@return the id of a token as the file writes it, or −1}
        ///
        /// @param token as the file writes it
        int id(String token);

        /// {@return the token with this id, or null when the id is not in use}
        ///
        /// @param id of a token
        @Nullable String token(int id);

        /// {@return how many tokens there are}
        int size();
    }

    /// {@return this tokenizer with another treatment of texts that are too long, whatever the profile's is}
    ///
    /// @param truncates true: such a text keeps its first tokens, and the end of text stays the last one; false: it is refused
    Tokenizer withTruncation(boolean truncates);

    /// {@return this tokenizer with another language before texts, where a model's texts begin with theirs, as NLLB-CLIP's do}
    ///
    /// @param language as the vocabulary has it, such as `fra_Latn`
    /// @throws LanguageException when the vocabulary does not have it, or the texts of this tokenizer's model do not begin with one
    Tokenizer withLanguage(String language);

    /// {@return the language that texts begin with; empty where they do not begin with one}
    Optional<String> language();

    /// {@return the reference implementation that this tokenizer agrees with}
    TokenizerProfile profile();

    /// {@return whether a text that is too long is cut rather than refused}
    boolean truncates();

    /// {@return the token ids of `text`, of any length, with the ids that its model puts around a text, and without padding}
    ///
    /// @param text any text; it is cleaned as the profile says
    int[] encode(String text);

    /// {@return the token ids of `text` as the text encoder of a model of `contextLength` positions takes them: padded only where it needs
    /// padding}
    ///
    /// @param text any text; it is cleaned as the profile says
    /// @param contextLength the positions of the model
    /// @throws TextTooLongException when there are more tokens, and this tokenizer does not cut
    int[] encode(String text, int contextLength);

    /// {@return the token ids of `text`, padded to `contextLength` as the reference implementation does}
    ///
    /// @param text any text; it is cleaned as the profile says
    /// @param contextLength the positions of the model
    /// @throws TextTooLongException when there are more tokens, and this tokenizer does not cut
    int[] encodePadded(String text, int contextLength);

    /// {@return the token ids of `text`, without padding; a longer text is cut to `contextLength` ids, those around it included}
    ///
    /// @param text any text; it is cleaned as the profile says
    /// @param contextLength the positions of the model
    int[] encodeTruncated(String text, int contextLength);

    /// {@return the text that `ids` encode, as far as the tokens tell it, without the ids around it and padding}
    ///
    /// @param ids start, end and padding may be among them
    /// @throws IllegalArgumentException for an id that the vocabulary does not have
    String decode(int[] ids);

    /// {@return the id that ends a text}
    int endOfText();

    /// {@return the token with this id as its file writes it, or empty when the id is not in use}
    ///
    /// @param id of a token
    Optional<String> token(int id);

    /// {@return how many tokens there are}
    int size();
}
