package io.github.clip4j.core.format.torch;

import io.github.clip4j.core.Activation;
import io.github.clip4j.core.format.Budget;
import io.github.clip4j.core.format.ByteSource;
import io.github.clip4j.core.format.ZipDirectory;
import io.github.clip4j.core.format.torch.Unpickler.TensorView;
import io.github.clip4j.core.weights.WeightFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/// What the source code in a TorchScript archive says of the model. It is looked through as text, and never run.
///
/// QuickGELU is `x * sigmoid(1.702 * x)`; a scripted module has the factor in its code, a traced one, as OpenAI's are, among the archive's
/// constants (openai/CLIP `clip/model.py`, class `QuickGELU`). GELU is a function of PyTorch's, with `approximate="tanh"` or without.
final class ScriptCode {
    private static final double FACTOR = 1.702;

    /// Half of a unit of float16 at 1.702, and a little: archives of models in float16 have their constants so.
    private static final double ROUNDED = 0x1p-11;

    /// The code of a CLIP has some hundred kilobytes.
    private static final int MAX_FILE = 2_000_000;
    private static final int MAX_FILES = 2_000;
    private static final long MAX_CODE = 8_000_000;

    private static final Pattern GELU_CALL = Pattern.compile("\\bgelu_?\\(");
    private static final Pattern WRITTEN_FACTOR = Pattern.compile("\\b1\\.70(2|19\\d*|20\\d*)\\b");

    private ScriptCode() {}

    /// The activations that the code of an archive computes.
    ///
    /// @param folder the beginning of the entries' names
    static Set<Activation> activations(ZipDirectory zip, String folder, Budget budget) throws IOException {
        Set<Activation> found = EnumSet.noneOf(Activation.class);
        boolean sigmoid = false;
        int files = 0;
        long total = 0;
        for (ZipDirectory.Entry entry : zip.entries()) {
            if (!entry.name().startsWith(folder + "code/") || !entry.name().endsWith(".py")) {
                continue;
            }
            total += entry.size();
            if (++files > MAX_FILES || entry.size() > MAX_FILE || total > MAX_CODE) {
                return Set.of(); // the code of some other program: it says nothing
            }
            String code;
            try (ByteSource source = zip.open(entry)) {
                code = new String(source.bytes(0, (int) source.size()), StandardCharsets.UTF_8);
            }
            sigmoid |= code.contains("sigmoid(");
            add(found, Activation.QUICK_GELU, WRITTEN_FACTOR.matcher(code).find());
            for (String line : code.split("\n", -1)) {
                if (GELU_CALL.matcher(line).find() && !line.stripLeading().startsWith("def ")) {
                    boolean said = line.contains("\"none\"") || !line.contains("approximate");
                    if (!said && !line.contains("\"tanh\"")) {
                        return Set.of(); // a variable says which
                    }
                    found.add(said ? Activation.GELU : Activation.GELU_TANH);
                }
            }
        }
        add(found, Activation.QUICK_GELU, sigmoid && hasFactor(zip, folder, budget));
        return Collections.unmodifiableSet(found);
    }

    private static void add(Set<Activation> found, Activation activation, boolean isThere) {
        if (isThere) {
            found.add(activation);
        }
    }

    /// Whether one of the archive's constants is the factor.
    private static boolean hasFactor(ZipDirectory zip, String folder, Budget budget) throws IOException {
        ZipDirectory.Entry pickle = zip.entry(folder + "constants.pkl").orElse(null);
        if (pickle == null || pickle.size() > MAX_FILE) {
            return false;
        }
        Storages storages = new Storages.InArchive(zip, folder + "constants/");
        try (ByteSource source = zip.open(pickle)) {
            Object constants = Unpickler.load(new PickleInput(source, 0, zip.where(pickle)), budget);
            for (Map.Entry<String, TensorView> constant : StateTree.tensors(constants, zip.where(pickle), budget).entrySet()) {
                if (isFactor(storages, constant.getValue(), zip.where(pickle))) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isFactor(Storages storages, TensorView view, String where) throws IOException {
        int bytes = view.dtype().bytes();
        String key = view.storage().key();
        if (!view.dtype().isFloat() || view.sizes().stream().anyMatch(size -> size != 1) || view.offset() != 0
                || storages.size(key, where) != bytes) {
            return false;
        }
        double value;
        try (ByteSource source = storages.open(key)) {
            ByteBuffer stored = ByteBuffer.wrap(source.bytes(0, bytes)).order(ByteOrder.LITTLE_ENDIAN);
            value =
                    switch (view.dtype()) {
                        case F64 -> stored.getDouble();
                        case F32 -> stored.getFloat();
                        case F16 -> Float.float16ToFloat(stored.getShort());
                        default -> 0;
                    };
        } catch (WeightFormatException e) {
            return false; // the tensors of the model are checked by themselves
        }
        return Math.abs(value - FACTOR) <= ROUNDED;
    }
}
