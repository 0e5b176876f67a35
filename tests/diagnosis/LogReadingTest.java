import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Which line of a log tells why a program ended or is not ready, and what it stands for. */
class LogReadingTest {
    private static String read(String log) {
        return ensure_ready.LogReading.of(new ensure_ready.Log("web-1", "web", true, log.lines().toList()))
            .map(r -> r.code() + ": " + r.line().strip()).orElse("");
    }

    private static boolean later(String log) {
        return ensure_ready.LogReading.ownErrorLater(new ensure_ready.Log("web-1", "web", true, log.lines().toList()));
    }

    private static Map<String, String> params(String log) {
        return ensure_ready.LogReading.of(new ensure_ready.Log("web-1", "web", true, log.lines().toList())).orElseThrow().params();
    }

    @Test
    void whatAProgramSaysOfItsEndIsNotWhatEndedIt() {
        for (var end : List.of("[ERROR] Data Dictionary initialization failed.\n[ERROR] Aborting", "Aborted (core dumped)",
            "Invalid config, exiting abnormally", "ERROR: died while starting up, with exit code 1", "  errorCode: undefined",
            "npm error Lifecycle script `start` failed with error:\nnpm error code 1", "error Command failed with exit code 1.", "1 error",
            "stack traceback:\n  [C]: in function 'require'", "For more details about the error run it with --verbose",
            "[ERROR] Worker (pid:7) exited with code 3\n[ERROR] Reason: Worker failed to boot.")) {
            assertEquals("CRASH_APP_ERROR: bad file: /etc/app.yaml", read("Error: first\nbad file: /etc/app.yaml\n" + end), end);
        }
        assertEquals("CRASH_APP_ERROR: fatal: aborting", read("fatal: exiting\nfatal: aborting"));
        assertEquals("CRASH_APP_ERROR: Error: last", read("Error: first\nError: last"));
        assertEquals("CRASH_APP_ERROR: flag provided but not defined: -db",
            read("flag provided but not defined: -db\nUsage of api:\n  -dsn"));
        assertEquals("CRASH_APP_ERROR: failed to start: open /x.key: denied", read("Error: x\nfailed to start: open /x.key: denied"));
    }

    @Test
    void whatALineAnnouncesIsToldWithIt() {
        assertEquals("CRASH_APP_ERROR: error: required arguments were not provided: --db-url",
            read("error: required arguments were not provided:\n  --db-url\nUsage: api"));
        assertEquals("CRASH_MISSING_ENV: specify an environment variable: - MYSQL_PASSWORD",
            read("specify an environment variable:\n  - MYSQL_PASSWORD"));
        assertEquals("CRASH_APP_ERROR: Error: x", read("Error: x\n  y"));
        assertEquals("CRASH_APP_ERROR: Error: x:", read("Error: x:").strip());
    }

    @Test
    void anErrorAfterWhatCannotBeReachedIsTheProgramsOwnUnlessItOnlyTellsOfTheEnd() {
        var refused = "dial tcp 10.0.0.1:6379: connection refused";
        for (var own : List.of("panic: nil map", "TypeError: x is not a function", "config is invalid")) {
            assertEquals(true, later(refused + "\n" + own), own);
        }
        for (var end : List.of("npm error code 1", "exit status 1", "Error: startup failed", "goroutine 1 [running]:")) {
            assertEquals(false, later(refused + "\n" + end), end);
        }
    }

    @Test
    void aPlainFaultOfFilesAndDataIsToldRatherThanWhatFollows() {
        for (var fault : List.of("mkdir /data/log: permission denied", "InnoDB: Unable to lock ./ibdata1 error: 11",
            "failed to obtain node locks, tried [/data]", "A server is already running. Check /app/tmp/pids/server.pid.",
            "Migration checksum mismatch for migration version 3", "initialized by version 14, which is not compatible with this one",
            "error while loading shared libraries: libpq.so.5", "error: Dirty database version 12. Fix and force version.",
            "is another process using /data/influxd.bolt?", "no matches for kind \"Certificate\" in version \"cert-manager.io/v1\"",
            "Plugin.so: version `GLIBC_2.34' not found (required by /bin/api)")) {
            assertEquals("CRASH_APP_ERROR: " + fault, read(fault + "\nERROR: registration as a STORAGE ENGINE failed."), fault);
        }
        assertEquals("CRASH_AUTH_FAILED: Code: 403. Errors:",
            read("Code: 403. Errors:\n\n* permission denied"));
    }

    @Test
    void whatIsSaidInPassingIsNoFault() {
        for (var aside : List.of("INFO LOG_LEVEL not set, using default: info", "level=info msg=\"API_KEY is not set\"",
            "WARN FEATURE_FLAGS_URL is not set, flags are disabled", "I1126 10:00:00 main.go:1] CA_FILE is not set",
            "2026-11-26 [Note] Access denied for user 'scan'@'10.0.0.1'", "CACHE_TTL not set, falling back to 60s",
            "WARN You set the environment variable ALLOW_EMPTY_PASSWORD=yes.", "PLAIN login refused: user 'x' - invalid credentials",
            "{\"s\":\"I\",\"c\":\"ACCESS\",\"msg\":\"Failed\",\"error\":\"AuthenticationFailed\"}",
            "{\"msg\":\"Waiting for connections\",\"attr\":{\"port\":27017}}",
            "UTC [74] FATAL:  password authentication failed for user \"scan\"",
            "  --token string  API token, required with --auth (env API_TOKEN)",
            "LOG [RouterExplorer] Mapped {/errors/unauthorized, GET} route", "UTC [74] DETAIL:  Role \"scan\" does not exist.",
            "{\"msg\":\"login failed\",\"error\":\"invalid credentials\",\"status\":401,\"path\":\"/api/login\"}")) {
            assertEquals("", read(aside).replaceFirst("CRASH_APP_ERROR.*", ""), aside);
        }        assertEquals("CRASH_MISSING_ENV: KeyError: 'DEBUG'", read("KeyError: 'DEBUG'"));
        assertEquals("CRASH_APP_ERROR: panic: nil map", read("level=warn msg=\"SENTRY_DSN is not set\"\npanic: nil map"));
        assertEquals("CRASH_MISSING_ENV: level=warn msg=\"SENTRY_DSN is not set\"", read("level=warn msg=\"SENTRY_DSN is not set\""));
        assertEquals("CRASH_AUTH_FAILED: FATAL: password authentication failed for user \"web\"",
            read("FATAL: password authentication failed for user \"web\""));
        assertEquals("CRASH_DEPENDENCY_UNREACHABLE: INFO waiting for db:5432", read("INFO waiting for db:5432"));
    }

    @Test
    void whatWasReachedLaterIsNotUnreachable() {
        var refused = "redis: dial tcp 10.0.0.1:6379: connection refused";
        assertEquals("", read(refused + "\nconnected to redis\nlistening"));
        assertEquals("", read("db: connection refused\nconnected to the database"));
        assertEquals("", read("dial tcp 10.0.0.1:5432: connection refused\nconnected to postgres"));
        assertEquals("CRASH_APP_ERROR: panic: nil map", read(refused + "\nconnected to redis\npanic: nil map"));
        var broker = "WARN Connection to node -1 (kafka/10.0.0.1:9092) could not be established.";
        assertEquals("", read(broker + "\nDiscovered group coordinator kafka-0:9092"));
        assertEquals("CRASH_DEPENDENCY_UNREACHABLE: " + broker, read(broker));
        for (var other : List.of("connected to kafka", "connected to the database", "Discovered group coordinator kafka-0:9092",
            "not connected to redis", "disconnected to redis")) {
            assertEquals("CRASH_DEPENDENCY_UNREACHABLE: " + refused, read(refused + "\n" + other), other);
        }
    }

    @Test
    void aVariableIsNamedInTheLineOrBesideIt() {
        assertEquals(Map.of("variable", "POSTGRES_PASSWORD"),
            params("Error: superuser password is not specified.\n   You must give POSTGRES_PASSWORD a value"));
        assertEquals(Map.of("variable", "jwt_secret"), params("1 validation error\njwt_secret\n  Field required [type=missing]"));
        assertEquals(Map.of("variable", "DB_URL"), params("see APP_HOME\nDB_URL is not set\nsee JAVA_HOME"));
        assertEquals(Map.of("variable", ""), params("a b\n  Field required [type=missing]\nc d"));
    }

    @Test
    void wordsThatOnlyLookLikeAnotherFaultAreNone() {
        for (var log : List.of("Error: Nest can't resolve dependencies of the OrdersService (?)",
            "ERROR: Strict hostname resolution configured", "Error: ENOSPC: System limit for number of file watchers reached",
            "ValueError: invalid literal for int(): 'abc'")) {
            assertEquals("CRASH_APP_ERROR: " + log, read("  n = int(os.environ[\"POOL_SIZE\"])\n" + log), log);
        }
        assertEquals("", read("LOG:  database system is ready to accept connections"));
        assertEquals("CRASH_DEPENDENCY_UNREACHABLE: FATAL: the database system is starting up",
            read("FATAL: the database system is starting up"));
    }
}
