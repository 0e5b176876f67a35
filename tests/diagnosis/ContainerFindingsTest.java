//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import tools.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What one container's status tells, at the edges: the second at which patience ends, the count that proves, the field that is named. */
class ContainerFindingsTest {
    private static Scene web(String spec, String status) {
        return new Scene().deploy("web", spec, status);
    }

    private static final String BACK_OFF = "Back-off pulling image \"repo/web:1\"";

    private static Scene pulls(String secrets, String message) {
        return web("imagePullSecrets: [" + secrets + "]\ncontainers: [{name: web, image: 'repo/web:1'}]",
            Scene.waiting("web", "ImagePullBackOff", BACK_OFF))
            .event("Pod/web-1-a", "Failed", 4, "Failed to pull image: " + message, "web");
    }

    @Test
    void aPullIsToldByTheEventOfItsOwnContainer() {
        assertEquals("""
            IMAGE_NOT_FOUND Deployment/web OBSERVED {image=repo/web:1}
              status pod/web-1-a/containerStatuses[web].state.waiting ImagePullBackOff: Back-off pulling image "repo/web:1"
              event pod/web-1-a Failed: Failed to pull image: manifest unknown
            """, pulls("", "401 Unauthorized").event("Pod/web-1-a", "Failed", 1, "Failed to pull image: manifest unknown", "web")
                .event("Pod/web-1-a", "Failed", 1, "Failed to pull image: toomanyrequests", "proxy")
                .event("Pod/web-1-a", "Failed", 1, "Later: unauthorized", "web").told());
        assertEquals("2026-01-01T09:55:00Z",
            ensure_ready.Findings.of(pulls("", "unauthorized").snapshot()).get(0).since().toString());
    }

    @Test
    void aPullSecretThatIsNotThereExplainsARefusalAndNothingElse() {
        assertEquals(List.of("IMAGE_PULL_SECRET_MISSING Secret/reg"), pulls("{name: reg}", "unauthorized").none("Secret").findings());
        assertEquals(List.of("IMAGE_PULL_SECRET_MISSING Secret/reg"),
            pulls("{name: reg}", "may require authorization").none("Secret").findings());
        assertEquals(List.of("IMAGE_PULL_SECRET_MISSING Secret/reg"), pulls("{name: reg}", "odd").none("Secret").findings());
        assertEquals(List.of("IMAGE_NOT_FOUND Deployment/web"), pulls("{name: reg}", "manifest unknown").none("Secret").findings());
        assertEquals(List.of("IMAGE_AUTH Deployment/web"),
            pulls("{name: reg}", "unauthorized").add("kind: Secret\nmetadata: {name: reg}").findings());
    }

    @Test
    void theKubeletTellsOfAPullSecretWhereNobodyMayReadSecrets() {
        var unread = pulls("{name: reg}", "unauthorized");
        assertEquals(List.of("IMAGE_AUTH Deployment/web"), unread.findings());
        unread.event("Pod/web-1-a", "FailedToRetrieveImagePullSecret", 3, "Unable to retrieve some image pull secrets");
        assertEquals(List.of("IMAGE_AUTH Deployment/web"), unread.findings());
        unread.event("Pod/web-1-a", "FailedToRetrieveImagePullSecret", 3,
            "Unable to retrieve some image pull secrets (reg); attempting to pull the image may not succeed.");
        assertEquals(List.of("IMAGE_PULL_SECRET_MISSING Secret/reg"), unread.findings());
    }

    @Test
    void thePullSecretOfOthersIsShownWhereItWouldHelp() {
        var others = "kind: Pod\nmetadata: {name: b}\nspec: {imagePullSecrets: [{name: reg}, {name: ab}]}\nstatus: {phase: Succeeded}";
        for (var message : List.of("unauthorized", "may require authorization", "ErrImageNeverPull")) {
            assertEquals("ab", ensure_ready.Findings.of(pulls("", message).add(others).snapshot())
                .get(0).param("othersPullSecret"), message);
        }
        assertEquals("", ensure_ready.Findings.of(pulls("", "not found").add(others).snapshot()).get(0).param("othersPullSecret"));
        assertEquals("", ensure_ready.Findings.of(pulls("{name: own}", "denied").add(others).snapshot()).get(0).param("othersPullSecret"));
    }

    @Test
    void whatTheRuntimeSaysOfTheStartLeadsToTheFault() {
        assertEquals(List.of("RUN_AS_NON_ROOT Deployment/web"), starts("container has runAsNonRoot and image will run as root").findings());
        assertEquals(List.of("CONFIG_KEY_MISSING Deployment/web"), starts("couldn't find key a in ConfigMap shop/env").findings());
        assertEquals(List.of("CONTAINER_START_FAILED Deployment/web"), starts("Multi-Attach error").findings());
        assertEquals(List.of("CONTAINER_COMMAND_PERMISSION Deployment/web"), starts("exec: \"/a\": permission denied").findings());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), starts("context deadline exceeded").aged(299).findings());
        assertEquals(List.of("CONTAINER_START_FAILED Deployment/web"), starts("context deadline exceeded").aged(300).findings());
        assertEquals("""
            CONTAINER_COMMAND_NOT_FOUND Deployment/web OBSERVED {}
              status pod/web-1-a/containerStatuses[web].state.waiting RunContainerError: exec: no such file or directory
            """, web("", Scene.waiting("web", "RunContainerError", "")
                .replace("}}]", "}}, lastState: {terminated: {message: 'exec: no such file or directory'}}}]")
                .replace("}}}, last", "}}, last")).told());
    }

    private static Scene starts(String message) {
        return web("", Scene.waiting("web", "CreateContainerError", message));
    }

    @Test
    void anEndIsToldWithItsExitCodeAndWhatTheProgramLeft() {
        assertEquals("""
            CRASH_APP_ERROR Deployment/web WEAK {exitCode=3, restarts=0}
              status pod/web-1-a/containerStatuses[web].state.terminated Error: exit code 3: the last word
            """, web("", Scene.ended("web", 3, "Error", "the last word")).told());
        assertEquals("""
            CRASH_APP_ERROR Deployment/web WEAK {exitCode=3, restarts=5}
              status pod/web-1-a/containerStatuses[web].lastState.terminated exit 3: exit code 3
            """, web("", Scene.crashed("web", 3, "''")).told());
        assertEquals("""
            CRASH_MISSING_ENV Deployment/web OBSERVED {exitCode=1, restarts=0, variable=DB_URL}
              status pod/web-1-a/containerStatuses[web].state.terminated Error: exit code 1: DB_URL is required
              log pod/web-1-a/web : DB_URL is required
            """, web("", Scene.ended("web", 1, "Error", "DB_URL is required")).told());
    }

    @Test
    void anEndWithSuccessIsAFaultOnlyWhereItMustNotEnd() {
        assertEquals(List.of("CONTAINER_EXITS_ZERO Deployment/web"), web("", Scene.ended("web", 0, "Completed", "")).findings());
        var never = web("restartPolicy: Never", Scene.ended("web", 0, "Completed", ""));
        assertEquals(List.of(), never.findings().stream().filter(f -> f.startsWith("CONTAINER")).toList());
        var job = new Scene().job("web", "", Scene.ended("web", 0, "Completed", ""), "{active: 1}");
        assertEquals(List.of(), job.findings().stream().filter(f -> f.startsWith("CONTAINER")).toList());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"),
            web("restartPolicy: Never", Scene.ended("web", 2, "Error", "")).findings());
    }

    private static final String PROBED = "containers: [{name: web, image: a, ports: [{containerPort: 80}], %sProbe: "
        + "{httpGet: {path: /, port: 80}, periodSeconds: 10}}]";

    private static Scene killedBy(String probe, int exit, String answer) {
        var title = Character.toUpperCase(probe.charAt(0)) + probe.substring(1);
        return web(PROBED.formatted(probe), Scene.crashed("web", exit, "Error"))
            .event("Pod/web-1-a", "Killing", 5, "Container web failed " + probe + " probe, will be restarted", "web")
            .event("Pod/web-1-a", "Unhealthy", 9, title + " probe failed: " + answer, "web");
    }

    @Test
    void whoKilledAContainerIsToldByItsExitCodeAndItsLog() {
        var log = "ERROR: role \"app\" does not exist: password authentication failed for user \"app\"";
        for (var exit : List.of(0, 2, 137, 143)) {
            assertEquals(List.of("PROBE_LIVENESS_FAILING Deployment/web"),
                killedBy("liveness", exit, "timeout").log("web-1-a", "web", log).findings(), exit + "");
        }
        assertEquals(List.of("PROBE_LIVENESS_FAILING Deployment/web"), killedBy("liveness", 1, "timeout").findings());
        assertEquals(List.of("CRASH_AUTH_FAILED Deployment/web"), killedBy("liveness", 1, "x").log("web-1-a", "web", log).findings());
        var killed = web(PROBED.formatted("liveness"), Scene.crashed("web", 137, "Error"));
        assertEquals("PROBE_LIVENESS_FAILING Deployment/web GUESSED", killed.told().replaceFirst("(?s) \\{.*", ""));
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"),
            web(PROBED.formatted("liveness"), Scene.crashed("web", 1, "Error")).findings());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"),
            web(PROBED.formatted("readiness"), Scene.crashed("web", 143, "Error")).findings());
    }

    @Test
    void aKilledContainerSaysWhichProbeAndWhatIsWrongWithIt() {
        assertEquals("""
            PROBE_STARTUP_FAILING Deployment/web LEANING {exitCode=137, probe=startup, restarts=5}
              status pod/web-1-a/containerStatuses[web].lastState.terminated Error: exit code 137
              event pod/web-1-a Unhealthy: Startup probe failed: HTTP probe failed with statuscode: 500
            """, killedBy("startup", 137, "HTTP probe failed with statuscode: 500").told());
        assertEquals("""
            PROBE_LIVENESS_FAILING Deployment/web OBSERVED {exitCode=137, probe=liveness, restarts=5, why=PROBE_PATH_NOT_FOUND}
              status pod/web-1-a/containerStatuses[web].lastState.terminated Error: exit code 137
              event pod/web-1-a Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 404
            """, killedBy("liveness", 137, "HTTP probe failed with statuscode: 404").told());
        var waits = "dial tcp 10.0.0.9:5432: connect: connection refused";
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/web"),
            killedBy("liveness", 137, "HTTP probe failed with statuscode: 500").log("web-1-a", "web", waits).findings());
        assertEquals(List.of("PROBE_LIVENESS_FAILING Deployment/web"),
            killedBy("liveness", 137, "HTTP probe failed with statuscode: 404").log("web-1-a", "web", waits).findings());
    }

    @Test
    void aHookThatFailsExplainsOnlyWhatWasKilledForIt() {
        var hook = List.of("FailedPostStartHook", "PostStartHook failed");
        for (var exit : List.of(0, 137, 143)) {
            assertEquals(List.of("LIFECYCLE_HOOK_FAILED Deployment/web"), web("", Scene.crashed("web", exit, "Error"))
                .event("Pod/web-1-a", hook.get(0), 3, hook.get(1), "web").findings());
        }
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), web("", Scene.crashed("web", 1, "Error"))
            .event("Pod/web-1-a", hook.get(0), 3, hook.get(1), "web").findings());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), web("", Scene.crashed("web", 137, "Error"))
            .event("Pod/web-1-a", hook.get(0), 3, hook.get(1), "proxy").findings());
    }

    @Test
    void aStartThatFailedIsNoCrashOfTheProgram() {
        var start = "phase: Running\ncontainerStatuses: [{name: web, restartCount: 1, state: {terminated: {exitCode: 128, reason: %s, "
            + "message: '%s'}}}]";
        for (var reason : List.of("StartError", "ContainerCannotRun", "Error")) {
            assertEquals(List.of("CONTAINER_COMMAND_PERMISSION Deployment/web"),
                web("", start.formatted(reason, "exec: /a: permission denied")).findings(), reason);
        }
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), web("", start.formatted("Error", "")).findings());
        assertEquals(List.of("CONTAINER_COMMAND_NOT_FOUND Deployment/web"), web("", Scene.crashed("web", 127, "Error")).findings());
        assertEquals(List.of("CONTAINER_COMMAND_PERMISSION Deployment/web"), web("", Scene.crashed("web", 126, "Error")).findings());
    }

    private static String runs(int restarts, String started, boolean ready) {
        return "phase: Running\nconditions: [{type: Ready, status: '" + (ready ? "True" : "False") + "'}]\ncontainerStatuses: [{name: web, "
            + "ready: " + ready + ", restartCount: " + restarts + ", state: {running: {startedAt: '" + started + "'}}, lastState: "
            + "{terminated: {exitCode: 1, reason: Error, finishedAt: '2026-01-01T09:59:00Z'}}}]";
    }

    @Test
    void betweenTwoCrashesItRunsForAMoment() {
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), web("", runs(1, "2026-01-01T09:59:55Z", false)).findings());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), web("", runs(2, "2026-01-01T09:59:01Z", true)).findings());
        assertEquals(List.of(), web("", runs(2, "2026-01-01T09:59:00Z", true)).findings());
        assertEquals(List.of(), web("", runs(1, "2026-01-01T09:59:01Z", true)).findings());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), web("", runs(0, "2026-01-01T09:59:55Z", false)).findings());
        assertEquals(List.of(), web("", runs(2, "2026-01-01T09:59:01Z", true).replace("exitCode: 1", "exitCode: 0")).findings());
    }

    @Test
    void howTheRunBeforeALongOneEndedTellsNothing() {
        var crash = List.of("CRASH_APP_ERROR Deployment/web");
        var now = List.of("STILL_PROGRESSING Deployment/web"); // nothing probes it
        assertEquals(now, after("09:49:50", "09:49:58", "09:50:00"), "ten minutes");
        assertEquals(crash, after("09:49:50", "09:49:58", "09:50:01"));
        assertEquals(crash, after("09:30:00", "09:38:00", "09:45:00"), "the one before lasted eight minutes");
        assertEquals(now, after("09:30:00", "09:37:30", "09:45:00"));
        assertEquals(now, after("01:00:00", "08:59:58", "09:00:00"), "an hour is long for any");
        assertEquals(crash, after("01:00:00", "08:59:58", "09:00:01"));
    }

    private static List<String> after(String began, String ended, String started) {
        return web("", runs(1, "2026-01-01T" + started + "Z", false).replace("finishedAt: '2026-01-01T09:59:00Z'",
            "startedAt: '2026-01-01T" + began + "Z', finishedAt: '2026-01-01T" + ended + "Z'")).findings();
    }

    private static Scene init(String command, String started) {
        return web("initContainers: [{name: wait, image: a, command: [sh, -c, '" + command + "']}]",
            Scene.initRunning("wait").replace("2026-01-01T09:51:00Z", started));
    }

    @Test
    void anInitContainerThatRunsForTenMinutesWaits() {
        assertEquals("""
            STILL_PROGRESSING Deployment/web OBSERVED {}
              status pod/web-1-a/initContainerStatuses[wait].state.running : the init container runs for 600 s
            """, init("./migrate", "2026-01-01T09:50:00Z").told());
        assertEquals(List.of("INIT_WAITING Deployment/web"), init("./migrate", "2026-01-01T09:49:59Z").findings());
        assertEquals(List.of("INIT_WAITING Deployment/web"), init("sleep infinity", "2026-01-01T09:59:59Z").findings());
        assertEquals("""
            INIT_WAITING Deployment/web INFERRED {via=init:wait, waitsFor=db:5432}
              status pod/web-1-a/initContainerStatuses[wait].state.running : the init container runs for 1 s
            """, init("until nc -z db 5432; do sleep 1; done", "2026-01-01T09:59:59Z").told());
    }

    @Test
    void anInitContainersLogSaysWhatItLacks() {
        assertEquals("""
            INIT_WAITING Deployment/web INFERRED {}
              status pod/web-1-a/initContainerStatuses[wait].state.running : the init container runs for 1 s
              log pod/web-1-a/wait (previous) : dial tcp 10.0.0.9:5432: connect: connection refused
            """, init("./migrate", "2026-01-01T09:59:59Z").log("web-1-a", "wait",
                "dial tcp 10.0.0.9:5432: connect: connection refused").told());
        assertEquals("""
            RBAC_RUNTIME_FORBIDDEN Deployment/web OBSERVED {resource=pods, verb=list}
              status pod/web-1-a/initContainerStatuses[wait].state.running : the init container runs for 1 s
              log pod/web-1-a/wait (previous) : %1$s
            """.formatted(DiagnosisCodesTest.FORBIDDEN),
            init("./migrate", "2026-01-01T09:59:59Z").log("web-1-a", "wait", DiagnosisCodesTest.FORBIDDEN).told());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"),
            init("./migrate", "2026-01-01T09:59:59Z").log("web-1-a", "wait", "ERROR: DB_URL is required").findings());
    }

    /** Not ready, running for so many seconds, with this probe and this answer of it. */
    private static Scene unready(long seconds, String probe, String kind, int count, String answer) {
        var scene = web("containers: [{name: web, image: a, ports: [{containerPort: 80}]" + (probe.isEmpty() ? "" : ", " + probe) + "}]",
            Scene.unreadyRunning("web").replace("2026-01-01T09:51:00Z", Scene.NOW.minusSeconds(seconds).toString()));
        return count == 0 ? scene : scene.event("Pod/web-1-a", "Unhealthy", count, kind + " probe failed: " + answer, "web");
    }

    private static final String READY = "readinessProbe: {httpGet: {path: /, port: 80}}";
    private static final String NOT_FOUND = "HTTP probe failed with statuscode: 404";

    @Test
    void aProgramMayStartForTwoMinutesAndWithAClearMistakeForOne() {
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), unready(119, READY, "Readiness", 3, "timeout").findings());
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/web"), unready(120, READY, "Readiness", 3, "timeout").findings());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), unready(59, READY, "Readiness", 9, NOT_FOUND).findings());
        assertEquals(List.of("PROBE_PATH_NOT_FOUND Deployment/web"), unready(60, READY, "Readiness", 9, NOT_FOUND).findings());
        assertEquals(List.of("PROBE_PATH_NOT_FOUND Deployment/web"), unready(9, READY, "Readiness", 10, NOT_FOUND).findings());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), unready(9, READY, "Readiness", 10, "timeout").findings());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), unready(999, "", "", 0, "").findings(), "nothing can fail");
    }

    @Test
    void aProbesOwnBudgetPassesFirst() {
        var slow = READY.replace("}}", "}, initialDelaySeconds: 100, periodSeconds: 20, failureThreshold: 2}");
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), unready(139, slow, "Readiness", 9, NOT_FOUND).findings());
        assertEquals(List.of("PROBE_PATH_NOT_FOUND Deployment/web"), unready(140, slow, "Readiness", 9, NOT_FOUND).findings());
        var startup = "startupProbe: {httpGet: {path: /, port: 80}, failureThreshold: 60}";
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), begun(599, startup, "false").findings());
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/web"), begun(600, startup, "false").findings());
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/web"), begun(599, startup, "true").findings());
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/web"), begun(599, READY, "false").findings());
    }

    private static Scene begun(long seconds, String probe, String started) {
        var scene = unready(seconds, probe, "Startup", 3, "timeout");
        scene.snapshot().all("Pod").forEach(p -> ((ObjectNode) p.at("/status/containerStatuses/0"))
            .put("started", started.equals("true")));
        return scene;
    }

    @Test
    void aProbesCommandThatIsMissingIsCertainWhenItWasMissedThreeTimes() {
        var exec = "readinessProbe: {exec: {command: [x]}}";
        var missing = "exec: \"x\": executable file not found in $PATH";
        for (var proven : List.of(false, true)) {
            assertEquals("PROBE_READINESS_FAILING Deployment/web " + (proven ? "FINAL" : "OBSERVED") + " {probe=readiness}\n"
                + "  event pod/web-1-a Unhealthy: Readiness probe failed: " + missing + "\n",
                unready(9, exec, "Readiness", proven ? 3 : 2, missing).told());
        }
        assertEquals("PROBE_STARTUP_FAILING Deployment/web FINAL {probe=startup}",
            unready(9, exec.replace("readiness", "startup"), "Startup", 3, missing).told().lines().findFirst().get());
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), unready(9, READY, "Readiness", 3, missing).findings());
    }

    @Test
    void whatARunningProgramLogsTellsWhyItIsNotReady() {
        var auth = "FATAL: password authentication failed for user \"app\"";
        assertEquals("""
            CRASH_MISSING_ENV Deployment/web OBSERVED {variable=DB_URL}
              status pod/web-1-a/containerStatuses[web].ready : runs for 500 s and is not ready
              event pod/web-1-a Unhealthy: Readiness probe failed: timeout
              log pod/web-1-a/web (previous) : DB_URL is required
            """, unready(500, READY, "Readiness", 3, "timeout").log("web-1-a", "web", "DB_URL is required").told());
        assertEquals(List.of("CRASH_AUTH_FAILED Deployment/web"),
            unready(500, READY, "Readiness", 3, "timeout").log("web-1-a", "web", auth).findings());
        for (var quiet : List.of("ERROR: it went wrong", "listen tcp :80: bind: address already in use",
            "dial tcp 10.0.0.9:5432: connect: connection refused")) {
            assertEquals(List.of("PROBE_READINESS_FAILING Deployment/web"),
                unready(500, READY, "Readiness", 3, "timeout").log("web-1-a", "web", quiet).findings(), quiet);
        }
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/web"), unready(500, READY, "Readiness", 3,
            "HTTP probe failed with statuscode: 401").log("web-1-a", "web", auth).findings(), "it is the probe that did not log in");
        assertEquals(List.of("CRASH_MISSING_ENV Deployment/web"), unready(500, READY, "Readiness", 3,
            "HTTP probe failed with statuscode: 401").log("web-1-a", "web", "DB_URL is required").findings());
        assertEquals(List.of("PROBE_PATH_NOT_FOUND Deployment/web"),
            unready(500, READY, "Readiness", 3, NOT_FOUND).log("web-1-a", "web", auth).findings());
    }

    @Test
    void whoListensOnLoopbackIsToldOnlyForThePortThatRefused() {
        var refused = "Get \"http://10.0.0.7:80/\": dial tcp 10.0.0.7:80: connect: connection refused";
        assertEquals("127.0.0.1:80", listens(refused, "Listening on 127.0.0.1:80"));
        assertEquals("", listens("timeout of 10.0.0.7:80", "Listening on 127.0.0.1:80"));
        assertEquals("", listens(refused, "Listening on 127.0.0.1:81"));
        assertEquals("", listens(refused, "Listening on 0.0.0.0:80"));
        assertEquals("", listens(refused, "connected to 127.0.0.1:80"));
        assertEquals("", listens(refused));
    }

    private static String listens(String answer, String... log) {
        return ensure_ready.Findings.of(unready(500, READY, "Readiness", 3, answer).log("web-1-a", "web", log).snapshot()).get(0)
            .param("listens");
    }
}
