///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Starts a real Kubernetes on loopback, without a container engine, until Ctrl-C
//JAVA 17+
//COMPILE_OPTIONS -encoding UTF-8 -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC
//DEPS info.picocli:picocli:4.7.7
//SOURCES cluster/LocalCluster.java
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xlog:disable

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.opentest4j.TestAbortedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The tests' cluster for a developer by hand: {@code ./jbangw cluster}. stdout is the kubeconfig's path, nothing else. */
@Command(name = "cluster", mixinStandardHelpOptions = true, description = {
    "Starts the cluster that the tests use and stays until Ctrl-C.",
    "stdout is the path of its kubeconfig; tests/fixtures/kwok/README.md says how pods live there."})
class cluster implements Callable<Integer> {
    @Option(names = "--build", description = "Only see that its programs are in the cache: build them where they are missing.")
    boolean build;

    @Option(names = "--real", description = "With one real node (kubelet, containerd, DNS, registries), no played ones; Linux, as root.")
    boolean real;

    @Spec
    CommandSpec spec;

    public static void main(String... args) {
        System.exit(new CommandLine(new cluster()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        try {
            if (build) {
                locate().values().forEach(program -> spec.commandLine().getOut().println(program));
                return 0;
            }
            if (real) {
                serve(RealNode.start());
            } else {
                serve(LocalCluster.start(), "TEST_KUBE_CONTEXT=" + LocalCluster.CONTEXT + " ./jbangw test");
            }
            return 0;
        } catch (LocalCluster.Unavailable | TestAbortedException e) {
            spec.commandLine().getErr().println("cluster: " + e.getMessage());
            return 1;
        }
    }

    private Map<String, Path> locate() {
        Map<String, Path> programs = new TreeMap<>(ClusterPrograms.locate());
        if (real) {
            programs.putAll(NodePrograms.locate());
        }
        return programs;
    }

    private void serve(RealNode node) throws InterruptedException {
        NodeRegistries registries = node.registries();
        serve(node.cluster(), """
            kubectl run web --image %1$s
              images: lab/app:1 (shell, git, curl), lab/nonroot:1 (user 10001), lab/noshell:1; pull secret of %2$s: %3$s, %4$s; \
            unknown certificate: %5$s
              push:   %6$sIMAGE:TAG from this machine (plain HTTP, no password); pods name it %7$s/IMAGE:TAG
              import: %8$s\
            """.formatted(RealNode.image("app:1"), NodeRegistries.LOCKED, NodeRegistries.USER, NodeRegistries.PASSWORD,
                NodeRegistries.SECURE, registries.open().getAuthority() + "/", NodeRegistries.OPEN,
                node.shell("ctr -n k8s.io images import FILE.tar")));
    }

    private void serve(LocalCluster running, String how) throws InterruptedException {
        spec.commandLine().getOut().println(running.kubeconfig());
        spec.commandLine().getOut().flush();
        spec.commandLine().getErr().printf("""
            cluster: ready until Ctrl-C; its logs are in %s
              export KUBECONFIG=%s
              %s
            """, running.dir(), running.kubeconfig(), how);
        spec.commandLine().getErr().flush();
        new CountDownLatch(1).await();
    }
}
