package io.github.clip4j.model;

import io.github.clip4j.core.DType;
import io.github.clip4j.core.Tensor;
import io.github.clip4j.core.parallel.Workers;
import io.github.clip4j.core.weights.TensorSpec;
import io.github.clip4j.core.weights.WeightSource;
import io.github.clip4j.nn.Contributions;
import io.github.clip4j.nn.Finite;
import io.github.clip4j.nn.FirstRows;
import io.github.clip4j.nn.ParameterReader;
import io.github.clip4j.nn.PrefixTree;
import io.github.clip4j.nn.ScratchPool;
import io.github.clip4j.nn.Sequences;
import io.github.clip4j.nn.Trace;
import io.github.clip4j.nn.Workspace;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/// The text tower: token ids to vectors (openai/CLIP `model.py`, `CLIP.encode_text`; transformers `modeling_siglip.py`, class
/// `SiglipTextModel`). Immutable and thread-safe.
///
/// In CLIP a position sees no later one, so nothing after the pooled position can change the result, and nothing after it is computed: a
/// prompt of ten tokens costs an eighth of a padded one. Texts of a batch lie one after the other, without padding, and what they share at
/// their beginnings is computed once ([PrefixTree]). In SigLIP, CLIPA and MobileCLIP2-L-14 a position sees all others, and every text fills
/// the context: nothing can be left out, and nothing is shared. In BERT and in NLLB-CLIP a position sees all others of its text, and
/// padding is left out.
public final class TextEncoder {
    /// Rows of one forward pass on one thread; a longer text is a pass of its own.
    private static final int MAX_ROWS = 512;

    private final TextConfig config;
    private final Workers workers;
    private final TextTower tower;
    private final ScratchPool<Scratch> serialScratch; // of passes on one thread each
    private final ScratchPool<Scratch> teamScratch = new ScratchPool<>(1); // of a pass that all threads compute together
    private final long weightBytes;
    private final Finite finite;

    /// Reads the tower's parameters.
    ///
    /// @param source holds them, as [ClipParameters#check] has found
    TextEncoder(TextConfig config, WeightSource source, DType storage, Workers workers) throws IOException {
        this.config = config;
        this.workers = workers;
        this.serialScratch = new ScratchPool<>(workers.threads());
        ParameterReader parameters = new ParameterReader(source, storage);
        this.tower = TextTower.read(config, parameters);
        this.weightBytes = parameters.bytes();
        this.finite = parameters.finite();
    }

    /// What the constructor reads.
    static Stream<TensorSpec> specs(TextConfig config) {
        return TextTower.specs(config);
    }

    /// {@return the extents of this encoder}
    public TextConfig config() {
        return config;
    }

    /// {@return the rows of a pass that keeps every thread busy with about as many as it computes at once} A row is a token that no other
    /// text of the pass begins with. An eighth is left for beginnings that two threads both compute; where nothing is shared, they are
    /// whole texts.
    public int rowsPerPass() {
        int rows = switch (config.head()) {
            case TextHead.EndOfText _ -> MAX_ROWS - MAX_ROWS / 8;
            case TextHead.FirstPosition _, TextHead.Bert _ -> MAX_ROWS;
            case TextHead.EndOfPaddedText _, TextHead.LastPosition _ ->
                Math.max(1, MAX_ROWS / config.contextLength()) * config.contextLength();
        };
        return workers.threads() * rows;
    }

    /// {@return why an output of this encoder is not finite: a sentence that names the first weight that is not} It looks at all weights,
    /// so it is for outputs that are NaN or infinite.
    public String whyNotFinite() {
        return finite.whyNotFinite("text encoder");
    }

    /// {@return the memory that the weights take, in bytes}
    public long weightBytes() {
        return weightBytes;
    }

    /// {@return the memory that the scratch of forward passes takes now, in bytes} Scratch is kept for as many passes as there are threads.
    public long scratchBytes() {
        return serialScratch.bytes() + teamScratch.bytes();
    }

    /// {@return the projected, not yet normalised outputs of a batch of texts, `[b, outputDim]`}
    ///
    /// The result for a text is the same, to the bit, in every batch, with any number of threads, and, in CLIP, with or without padding.
    ///
    /// @param texts token ids, as the tokenizer returns them for this model: with start and end of text, or as many as the context has
    ///     where padding is seen ([TextHead.LastPosition], [TextHead.EndOfPaddedText])
    /// @throws IllegalArgumentException for an id beyond the vocabulary, a text that is too long, or one without an end or without padding
    /// @throws java.util.concurrent.CancellationException when the thread was interrupted; its interrupt status stays set
    public Tensor encode(List<int[]> texts) {
        int[] lengths = new int[texts.size()]; // up to and including the pooled position
        for (int t = 0; t < lengths.length; t++) {
            check(texts.get(t), t);
            lengths[t] = pooledPosition(texts.get(t), t) + 1;
        }
        Tensor out = Tensor.zeros(texts.size(), config.outputDim());
        switch (config.head()) {
            case TextHead.EndOfText _ -> encode(new PrefixTree(texts, lengths), lengths.length, out);
            case TextHead.EndOfPaddedText _, TextHead.LastPosition _ -> encodeApart(PrefixTree.apart(texts), lengths.length, out);
            case TextHead.FirstPosition _, TextHead.Bert _ ->
                encode(PrefixTree.apart(texts.stream().map(this::withoutPadding).toList()), lengths.length, out);
        }
        return out;
    }

    /// The ids that are computed, where padding is left out.
    private int[] withoutPadding(int[] ids) {
        return switch (config.head()) {
            case TextHead.EndOfText _, TextHead.EndOfPaddedText _, TextHead.LastPosition _ -> ids;
            case TextHead.FirstPosition first -> first.withoutPadding(ids);
            case TextHead.Bert bert -> bert.withoutPadding(ids);
        };
    }

    /// Texts that share nothing and are of one length: as many a thread, and every layer of the rest shared.
    private void encodeApart(PrefixTree tree, int texts, Tensor out) {
        int threads = workers.threads();
        if (threads == 1) {
            encodeRange(tree, 0, texts, out, serialScratch, workers.alone());
            return;
        }
        int spread = texts - texts % threads;
        if (spread > 0) {
            workers.run(worker -> encodeRange(
                    tree, Workers.share(spread, threads, worker), Workers.share(spread, threads, worker + 1), out, serialScratch,
                    workers.alone()));
        }
        encodeRange(tree, spread, texts, out, teamScratch, workers);
    }

    private void encode(PrefixTree tree, int texts, Tensor out) {
        int[] rowsBefore = new int[texts + 1];
        for (int t = 0; t < texts; t++) {
            rowsBefore[t + 1] = rowsBefore[t] + tree.newRows(t);
        }
        int threads = workers.threads();
        if (threads == 1) {
            encodeRange(tree, 0, texts, out, serialScratch, workers.alone());
        } else if (texts < threads) {
            encodeRange(tree, 0, texts, out, teamScratch, workers); // every layer shared
        } else {
            workers.run(worker -> encodeRange( // whole texts a thread, by their rows
                    tree, split(rowsBefore, threads, worker), split(rowsBefore, threads, worker + 1), out, serialScratch, workers.alone()));
        }
    }

    /// Checks texts as [#encode(List)] does.
    ///
    /// @param texts token ids with start and end of text
    /// @throws IllegalArgumentException for an id beyond the vocabulary, a text that is too long, or one without an end
    public void check(List<int[]> texts) {
        for (int t = 0; t < texts.size(); t++) {
            check(texts.get(t), t);
            pooledPosition(texts.get(t), t);
        }
    }

    private int pooledPosition(int[] ids, int text) {
        try {
            return config.pooledPosition(ids);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("text %d: %s".formatted(text, e.getMessage()), e);
        }
    }

    private void check(int[] ids, int text) {
        String filled = switch (config.head()) {
            case TextHead.EndOfText _, TextHead.FirstPosition _, TextHead.Bert _ -> "";
            case TextHead.EndOfPaddedText _ -> "a position of this model sees padding too";
            case TextHead.LastPosition _ -> "this model reads the last position";
        };
        if (!filled.isEmpty() && ids.length != config.contextLength()) {
            throw new IllegalArgumentException("text %d: expected exactly %d token ids, padding included, because %s, got %d"
                    .formatted(text, config.contextLength(), filled, ids.length));
        }
        if (ids.length == 0 || ids.length > config.contextLength()) {
            throw new IllegalArgumentException(
                    "text %d: expected 1 to %d token ids, got %d".formatted(text, config.contextLength(), ids.length));
        }
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= config.vocabularySize()) {
                throw new IllegalArgumentException(
                        "text %d: expected token ids below %d, got %d at position %d; is this the model's tokenizer?"
                                .formatted(text, config.vocabularySize(), ids[i], i));
            }
        }
    }

    /// The first text of share `worker` when the rows are split as evenly as texts allow.
    private static int split(int[] rowsBefore, int workers, int worker) {
        if (worker == workers) {
            return rowsBefore.length - 1; // the last texts may have no rows of their own
        }
        int rows = Workers.share(rowsBefore[rowsBefore.length - 1], workers, worker);
        int text = 0;
        while (rowsBefore[text] < rows) {
            text++;
        }
        return text;
    }

    /// The scratch of one pass, and where its outputs wait for their places.
    private record Scratch(Workspace ws, FirstRows outputs) implements ScratchPool.Sized {
        @Override
        public long bytes() {
            return ws.bytes() + outputs.bytes();
        }
    }

    private void encodeRange(PrefixTree tree, int from, int to, Tensor out, ScratchPool<Scratch> pool, Workers team) {
        for (int first = from; first < to; ) {
            workers.requireNotInterrupted();
            int rows = tree.text(first).length;
            int end = first + 1;
            while (end < to && rows + tree.newRows(end) <= MAX_ROWS && end - first < MAX_ROWS) {
                rows += tree.newRows(end++);
            }
            Scratch scratch = pool.poll();
            if (scratch == null || !scratch.ws.fits(Math.max(rows, end - first), end - first, config.contextLength())) {
                int capacity = Math.max(Math.max(rows, end - first), Math.min(MAX_ROWS, (to - first) * config.contextLength()));
                Workspace ws = workspace(capacity, capacity, config.contextLength(), team);
                scratch = pool.replace(scratch, new Scratch(ws, new FirstRows(capacity, config.outputDim(), config.outputDim())));
            }
            try {
                forward(tree, first, end, out, scratch);
            } finally {
                pool.give(scratch);
            }
            first = end;
        }
    }

    private void forward(PrefixTree tree, int from, int to, Tensor out, Scratch scratch) {
        Tensor outputs = scratch.outputs.get(to - from);
        tower.forward(tree, from, to, outputs, scratch.ws);
        for (int t = from; t < to; t++) {
            System.arraycopy(outputs.array(), outputs.rowOffset(t - from), out.array(), out.rowOffset(tree.original(t)), out.width());
        }
    }

    /// Encodes one text and shows `probe` every stage on the way, at all positions, those after the end of the text included. For study:
    /// much slower than [#encode(List)], but its result has the same bits.
    ///
    /// @param ids token ids with start and end of text, and padding if need be
    /// @param probe is told of each result
    /// @return `[1, outputDim]`
    /// @throws IllegalArgumentException for an id beyond the vocabulary, a text that is too long, or one without an end
    public Tensor trace(int[] ids, Probe probe) {
        check(ids, 0);
        int pooled = config.pooledPosition(ids);
        int[] read = withoutPadding(ids);
        Trace trace = new Trace(probe::edit, probe::see, workers);
        return tower.trace(read, pooled, workspace(read.length, 1, read.length, workers), trace);
    }

    private Workspace workspace(int rows, int texts, int tokens, Workers team) {
        TransformerConfig t = config.transformer();
        int hidden = config.head() instanceof TextHead.Bert bert ? Arrays.stream(bert.widths(t.width())).max().orElse(0) : 0;
        return new Workspace(rows, texts, tokens, t.width(), t.heads(), Math.max(t.mlpWidth(), hidden), 0, team);
    }

    /// Encodes one text once and takes the cosine of its embedding with each direction apart, by layer, head and position, as
    /// [ImageEncoder#decompose] does.
    ///
    /// @param ids token ids with start and end of text
    /// @param directions of unit length, `[outputDim]` each: embeddings of images, for instance
    /// @return one for each direction
    /// @throws IllegalArgumentException for an id beyond the vocabulary, a text that is too long or without an end, or a direction of
    ///     another size
    /// @throws IllegalStateException for a text encoder of BERT's kind, which norms every sum
    public List<Decomposition> decompose(int[] ids, List<float[]> directions) {
        return decompose(ids, output -> directions);
    }

    /// The same for directions that depend on the embedding itself, as [ImageEncoder#decompose(Tensor, Function)].
    ///
    /// @param ids token ids with start and end of text
    /// @param directions is given the output, `[outputDim]`, not of unit length, and returns directions of unit length, `[outputDim]` each
    /// @return one for each direction
    /// @throws IllegalArgumentException for an id beyond the vocabulary, a text that is too long or without an end, or a direction of
    ///     another size
    /// @throws IllegalStateException for a text encoder of BERT's kind, which norms every sum
    public List<Decomposition> decompose(int[] ids, Function<float[], List<float[]>> directions) {
        check(ids, 0);
        if (!(tower instanceof TextTower.Clip clip)) {
            throw new IllegalStateException(
                    "the parts of a cosine are those of a residual stream that nothing norms on its way; this text encoder has BERT's"
                            + " blocks, which norm every sum");
        }
        int pooled = config.pooledPosition(ids);
        int[] read = withoutPadding(ids);
        int n = read.length;
        Sequences sequences = Sequences.of(new int[] {n}, new int[] {pooled});
        Workspace ws = workspace(n, 1, n, workers);
        Tensor x = ws.residual(n);
        clip.embedding().forward(read, 0, x, 0); //                [n, d]
        Contributions contributions = new Contributions(pooled);
        clip.transformer().forward(x, sequences, ws, contributions);
        Tensor output = Tensor.zeros(1, config.outputDim());
        clip.head().forward(x.rows(pooled, 1), output, ws); //     [1, outputDim]
        return directions.apply(output.toArray()).stream()
                .map(direction -> Decomposition.of(contributions, clip.head(), output, direction)).toList();
    }
}
