//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import tools.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a pod says of itself and its scheduler of it, at the edges: the second at which patience ends, the count that proves, the field that
 * is named.
 */
class PodFindingsTest {
    private static final String NODE = """
        kind: Node
        metadata: {name: %s, labels: {%s}}
        status: {conditions: [{type: Ready, status: 'True'}, {type: %s, status: '%s', reason: R}]}
        """;

    private static Scene pending(String reason, String message) {
        return new Scene().deploy("web", "", Scene.unscheduled(message).replace("Unschedulable", reason));
    }

    private static Scene unseen() {
        return new Scene().add("kind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: a}]}\nstatus: {phase: Pending}");
    }

    @Test
    void aPodWithoutANodeIsWaitedForUntilItsAgeSaysOtherwise() {
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), pending("NotReadyForScheduling", "x").aged(119).findings());
        assertEquals(List.of("SCHED_NOT_READY Deployment/web"), pending("NotReadyForScheduling", "x").aged(120).findings());
        assertEquals(List.of("STILL_PROGRESSING Pod/web"), unseen().aged(59).findings());
        assertEquals(List.of("SCHED_SCHEDULER_MISSING Pod/web"), unseen().aged(60).findings());
        assertEquals(List.of("UNKNOWN Deployment/web"), pending("Unschedulable", "").aged(60).findings());
    }

    @Test
    void anAutoscalerIsTrustedForAQuarterOfAnHour() {
        var scene = pending("Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.")
            .event("Pod/web-1-a", "TriggeredScaleUp", 1, "pod triggered scale-up");
        assertEquals(List.of("AUTOSCALING_IN_PROGRESS Deployment/web"), scene.aged(899).findings());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), scene.aged(900).findings());
    }

    private static final String CLOSED = "0/2 nodes are available: 1 node(s) had untolerated taint {gpu: yes}, "
        + "1 node(s) didn't match Pod's node affinity/selector.";
    private static final String TERMS = """
        affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
          {matchExpressions: [{key: disk, operator: In, values: [nvme]}]},
          {matchExpressions: [{key: disk, operator: Exists}, {key: disk, operator: In, values: [%s]}]}]}}}
        containers: [{name: web, image: a}]""";

    private static Scene selects(String spec, String message) {
        return new Scene().deploy("web", spec, Scene.unscheduled(message)).add(NODE.formatted("a", "disk: ssd", "Ready", "True"))
            .add(NODE.formatted("b", "", "Ready", "True"));
    }

    @Test
    void aNodeWithTheLabelsThatIsClosedToThePodIsMeant() {
        var fits = "nodeSelector: {disk: ssd}";
        var none = "nodeSelector: {disk: hdd}";
        assertEquals(List.of("SCHED_TAINT Deployment/web"), selects(fits, CLOSED).findings());
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"), selects(none, CLOSED).findings());
        assertEquals(List.of("SCHED_TAINT Deployment/web"), selects(TERMS.formatted("ssd"), CLOSED).findings());
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"), selects(TERMS.formatted("hdd"), CLOSED).findings());
        var cordoned = "0/2 nodes are available: 1 node(s) were unschedulable, 1 node(s) didn't match Pod's node affinity/selector.";
        assertEquals(List.of("SCHED_NODES_UNAVAILABLE Deployment/web"), selects(fits, cordoned).findings());
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"), selects(none, cordoned).findings());
        assertEquals(List.of("SCHED_NODES_UNAVAILABLE Deployment/web"),
            new Scene().deploy("web", none, Scene.unscheduled(cordoned)).findings(), "nobody could look at the nodes");
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"),
            selects(fits, "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.").findings());
    }

    @Test
    void theTaintIsNamedAndAControlPlanesIsNone() {
        var own = "0/2 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
            + "1 node(s) had untolerated taint {gpu: yes}.";
        assertEquals("gpu", ensure_ready.Findings.of(selects("", CLOSED).snapshot()).get(0).param("taint"));
        assertEquals(List.of(ensure_ready.Code.SCHED_TAINT), ensure_ready.Scheduling.codes(own));
        assertEquals(List.of(ensure_ready.Code.SCHED_INSUFFICIENT_RESOURCES), ensure_ready.Scheduling.codes(
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }."));
        assertEquals(List.of(ensure_ready.Code.SCHED_TAINT), ensure_ready.Scheduling.codes(
            "0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }."));
        assertEquals(List.of(), ensure_ready.Scheduling.codes("0/1 nodes are available: 1 node(s) did what nobody knows."));
        assertEquals("", ensure_ready.Findings.of(pending("Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.").snapshot())
            .get(0).param("taint"));
    }

    @Test
    void theNewestEventSpeaksForAConditionWithoutAMessage() {
        var scene = pending("Unschedulable", "").event("Pod/web-1-a", "FailedScheduling", 1, "0/1 nodes are available: 1 Insufficient cpu.")
            .event("Pod/web-1-a", "FailedScheduling", 1, "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.");
        assertEquals(List.of("SCHED_TAINT Deployment/web"), scene.findings());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), pending("Unschedulable", "0/1: 1 Insufficient cpu.")
            .event("Pod/web-1-a", "FailedScheduling", 1, "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.")
            .findings());
    }

    @Test
    void theOneNodeThatIsShortOfSomethingIsNamedAndOfTwoNone() {
        var message = "0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.";
        var scene = pending("Unschedulable", message).add(NODE.formatted("a", "", "DiskPressure", "True"))
            .add(NODE.formatted("b", "", "DiskPressure", "False"));
        assertEquals(List.of("NODE_PRESSURE Node/a"), scene.findings());
        assertEquals(List.of("NODE_PRESSURE Deployment/web"), scene.add(NODE.formatted("c", "", "MemoryPressure", "True")).findings());
    }

    @Test
    void aClaimThatIsNotThereIsNamedWhateverTheSchedulerSays() {
        var claimed = "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]";
        var message = "0/1 nodes are available: 1 Insufficient cpu.";
        assertEquals(List.of("PVC_MISSING PersistentVolumeClaim/data"),
            new Scene().deploy("web", claimed, Scene.unscheduled(message)).none("PersistentVolumeClaim").findings());
        assertEquals(List.of("PVC_MISSING PersistentVolumeClaim/other"), new Scene().deploy("web", claimed,
            Scene.unscheduled("persistentvolumeclaim \"other\" not found")).none("PersistentVolumeClaim").findings());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), new Scene().deploy("web", claimed, Scene.unscheduled(message))
            .add("kind: PersistentVolumeClaim\nmetadata: {name: data}\nstatus: {phase: Bound}").findings());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), new Scene().none("Secret").deploy("web",
            "volumes: [{name: s, secret: {secretName: gone}}]", Scene.unscheduled(message)).findings());
    }

    private static Scene evicted(int pods, String reason, long apart, String message) {
        var scene = new Scene().deploy("web", "", "phase: Pending");
        scene.snapshot().objects().get("Pod").clear();
        for (int i = 0; i < pods; i++) {
            scene.add("kind: Pod\nmetadata: {name: web-1-" + i + ", owner: ReplicaSet/web-1, creationTimestamp: '"
                + Scene.NOW.minusSeconds(600 - apart * i) + "'}\nspec: {nodeName: n, containers: [{name: web, image: a}]}\n"
                + "status: {phase: Failed, reason: " + reason + ", message: '" + message + "'}");
        }
        return scene;
    }

    @Test
    void threePodsThatFilledTheirOwnDiskLeaveNoHope() {
        var full = "Pod ephemeral local storage usage exceeds the total limit of containers 8Mi.";
        assertEquals("EVICTED_EPHEMERAL_STORAGE Deployment/web FINAL", evicted(3, "Evicted", 60, full)
            .told().replaceFirst("(?s) \\{.*", ""));
        assertEquals("EVICTED_EPHEMERAL_STORAGE Deployment/web OBSERVED",
            evicted(2, "Evicted", 60, full).told().replaceFirst("(?s) \\{.*", ""));
        assertEquals("NODE_PRESSURE Node/n OBSERVED", evicted(3, "Evicted", 60, "The node was low on resource: memory.").told()
            .replaceFirst("(?s) \\{.*", ""));
        var others = evicted(2, "Evicted", 60, full)
            .add("kind: Pod\nmetadata: {name: other, owner: ReplicaSet/other}\nspec: {nodeName: n}\n"
            + "status: {phase: Failed, reason: Evicted, message: '" + full + "'}");
        assertEquals("OBSERVED", ensure_ready.Findings.of(others.snapshot()).stream()
            .filter(f -> f.owner().name().equals("web")).findFirst().get().basis().name());
    }

    @Test
    void onlyTheNewestOfThoseThatEndedSpeaks() {
        var findings = ensure_ready.Findings.of(evicted(3, "NodeShutdown", 60, "").snapshot());
        assertEquals(List.of("web-1-2"), findings.stream().map(ensure_ready.Finding::pod).toList());
        assertEquals(List.of("web-1-2"), ensure_ready.Findings.of(evicted(3, "NodeShutdown", 0, "").snapshot()).stream()
            .filter(f -> f.pod().equals("web-1-2")).map(ensure_ready.Finding::pod).toList());
        assertEquals("NODE_NOT_READY Node/n OBSERVED {node=n}\n  status pod/web-1-0/status.reason NodeShutdown: gone\n",
            evicted(1, "NodeShutdown", 0, "gone").told());
    }

    private static final String LOST = "kind: Node\nmetadata: {name: node-1}\nstatus: {conditions: [{type: Ready, status: Unknown}]}";

    private static List<String> going(String phase, String node) {
        return new Scene().pod("a", "", "a", "", "phase: " + phase + "\nreason: Evicted\nconditions: [{type: Ready, status: 'False'}]\n"
            + "containerStatuses: [{name: a, state: {waiting: {reason: ErrImagePull}}}]")
            .add("kind: Pod\nmetadata: {name: b, deletionTimestamp: '2026-01-01T09:59:00Z'}\nspec: {nodeName: node-1}\nstatus: {phase: "
                + phase + ", reason: Evicted, containerStatuses: [{name: b, state: {waiting: {reason: ErrImagePull}}}]}")
            .add(node).findings().stream().filter(f -> !f.endsWith("/a")).toList();
    }

    @Test
    void ofAPodThatIsTakenAwayOnlyItsNodeSpeaks() {
        assertEquals(List.of("NODE_NOT_READY Node/node-1"), going("Running", LOST).stream().distinct().toList());
        assertEquals(List.of(), going("Running", LOST.replace("Unknown", "'True'")));
        assertEquals(List.of(), going("Succeeded", LOST).stream().filter(f -> f.endsWith("/b")).toList());
        assertEquals(List.of(), going("Failed", LOST.replace("Unknown", "'True'")).stream().filter(f -> f.endsWith("/b")).toList());
    }

    @Test
    void aPodThatRanAndFailedWithAReasonOfItsOwnIsToldByItsContainers() {
        var failed = "phase: Failed\nreason: %s\ncontainerStatuses: [{name: web, state: {%s}}]";
        var ran = "terminated: {exitCode: 3}";
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), web("", failed.formatted("Odd", ran)).findings());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), web("", failed.formatted("DeadlineExceeded", ran)).findings());
        assertEquals(List.of("NODE_REFUSES_POD Deployment/web"), web("", failed.formatted("Odd", "waiting: {reason: PodInitializing}"))
            .findings());
        assertEquals(List.of("SCHED_PREEMPTED Deployment/web"), web("", failed.formatted("Preempting", ran)).findings());
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"), web("", failed.formatted("NodeAffinity", ran)).findings());
    }

    private static Scene web(String spec, String status) {
        return new Scene().deploy("web", spec, status);
    }

    private static final String INITS = "initContainers: [{name: one, image: a, command: ['sleep', '1d']%s}, "
        + "{name: two, image: a, command: ['sleep', '1d']}]";

    private static List<String> inits(String sidecar, String one, String two, String main) {
        return ensure_ready.Findings.of(web(INITS.formatted(sidecar), "phase: Pending\nconditions: [{type: Ready, status: 'False'}]\n"
            + "initContainerStatuses: [{name: one, " + one + "}, {name: two, " + two + "}]\ncontainerStatuses: [{name: web, " + main + "}]")
            .snapshot()).stream().map(f -> f.code() + " " + f.container()).toList();
    }

    @Test
    void theInitContainerThatRunsSpeaksAndTheNextOnesWait() {
        var runs = "state: {running: {startedAt: '2026-01-01T09:50:00Z'}}";
        var done = "state: {terminated: {exitCode: 0}}";
        var pulls = "state: {waiting: {reason: ErrImagePull}}";
        var waits = "state: {waiting: {reason: PodInitializing}}";
        var always = ", restartPolicy: Always";
        assertEquals(List.of("INIT_WAITING one"), inits("", runs, pulls, pulls));
        assertEquals(List.of("INIT_WAITING two"), inits("", done, runs, pulls));
        assertEquals(List.of("CRASH_APP_ERROR one"), inits("", "state: {terminated: {exitCode: 1}}", pulls, pulls));
        assertEquals(List.of("IMAGE_PULL_FAILED web"), inits("", done, done, pulls));
        assertEquals(List.of("INIT_WAITING two"), inits(always, "started: true, ready: true, " + runs, runs, pulls));
        assertEquals(List.of("INIT_WAITING two"), inits(always, "ready: true, " + runs, runs, pulls));
        assertEquals(List.of("IMAGE_PULL_FAILED one", "IMAGE_PULL_FAILED web"),
            inits(always, pulls, waits, pulls), "a sidecar holds nobody");
        assertEquals(List.of("IMAGE_PULL_FAILED web"), inits(always, "ready: true, " + runs, done, pulls));
    }

    @Test
    void aReadinessGateIsWaitedForTwoMinutes() {
        var spec = "readinessGates: [{conditionType: a}, {conditionType: b}]";
        var gates = "phase: Running\nconditions: [{type: a, status: 'True'}, %s{type: ContainersReady, status: '%s', lastTransitionTime: "
            + "'2026-01-01T09:58:%sZ'}]\ncontainerStatuses: [{name: web, ready: true, state: {running: {}}}]";
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), web(spec, gates.formatted("", "True", "01")).findings());
        assertEquals("""
            POD_READINESS_GATE Deployment/web OBSERVED {gate=b}
              spec pod/web-1-a/spec.readinessGates : b: nobody has set this condition
            """, web(spec, gates.formatted("", "True", "00")).told());
        assertEquals("""
            POD_READINESS_GATE Deployment/web OBSERVED {gate=b}
              condition pod/web-1-a/conditions[b] R: not yet
            """, web(spec, gates.formatted("{type: b, status: 'False', reason: R, message: not yet}, ", "True", "00")).told());
        assertEquals(List.of(), web(spec, gates.formatted("", "False", "00")).findings().stream().filter(f -> f.contains("GATE")).toList());
    }

    private static Scene creating() {
        return web("", Scene.creating("web"));
    }

    @Test
    void whatHoldsAVolumeOrASandboxUpIsWaitedForUntilItsAgeSaysOtherwise() {
        var cache = "MountVolume.SetUp failed for volume \"c\" : failed to sync configmap cache";
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), creating().aged(120)
            .event("Pod/web-1-a", "FailedMount", 9, cache).findings());
        assertEquals(List.of("VOLUME_MOUNT_FAILED Deployment/web"),
            creating().aged(121).event("Pod/web-1-a", "FailedMount", 9, cache).findings());
        for (var expected : List.of("STILL_PROGRESSING 2 119", "SANDBOX_FAILED 3 119", "SANDBOX_FAILED 2 120", "SANDBOX_FAILED 3 120")) {
            var words = expected.split(" ");
            assertEquals(List.of(words[0] + " Deployment/web"), creating().aged(Long.parseLong(words[2]))
                .event("Pod/web-1-a", "FailedCreatePodSandBox", Integer.parseInt(words[1]), "no network").findings(), expected);
        }
    }

    @Test
    void theNewestMessageThatNamesACauseWins() {
        var timeout = "Unable to attach or mount volumes: unmounted volumes=[c]";
        var attach = "Multi-Attach error for volume \"c\"";
        var stale = "MountVolume.SetUp failed: the object has been modified";
        assertEquals(List.of("PVC_ACCESS_MODE Deployment/web"), creating().event("Pod/web-1-a", "FailedAttachVolume", 1, attach)
            .event("Pod/web-1-a", "FailedMount", 9, timeout).findings());
        assertEquals(List.of("VOLUME_MOUNT_FAILED Deployment/web"), creating().event("Pod/web-1-a", "FailedMapVolume", 1, timeout)
            .event("Pod/web-1-a", "FailedMount", 9, stale).aged(60).findings());
        assertEquals("secret \"b\" not found",
            ensure_ready.Findings.of(creating().event("Pod/web-1-a", "FailedMount", 1, "secret \"a\" not found")
            .event("Pod/web-1-a", "FailedMount", 9, "secret \"b\" not found").snapshot()).get(0).evidence().get(0).message());
        var started = web("", Scene.unreadyRunning("web").replace("running: {startedAt: '2026-01-01T09:51:00Z'}", "running: {}"));
        assertEquals(List.of(), started.event("Pod/web-1-a", "Started", 1, "").event("Pod/web-1-a", "FailedMount", 1, timeout).findings()
            .stream().filter(f -> f.startsWith("VOLUME")).toList());
    }

    @Test
    void whatIsPulledSinceLongIsStillPulled() {
        assertEquals(List.of("IMAGE_STILL_PULLING Deployment/web"), creating().event("Pod/web-1-a", "Pulling", 1, "a").findings());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), creating().aged(119).event("Pod/web-1-a", "Pulling", 1, "a")
            .event("Pod/web-1-a", "Pulled", 1, "a").findings());
        assertEquals(List.of(), creating().aged(120).findings());
        var sandbox = Scene.creating("web").replace("conditions: [", "conditions: [{type: PodReadyToStartContainers, status: '%s'}, ");
        assertEquals("STILL_PROGRESSING OBSERVED", basis(web("", sandbox.formatted("False")).aged(119)));
        assertEquals("SANDBOX_FAILED INFERRED", basis(web("", sandbox.formatted("False")).aged(120)));
        assertEquals("IMAGE_STILL_PULLING OBSERVED", basis(web("", sandbox.formatted("True")).aged(120)));
    }

    @Test
    void whatRunsIsNotPulledAndMissesNothing() {
        var runs = Scene.ready("web").replace("{type: Ready, status: 'True'", "{type: PodReadyToStartContainers, status: 'True'}, "
            + "{type: Ready, status: 'False'");
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), web("", runs).findings());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"),
            web("volumes: [{name: s, secret: {secretName: gone}}]", runs).none("Secret").findings());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), web("", runs).event("Pod/web-1-a", "FailedMount", 1,
            "MountVolume.SetUp failed for volume \"c\" : configmap \"c\" not found").findings(), "an event from before it ran");
        var init = "initContainerStatuses: [{name: i, state: {terminated: {exitCode: 0}}}]\n";
        assertEquals(List.of("IMAGE_STILL_PULLING Deployment/web"), web("initContainers: [{name: i, image: a}]", init
            + Scene.creating("web").replace("ContainerCreating", "PodInitializing")).event("Pod/web-1-a", "Pulling", 1, "a").findings());
    }

    private static String basis(Scene scene) {
        var first = ensure_ready.Findings.of(scene.snapshot()).get(0);
        return first.code() + " " + first.basis();
    }

    @Test
    void everyMissingObjectIsToldOnceForAWorkload() {
        var spec = "volumes: [{name: s, secret: {secretName: a}}, {name: c, configMap: {name: a}}, {name: o, secret: {secretName: o, "
            + "optional: true}}, {name: d, secret: {secretName: d}}]";
        var scene = web(spec, Scene.creating("web")).none("Secret", "ConfigMap").add("kind: Secret\nmetadata: {name: d}");
        assertEquals(List.of("SECRET_MISSING Secret/a", "CONFIGMAP_MISSING ConfigMap/a"), scene.findings());
        scene.pod("web-1-b", "ReplicaSet/web-1", "web", spec, Scene.creating("web"));
        assertEquals(List.of("SECRET_MISSING Secret/a", "CONFIGMAP_MISSING ConfigMap/a"), scene.findings());
        assertEquals(4, scene.deploy("api", spec, Scene.creating("api")).findings().size());
        assertEquals(List.of("CONFIGMAP_MISSING ConfigMap/a", "SECRET_MISSING Secret/a"),
            web(spec, Scene.creating("web")).none("Secret", "ConfigMap").add("kind: Secret\nmetadata: {name: d}")
                .event("Pod/web-1-a", "FailedMount", 9, "configmap \"a\" not found").findings().stream().sorted().toList());
    }

    @Test
    void aVolumeThatAnotherNodesPodHoldsIsToldAfterTwoMinutes() {
        var spec = "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]";
        var held = web(spec, Scene.creating("web")).pod("old", "", "old", "containers: [{name: a, image: a}]\n" + spec, Scene.ready("a"))
            .add("kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [ReadWriteOnce]}\nstatus: {phase: Bound}");
        held.snapshot().find("Pod", "old").ifPresent(p -> ((ObjectNode) p.at("/spec")).put("nodeName", "node-2"));
        assertEquals(List.of(), held.aged(120).findings().stream().filter(f -> f.startsWith("PVC")).toList());
        assertEquals(List.of("PVC_ACCESS_MODE Deployment/web"), held.aged(121)
            .findings().stream().filter(f -> f.startsWith("PVC")).toList());
    }

    @Test
    void aJobsSidecarThatNeverEndsBlocksIt() {
        var status = "phase: Running\nconditions: [{type: Ready, status: 'False'}]\ncontainerStatuses: [{name: job, state: {%s}}, {name: "
            + "proxy, ready: true, state: {%s}}]";
        var runs = "running: {startedAt: '2026-01-01T09:50:00Z'}";
        var spec = "containers: [{name: job, image: a}, {name: proxy, image: a}]";
        assertEquals(List.of("JOB_SIDECAR_BLOCKS Job/job"),
            new Scene().job("job", spec, status.formatted("terminated: {exitCode: 0}", runs), "{active: 1}").findings());
        assertEquals(List.of(), new Scene().job("job", spec, status.formatted("terminated: {exitCode: 0}", "terminated: {exitCode: 0}"),
            "{active: 1}").findings().stream().filter(f -> f.startsWith("JOB_SIDECAR")).toList());
        assertEquals(List.of(), web(spec.replace("job", "web"), status.replace("job", "web").formatted("terminated: {exitCode: 0}", runs))
            .findings().stream().filter(f -> f.startsWith("JOB_SIDECAR")).toList());
    }

    private static List<String> startsAfter(String reason, String message, String pulled) {
        return new Scene().deploy("web", "", Scene.creating("web")).event("Pod/web-1-a", reason, 3, message)
            .add("kind: Event\nmetadata: {name: pull}\ninvolvedObject: {kind: Pod, name: web-1-a, uid: uid-Pod-web-1-a}\nreason: Pulling\n"
                + "type: Normal\nmessage: Pulling image\nlastTimestamp: '2026-01-01T" + pulled + "Z'").findings();
    }

    @Test
    void whatKeptAPodFromStartingIsOverOnceItsImagesArePulled() {
        for (var blocked : List.of(List.of("FailedMount", "configmap \"c\" not found", "CONFIGMAP_MISSING ConfigMap/c"),
            List.of("FailedCreatePodSandBox", "plugin type=\"calico\" failed", "SANDBOX_FAILED Deployment/web"))) {
            assertEquals(List.of("IMAGE_STILL_PULLING Deployment/web"), startsAfter(blocked.get(0), blocked.get(1), "09:59:00"));
            assertEquals(List.of(blocked.get(2)), startsAfter(blocked.get(0), blocked.get(1), "09:58:59"), "it failed again since");
        }
    }

    @Test
    void whatCameAfterItWasMissedIsMissedNoMore() {
        var late = "kind: %s\nmetadata: {name: c, creationTimestamp: '2026-01-01T%sZ'}";
        for (var created : List.of("09:58:01", "09:59:59")) {
            assertEquals(List.of("STILL_PROGRESSING Deployment/web"), new Scene().deploy("web", "", Scene.waiting("web",
                "CreateContainerConfigError", "secret \"c\" not found")).add(late.formatted("Secret", created)).findings(), created);
            assertEquals(List.of("STILL_PROGRESSING Deployment/web"), new Scene().deploy("web", "", Scene.creating("web"))
                .event("Pod/web-1-a", "FailedMount", 3, "configmap \"c\" not found").add(late.formatted("ConfigMap", created)).findings());
        }
        assertEquals(List.of("SECRET_MISSING Secret/c"), new Scene().deploy("web", "", Scene.waiting("web", "CreateContainerConfigError",
            "secret \"c\" not found")).add(late.formatted("Secret", "09:58:00")).findings());
        assertEquals(List.of("CONFIGMAP_MISSING ConfigMap/c"), new Scene().deploy("web", "", Scene.creating("web"))
            .event("Pod/web-1-a", "FailedMount", 3, "configmap \"c\" not found").add(late.formatted("ConfigMap", "09:58:00")).findings());
        var longAgo = new Scene().deploy("web", "", Scene.creating("web"))
            .event("Pod/web-1-a", "FailedMount", 3, "configmap \"c\" not found");
        longAgo.snapshot().all("Event").get(0).json().asObject().put("lastTimestamp", "2026-01-01T09:55:00Z");
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), longAgo.add(late.formatted("ConfigMap", "09:56:00")).findings());
    }

    @Test
    void withoutEventsAPodThatHasNoSandboxYetMayWaitForItsVolumes() {
        var status = "phase: Pending\nconditions: [{type: PodReadyToStartContainers, status: 'False'}]\n"
            + "containerStatuses: [{name: web, state: {waiting: {reason: ContainerCreating}}}]";
        for (var kind : List.of("nfs", "hostPath", "csi")) {
            assertEquals(List.of("VOLUME_MOUNT_FAILED Deployment/web"),
                web("volumes: [{name: v, " + kind + ": {}}]\n" + "containers: [{name: web, image: a}]", status).findings());
        }
        for (var kind : List.of("emptyDir", "configMap", "downwardAPI")) {
            assertEquals(List.of("SANDBOX_FAILED Deployment/web"),
                web("volumes: [{name: v, " + kind + ": {}}]\n" + "containers: [{name: web, image: a}]", status).findings());
        }
    }

    @Test
    void whereReplicaSetsMayNotBeReadOnlyTheYoungestPodsSpeak() {
        var scene = new Scene().add("kind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: web}}}");
        var pod = "kind: Pod\nmetadata: {name: web-%1$s-a, owner: ReplicaSet/web-%1$s, creationTimestamp: '2026-01-01T%2$sZ', labels: "
            + "{app: web, pod-template-hash: '%1$s'}}\nspec: {nodeName: n, containers: [{name: web, image: a}]}\nstatus:\n";
        scene.add(pod.formatted("1", "09:40:00") + Scene.indent(Scene.crashed("web", 1, "Error")));
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), scene.findings());
        scene.add(pod.formatted("2", "09:59:50") + Scene.indent(Scene.creating("web")));
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), scene.findings());
    }
}
