import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/// A tower in ONNX Runtime, timed as torch_clip.py times PyTorch's:
///
///     java -cp onnxruntime-1.22.0.jar OnnxClip.java TOWER.onnx image 2 1,8,32 3 SIZE
///
/// The last argument is the edge of pictures, or the number of tokens and of the vocabulary, as 77,49408. With `check` in the place of the
/// batches it prints the output for one input of known numbers, to be compared with torch_clip.py's by hand.
final class OnnxClip {
    private OnnxClip() {}

    public static void main(String[] args) throws Exception {
        boolean image = args[1].equals("image");
        int threads = Integer.parseInt(args[2]);
        double seconds = Double.parseDouble(args[4]);
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            try (OrtSession session = environment.createSession(args[0], options)) {
                if (args[3].equals("check")) {
                    try (OnnxTensor input = input(environment, image, 2, args[5], true)) {
                        System.out.println(Arrays.deepToString((float[][]) run(session, input)));
                    }
                    return;
                }
                for (String batch : args[3].split(",")) {
                    int n = Integer.parseInt(batch);
                    try (OnnxTensor input = input(environment, image, n, args[5], false)) {
                        double rate = n * rate(session, input, seconds);
                        System.out.printf(
                                Locale.ROOT, "{\"tower\": \"%s\", \"batch\": %d, \"threads\": %d, \"per_second\": %f}%n", args[1], n,
                                threads, rate);
                    }
                }
            }
        }
    }

    private static OnnxTensor input(OrtEnvironment environment, boolean image, int n, String extents, boolean known) throws Exception {
        Random random = new Random(1);
        if (image) {
            int size = Integer.parseInt(extents);
            float[] pixels = new float[n * 3 * size * size];
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = known ? (float) Math.sin(0.001 * i) : (float) random.nextGaussian();
            }
            return OnnxTensor.createTensor(environment, FloatBuffer.wrap(pixels), new long[] {n, 3, size, size});
        }
        int tokens = Integer.parseInt(extents.split(",")[0]);
        int vocabulary = Integer.parseInt(extents.split(",")[1]);
        long[] ids = new long[n * tokens];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (i + 1) % tokens == 0 ? vocabulary - 1 : known ? i * 7L % (vocabulary - 2) : random.nextInt(vocabulary - 2);
        }
        return OnnxTensor.createTensor(environment, LongBuffer.wrap(ids), new long[] {n, tokens});
    }

    private static Object run(OrtSession session, OnnxTensor input) throws Exception {
        try (OrtSession.Result result = session.run(Map.of("input", input))) {
            return result.get(0).getValue();
        }
    }

    private static double rate(OrtSession session, OnnxTensor input, double seconds) throws Exception {
        long warm = System.nanoTime();
        while (System.nanoTime() - warm < 1e9 * Math.min(2, seconds)) {
            run(session, input);
        }
        List<Double> rates = new ArrayList<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (rates.isEmpty() || System.nanoTime() < end) {
            int passes = 0;
            long start = System.nanoTime();
            while (System.nanoTime() - start < 500_000_000) {
                run(session, input);
                passes++;
            }
            rates.add(passes * 1e9 / (System.nanoTime() - start));
        }
        rates.sort(null);
        return rates.get(rates.size() / 2);
    }
}
