import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Namespaces (mounts, processes, network) in which a real node lives. The kernel ends all of it with the first process:
 * mounts, bridge, rules and containers; the watchdog of {@link Programs} removes the cgroup.
 */
final class NodeSandbox {
    /** The pods' side of the bridge, where DNS is served; inside the node's network, so every node has the same. */
    static final String BRIDGE = "10.88.0.1";

    private static final String INIT = "node";
    private static final String PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private final Programs programs;
    private final Path folder;
    private final String network;
    private final long init;

    private NodeSandbox(Programs programs, Path folder, String network, long init) {
        this.programs = programs;
        this.folder = folder;
        this.network = network;
        this.init = init;
    }

    /**
     * Opens it below the cluster's folder, whose name becomes the cgroup's.
     *
     * @param lab the program that is the first process
     */
    static NodeSandbox open(Programs programs, Path dir, Path lab) {
        programs.start(INIT, Path.of("unshare"), "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", lab.toString(),
            "init");
        long[] pid = new long[1];
        programs.await(INIT, "its first process", () -> (pid[0] = first(programs.handle(INIT))) != 0);
        NodeSandbox sandbox = new NodeSandbox(programs, Disk.folder(dir.resolve("node")), freeNetwork(), pid[0]);
        sandbox.wire();
        Path script = Disk.write(sandbox.folder.resolve("setup.sh"), NodePrograms.text("setup.sh"));
        sandbox.run("sh", script.toString(), sandbox.folder.toString(), dir.getFileName().toString(), sandbox.address(), BRIDGE);
        return sandbox;
    }

    /** Where its files are. */
    Path folder() {
        return folder;
    }

    /** The machine's end of the wire: where the API server listens. */
    String hostAddress() {
        return network + ".1";
    }

    /** The node's end of the wire. */
    String address() {
        return network + ".2";
    }

    /** Starts a program inside; its log is where all logs are. */
    void start(String name, Path program, String... arguments) {
        List<String> inside = new ArrayList<>(List.of("--target", String.valueOf(init), "--mount", "--net", "--pid", "--",
            "env", PATH, program.toString()));
        inside.addAll(List.of(arguments));
        programs.start(name, Path.of("nsenter"), inside.toArray(String[]::new));
    }

    /** Kills a program that was started inside; what it has detached (a container's shim) lives on. */
    void stop(String name) {
        programs.handle(name).descendants().forEach(ProcessHandle::destroyForcibly);
        programs.stop(name);
    }

    /** Runs a command inside to its end and returns its output. */
    String run(String... command) {
        List<String> all = new ArrayList<>(List.of("nsenter", "--target", String.valueOf(init), "--mount", "--net", "--pid", "--",
            "env", PATH));
        all.addAll(List.of(command));
        return Subprocess.output(folder, Map.of(), all.toArray(String[]::new));
    }

    /** How a person runs a command inside. */
    String shell(String command) {
        return "nsenter -t " + init + " -m -n -p " + command;
    }

    private void wire() {
        String end = "node-" + Unique.letters();
        ip("link", "add", end, "type", "veth", "peer", "name", "eth0", "netns", String.valueOf(init));
        ip("address", "add", hostAddress() + "/30", "dev", end);
        ip("link", "set", end, "up");
    }

    private static void ip(String... arguments) {
        Subprocess.output(Path.of("/"), Map.of(), Stream.concat(Stream.of(NodePrograms.find("ip").toString()), Stream.of(arguments))
            .toArray(String[]::new));
    }

    /** Three numbers of a network that this machine has no route to: several runs may share it. */
    private static String freeNetwork() {
        String routes = Subprocess.output(Path.of("/"), Map.of(), NodePrograms.find("ip").toString(), "-4", "route", "show", "table",
            "all");
        for (int attempt = 0; attempt < 100; attempt++) {
            String network = "10." + (200 + Unique.SOURCE.nextInt(50)) + "." + Unique.SOURCE.nextInt(256);
            if (!routes.contains(" " + network + ".") && !routes.contains("\n" + network + ".")) {
                return network;
            }
        }
        throw new IllegalStateException("no free network in 10.200.0.0 to 10.249.0.0");
    }

    /** The pid of the first process once its namespaces are made and it is itself; 0 before. */
    private static long first(ProcessHandle unshare) {
        return unshare.children().filter(child -> isLab(child.pid())).map(ProcessHandle::pid).findFirst().orElse(0L);
    }

    private static boolean isLab(long pid) {
        Path name = Path.of("/proc", String.valueOf(pid), "comm");
        return Files.exists(name) && Disk.text(name).strip().equals("lab");
    }
}
