package io.github.clip4j.spark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// A real cluster on this machine: a master and workers, each a process, of the Spark that is on the class path of the tests.
final class StandaloneCluster implements AutoCloseable {
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    private static final Pattern MASTER = Pattern.compile("Starting Spark master at (spark://\\S+)");

    private final Path folder;
    private final Path application;
    private final List<Process> processes = new ArrayList<>();
    private final List<Process> workers = new ArrayList<>();
    private final String master;

    /// Starts a cluster; each worker has one core.
    ///
    /// @param folder for its logs and files
    StandaloneCluster(Path folder, int workers) throws IOException, InterruptedException {
        this.folder = folder;
        this.application = folder.resolve("application.jar");
        Path jars = Files.createDirectories(folder.resolve("spark/jars"));
        List<Path> ours = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            if (Files.isDirectory(path) || path.getFileName().toString().startsWith("clip")) {
                ours.add(path);
            } else {
                Files.createSymbolicLink(jars.resolve(path.getFileName()), path);
            }
        }
        pack(ours);
        start("master", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", "0", "--webui-port", "0");
        this.master = await("master", MASTER).group(1);
        for (int i = 0; i < workers; i++) {
            this.workers.add(start("worker" + i, "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--port", "0",
                    "--webui-port", "0", "--cores", "1", "--memory", "1g", "--work-dir", folder.resolve("work" + i).toString(), master));
        }
        for (int i = 0; i < workers; i++) {
            await("worker" + i, Pattern.compile("Successfully registered with master"));
        }
    }

    /// One jar of clip4j's modules, as the build makes it for spark-submit.
    private void pack(List<Path> entries) throws IOException {
        Set<String> names = new HashSet<>();
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(application))) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry)) {
                    try (Stream<Path> files = Files.walk(entry)) {
                        for (Path file : files.filter(Files::isRegularFile).toList()) {
                            add(out, names, entry.relativize(file).toString().replace(File.separatorChar, '/'), Files.readAllBytes(file));
                        }
                    }
                } else {
                    try (JarFile jar = new JarFile(entry.toFile())) {
                        for (JarEntry file : jar.stream().filter(each -> !each.isDirectory()).toList()) {
                            add(out, names, file.getName(), jar.getInputStream(file).readAllBytes());
                        }
                    }
                }
            }
        }
    }

    private static void add(JarOutputStream out, Set<String> names, String name, byte[] bytes) throws IOException {
        if (names.add(name)) {
            out.putNextEntry(new JarEntry(name));
            out.write(bytes);
        }
    }

    private Process start(String log, String... command) throws IOException {
        List<String> line = new ArrayList<>(List.of(JAVA, "-cp", folder.resolve("spark/jars") + "/*", "-Xmx1g"));
        line.addAll(Arrays.asList(command));
        ProcessBuilder builder = new ProcessBuilder(line).directory(folder.toFile()).redirectErrorStream(true)
                .redirectOutput(folder.resolve(log + ".log").toFile());
        builder.environment().put("SPARK_HOME", folder.resolve("spark").toString());
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    String log(String name) throws IOException {
        return Files.readString(folder.resolve(name + ".log"));
    }

    private Matcher await(String log, Pattern line) throws IOException, InterruptedException {
        for (Instant end = Instant.now().plus(Duration.ofMinutes(1)); Instant.now().isBefore(end); Thread.sleep(100)) {
            Matcher matcher = line.matcher(log(log));
            if (matcher.find()) {
                return matcher;
            }
        }
        throw new IllegalStateException("expected %s within a minute, got%n%s".formatted(line, log(log)));
    }

    /// Submits an application.
    ///
    /// @param name of its log
    /// @param settings of Spark, `name=value`
    Process submit(String name, Class<?> main, List<String> settings, List<String> args) throws IOException {
        List<String> command = new ArrayList<>(List.of("org.apache.spark.deploy.SparkSubmit", "--master", master, "--class", main.getName(),
                "--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.ui.enabled=false", "--executor-memory", "900m",
                "--conf", "spark.executor.extraJavaOptions=--add-modules jdk.incubator.vector",
                "--conf", "spark.executor.cores=1"));
        settings.forEach(setting -> command.addAll(List.of("--conf", setting)));
        command.add(application.toString());
        command.addAll(args);
        return start(name, command.toArray(String[]::new));
    }

    /// Kills a worker and its executors, as a machine that loses power would.
    void kill(int worker) {
        kill(workers.get(worker));
    }

    private static void kill(Process process) {
        List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        all.forEach(ProcessHandle::destroyForcibly);
    }

    @Override
    public void close() {
        processes.reversed().forEach(StandaloneCluster::kill);
        for (Process process : processes) {
            process.onExit().join();
        }
    }
}
