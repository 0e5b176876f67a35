package shared.system;

import java.io.IOException;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A process with all that it started. */
public final class ProcessTree {
    private static final int GRACE_MILLIS = 3000;
    private static final int LOOK_MILLIS = 20;
    /** A fork bomb outruns every snapshot: enough is tried. */
    private static final int ROUNDS = 50;

    /** Asks all of them to end, and kills after three seconds what has not. */
    public static void end(Process process) {
        var tree = stopped(Set.of(process.toHandle()));
        tree.forEach(ProcessHandle::destroy);
        signal("CONT", tree);
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GRACE_MILLIS);
        while (tree.stream().anyMatch(ProcessTree::lives) && System.nanoTime() < until) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
        }
        stopped(tree).forEach(ProcessHandle::destroyForcibly);
    }

    /** What has ended and waits for somebody to ask how has a number still, and no program. */
    private static boolean lives(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    /** What is stopped forks no more: nobody starts a child between a look and a signal that the next look does not see. */
    private static Set<ProcessHandle> stopped(Set<ProcessHandle> roots) {
        var all = new LinkedHashSet<ProcessHandle>();
        var found = roots.stream().filter(ProcessTree::lives).collect(Collectors.toSet());
        for (int round = 0; round < ROUNDS && all.addAll(found); round++) {
            signal("STOP", found);
            found = roots.stream().flatMap(root -> Stream.concat(Stream.of(root), root.descendants())).filter(ProcessTree::lives)
                .filter(process -> !all.contains(process)).collect(Collectors.toSet());
        }
        return all;
    }

    /** Java knows no other signals than TERM and KILL. */
    private static void signal(String name, Collection<ProcessHandle> processes) {
        if (processes.isEmpty()) {
            return;
        }
        var words = Stream.concat(Stream.of("sh", "-c", "kill -s \"$0\" \"$@\"", name),
            processes.stream().map(process -> String.valueOf(process.pid()))).toList();
        try {
            new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        } catch (IOException noShell) {
            // without one they are asked to end as they are
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
