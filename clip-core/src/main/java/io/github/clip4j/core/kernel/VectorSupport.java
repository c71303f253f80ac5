package io.github.clip4j.core.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/// Decides once, when the class is loaded, whether the Vector API kernels are used, and logs one line when they are not.
///
/// They need three things: the incubator module in the boot layer; HotSpot with its C2 compiler, without which each vector operation is
/// a method call that allocates; and hardware FMA, without which `fma` is computed in `BigDecimal`.
public final class VectorSupport {
    /// Why the scalar kernels are used; empty when the vector kernels are.
    private static final Optional<String> REFUSAL = refusal();

    /// Whether the vector kernels are used. A constant to the JIT compiler: `if (VectorSupport.ENABLED)` costs nothing.
    public static final boolean ENABLED = REFUSAL.isEmpty();

    static {
        REFUSAL.ifPresent(reason -> {
            Logger logger = System.getLogger("io.github.clip4j");
            logger.log(Level.WARNING, "clip4j runs on its scalar kernels, many times slower: {0}", reason);
        });
    }

    private VectorSupport() {}

    /// One line on the compute path in use, for reports.
    public static String describe() {
        return REFUSAL.map(reason -> "scalar (" + reason + ")").orElseGet(() -> "vector, " + Lanes.COUNT * Float.SIZE + " bit");
    }

    private static Optional<String> refusal() {
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            return Optional.of("the module jdk.incubator.vector is not there; start java with --add-modules jdk.incubator.vector");
        }
        String vm = System.getProperty("java.vm.name", "");
        if (!vm.contains("OpenJDK") && !vm.contains("HotSpot")) {
            return Optional.of("the virtual machine '" + vm + "' is not HotSpot, whose C2 compiler they need");
        }
        String mode = System.getProperty("java.vm.info", "");
        if (mode.contains("interpreted") || mode.contains("emulated-client")) { // -Xint, or -XX:TieredStopAtLevel below 4
            return Optional.of("the virtual machine runs without its C2 compiler ('" + mode + "')");
        }
        return fmaRefusal();
    }

    private static Optional<String> fmaRefusal() {
        if (ModuleLayer.boot().findModule("jdk.management").isEmpty()) {
            return Optional.of("the module jdk.management is not there to ask for hardware FMA; add it to the run-time image");
        }
        HotSpotDiagnosticMXBean flags = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        if (!Boolean.parseBoolean(flags.getVMOption("UseFMA").getValue())) {
            return Optional.of("this processor has no fused multiply-add, or -XX:-UseFMA is set");
        }
        return Optional.empty();
    }
}
