//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Roots, what they explain, what stays apart, and in which order. */
class DiagnosisTest {
    private static final String NC =
        "initContainers: [{name: wait, image: busybox, command: [sh, -c, 'until nc -z postgres 5432; do sleep 1; done']}]";

    private static Scene postgresWithoutSecret() {
        return new Scene().deploy("postgres", "", Scene.waiting("postgres", "CreateContainerConfigError", "secret \"db-secret\" not found"))
            .service("postgres", 5432).none("Secret");
    }

    @Test
    void aChildThatTheKernelKilledIsOutOfMemoryAlsoWhereTheRuntimeDoesNotSaySo() {
        var limited = "containers: [{name: web, image: a, resources: {limits: {memory: 32Mi}}}]";
        assertEquals(List.of("OOM_KILLED Deployment/web"), new Scene().deploy("web", limited, Scene.crashed("web", 137, "Error"))
            .log("web-1-a", "web", "Killed", "child ended with 137").causes());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), new Scene().deploy("web", limited, Scene.crashed("web", 137, "Error"))
            .log("web-1-a", "web", "Killed by the operator", "bye").causes());
    }

    @Test
    void twelveServicesThatWaitForABrokenDatabaseAreOneCause() {
        var scene = postgresWithoutSecret();
        for (int i = 0; i < 4; i++) {
            scene.deploy("init" + i, NC, Scene.initRunning("wait"));
            scene.deploy("log" + i, "", Scene.crashed("log" + i, 1, "Error"))
                .log("log" + i + "-1-a", "log" + i, "starting", "Error: connect ECONNREFUSED 10.0.0.10:5432");
            scene.deploy("env" + i, "containers: [{name: env" + i
                + ", image: a, env: [{name: DATABASE_URL, value: 'postgres://app:pw@postgres:5432/shop'}]}]",
                Scene.crashed("env" + i, 1, "Error"));
        }
        var report = scene.report();
        assertEquals(List.of("SECRET_MISSING Secret/db-secret"), scene.causes());
        assertEquals(12, report.causes().get(0).explains().size());
        assertEquals("1 cause explains 13 of 13 workloads that are not ready", report.summary());
        assertEquals(List.of(), report.unexplained());
    }

    @Test
    void independentCausesStayApart() {
        var scene = postgresWithoutSecret()
            .deploy("web", "", Scene.waiting("web", "ImagePullBackOff",
            "Back-off pulling image \"repo/web:1\": ErrImagePull: "
                + "rpc error: code = NotFound desc = failed to pull: repo/web:1: not found"));
        assertEquals(List.of("IMAGE_NOT_FOUND Deployment/web", "SECRET_MISSING Secret/db-secret"), scene.causes()
            .stream().sorted().toList());
    }

    @Test
    void aHealthyNamespaceHasNoCause() {
        var scene = new Scene().deploy("postgres").service("postgres", 5432).deploy("web").service("web", 80);
        assertEquals(List.of(), scene.causes());
        assertEquals("none", scene.report().disposition());
    }

    @Test
    void aSlowDatabaseIsNoFault() {
        var young = Scene.unreadyRunning("postgres").replace("2026-01-01T09:51:00Z", "2026-01-01T09:59:40Z");
        var scene = new Scene()
            .deploy("postgres", "containers: [{name: postgres, image: pg, readinessProbe: {tcpSocket: {port: 5432}}}]", young)
            .service("postgres", 5432).deploy("users", NC, Scene.initRunning("wait"));
        var report = scene.report();
        assertEquals("wait", report.disposition());
        assertTrue(report.causes().stream().allMatch(c -> c.fix().scope() == ensure_ready.Code.Scope.wait), scene.causes()::toString);
        assertEquals(List.of("STILL_PROGRESSING Deployment/postgres"), scene.causes());
    }

    @Test
    void theSameSnapshotGivesTheSameBytesInAnyOrder() throws Exception {
        var scene = postgresWithoutSecret().deploy("users", NC, Scene.initRunning("wait"))
            .deploy("web", "", Scene.crashed("web", 1, "Error"))
            .log("web-1-a", "web", "panic: APP_MODE must be set").service("ghost", "{app: gost}", "[{port: 1}]").deploy("ghost");
        var expected = ensure_ready.Json.MAPPER.writeValueAsString(scene.report());
        for (int i = 0; i < 20; i++) {
            assertEquals(expected,
                ensure_ready.Json.MAPPER.writeValueAsString(ensure_ready.Diagnosis.explain(scene.shuffled(i), scene.workloads(), "codex")));
        }
    }

    @Test
    void theAgentsMissingServiceAccountSortsFirst() {
        var scene = postgresWithoutSecret().deploy("users", NC, Scene.initRunning("wait"))
            .refused("codex", "pods \"codex-1-\" is forbidden: error looking up service account shop/codex: serviceaccount \"codex\" not "
                + "found");
        assertEquals(List.of("SERVICE_ACCOUNT_MISSING ServiceAccount/codex", "SECRET_MISSING Secret/db-secret"), scene.causes());
        assertTrue(scene.report().causes().get(0).blocksAgent());
    }

    @Test
    void whatNothingExplainsIsSaid() {
        var scene = new Scene().judged("Deployment", "mystery", false).none("Pod");
        assertEquals(List.of(), scene.causes());
        assertEquals("Deployment/mystery", scene.report().unexplained().get(0).object());
        assertEquals("unknown", scene.report().disposition());
    }

    @Test
    void aCycleOfSymptomsIsOneRoot() {
        var scene = new Scene().service("a", 80).service("b", 80);
        Stream.of("a b", "b a").map(s -> s.split(" ")).forEach(s -> scene.deploy(s[0], "", Scene.crashed(s[0], 1, "Error"))
            .log(s[0] + "-1-a", s[0], "dial tcp: connect to " + s[1] + ":80: connection refused"));
        assertEquals(List.of("UNKNOWN Deployment/a"), scene.causes());
        assertEquals(List.of("Deployment/b"), scene.report().causes().get(0).explains()
            .stream().map(ensure_ready.Symptom::object).toList());
    }

    @Test
    void theFileOfTheManifestIsNamed() {
        var cause = postgresWithoutSecret().fromFile("deploy/postgres.yaml").report().causes().get(0);
        assertEquals(List.of(new ensure_ready.FileRef("deploy/postgres.yaml", 12)), cause.fix().files());
    }

    @Test
    void aMistakeOfOursLeavesTheVerdictAndSaysThatTheCausesAreNotKnown() {
        var scene = postgresWithoutSecret();
        var report = ensure_ready.Diagnosis.unavailable(scene.snapshot(), scene.workloads(), new IllegalStateException("boom"));
        assertEquals(List.of(ensure_ready.Code.DIAGNOSIS_UNAVAILABLE), report.causes().stream().map(ensure_ready.Cause::code).toList());
        assertEquals("Deployment/postgres", report.unexplained().get(0).object());
        assertTrue(report.limited().toString().contains("boom"));
    }
}
