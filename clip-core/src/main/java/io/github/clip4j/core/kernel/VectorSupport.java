package io.github.clip4j.core.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/// Decides once, when the class is loaded, whether the Vector API kernels are used, and logs one line when they are not.
///
/// They need three things: the incubator module in the boot layer; HotSpot with its C2 compiler, without which each vector operation is a
/// method call that allocates; and hardware FMA, without which `fma` is computed in `BigDecimal`. Without the first two the scalar kernels
/// give the same bits. Without the third they round a product and a sum separately, and say so.
public final class VectorSupport {
    /// Whether multiply-adds round once; false on a processor that has no instruction for it.
    static final boolean FUSED = hasFma();

    /// Why the scalar kernels are used; empty when the vector kernels are.
    private static final Optional<String> REFUSAL = refusal();

    /// Whether the vector kernels are used. A constant to the JIT compiler: `if (VectorSupport.ENABLED)` costs nothing.
    public static final boolean ENABLED = REFUSAL.isEmpty();

    static {
        REFUSAL.ifPresent(reason -> {
            Logger logger = System.getLogger("io.github.clip4j");
            logger.log(Level.WARNING, "clip4j runs on its scalar kernels, {0}: {1}", effect(), reason);
        });
    }

    private VectorSupport() {}

    /// One line on the compute path in use, for reports.
    public static String describe() {
        return REFUSAL.map(reason -> "scalar (" + reason + ")").orElseGet(() -> "vector, " + Lanes.COUNT * Float.SIZE + " bit");
    }

    private static String effect() {
        if (!FUSED) {
            return "slower, and each multiply-add is rounded twice (docs/numerics.md gives the bound)";
        }
        return hasC2() ? "with the same bits at about a third of the speed" : "with the same bits, many times slower";
    }

    private static Optional<String> refusal() {
        if (!FUSED) {
            return Optional.of("this processor has no fused multiply-add, or -XX:-UseFMA is set");
        }
        if (!hasC2()) {
            return Optional.of("the virtual machine ('%s', '%s') runs without the C2 compiler of HotSpot"
                    .formatted(System.getProperty("java.vm.name", ""), System.getProperty("java.vm.info", "")));
        }
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return Optional.of("the module jdk.incubator.vector is not there; start java with --add-modules jdk.incubator.vector");
        }
        if (ModuleLayer.boot().findModule("jdk.management").isEmpty()) {
            return Optional.of("the module jdk.management is not there to ask for hardware FMA; add it to the run-time image");
        }
        return Optional.empty();
    }

    private static boolean hasC2() {
        String vm = System.getProperty("java.vm.name", "");
        String mode = System.getProperty("java.vm.info", "");
        return (vm.contains("OpenJDK") || vm.contains("HotSpot"))
                && !mode.contains("interpreted") && !mode.contains("emulated-client"); // -Xint, or -XX:TieredStopAtLevel below 4
    }

    /// Without `jdk.management` nobody can be asked. Then the promise of the same bits counts more: `Math.fma` keeps it on any processor.
    private static boolean hasFma() {
        if (ModuleLayer.boot().findModule("jdk.management").isEmpty()) {
            return true;
        }
        HotSpotDiagnosticMXBean flags = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        return flags == null || Boolean.parseBoolean(flags.getVMOption("UseFMA").getValue());
    }
}
