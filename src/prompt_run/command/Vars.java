package prompt_run.command;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;
import shared.Texts;

/** Template variables. Values are text as written: {@code 1.10} stays {@code 1.10}, whichever way it was given. */
public final class Vars {
    private static final Pattern NEXT_KEY = Pattern.compile(",(?=\\s*[A-Za-z_][\\w.-]*\\s*=)");
    private static final Pattern PAIR = Pattern.compile("\\s*(?:export\\s+)?([A-Za-z_][\\w.-]*)\\s*=(.*)", Pattern.DOTALL);

    private Vars() {
    }

    static Map<String, Object> read(PromptOptions given, Env env) {
        Map<String, Object> all = new TreeMap<>();
        List<Path> files = new ArrayList<>(given.varFiles);
        if (files.isEmpty() && env.get("CODEXCTL_VAR_FILE") != null) {
            files.add(Path.of(env.get("CODEXCTL_VAR_FILE")));
        }
        files.forEach(file -> all.putAll(fromFile(file)));
        List<String> lists = given.vars.isEmpty() && env.get("CODEXCTL_VARS") != null ? List.of(env.get("CODEXCTL_VARS")) : given.vars;
        lists.forEach(list -> all.putAll(fromList(list)));
        return all;
    }

    /** {@code a=1,b=2}; a comma that no {@code key=} follows belongs to the value. */
    static Map<String, Object> fromList(String list) {
        Map<String, Object> vars = new LinkedHashMap<>();
        for (String part : NEXT_KEY.split(list)) {
            Matcher pair = PAIR.matcher(part);
            if (!part.isBlank() && !pair.matches()) {
                throw new UsageError("--vars: \"" + Texts.oneLine(part) + "\" is not KEY=VALUE; accepted: a=1,b=2");
            }
            if (!part.isBlank()) {
                vars.put(pair.group(1), pair.group(2));
            }
        }
        return vars;
    }

    static Map<String, Object> fromFile(Path file) {
        String content = text("--var-file", file);
        List<String> lines = content.lines().filter(l -> !l.isBlank() && !l.strip().startsWith("#")).toList();
        if (lines.stream().allMatch(line -> PAIR.matcher(line).matches())) {
            Map<String, Object> vars = new LinkedHashMap<>();
            lines.stream().map(PAIR::matcher).filter(Matcher::matches).forEach(p -> vars.put(p.group(1), unquoted(p.group(2).strip())));
            return vars;
        }
        return fromYaml(file, content);
    }

    private static Map<String, Object> fromYaml(Path file, String content) {
        String accepted = "; accepted: a YAML mapping or KEY=VALUE lines";
        try {
            LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).setSchema(new FailsafeSchema()).build();
            if (new Load(settings).loadFromString(content) instanceof Map<?, ?> mapping) {
                Map<String, Object> vars = new LinkedHashMap<>();
                mapping.forEach((key, value) -> vars.put(String.valueOf(key), value));
                return vars;
            }
            throw new UsageError("--var-file " + file + ": neither YAML mapping nor KEY=VALUE" + accepted);
        } catch (MarkedYamlEngineException problem) {
            String line = problem.getProblemMark().map(mark -> " line " + (mark.getLine() + 1) + ":").orElse("");
            throw new UsageError("--var-file " + file + ":" + line + " " + Texts.oneLine(problem.getProblem()) + accepted, problem);
        } catch (YamlEngineException problem) {
            throw new UsageError("--var-file " + file + ": " + Texts.oneLine(problem.getMessage()) + accepted, problem);
        }
    }

    private static String unquoted(String value) {
        boolean quoted = value.length() > 1
            && (value.startsWith("\"") && value.endsWith("\"") || value.startsWith("'") && value.endsWith("'"));
        return quoted ? value.substring(1, value.length() - 1) : value;
    }

    /** The file as text, or a usage error that names the option. */
    static String text(String option, Path file) {
        try {
            return Files.readString(file);
        } catch (MalformedInputException problem) {
            throw new UsageError(option + " " + file + ": not UTF-8 text", problem);
        } catch (IOException problem) {
            throw new UsageError(option + " " + file + ": cannot read it (" + reason(problem) + ")", problem);
        }
    }

    public static String reason(IOException problem) {
        String name = problem.getClass().getSimpleName();
        return switch (name) {
            case "NoSuchFileException" -> "no such file";
            case "AccessDeniedException" -> "permission denied";
            default -> Texts.oneLine(String.valueOf(problem.getMessage()));
        };
    }
}
