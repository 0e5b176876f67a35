package prompt_run.facts;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import prompt_run.command.Console;
import prompt_run.command.Env;
import prompt_run.command.InfraOptions;
import prompt_run.command.Values;
import shared.Json;
import shared.system.TextFile;

/** What is known about the environment. Fails closed: it is healthy only when nothing says otherwise and a report, if named, proves it. */
public record Infra(boolean unhealthy, boolean reported, String problem, Path file, JsonNode report) {

    public static Infra read(InfraOptions given, Env env, Console console) {
        String flag = given.unhealthy != null ? given.unhealthy : env.pick(null, "INFRA_UNHEALTHY", "CODEXCTL_INFRA_UNHEALTHY");
        boolean asked = flag != null && Values.flag("--infra-unhealthy", flag);
        if (given.report == null) {
            return new Infra(asked, false, null, null, MissingNode.getInstance());
        }
        Infra infra = ofReport(asked, given.report);
        if (infra.problem != null) {
            console.warn("--infra-report " + given.report + ": " + infra.problem + "; the environment counts as not ready");
        } else if (flag != null && !asked && infra.unhealthy) {
            console.warn("--infra-unhealthy says no, but the report does not say infraReady: true; the environment counts as not ready");
        }
        return infra;
    }

    private static Infra ofReport(boolean asked, Path file) {
        try {
            JsonNode root = Json.MAPPER.readTree(Files.readString(file));
            if (root == null || !root.isObject()) {
                return broken(file, "it is not a JSON object");
            }
            JsonNode ready = root.path("infraReady");
            String problem = ready.isBoolean() ? null : "it does not say infraReady true or false";
            return new Infra(asked || !(ready.isBoolean() && ready.booleanValue()), true, problem, file, root);
        } catch (JsonProcessingException problem) {
            return broken(file, "it is not valid JSON");
        } catch (IOException problem) {
            return broken(file, TextFile.reason(problem));
        }
    }

    private static Infra broken(Path file, String problem) {
        return new Infra(true, false, problem, file, MissingNode.getInstance());
    }

    Integer number(String field) {
        JsonNode value = report.path(field);
        return value.canConvertToInt() && value.asInt() > 0 ? Integer.valueOf(value.asInt()) : null;
    }

    String name(String field) {
        String value = report.path(field).asText("");
        return value.matches(Facts.NAME) ? value : null;
    }
}
