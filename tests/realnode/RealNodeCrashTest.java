import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Programs that end, are killed, or cannot be started, under a real runtime. */
@Tag("cluster")
class RealNodeCrashTest {

    @TestFactory
    Stream<DynamicTest> everySituationEndsAsItShould() {
        return RealNodeLab.tests(List.of(
            Situation.fails("exit 1 with a refused password", "CRASH_AUTH_FAILED Deployment/api",
                says("FATAL: password authentication failed for user \"shop\"", 1)),
            Situation.fails("exit 1 with a missing setting", "CRASH_MISSING_ENV Deployment/api",
                says("Error: environment variable DATABASE_URL is not set", 1)),
            Situation.fails("exit 3 with a traceback", "CRASH_APP_ERROR Deployment/api",
                says("Traceback (most recent call last): File \"/app/main.py\", line 3; ValueError: bad port", 3)),
            Situation.fails("exit 1 as the port is taken", "CRASH_PORT_IN_USE Deployment/api",
                says("listen tcp :8080: bind: address already in use", 1)),
            Situation.fails("exit 1 without a word", "CRASH_APP_ERROR Deployment/api", Stacks.app("command: [sh, -c, 'sleep 1; exit 1']")),
            Situation.fails("exit 0, again and again", "CONTAINER_EXITS_ZERO Deployment/api", Stacks.app("command: [sh, -c, 'echo done']")),
            Situation.fails("exit 127: a script calls what is not there", "CONTAINER_COMMAND_NOT_FOUND Deployment/api",
                Stacks.app("command: [sh, -c, 'migrate-database --all']")),
            Situation.fails("exit 139: a segmentation fault", "CRASH_APP_ERROR Deployment/api",
                Stacks.app("command: [sh, -c, 'kill -SEGV $$']")),
            Situation.fails("the kernel kills it for its memory", "OOM_KILLED Deployment/api", Stacks.app("""
                command: [lab, eat, "200"]
                resources: {limits: {memory: 32Mi}}
                """)),
            Situation.fails("the kernel kills its child for its memory", "OOM_KILLED Deployment/api", Stacks.app("""
                command: [sh, -c, 'lab eat 200; echo child ended with $?; exit 137']
                resources: {limits: {memory: 32Mi}}
                """)),
            Situation.fails("an init container is killed for its memory", "OOM_KILLED Deployment/api", Stacks.app("api", "", """
                initContainers:
                - name: prepare
                  image: ${app}
                  command: [sh, -c, 'lab eat 200; code=$?; sleep 1; exit $code']
                  resources: {limits: {memory: 32Mi}}
                """)),
            Situation.fails("the command is not in the image", "CONTAINER_COMMAND_NOT_FOUND Deployment/api",
                Stacks.app("command: [/opt/nothing]")),
            Situation.fails("the command is not in the PATH", "CONTAINER_COMMAND_NOT_FOUND Deployment/api",
                Stacks.app("command: [serverd]")),
            Situation.fails("there is no shell", "CONTAINER_COMMAND_NOT_FOUND Deployment/api",
                Stacks.app("image: registry.test:5000/lab/noshell:1\ncommand: [sh, -c, 'sleep 1']")),
            Situation.fails("the command may not be executed", "CONTAINER_COMMAND_PERMISSION Deployment/api",
                Stacks.app("command: [/opt/not-executable]")),
            Situation.fails("the command is a folder", "CONTAINER_COMMAND_PERMISSION Deployment/api", Stacks.app("command: [/opt]")),
            Situation.fails("the program is for another processor", "IMAGE_PLATFORM_MISMATCH Deployment/api",
                Stacks.app("command: [/opt/foreign]")),
            Situation.late("the working folder is a file", "CONTAINER_START_FAILED Deployment/api", Stacks.app("workingDir: /etc/passwd"))
                .within(40),
            Situation.fails("a script with line ends of Windows", "CONTAINER_COMMAND_NOT_FOUND Deployment/api",
                Stacks.app("command: [/opt/crlf]")),
            Situation.fails("a script's interpreter is not there", "CONTAINER_COMMAND_NOT_FOUND Deployment/api",
                Stacks.app("command: [/opt/no-interpreter]")),
            Situation.fails("a script without a first line that names its shell", "CONTAINER_START_FAILED Deployment/api",
                Stacks.app("command: [/opt/start.sh]")),
            Situation.fails("a read-only root", "CRASH_APP_ERROR Deployment/api", Stacks.app("""
                command: [sh, -c, 'echo state > /var/state || exit 1; exec lab serve']
                securityContext: {readOnlyRootFilesystem: true}
                """)),
            Situation.fails("a host that has no name", "DNS_NAME_UNKNOWN Deployment/api", Stacks.app("command: [lab, dial, 'orders:80']")),
            Situation.fails("a Service that nobody answers", "CRASH_APP_ERROR Deployment/db", Stacks.app("command: [lab, dial, 'db:80']")
                + Stacks.service("db", "") + Stacks.app("db", "command: [sh, -c, 'echo Error: corrupt data file; exit 1']", "")),
            Situation.fails("one of two containers crashes", "CRASH_APP_ERROR Deployment/api", Stacks.app("command: [lab, serve]") + """
                      - name: helper
                        image: registry.test:5000/lab/app:1
                        command: [sh, -c, 'echo Error: helper is broken; exit 1']
                """),
            Situation.late("a rule of the container's own restarts it", "CRASH_APP_ERROR Deployment/api", Stacks.app("""
                command: [sh, -c, 'echo Error: no lock; exit 42']
                restartPolicy: Never
                restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]
                """)).within(60),
            Situation.fails("a DaemonSet crashes", "CRASH_APP_ERROR DaemonSet/agent", Stacks.app("agent",
                "command: [sh, -c, 'echo Error: no device; exit 1']", "").replace("kind: Deployment", "kind: DaemonSet"))));
    }

    private static String says(String text, int exit) {
        return Stacks.app("command: [sh, -c, 'echo \"$TEXT\" >&2; exit " + exit + "']\nenv: [{name: TEXT, value: '" + text + "'}]");
    }
}
