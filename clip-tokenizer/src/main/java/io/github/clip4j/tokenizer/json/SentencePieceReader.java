package io.github.clip4j.tokenizer.json;

import io.github.clip4j.tokenizer.VocabularyFormatException;
import io.github.clip4j.tokenizer.json.AddedTokens.AddedToken;
import io.github.clip4j.tokenizer.json.PreTokenizerStep.PrependScheme;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads a SentencePiece model (`sentencepiece_model.proto`) as the converters of `transformers` 5.18 do.
final class SentencePieceReader {
    private static final int CONTROL = 3;
    private static final int USER_DEFINED = 4;
    private static final int UNIGRAM = 1;
    private static final int BPE = 2;
    private static final char META = '▁';

    /// Pieces of a BPE model are cut at every place to find their merges; published ones have at most 48 characters.
    private static final int MAX_BPE_PIECE = 1_000;

    /// One entry of `ModelProto.pieces`.
    record Piece(String text, float score, int type) {}

    private final String where;
    private final List<Piece> pieces = new ArrayList<>();
    private int modelType = UNIGRAM;
    private int unknownId;
    private String unknownPiece = "<unk>";
    private byte[] charsMap = new byte[0];

    private SentencePieceReader(String where) {
        this.where = where;
    }

    static Parts read(Path file, SentencePieceFamily family) throws IOException {
        String where = TokenizerJsonReader.checked(file);
        return read(Files.readAllBytes(file), where, family);
    }

    /// Reads the content of a file.
    ///
    /// @param where its name, for messages
    static Parts read(byte[] content, String where, SentencePieceFamily family) throws IOException {
        SentencePieceReader reader = new SentencePieceReader(where);
        reader.readModel(new Protobuf(ByteBuffer.wrap(content), where));
        return switch (family) {
            case T5 -> reader.t5();
            case XLM_ROBERTA -> reader.xlmRoberta();
            case GEMMA -> reader.gemma();
        };
    }

    private void readModel(Protobuf model) throws VocabularyFormatException {
        while (model.next()) {
            switch (model.field()) {
                case 1 -> pieces.add(readPiece(model.message()));
                case 2 -> readTrainerSpec(model.message());
                case 3 -> readNormalizerSpec(model.message());
                default -> model.skip();
            }
        }
        if (pieces.isEmpty()) {
            throw new VocabularyFormatException(where + ": expected a SentencePiece model, got no pieces");
        }
    }

    private Piece readPiece(Protobuf piece) throws VocabularyFormatException {
        String text = "";
        float score = 0;
        int type = 1;
        while (piece.next()) {
            switch (piece.field()) {
                case 1 -> text = piece.string();
                case 2 -> score = piece.number();
                case 3 -> type = (int) piece.integer();
                default -> piece.skip();
            }
        }
        if (!Float.isFinite(score)) {
            throw new VocabularyFormatException(
                    "%s: piece %d '%s': expected a finite score, got %s".formatted(where, pieces.size(), text, score));
        }
        return new Piece(text, score, type);
    }

    private void readTrainerSpec(Protobuf spec) throws VocabularyFormatException {
        while (spec.next()) {
            switch (spec.field()) {
                case 3 -> modelType = (int) spec.integer();
                case 40 -> unknownId = (int) spec.integer();
                case 45 -> unknownPiece = spec.string();
                default -> spec.skip();
            }
        }
    }

    private void readNormalizerSpec(Protobuf spec) throws VocabularyFormatException {
        while (spec.next()) {
            if (spec.field() == 2) {
                charsMap = spec.bytes();
            } else {
                spec.skip();
            }
        }
    }

    private void expectType(int expected, String name) throws VocabularyFormatException {
        if (modelType != expected) {
            throw new VocabularyFormatException(
                    "%s: trainer_spec.model_type: expected %s (%d), got %d".formatted(where, name, expected, modelType));
        }
    }

    private Parts t5() throws VocabularyFormatException {
        UnigramModel model = unigram(pieces, unknownId);
        return unigramParts(model, new int[0], new int[] {require(model, "</s>")});
    }

    private Parts xlmRoberta() throws VocabularyFormatException {
        List<Piece> moved = new ArrayList<>();
        for (String special : List.of("<s>", "<pad>", "</s>", "<unk>")) {
            moved.add(new Piece(special, 0, CONTROL));
        }
        moved.addAll(pieces.subList(Math.min(3, pieces.size()), pieces.size()));
        moved.add(new Piece("<mask>", 0, CONTROL));
        UnigramModel model = unigram(moved, 3);
        return unigramParts(model, new int[] {require(model, "<s>")}, new int[] {require(model, "</s>")});
    }

    private int require(TokenModel model, String token) throws VocabularyFormatException {
        if (model.id(token) < 0) {
            throw new VocabularyFormatException("%s: expected the piece '%s', got none".formatted(where, token));
        }
        return model.id(token);
    }

    private UnigramModel unigram(List<Piece> from, int unknown) throws VocabularyFormatException {
        expectType(UNIGRAM, "Unigram");
        if (unknown < 0 || unknown >= from.size()) {
            throw new VocabularyFormatException(
                    "%s: trainer_spec.unk_id: expected the id of one of the %d pieces, got %d".formatted(where, from.size(), unknown));
        }
        double[] scores = from.stream().mapToDouble(Piece::score).toArray();
        return new UnigramModel(from.stream().map(Piece::text).toList(), scores, unknown, false);
    }

    private Parts unigramParts(UnigramModel model, int[] before, int[] after) throws VocabularyFormatException {
        List<NormalizerStep> normalizers = new ArrayList<>();
        if (charsMap.length > 0) {
            normalizers.add(new NormalizerStep.Precompiled(CharsMap.of(charsMap, where + ": normalizer_spec.precompiled_charsmap")));
        }
        normalizers.add(new NormalizerStep.Strip(false, true));
        TextPattern spaces = new TextPattern.Expression(RegexParser.parse(" {2,}", where));
        normalizers.add(new NormalizerStep.Replace(spaces, String.valueOf(META)));
        return new Parts(
                model,
                addedTokens(model),
                new NormalizerStep.Sequence(normalizers),
                new PreTokenizerStep.Metaspace(META, PrependScheme.ALWAYS, true),
                new PostProcessorStep.Around(before, after),
                new DecoderStep.Metaspace(META, PrependScheme.ALWAYS),
                null,
                null);
    }

    /// Control pieces are special tokens, and user-defined ones are added tokens.
    private List<AddedToken> addedTokens(TokenModel model) {
        List<AddedToken> added = new ArrayList<>();
        int next = model.size();
        for (Piece piece : pieces) {
            if ((piece.type == CONTROL || piece.type == USER_DEFINED) && !piece.text.isEmpty()) {
                int id = model.id(piece.text);
                boolean special = piece.type == CONTROL || piece.text.equals("<start_of_turn>") || piece.text.equals("<end_of_turn>");
                added.add(new AddedToken(id < 0 ? next++ : id, piece.text, false, false, false, false, special));
            }
        }
        return added;
    }

    private Parts gemma() throws VocabularyFormatException {
        expectType(BPE, "BPE");
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (Piece piece : pieces) {
            if (piece.text.length() > MAX_BPE_PIECE || ids.put(piece.text, ids.size()) != null) {
                throw new VocabularyFormatException("%s: piece %d: expected at most %d characters, and none twice, got '%.50s'"
                        .formatted(where, ids.size(), MAX_BPE_PIECE, piece.text));
            }
        }
        List<String> special = List.of("<pad>", "<eos>", "<bos>");
        for (int i = 0; i < special.size(); i++) {
            if (ids.getOrDefault(special.get(i), -1) != i) {
                throw new VocabularyFormatException("%s: piece %d: expected '%s', got another".formatted(where, i, special.get(i)));
            }
        }
        Map<String, Integer> parts = new LinkedHashMap<>(ids);
        Integer tab = ids.get("<0x09>");
        if (!ids.containsKey("\t") && tab != null) { // older files lack it
            parts.put("\t", tab);
            ids.remove("<0x09>");
            ids.put("\t", tab);
        }
        Vocab vocab = new Vocab(ids);
        if (vocab.id(unknownPiece) < 0) {
            throw new VocabularyFormatException("%s: trainer_spec.unk_piece: expected a piece, got '%s'".formatted(where, unknownPiece));
        }
        BpeModel model = new BpeModel(
                vocab, new MergeFinder(pieces, parts).merges(), new BpeModel.Options(unknownPiece, "", "", true, true, false));
        TextPattern meta = new TextPattern.Literal(String.valueOf(META));
        TextPattern space = new TextPattern.Literal(" ");
        return parts(model, space, meta);
    }

    private Parts parts(BpeModel model, TextPattern space, TextPattern meta) {
        return new Parts(
                model,
                addedTokens(model),
                new NormalizerStep.Replace(space, String.valueOf(META)),
                new PreTokenizerStep.Split(space, SplitBehavior.MERGED_WITH_PREVIOUS, false),
                null,
                new DecoderStep.Sequence(
                        List.of(new DecoderStep.Replace(meta, " "), new DecoderStep.ByteFallback(), new DecoderStep.Fuse())),
                null,
                null);
    }
}
