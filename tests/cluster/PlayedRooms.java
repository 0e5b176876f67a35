import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What a container has beside its status: a folder to run exec's commands in, its environment, its logs; kwok
 * reads them from Exec and Logs resources, one of each a pod. Processes end with their container. Also looks up
 * what the pod needs before it can start ({@link PlayedNeeds}), again and again until all is there.
 */
final class PlayedRooms implements AutoCloseable {
    private static final Duration AGAIN = Duration.ofMillis(400);

    private final KubernetesClient client;
    private final Path dir;
    private final SharedIndexInformer<Pod> pods;
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor(PlayedRooms::daemon);

    PlayedRooms(KubernetesClient client, Path dir) {
        this.client = client;
        this.dir = dir;
        this.pods = client.pods().inAnyNamespace().runnableInformer(0);
        pods.exceptionHandler((started, problem) -> true);
        pods.addEventHandler(new Handler());
        pods.start();
    }

    static Path folder(Path dir, String namespace, String pod, String container) {
        return dir.resolve("rooms").resolve(namespace).resolve(pod).resolve(container);
    }

    @Override
    public void close() {
        pods.stop();
        worker.shutdownNow();
    }

    /** Kills every process whose environment holds all of the entries. Where there is no /proc, nothing. */
    static void kill(String... entries) {
        if (!Files.isDirectory(Path.of("/proc"))) {
            return;
        }
        long self = ProcessHandle.current().pid();
        ProcessHandle.allProcesses()
            .filter(process -> process.pid() != self && environment(process.pid()).containsAll(List.of(entries)))
            .forEach(ProcessHandle::destroyForcibly);
    }

    private static List<String> environment(long pid) {
        try {
            return List.of(Files.readString(Path.of("/proc", String.valueOf(pid), "environ"), StandardCharsets.ISO_8859_1).split("\0"));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "local-cluster-rooms");
        thread.setDaemon(true);
        return thread;
    }

    private final class Handler implements ResourceEventHandler<Pod> {
        @Override
        public void onAdd(Pod pod) {
            if (pod.getSpec().getNodeName() != null && !"none".equals(PlayedLife.of(pod, "room"))) {
                work(pod, true);
            }
        }

        @Override
        public void onUpdate(Pod old, Pod pod) {
            boolean scheduled = old.getSpec().getNodeName() == null;
            if (scheduled || !PlayedLife.told(old).equals(PlayedLife.told(pod))
                || !PlayedLife.stopped(old).equals(PlayedLife.stopped(pod))) {
                onAdd(pod);
            }
            for (String container : PlayedLife.restarted(old, pod)) {
                kill(marks(pod, container));
            }
        }

        @Override
        public void onDelete(Pod pod, boolean missed) {
            kill("POD_UID=" + pod.getMetadata().getUid());
            Disk.delete(folder(dir, pod.getMetadata().getNamespace(), pod.getMetadata().getName(), ".").normalize());
        }
    }

    /** Makes the pod's room and looks up what it needs; comes back while something is missing or nobody answers. */
    private void keep(Pod pod, boolean furnish) {
        try {
            if (furnish) {
                furnish(pod);
            }
            if (PlayedNeeds.tell(client, pod)) {
                return;
            }
            again(pod, false);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 403) {
                again(pod, furnish);
            }
        }
    }

    private void work(Pod pod, boolean furnish) {
        CompletableFuture.runAsync(() -> keep(pod, furnish), worker).exceptionally(fault -> {
            LocalCluster.say("pod/" + pod.getMetadata().getName() + ": cannot play its part: " + fault);
            return null;
        });
    }

    private void again(Pod pod, boolean furnish) {
        if (!worker.isShutdown()) {
            worker.schedule(() -> {
                Pod now = pods.getIndexer().getByKey(pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName());
                if (now != null && now.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
                    work(now, furnish);
                }
            }, AGAIN.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void furnish(Pod pod) {
        List<Map<String, Object>> execs = new ArrayList<>();
        List<Map<String, Object>> logs = new ArrayList<>();
        Set<String> stopped = PlayedLife.stopped(pod);
        for (Container container : PlayedLife.containers(pod)) {
            Path room = folder(dir, pod.getMetadata().getNamespace(), pod.getMetadata().getName(), container.getName());
            Path log = Disk.write(Path.of(room + ".log"), PlayedLife.log(pod, container, "log"));
            Path previous = Disk.write(Path.of(room + ".previous.log"), PlayedLife.log(pod, container, "previous-log"));
            Disk.write(Path.of(room + ".gitconfig"), "[user]\n\tuseConfigOnly = true\n"); // a container's user has no name to make one of
            execs.add(Map.of("containers", List.of(container.getName()), "local", Map.of("workDir", Disk.folder(room).toString(),
                "envs", PlayedLife.environment(client, pod, container, room, marks(pod, container.getName())))));
            logs.add(Map.of("containers", List.of(container.getName()),
                "logsFile", log.toString(), "previousLogsFile", previous.toString()));
        }
        execs.removeIf(exec -> stopped.containsAll((List<?>) exec.get("containers")));
        put(pod, "Exec", Map.of("execs", execs));
        put(pod, "Logs", Map.of("logs", logs));
    }

    private void put(Pod pod, String kind, Map<String, Object> spec) {
        Map<String, Object> owner = Map.of("apiVersion", "v1", "kind", "Pod",
            "name", pod.getMetadata().getName(), "uid", pod.getMetadata().getUid());
        Map<String, Object> object = Map.of("apiVersion", "kwok.x-k8s.io/v1alpha1", "kind", kind, "spec", spec, "metadata",
            Map.of("name", pod.getMetadata().getName(), "namespace", pod.getMetadata().getNamespace(), "ownerReferences", List.of(owner)));
        client.resource(Serialization.asJson(object)).fieldManager("local-cluster").forceConflicts().serverSideApply();
    }

    private String[] marks(Pod pod, String container) {
        return new String[] {"LOCAL_CLUSTER=" + dir, "POD_NAMESPACE=" + pod.getMetadata().getNamespace(),
            "POD_NAME=" + pod.getMetadata().getName(), "POD_UID=" + pod.getMetadata().getUid(), "CONTAINER=" + container};
    }
}
