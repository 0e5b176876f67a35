///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Starts a real Kubernetes on loopback, without a container engine, until Ctrl-C
//JAVA 17+
//COMPILE_OPTIONS -encoding UTF-8
//DEPS info.picocli:picocli:4.7.7
//SOURCES cluster/LocalCluster.java
//RUNTIME_OPTIONS -XX:+UseSerialGC -Xlog:disable

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

    @Spec
    CommandSpec spec;

    public static void main(String... args) {
        System.exit(new CommandLine(new cluster()).execute(args));
    }

    @Override
    public Integer call() throws InterruptedException {
        try {
            if (build) {
                ClusterPrograms.locate().values().forEach(program -> spec.commandLine().getOut().println(program));
                return 0;
            }
            serve(LocalCluster.start());
            return 0;
        } catch (LocalCluster.Unavailable | TestAbortedException e) {
            spec.commandLine().getErr().println("cluster: " + e.getMessage());
            return 1;
        }
    }

    private void serve(LocalCluster running) throws InterruptedException {
        spec.commandLine().getOut().println(running.kubeconfig());
        spec.commandLine().getOut().flush();
        spec.commandLine().getErr().printf("""
            cluster: ready until Ctrl-C; its logs are in %s
              export KUBECONFIG=%s
              TEST_KUBE_CONTEXT=%s ./jbangw test
            """, running.dir(), running.kubeconfig(), LocalCluster.CONTEXT);
        spec.commandLine().getErr().flush();
        new CountDownLatch(1).await();
    }
}
