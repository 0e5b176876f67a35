package ensure_ready.manifests;

import com.fasterxml.jackson.core.type.TypeReference;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import shared.Json;
import shared.Texts;

/** Template variables: a file of YAML or KEY=VALUE lines, then the command line's. */
public final class Vars {
    private static final Pattern LINE = Pattern.compile("(?:export\\s+)?([A-Za-z_][A-Za-z0-9_.-]*)=(.*)");

    private Vars() { }

    public static Map<String, Object> all(Path file, Map<String, String> given) {
        var all = new LinkedHashMap<String, Object>(file == null ? Map.of() : read(file));
        all.putAll(given);
        return all;
    }

    /** What is wrong with the file, as one line. */
    public static Optional<String> problem(Path file) {
        try {
            read(file);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of("--var-file " + file + ": " + e.getMessage());
        }
    }

    private static Map<String, Object> read(Path file) {
        var text = Texts.read(file);
        var lines = text.lines().map(String::strip).filter(l -> !l.isEmpty() && !l.startsWith("#")).toList();
        return lines.stream().allMatch(l -> LINE.matcher(l).matches()) ? keyValues(lines) : yaml(file, text);
    }

    private static Map<String, Object> keyValues(List<String> lines) {
        var values = new LinkedHashMap<String, Object>();
        for (var line : lines) {
            var m = LINE.matcher(line);
            if (m.matches()) {
                values.put(m.group(1), m.group(2).replaceAll("^([\"'])(.*)\\1$", "$2"));
            }
        }
        return values;
    }

    private static Map<String, Object> yaml(Path file, String text) {
        var loaded = Manifests.Yaml.documents(file.toString(), text);
        if (!loaded.problems().isEmpty()) {
            throw new IllegalArgumentException("line " + loaded.problems().get(0).source().line() + ": neither YAML nor KEY=VALUE lines");
        }
        if (loaded.documents().size() != 1 || !loaded.documents().get(0).json().isObject()) {
            throw new IllegalArgumentException("neither a YAML mapping nor KEY=VALUE lines");
        }
        return Json.MAPPER.convertValue(loaded.documents().get(0).json(), new TypeReference<LinkedHashMap<String, Object>>() { });
    }
}
